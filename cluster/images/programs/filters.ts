// Filters over lines and bytes that need no grammar: cat, head, tail, wc, sort, uniq, cut, tr, tac, rev, nl, fold, paste, tee.

import type { Process, Program } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import type { ByteReader, ByteWriter } from '../../streams.ts';
import { applet } from './applet.ts';
import { describe, fileWriter, resolvePath } from './files.ts';
import { Inputs } from './inputs.ts';
import { UsageFault, complain, print, printError } from './program.ts';
import { lineBlocks } from './text.ts';
import type { Line } from './text.ts';

const ending = (line: Line) => (line.ended ? '\n' : '');

/** Runs `each` over the lines of all inputs, and prints what it gives block by block. */
async function overLines(
  process: Process,
  inputs: Inputs,
  each: (line: Line, name: string) => string,
): Promise<number> {
  for await (const { name, reader } of inputs)
    for await (const lines of lineBlocks(reader)) {
      let out = '';
      for (const line of lines) out += each(line, name);
      await print(process, out);
    }
  return inputs.failed ? 1 : 0;
}

async function pour(reader: ByteReader, writer: ByteWriter): Promise<void> {
  for (let chunk = await reader.read(); chunk; chunk = await reader.read())
    await writer.write(chunk);
}

const cat = applet(
  { letters: 'nbvteAETsu', usage: '[-nbvteA] [FILE]...' },
  async (process, options) => {
    const inputs = new Inputs(process, options.operands);
    const plain = !['n', 'b', 'v', 't', 'e', 'A', 'E', 'T', 's'].some((letter) =>
      options.has(letter),
    );
    if (plain) {
      for await (const { reader } of inputs) await pour(reader, process.stdout);
      return inputs.failed ? 1 : 0;
    }
    let number = 0;
    const shows = options.has('v') || options.has('A') || options.has('t') || options.has('e');
    const ends = options.has('E') || options.has('e') || options.has('A');
    const tabs = options.has('T') || options.has('t') || options.has('A');
    return overLines(process, inputs, (line) => {
      const counts = options.has('n') || (options.has('b') && line.text !== '');
      const prefix = counts ? `${String(++number).padStart(6)}\t` : '';
      return (
        prefix +
        (shows || tabs ? shown(line.text, tabs) : line.text) +
        (ends ? '$' : '') +
        ending(line)
      );
    });
  },
);

function shown(text: string, tabs: boolean): string {
  return text.replace(/./gsu, (char) => {
    const code = char.charCodeAt(0);
    if (char === '\t') return tabs ? '^I' : char;
    if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
    return code === 0x7f ? '^?' : char;
  });
}

// head and tail

/** `10`, `5k`, `2m`. Throws UsageFault. */
function countOf(text: string): number {
  const found = /^(\d+)([bkmKMG]?)$/.exec(text);
  if (!found) throw new UsageFault(`invalid number '${text}'`);
  const sizes: Readonly<Record<string, number>> = {
    '': 1,
    b: 512,
    k: 1024,
    K: 1024,
    m: 1048576,
    M: 1048576,
    G: 1073741824,
  };
  return Number(found[1]) * (sizes[found[2] ?? ''] ?? 1);
}

/** `-5` means `-n 5`. */
function withOldCounts(argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    const count = index === 1 ? /^-(\d+)([cq]?)$/.exec(word) : null;
    return count ? ['-n', count[1] as string] : [word];
  });
}

const head = applet(
  { letters: 'n:c:qv', usage: '[OPTIONS] [FILE]...', rewrite: withOldCounts },
  async (process, options) => {
    const bytes = options.value('c');
    const wanted = bytes ?? options.value('n') ?? '10';
    const dropsEnd = wanted.startsWith('-');
    const count = countOf(dropsEnd ? wanted.slice(1) : wanted);
    const inputs = new Inputs(process, options.operands, 'plain');
    const titled = (options.operands.length > 1 || options.has('v')) && !options.has('q');
    let first = true;
    for await (const { name, reader } of inputs) {
      if (titled)
        await print(
          process,
          `${first ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`,
        );
      first = false;
      if (dropsEnd) await allButLast(process, reader, count, bytes !== undefined);
      else if (bytes !== undefined) await firstBytes(process, reader, count);
      else await firstLines(process, reader, count);
    }
    return inputs.failed ? 1 : 0;
  },
);

async function firstLines(process: Process, reader: ByteReader, count: number): Promise<void> {
  let left = count;
  if (left === 0) return;
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== 0x0a || --left > 0) continue;
      await process.stdout.write(chunk.subarray(0, at + 1));
      reader.unread?.(chunk.subarray(at + 1));
      return;
    }
    await process.stdout.write(chunk);
  }
}

async function firstBytes(process: Process, reader: ByteReader, count: number): Promise<void> {
  for (let left = count; left > 0;) {
    const chunk = await reader.read(left);
    if (!chunk) return;
    await process.stdout.write(chunk);
    left -= chunk.length;
  }
}

async function allButLast(
  process: Process,
  reader: ByteReader,
  count: number,
  bytes: boolean,
): Promise<void> {
  const held: Line[] = [];
  if (bytes) {
    let all = '';
    for await (const lines of lineBlocks(reader))
      all += lines.map((line) => line.text + ending(line)).join('');
    await print(process, all.slice(0, -count || undefined));
    return;
  }
  for await (const lines of lineBlocks(reader)) {
    held.push(...lines);
    const ready = held.splice(0, Math.max(0, held.length - count));
    await print(process, ready.map((line) => line.text + ending(line)).join(''));
  }
}

/** Milliseconds between two looks of `tail -f`: busybox's default of one second. */
const FOLLOW_MS = 1_000;
/** Lines and bytes a tail may hold back. */
const MAX_TAIL_LINES = 1_000_000;

const tail = applet(
  { letters: 'fFn:c:qvs:', usage: '[OPTIONS] [FILE]...', rewrite: withOldCounts },
  async (process, options) => {
    const bytes = options.value('c');
    const wanted = bytes ?? options.value('n') ?? '10';
    const fromStart = wanted.startsWith('+');
    const count = countOf(wanted.replace(/^[-+]/, ''));
    const inputs = new Inputs(process, options.operands);
    const titled = (options.operands.length > 1 || options.has('v')) && !options.has('q');
    const followed: string[] = [];
    let first = true;
    for await (const { name, reader } of inputs) {
      if (titled)
        await print(
          process,
          `${first ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`,
        );
      first = false;
      followed.push(name);
      await printTail(process, reader, { count, fromStart, bytes: bytes !== undefined });
    }
    if (followed.length === 0) {
      await complain(process, 'no files');
      return 1;
    }
    if (options.has('f') || options.has('F')) {
      const step = Number(options.value('s') ?? 1) * FOLLOW_MS;
      await follow(process, options.has('F') ? options.operands : followed, titled, step);
    }
    return inputs.failed ? 1 : 0;
  },
);

async function printTail(
  process: Process,
  reader: ByteReader,
  { count, fromStart, bytes }: { count: number; fromStart: boolean; bytes: boolean },
): Promise<void> {
  if (bytes) return tailBytes(process, reader, count, fromStart);
  let skipped = 0;
  const held: Line[] = [];
  for await (const lines of lineBlocks(reader)) {
    if (fromStart) {
      const from = Math.max(0, Math.min(lines.length, count - 1 - skipped));
      skipped += from;
      await print(
        process,
        lines
          .slice(from)
          .map((line) => line.text + ending(line))
          .join(''),
      );
      continue;
    }
    held.push(...lines);
    held.splice(0, Math.max(0, held.length - Math.min(count, MAX_TAIL_LINES)));
  }
  await print(process, held.map((line) => line.text + ending(line)).join(''));
}

async function tailBytes(
  process: Process,
  reader: ByteReader,
  count: number,
  fromStart: boolean,
): Promise<void> {
  let position = 0;
  let held = new Uint8Array();
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
    if (fromStart) {
      const from = Math.max(0, Math.min(chunk.length, count - 1 - position));
      if (from < chunk.length) await process.stdout.write(chunk.subarray(from));
      position += chunk.length;
      continue;
    }
    const joined = new Uint8Array(held.length + chunk.length);
    joined.set(held);
    joined.set(chunk, held.length);
    held = joined.slice(Math.max(0, joined.length - count));
  }
  if (held.length > 0) await process.stdout.write(held);
}

/** Prints what is appended, for ever. A file that shrinks is read again from its start. */
async function follow(
  process: Process,
  names: readonly string[],
  titled: boolean,
  stepMs: number,
): Promise<void> {
  const sizeOf = (name: string) => process.fs.stat(resolvePath(process.cwd, name))?.size ?? 0;
  const seen = new Map(names.filter((name) => name !== '-').map((name) => [name, sizeOf(name)]));
  let last = names.at(-1);
  if (names.includes('-')) await pour(process.stdin, process.stdout);
  for (;;) {
    await process.sleep(stepMs);
    for (const [name, before] of seen) {
      const size = sizeOf(name);
      if (size === before) continue;
      seen.set(name, size);
      const bytes = process.fs.readFile(resolvePath(process.cwd, name));
      if (titled && name !== last) await print(process, `\n==> ${name} <==\n`);
      last = name;
      await process.stdout.write(bytes.subarray(size < before ? 0 : before));
    }
  }
}

// wc

interface Counts {
  lines: number;
  words: number;
  bytes: number;
  chars: number;
}

const wc = applet({ letters: 'clmwL', usage: '[-cmlwL] [FILE]...' }, async (process, options) => {
  const shownCounts = (['lines', 'words', 'chars', 'bytes'] as const).filter((kind) =>
    ['l', 'w', 'm', 'c'].some((letter) => options.has(letter))
      ? options.has({ lines: 'l', words: 'w', chars: 'm', bytes: 'c' }[kind])
      : kind !== 'chars',
  );
  const inputs = new Inputs(process, options.operands, 'plain');
  const total: Counts = { lines: 0, words: 0, bytes: 0, chars: 0 };
  let files = 0;
  const alone = shownCounts.length === 1 && options.operands.length <= 1;
  for await (const { name, reader } of inputs) {
    const counts = await countsOf(reader);
    for (const kind of ['lines', 'words', 'bytes', 'chars'] as const) total[kind] += counts[kind];
    files++;
    await print(
      process,
      countLine(counts, shownCounts, options.operands.length > 0 ? name : undefined, alone),
    );
  }
  if (files > 1) await print(process, countLine(total, shownCounts, 'total', false));
  return inputs.failed ? 1 : 0;
});

async function countsOf(reader: ByteReader): Promise<Counts> {
  const counts: Counts = { lines: 0, words: 0, bytes: 0, chars: 0 };
  let inWord = false;
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
    counts.bytes += chunk.length;
    for (const byte of chunk) {
      if (byte === 0x0a) counts.lines++;
      if ((byte & 0xc0) !== 0x80) counts.chars++;
      const blank = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
      if (!blank && !inWord) counts.words++;
      inWord = !blank;
    }
  }
  return counts;
}

function countLine(
  counts: Counts,
  kinds: readonly (keyof Counts)[],
  name: string | undefined,
  alone: boolean,
): string {
  // One number of one file stands alone; tables are padded.
  const numbers = kinds.map((kind) => String(counts[kind]).padStart(alone ? 0 : 9)).join(' ');
  return `${numbers}${name === undefined ? '' : ` ${name}`}\n`;
}

// sort, uniq

/** Bytes sort and tac may hold. A real one would use the container's memory limit up. */
const MAX_HELD = 16 * 1024 * 1024;

async function allLines(process: Process, inputs: Inputs): Promise<string[] | undefined> {
  const all: string[] = [];
  let size = 0;
  for await (const { reader } of inputs)
    for await (const lines of lineBlocks(reader))
      for (const { text } of lines) {
        all.push(text);
        size += text.length + 1;
        if (size > MAX_HELD) {
          await complain(process, 'out of memory');
          return undefined;
        }
      }
  return all;
}

interface SortKey {
  fromField: number;
  fromChar: number;
  toField: number;
  toChar: number;
  flags: string;
}

const sort = applet(
  {
    letters: 'nrugMcszbdfik:t:o:hVT:',
    usage:
      '[-nrugMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...',
  },
  async (process, options) => {
    const flags = ['n', 'r', 'g', 'M', 'b', 'd', 'f', 'i', 'h', 'V']
      .filter((letter) => options.has(letter))
      .join('');
    const keys = options.values('k').map((text) => sortKey(text, flags));
    if (keys.length === 0)
      keys.push({ fromField: 0, fromChar: 0, toField: Infinity, toChar: 0, flags });
    const separator = options.value('t');
    const inputs = new Inputs(process, options.operands, 'plain');
    const lines = await allLines(process, inputs);
    if (!lines || inputs.failed) return 2;
    const stable = options.has('s') || options.has('u');
    const compare = comparison(keys, separator, stable, flags.includes('r'));
    if (options.has('c')) {
      const wrong = lines.findIndex(
        (line, index) =>
          index > 0 && compare(lines[index - 1] ?? '', line) > (options.has('u') ? -1 : 0),
      );
      if (wrong > 0) await printError(process, `Check line ${wrong}\n`);
      return wrong > 0 ? 1 : 0;
    }
    let sorted = lines.toSorted(compare);
    if (options.has('u'))
      sorted = sorted.filter(
        (line, index) => index === 0 || compare(sorted[index - 1] ?? '', line) !== 0,
      );
    const text = sorted.map((line) => `${line}\n`).join('');
    const output = options.value('o');
    if (output === undefined) await printInBlocks(process, text);
    else
      await fileWriter(process.fs, resolvePath(process.cwd, output), 'truncate').write(
        new TextEncoder().encode(text),
      );
    return 0;
  },
);

async function printInBlocks(process: Process, text: string): Promise<void> {
  for (let at = 0; at < text.length; at += 64 * 1024)
    await print(process, text.slice(at, at + 64 * 1024));
}

/** `2`, `2,3`, `2.1n,2.3r`. Throws UsageFault. */
function sortKey(text: string, defaults: string): SortKey {
  const found = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?$/.exec(text);
  if (!found || Number(found[1]) < 1) throw new UsageFault(`bad key '${text}'`);
  const [, fromField, fromChar, fromFlags = '', toField, toChar, toFlags = ''] = found;
  const own = fromFlags + toFlags;
  return {
    fromField: Number(fromField) - 1,
    fromChar: fromChar === undefined ? 0 : Number(fromChar) - 1,
    toField: toField === undefined ? Infinity : Number(toField) - 1,
    toChar: Number(toChar ?? 0),
    flags: own === '' ? defaults : own,
  };
}

function comparison(
  keys: readonly SortKey[],
  separator: string | undefined,
  stable: boolean,
  reversed: boolean,
): (a: string, b: string) => number {
  return (a, b) => {
    for (const key of keys) {
      const order = compareKeys(keyText(a, key, separator), keyText(b, key, separator), key.flags);
      if (order !== 0) return key.flags.includes('r') ? -order : order;
    }
    if (stable) return 0;
    const order = a < b ? -1 : a > b ? 1 : 0;
    return reversed ? -order : order;
  };
}

function keyText(line: string, key: SortKey, separator: string | undefined): string {
  if (key.fromField === 0 && key.toField === Infinity && key.fromChar === 0) return line;
  // Without -t a field is blanks and what follows them.
  const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
  const last = Math.min(key.toField, fields.length - 1);
  const chosen = fields.slice(key.fromField, last + 1);
  if (key.toChar > 0 && key.toField < fields.length)
    chosen[chosen.length - 1] = (chosen.at(-1) ?? '').slice(
      0,
      key.toChar + (separator === undefined ? leadingBlanks(chosen.at(-1) ?? '') : 0),
    );
  return chosen.join(separator ?? '').slice(key.fromChar);
}

function leadingBlanks(text: string): number {
  return text.length - text.trimStart().length;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

function compareKeys(a: string, b: string, flags: string): number {
  if (/[ngh]/.test(flags)) return leadingNumber(a, flags) - leadingNumber(b, flags);
  if (flags.includes('M')) return monthOf(a) - monthOf(b);
  if (flags.includes('V')) return compareVersions(a, b);
  const shape = (text: string) => {
    let shaped = flags.includes('b') ? text.trimStart() : text;
    if (flags.includes('d')) shaped = shaped.replace(/[^A-Za-z0-9\s]/g, '');
    if (flags.includes('f')) shaped = shaped.toUpperCase();
    return shaped;
  };
  const [left, right] = [shape(a), shape(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function leadingNumber(text: string, flags: string): number {
  const number = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(text)?.[0] ?? '0';
  const value = Number(flags.includes('g') ? number : number.replace(/[eE].*/, ''));
  if (!flags.includes('h')) return value;
  const suffix = text
    .trim()
    .slice(number.trim().length, number.trim().length + 1)
    .toUpperCase();
  return value * 1024 ** Math.max(0, ' KMGTPE'.indexOf(suffix));
}

function monthOf(text: string): number {
  return MONTHS.indexOf(text.trim().slice(0, 3).toUpperCase());
}

function compareVersions(a: string, b: string): number {
  const parts = (text: string) => text.match(/\d+|\D+/g) ?? [];
  const [left, right] = [parts(a), parts(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x = '', y = ''] = [left[at], right[at]];
    const order =
      /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}

const uniq = applet(
  { letters: 'cdiuf:s:w:z', usage: '[-cduiz] [-f,s,w N] [FILE [OUTFILE]]' },
  async (process, options) => {
    const inputs = new Inputs(process, options.operands.slice(0, 1));
    const part = (text: string) => {
      let rest = text;
      for (let skipped = Number(options.value('f') ?? 0); skipped > 0; skipped--)
        rest = rest.replace(/^\s*\S+/, '');
      rest = rest.slice(Number(options.value('s') ?? 0));
      const width = options.value('w');
      if (width !== undefined) rest = rest.slice(0, Number(width));
      return options.has('i') ? rest.toLowerCase() : rest;
    };
    let held: string | undefined;
    let count = 0;
    const release = () => {
      if (held === undefined || (options.has('d') && count < 2) || (options.has('u') && count > 1))
        return '';
      return `${options.has('c') ? `${String(count).padStart(7)} ` : ''}${held}\n`;
    };
    for await (const { reader } of inputs)
      for await (const lines of lineBlocks(reader)) {
        let out = '';
        for (const { text } of lines) {
          if (held !== undefined && part(held) === part(text)) count++;
          else {
            out += release();
            held = text;
            count = 1;
          }
        }
        await print(process, out);
      }
    await print(process, release());
    return inputs.failed ? 1 : 0;
  },
);

// cut, tr

/** Ranges of `1,3-5,7-`, from 1. Throws UsageFault. */
function rangesOf(list: string): [number, number][] {
  return list.split(',').map((part) => {
    const found = /^(\d*)(-?)(\d*)$/.exec(part);
    if (!found || (found[1] === '' && found[3] === ''))
      throw new UsageFault(`invalid number '${part}'`);
    const from = found[1] === '' ? 1 : Number(found[1]);
    const to = found[2] === '' ? from : found[3] === '' ? Infinity : Number(found[3]);
    return [from, to];
  });
}

const cut = applet(
  {
    letters: 'b:c:d:f:snO:D',
    usage: '{-b|c LIST | -f LIST [-d SEP] [-s]} [FILE]...',
    long: { 'output-delimiter': 'O' },
  },
  async (process, options) => {
    const list = options.value('b') ?? options.value('c') ?? options.value('f');
    if (list === undefined) {
      await complain(process, 'expected a list of bytes, characters, or fields');
      return 1;
    }
    let ranges: [number, number][];
    try {
      ranges = rangesOf(list);
    } catch (error) {
      if (!(error instanceof UsageFault)) throw error;
      await complain(process, error.message);
      return 1;
    }
    const within = (index: number) => ranges.some(([from, to]) => index >= from && index <= to);
    const separator = options.value('d') ?? '\t';
    const joiner = options.value('O') ?? separator;
    const byField = options.has('f');
    return overLines(process, new Inputs(process, options.operands, 'plain'), ({ text }) => {
      if (!byField)
        return `${Array.from(text)
          .filter((_, index) => within(index + 1))
          .join('')}\n`;
      if (!text.includes(separator)) return options.has('s') ? '' : `${text}\n`;
      return `${text
        .split(separator)
        .filter((_, index) => within(index + 1))
        .join(joiner)}\n`;
    });
  },
);

const TR_CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: '0-9A-Za-z',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\t-\r ',
  blank: '\t ',
  punct: '!-/:-@[-`{-~',
  cntrl: '\0-\x1f\x7f',
  xdigit: '0-9A-Fa-f',
  print: ' -~',
  graph: '!-~',
};

/** The characters of a tr set, in order. */
function trSet(text: string): string[] {
  const escapes: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    f: '\f',
    v: '\v',
    a: '\x07',
    b: '\b',
    '\\': '\\',
  };
  const expanded = text
    .replace(/\[:([a-z]+):\]/g, (whole, name: string) => TR_CLASSES[name] ?? whole)
    .replace(/\[=(.)=\]/gsu, '$1');
  const chars: { char: string; literal: boolean }[] = [];
  for (const [part] of expanded.matchAll(/\\[0-7]{1,3}|\\[\s\S]|[\s\S]/gu)) {
    if (part.length === 1 || !part.startsWith('\\')) chars.push({ char: part, literal: false });
    else if (/^\\[0-7]/.test(part))
      chars.push({ char: String.fromCharCode(parseInt(part.slice(1), 8)), literal: true });
    else chars.push({ char: escapes[part.slice(1)] ?? part.slice(1), literal: true });
  }
  const set: string[] = [];
  for (let at = 0; at < chars.length; at++) {
    const from = chars[at]?.char ?? '';
    const to = chars[at + 2]?.char;
    if (chars[at + 1]?.char === '-' && !chars[at + 1]?.literal && to !== undefined) {
      for (let code = from.codePointAt(0) ?? 0; code <= (to.codePointAt(0) ?? 0); code++)
        set.push(String.fromCodePoint(code));
      at += 2;
    } else set.push(from);
  }
  return set;
}

const tr = applet(
  { letters: 'cCdst', usage: '[-cds] STRING1 [STRING2]', operandsEnd: true },
  async (process, options) => {
    const [first, second] = options.operands;
    if (first === undefined) throw new UsageFault('');
    const complement = options.has('c') || options.has('C');
    const from = trSet(first);
    const to = second === undefined ? [] : trSet(second);
    const members = new Set(from);
    const within = (char: string) => members.has(char) !== complement;
    const map = new Map<string, string>();
    if (!complement)
      for (const [index, char] of from.entries()) map.set(char, to[index] ?? to.at(-1) ?? char);
    const squeezed = new Set(
      options.has('s')
        ? second === undefined || options.has('d')
          ? second === undefined
            ? from
            : to
          : to
        : [],
    );
    let last = '';
    const reader = process.stdin;
    for await (const lines of lineBlocks(reader)) {
      let out = '';
      for (const char of lines.map((line) => line.text + ending(line)).join('')) {
        if (options.has('d') && within(char)) continue;
        const mapped =
          options.has('d') || second === undefined
            ? char
            : complement
              ? within(char)
                ? (to.at(-1) ?? char)
                : char
              : (map.get(char) ?? char);
        const squeezes =
          squeezed.has(mapped) || (options.has('s') && second === undefined && within(mapped));
        if (squeezes && mapped === last) continue;
        last = mapped;
        out += mapped;
      }
      await print(process, out);
    }
    return 0;
  },
);

// tac, rev, nl, fold, paste, tee

const tac = applet({ letters: '', usage: '[FILE]...' }, async (process, options) => {
  const inputs = new Inputs(process, options.operands, 'plain');
  for await (const input of inputs) {
    const lines = await allLines(process, new Inputs(process, [input.name], 'plain'));
    if (!lines) return 1;
    await printInBlocks(
      process,
      lines
        .toReversed()
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  return inputs.failed ? 1 : 0;
});

const rev = applet({ letters: '', usage: '[FILE]...' }, (process, options) =>
  overLines(
    process,
    new Inputs(process, options.operands, 'plain'),
    (line) => Array.from(line.text).toReversed().join('') + ending(line),
  ),
);

const nl = applet(
  { letters: 'b:i:l:n:s:v:w:p', usage: '[OPTIONS] [FILE]...' },
  (process, options) => {
    let number = Number(options.value('v') ?? 1);
    const width = Number(options.value('w') ?? 6);
    const all = options.value('b') === 'a';
    return overLines(process, new Inputs(process, options.operands, 'plain'), (line) => {
      if (line.text === '' && !all) return `${' '.repeat(width + 1)}\n`;
      const text = `${String(number).padStart(width)}${options.value('s') ?? '\t'}${line.text}\n`;
      number += Number(options.value('i') ?? 1);
      return text;
    });
  },
);

const fold = applet(
  { letters: 'bsw:', usage: '[-bs] [-w WIDTH] [FILE]...' },
  (process, options) => {
    const width = Number(options.value('w') ?? 80);
    return overLines(process, new Inputs(process, options.operands, 'plain'), (line) => {
      let rest = line.text;
      let out = '';
      while (rest.length > width) {
        const space = options.has('s') ? rest.lastIndexOf(' ', width - 1) + 1 : 0;
        const at = space > 0 ? space : width;
        out += `${rest.slice(0, at)}\n`;
        rest = rest.slice(at);
      }
      return out + rest + ending(line);
    });
  },
);

const paste = applet(
  { letters: 'd:s', usage: '[-d LIST] [-s] [FILE]...' },
  async (process, options) => {
    const delimiters = Array.from(
      (options.value('d') ?? '\t').replace(/\\n/g, '\n').replace(/\\t/g, '\t'),
    );
    const names = options.operands.length > 0 ? options.operands : ['-'];
    const columns: string[][] = [];
    for (const name of names) {
      const lines = await allLines(process, new Inputs(process, [name], 'plain'));
      if (!lines) return 1;
      columns.push(lines);
    }
    const joined = (cells: readonly string[]) =>
      cells
        .map(
          (cell, index) =>
            (index === 0 ? '' : (delimiters[(index - 1) % delimiters.length] ?? '')) + cell,
        )
        .join('');
    if (options.has('s')) {
      for (const column of columns) await print(process, `${joined(column)}\n`);
      return 0;
    }
    // `paste - -` deals the lines of one stream out.
    const dashes = names.filter((name) => name === '-').length;
    const stdin = columns[names.indexOf('-')] ?? [];
    const rows = Math.max(
      0,
      ...columns.map((column, index) =>
        names[index] === '-' ? Math.ceil(stdin.length / dashes) : column.length,
      ),
    );
    for (let row = 0; row < rows; row++) {
      let dash = 0;
      const cells = names.map((name, index) =>
        name === '-' ? (stdin[row * dashes + dash++] ?? '') : (columns[index]?.[row] ?? ''),
      );
      await print(process, `${joined(cells)}\n`);
    }
    return 0;
  },
);

const tee = applet({ letters: 'ai', usage: '[-ai] [FILE]...' }, async (process, options) => {
  const writers: ByteWriter[] = [process.stdout];
  let failed = false;
  for (const name of options.operands) {
    try {
      writers.push(
        fileWriter(
          process.fs,
          resolvePath(process.cwd, name),
          options.has('a') ? 'append' : 'truncate',
        ),
      );
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      failed = true;
      await complain(process, `${name}: ${describe(error)}`);
    }
  }
  for (let chunk = await process.stdin.read(); chunk; chunk = await process.stdin.read())
    for (const writer of writers) await writer.write(chunk);
  return failed ? 1 : 0;
});

export const filterPrograms: Readonly<Record<string, Program>> = {
  cat,
  head,
  tail,
  wc,
  sort,
  uniq,
  cut,
  tr,
  tac,
  rev,
  nl,
  fold,
  paste,
  tee,
};
