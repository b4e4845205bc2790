// awk's own functions.

import { strftime } from '../calendar.ts';
import { formatAwk } from './format.ts';
import type { Interpreter } from './interpreter.ts';
import type { Expression, Target } from './syntax.ts';
import { AwkFault } from './syntax.ts';
import { fromInput, toNumber } from './values.ts';
import type { Value } from './values.ts';

export async function callBuiltin(
  awk: Interpreter,
  name: string,
  given: readonly Expression[],
): Promise<Value> {
  switch (name) {
    case 'length':
      return length(awk, given[0]);
    case 'split':
      return split(awk, given);
    case 'sub':
    case 'gsub':
      return substitute(awk, given, name === 'gsub');
    case 'match':
      return match(awk, given);
    default: {
      const values: Value[] = [];
      for (const one of given) values.push(await awk.evaluate(one));
      return plain(awk, name, values);
    }
  }
}

async function plain(awk: Interpreter, name: string, values: readonly Value[]): Promise<Value> {
  const text = (index: number) => awk.text(values[index]);
  const number = (index: number) => toNumber(values[index]);
  switch (name) {
    case 'substr':
      return substring(text(0), number(1), values.length > 2 ? number(2) : undefined);
    case 'index':
      return charIndex(text(0), text(1));
    case 'sprintf':
      return formatAwk(text(0), values.slice(1), '%.6g');
    case 'tolower':
      return text(0).toLowerCase();
    case 'toupper':
      return text(0).toUpperCase();
    case 'int':
      return Math.trunc(number(0));
    case 'sqrt':
      return Math.sqrt(number(0));
    case 'exp':
      return Math.exp(number(0));
    case 'log':
      return Math.log(number(0));
    case 'sin':
      return Math.sin(number(0));
    case 'cos':
      return Math.cos(number(0));
    case 'atan2':
      return Math.atan2(number(0), number(1));
    case 'and':
      return Number(BigInt(Math.trunc(number(0))) & BigInt(Math.trunc(number(1))));
    case 'or':
      return Number(BigInt(Math.trunc(number(0))) | BigInt(Math.trunc(number(1))));
    case 'xor':
      return Number(BigInt(Math.trunc(number(0))) ^ BigInt(Math.trunc(number(1))));
    case 'lshift':
      return number(0) * 2 ** number(1);
    case 'rshift':
      return Math.floor(number(0) / 2 ** number(1));
    case 'compl':
      return Number(BigInt.asUintN(32, ~BigInt(Math.trunc(number(0)))));
    default:
      return outside(awk, name, values);
  }
}

/** Functions that reach beyond the program. */
async function outside(awk: Interpreter, name: string, values: readonly Value[]): Promise<Value> {
  const { process, streams } = awk;
  switch (name) {
    case 'rand':
      return process.random();
    case 'srand': {
      const before = awk.randomSeed;
      awk.randomSeed =
        values[0] === undefined ? Math.floor(process.clock.now() / 1000) : toNumber(values[0]);
      return before;
    }
    case 'systime':
      return Math.floor(process.clock.now() / 1000);
    case 'strftime': {
      const seconds = values[1] === undefined ? process.clock.now() / 1000 : toNumber(values[1]);
      return strftime(
        values[0] === undefined ? '%a %b %e %H:%M:%S %Z %Y' : awk.text(values[0]),
        seconds * 1000,
      );
    }
    case 'system':
      return streams.system(awk.text(values[0]));
    case 'close':
      return streams.close(awk.text(values[0]));
    case 'fflush':
      await streams.flush();
      return 0;
    default:
      throw new AwkFault(`Call to undefined function`);
  }
}

async function length(awk: Interpreter, given: Expression | undefined): Promise<Value> {
  if (!given) return Array.from(awk.record()).length;
  if (given.type === 'variable' && awk.hasTable(given.name)) return awk.table(given.name).size;
  return Array.from(awk.text(await awk.evaluate(given))).length;
}

function substring(text: string, from: number, count: number | undefined): string {
  const chars = Array.from(text);
  // busybox takes a start before the text for its first character and keeps the length.
  const start = Math.max(0, Math.round(from) - 1);
  const end = count === undefined ? Infinity : start + Math.max(0, Math.round(count));
  return chars.slice(start, end).join('');
}

function charIndex(text: string, wanted: string): number {
  const at = text.indexOf(wanted);
  return at < 0 ? 0 : Array.from(text.slice(0, at)).length + 1;
}

async function split(
  awk: Interpreter,
  [source, into, separator]: readonly Expression[],
): Promise<Value> {
  if (!source || into?.type !== 'variable') throw new AwkFault('split needs an array');
  const text = awk.text(await awk.evaluate(source));
  const pieces = awk.splitText(
    text,
    separator ? await awk.pattern(separator) : awk.text(awk.variable('FS')),
  );
  const table = awk.table(into.name);
  table.clear();
  for (const [index, piece] of pieces.entries()) table.set(String(index + 1), fromInput(piece));
  return pieces.length;
}

async function substitute(
  awk: Interpreter,
  given: readonly Expression[],
  all: boolean,
): Promise<Value> {
  const [pattern, replacement, on] = given;
  if (!pattern || !replacement) throw new AwkFault('Too few arguments');
  const target: Target =
    on && (on.type === 'variable' || on.type === 'field' || on.type === 'element')
      ? on
      : { type: 'field', index: { type: 'number', value: 0 } };
  const text = awk.text(await awk.evaluate(on ?? target));
  const regex = awk.regex(await awk.pattern(pattern), 'g');
  const with_ = awk.text(await awk.evaluate(replacement));
  let count = 0;
  let end = -1;
  let out = '';
  let at = 0;
  for (let found = regex.exec(text); found; found = regex.exec(text)) {
    const counts = found[0] !== '' || found.index !== end;
    end = found.index + found[0].length;
    if (counts) {
      count++;
      out += text.slice(at, found.index) + replaced(with_, found[0]);
      at = end;
      if (!all) break;
    }
    if (found[0] === '' && ++regex.lastIndex > text.length) break;
  }
  if (count > 0) await awk.assign(target, out + text.slice(at));
  return count;
}

/** `&` is what matched, `\&` itself. */
function replaced(replacement: string, matched: string): string {
  return replacement.replace(/\\\\|\\&|&/g, (part) => (part === '&' ? matched : part.slice(1)));
}

async function match(awk: Interpreter, [source, pattern]: readonly Expression[]): Promise<Value> {
  if (!source || !pattern) throw new AwkFault('Too few arguments');
  const text = awk.text(await awk.evaluate(source));
  const found = awk.regex(await awk.pattern(pattern)).exec(text);
  const start = found ? Array.from(text.slice(0, found.index)).length + 1 : 0;
  awk.setVariable('RSTART', start);
  awk.setVariable('RLENGTH', found ? Array.from(found[0]).length : -1);
  return start;
}
