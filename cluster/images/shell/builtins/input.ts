// Builtins that read: read, mapfile, getopts.

import { decodeText } from '../../programs/text.ts';
import type { Builtin } from '../builtin.ts';
import type { Input } from '../descriptors.ts';
import { Fault, Interrupted } from '../faults.ts';
import { DEFAULT_IFS } from '../fields.ts';
import { complaint } from '../messages.ts';
import type { Shell } from '../shell.ts';
import { concatBytes } from '../../../streams.ts';

interface ReadOptions {
  raw: boolean;
  silent: boolean;
  prompt: string;
  /** Milliseconds. */
  timeout: number | undefined;
  /** Stop after this many characters. */
  count: number | undefined;
  exact: boolean;
  delimiter: string;
  array: string | undefined;
  fd: number;
  names: readonly string[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:\[.*\])?$/s;
/** Status of a read that ran out of time: 128 + SIGALRM in bash, 1 in ash. */
const TIMED_OUT = { ash: 1, bash: 142 };

function readOptions(shell: Shell, argv: readonly string[]): ReadOptions {
  const options: ReadOptions = {
    raw: false,
    silent: false,
    prompt: '',
    timeout: undefined,
    count: undefined,
    exact: false,
    delimiter: '\n',
    array: undefined,
    fd: 0,
    names: [],
  };
  let at = 1;
  for (; /^-./.test(argv[at] ?? ''); at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    for (let index = 1; index < word.length; index++) {
      const letter = word[index] ?? '';
      if ('rse'.includes(letter)) {
        if (letter === 'r') options.raw = true;
        if (letter === 's') options.silent = true;
        continue;
      }
      if (!(shell.isBash ? 'padintuN' : 'pdntu').includes(letter))
        throw new Fault(shell.isBash ? `-${letter}: invalid option` : `illegal option -${letter}`, {
          status: 2,
          builtin: 'read',
        });
      const value = word.slice(index + 1) || argv[++at];
      if (value === undefined)
        throw new Fault(`-${letter}: option requires an argument`, { status: 2, builtin: 'read' });
      readOption(options, letter, value);
      break;
    }
  }
  options.names = argv.slice(at);
  return options;
}

function readOption(options: ReadOptions, letter: string, value: string): void {
  const number = Number(value);
  switch (letter) {
    case 'p':
      options.prompt = value;
      return;
    case 'd':
      options.delimiter = value.slice(0, 1);
      return;
    case 'a':
      options.array = value;
      return;
    case 't':
      if (!(number >= 0))
        throw new Fault(`${value}: invalid timeout specification`, { builtin: 'read' });
      options.timeout = number * 1000;
      return;
    case 'u':
      options.fd = number;
      return;
    case 'N':
      options.exact = true;
      options.count = number;
      return;
    case 'n':
      if (!(number >= 0)) throw new Fault(`${value}: invalid number`, { builtin: 'read' });
      options.count = number;
      return;
    default:
  }
}

const read: Builtin = async (shell, { argv }) => {
  const options = readOptions(shell, argv);
  for (const name of options.names)
    if (!NAME.test(name))
      throw new Fault(
        shell.isBash ? `\`${name}': not a valid identifier` : `read: '${name}': bad variable name`,
        { builtin: shell.isBash ? 'read' : undefined },
      );
  const file = shell.descriptors.get(options.fd);
  const { input } = file ?? {};
  if (!input) {
    if (!shell.isBash) return 1;
    throw new Fault(`${options.fd}: invalid file descriptor: Bad file descriptor`, {
      builtin: 'read',
    });
  }
  if (options.prompt !== '' && file?.tty) await shell.complain(options.prompt);
  const raw =
    file?.tty && (options.silent || options.count !== undefined || options.delimiter !== '\n');
  if (raw) file.tty?.setRaw(true);
  try {
    const taken = await takeLine(
      shell,
      input,
      options,
      raw ? (text) => (options.silent ? Promise.resolve() : shell.complain(text)) : undefined,
    );
    if (taken === 'interrupted') return interruptedStatus(shell);
    assignFields(shell, options, taken.pieces);
    if (taken.timedOut) return TIMED_OUT[shell.flavour.name];
    return taken.ended ? 0 : 1;
  } finally {
    if (raw) file.tty?.setRaw(false);
  }
};

/** Ctrl-C leaves everything; a trapped signal ends the read. */
function interruptedStatus(shell: Shell): number {
  if (shell.interrupted) throw new Interrupted();
  return 128 + 2;
}

/** Text read, with what a backslash protected marked. */
interface Taken {
  pieces: { text: string; quoted: boolean }[];
  /** The delimiter came, or the wanted number of characters. */
  ended: boolean;
  timedOut: boolean;
}

async function takeLine(
  shell: Shell,
  input: Input,
  options: ReadOptions,
  echo: ((text: string) => Promise<void>) | undefined,
): Promise<Taken | 'interrupted'> {
  const collector = new LineCollector(options);
  const deadline =
    options.timeout === undefined ? undefined : shell.process.clock.now() + options.timeout;
  for (;;) {
    const chunk = await nextChunk(shell, input, deadline);
    if (chunk === 'interrupted') return 'interrupted';
    if (chunk === 'late') return collector.finish(false, true);
    if (chunk === null) return collector.finish(false, false);
    // In raw mode nobody else turns Ctrl-C into a signal.
    if (echo && chunk.includes(3)) {
      shell.interrupt();
      return 'interrupted';
    }
    const rest = collector.add(chunk);
    if (echo) await echo(decodeText(rest ? chunk.subarray(0, chunk.length - rest.length) : chunk));
    if (rest) {
      input.unread(rest);
      return collector.finish(true, false);
    }
  }
}

async function nextChunk(
  shell: Shell,
  input: Input,
  deadline: number | undefined,
): Promise<Uint8Array | null | 'interrupted' | 'late'> {
  if (deadline === undefined)
    return shell.unlessInterrupted((signal) => input.read(Infinity, signal));
  const { clock } = shell.process;
  const late = new Error('late');
  return shell.unlessInterrupted(async (signal) => {
    const stop = new AbortController();
    const onInterrupt = () => stop.abort(signal.reason);
    signal.addEventListener('abort', onInterrupt, { once: true });
    const cancel = clock.after(Math.max(0, deadline - clock.now()), () => stop.abort(late));
    try {
      return await input.read(Infinity, stop.signal);
    } catch (error) {
      if (error === late) return 'late';
      throw error;
    } finally {
      cancel();
      signal.removeEventListener('abort', onInterrupt);
    }
  });
}

class LineCollector {
  readonly #options: ReadOptions;
  readonly #delimiter: number;
  #bytes: Uint8Array[] = [];

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#delimiter = options.delimiter === '' ? 0 : (options.delimiter.codePointAt(0) ?? 10);
  }

  /** Takes bytes in; answers with those behind the end of the line, once that has come. */
  add(chunk: Uint8Array): Uint8Array | undefined {
    const { count, exact, raw } = this.#options;
    const before = concatBytes([...this.#bytes, chunk]);
    const held = before.length - chunk.length;
    if (count !== undefined) {
      const end = charsEnd(before, count);
      const delimiter = exact ? -1 : before.indexOf(this.#delimiter);
      if (delimiter >= 0 && delimiter < end) return this.#cut(before, delimiter, delimiter + 1);
      if (end <= before.length && charsIn(before) >= count) return this.#cut(before, end, end);
    } else {
      for (
        let at = before.indexOf(this.#delimiter, held > 0 ? held - 1 : 0);
        at >= 0;
        at = before.indexOf(this.#delimiter, at + 1)
      ) {
        // An escaped newline goes on with the next line.
        if (!raw && isEscaped(before, at)) continue;
        return this.#cut(before, at, at + 1);
      }
    }
    this.#bytes = [before];
    return undefined;
  }

  #cut(bytes: Uint8Array, end: number, next: number): Uint8Array {
    this.#bytes = [bytes.subarray(0, end)];
    return bytes.subarray(next);
  }

  finish(ended: boolean, timedOut: boolean): Taken {
    const text = decodeText(concatBytes(this.#bytes)).replaceAll('\0', '');
    if (this.#options.raw || this.#options.exact)
      return { pieces: [{ text, quoted: false }], ended, timedOut };
    const pieces: Taken['pieces'] = [];
    for (const [part] of text.matchAll(/\\[\s\S]?|[^\\]+/g)) {
      if (!part.startsWith('\\')) pieces.push({ text: part, quoted: false });
      else if (part.length > 1 && part !== '\\\n')
        pieces.push({ text: part.slice(1), quoted: true });
    }
    return { pieces, ended, timedOut };
  }
}

function isEscaped(bytes: Uint8Array, at: number): boolean {
  let backslashes = 0;
  while (bytes[at - 1 - backslashes] === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

/** Where the first `count` characters of UTF-8 end. */
function charsEnd(bytes: Uint8Array, count: number): number {
  let chars = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (((bytes[at] as number) & 0xc0) !== 0x80 && chars++ === count) return at;
  }
  return bytes.length;
}

function charsIn(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
}

function assignFields(shell: Shell, options: ReadOptions, pieces: Taken['pieces']): void {
  const { variables } = shell;
  if (options.array !== undefined) {
    const fields = splitFor(shell, pieces, Infinity);
    variables.writable(options.array);
    variables.restore(options.array, {
      elements: new Map(fields.map((field, index) => [index, field])),
    });
    return;
  }
  if (options.exact) {
    for (const [index, name] of (options.names.length > 0 ? options.names : ['REPLY']).entries())
      variables.set(name, index === 0 ? pieces.map(({ text }) => text).join('') : '');
    return;
  }
  if (options.names.length === 0) {
    variables.set('REPLY', pieces.map(({ text }) => text).join(''));
    return;
  }
  const fields = splitFor(shell, pieces, options.names.length);
  for (const [index, name] of options.names.entries()) {
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(name);
    const value = fields[index] ?? '';
    if (!element) variables.set(name, value);
    else if (variables.find(element[1] as string)?.table)
      variables.setKey(element[1] as string, element[2] ?? '', value);
    else variables.setElement(element[1] as string, Number(element[2]), value);
  }
}

/** At most `most` fields; the last one keeps its separators, except white space at its end. */
function splitFor(shell: Shell, pieces: Taken['pieces'], most: number): string[] {
  const ifs = shell.variables.get('IFS') ?? DEFAULT_IFS;
  const chars: { char: string; kind: 'white' | 'other' | 'text' }[] = [];
  for (const { text, quoted } of pieces)
    for (const char of text)
      chars.push({
        char,
        kind:
          quoted || !ifs.includes(char) ? 'text' : DEFAULT_IFS.includes(char) ? 'white' : 'other',
      });
  const fields: string[] = [];
  let at = 0;
  const skipWhite = () => {
    while (chars[at]?.kind === 'white') at++;
  };
  skipWhite();
  while (at < chars.length) {
    if (fields.length === most - 1) {
      fields.push(lastField(chars.slice(at)));
      break;
    }
    let field = '';
    while (chars[at]?.kind === 'text') field += chars[at++]?.char;
    fields.push(field);
    skipWhite();
    if (chars[at]?.kind === 'other') {
      at++;
      skipWhite();
    }
  }
  return fields;
}

function lastField(chars: { char: string; kind: 'white' | 'other' | 'text' }[]): string {
  let end = chars.length;
  while (end > 0 && chars[end - 1]?.kind === 'white') end--;
  const kept = chars.slice(0, end);
  // One separator at the very end belongs to nobody, if it is the only one.
  const separators = kept.filter(({ kind }) => kind === 'other').length;
  if (separators === 1 && kept.at(-1)?.kind === 'other') kept.pop();
  return kept.map(({ char }) => char).join('');
}

const mapfile: Builtin = async (shell, { argv }) => {
  let trim = false;
  let from = 0;
  let most = 0;
  let at = 1;
  for (; /^-[tdnOsuC]/.test(argv[at] ?? ''); at++) {
    const word = argv[at] ?? '';
    if (word.startsWith('-t')) trim = true;
    else {
      const value = word.slice(2) || (argv[++at] ?? '');
      if (word.startsWith('-O')) from = Number(value);
      if (word.startsWith('-n')) most = Number(value);
    }
  }
  const name = argv[at] ?? 'MAPFILE';
  const input = shell.descriptors.get(0)?.input;
  if (!input) return 1;
  const elements = new Map<number, string>();
  const options: ReadOptions = { ...readOptions(shell, ['read', '-r']), names: [] };
  for (let index = from; most === 0 || index < from + most; index++) {
    const taken = await takeLine(shell, input, options, undefined);
    if (taken === 'interrupted') return interruptedStatus(shell);
    const text = taken.pieces.map((piece) => piece.text).join('');
    if (!taken.ended && text === '') break;
    elements.set(index, trim || !taken.ended ? text : `${text}\n`);
    if (!taken.ended) break;
  }
  shell.variables.writable(name);
  shell.variables.restore(name, { elements });
  return 0;
};

const getopts: Builtin = async (shell, { argv }) => {
  const { variables } = shell;
  const [, spec, name] = argv;
  if (spec === undefined || name === undefined) {
    const usage = shell.isBash
      ? 'getopts: usage: getopts optstring name [arg ...]'
      : 'usage: getopts optstring var [arg]';
    if (shell.isBash) await shell.complain(`${usage}\n`);
    else throw new Fault(usage, { status: 2, builtin: 'getopts' });
    return 2;
  }
  const words = argv.length > 3 ? argv.slice(3) : shell.positional;
  const index = Number(variables.get('OPTIND') ?? 1) || 1;
  const inside = index === shell.getopts.index ? shell.getopts.inside : 0;
  const word = words[index - 1];
  const silent = spec.startsWith(':');
  const finish = (letter: string, next: { index: number; inside: number }, status: number) => {
    variables.set(name, letter);
    variables.set('OPTIND', String(next.index));
    shell.getopts = next;
    return status;
  };
  if (inside === 0 && (word === undefined || word === '-' || !word.startsWith('-')))
    return finish('?', { index, inside: 0 }, 1);
  if (inside === 0 && word === '--') return finish('?', { index: index + 1, inside: 0 }, 1);
  const letters = (word ?? '').slice(1);
  const letter = letters[inside] ?? '';
  const more = inside + 1 < letters.length;
  const next = more ? { index, inside: inside + 1 } : { index: index + 1, inside: 0 };
  const at = letter === ':' ? -1 : spec.indexOf(letter);
  variables.unset('OPTARG');
  if (at < 0) {
    if (silent) variables.set('OPTARG', letter);
    else
      await shell.complain(
        shell.isBash
          ? complaint(shell, `illegal option -- ${letter}`).replace(/line \d+: /, '')
          : `Illegal option -${letter}\n`,
      );
    return finish('?', next, 0);
  }
  if (spec[at + 1] !== ':') return finish(letter, next, 0);
  const rest = letters.slice(inside + 1);
  const argument = rest !== '' ? rest : words[index];
  const after = { index: rest !== '' ? index + 1 : index + 2, inside: 0 };
  if (argument !== undefined) {
    variables.set('OPTARG', argument);
    return finish(letter, after, 0);
  }
  if (silent) variables.set('OPTARG', letter);
  else
    await shell.complain(
      shell.isBash
        ? complaint(shell, `option requires an argument -- ${letter}`).replace(/line \d+: /, '')
        : `No arg for -${letter} option\n`,
    );
  return finish(silent ? ':' : '?', { index: index + 1, inside: 0 }, 0);
};

export const inputBuiltins: Readonly<Record<string, Builtin>> = {
  read,
  mapfile,
  readarray: mapfile,
  getopts,
};
