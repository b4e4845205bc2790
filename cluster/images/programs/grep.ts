// grep, egrep, fgrep: lines that match, as they come.

import type { Process, Program } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import type { ByteReader } from '../../streams.ts';
import { applet } from './applet.ts';
import { matchesPattern } from '../shell/pattern.ts';
import { baseName, describe, resolvePath } from './files.ts';
import { openInput } from './inputs.ts';
import type { Options } from './program.ts';
import { UsageFault, complain, nameOf, print } from './program.ts';
import { patternToRegExp } from './regex.ts';
import { decodeText, lineBlocks } from './text.ts';
import type { Line } from './text.ts';

const LONG = {
  'ignore-case': 'i',
  'invert-match': 'v',
  count: 'c',
  'files-with-matches': 'l',
  'line-number': 'n',
  recursive: 'r',
  quiet: 'q',
  'only-matching': 'o',
  'extended-regexp': 'E',
  'fixed-strings': 'F',
  'word-regexp': 'w',
  'line-regexp': 'x',
  'no-filename': 'h',
  'with-filename': 'H',
  'max-count': 'm',
  'after-context': 'A',
  'before-context': 'B',
  context: 'C',
  regexp: 'e',
  file: 'f',
  color: 'K',
  colour: 'K',
  'line-buffered': 'U',
  include: 'S',
} as const;

const body = applet(
  {
    letters: 'HhnlLoqvsrRiwxFEe:f:m:A:B:C:zcK::UaS:',
    usage:
      '[-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...',
    long: LONG,
    rewrite: (argv) =>
      argv.map((word, index) => (index > 0 && /^-\d+$/.test(word) ? `-C${word.slice(1)}` : word)),
  },
  async (process, options) => {
    const patterns = patternsOf(process, options);
    if (!patterns) {
      throw new UsageFault('');
    }
    const matcher = matcherOf(process, options, patterns.list);
    if (typeof matcher === 'string') {
      await complain(process, `bad regex '${matcher}'`);
      return 2;
    }
    return new Search(process, options, matcher).run(patterns.files);
  },
);

export const grep: Program = async (process) => {
  const status = await body(process);
  // Usage faults are status 2 here, as 1 means that nothing matched.
  return status === 1 && !sawInput.delete(process) ? 2 : status;
};

/** Processes that got as far as searching. */
const sawInput = new WeakSet<Process>();

function patternsOf(
  process: Process,
  options: Options,
): { list: string[]; files: readonly string[] } | undefined {
  const given = [...options.values('e')];
  for (const file of options.values('f'))
    given.push(decodeText(process.fs.readFile(resolvePath(process.cwd, file))).replace(/\n$/, ''));
  const files = given.length > 0 ? options.operands : options.operands.slice(1);
  if (given.length === 0) {
    const [first] = options.operands;
    if (first === undefined) return undefined;
    given.push(first);
  }
  return { list: given.flatMap((text) => text.split('\n')), files };
}

type Matcher = (text: string, from: number) => { start: number; end: number } | undefined;

/** The expression that is none, if one is. */
function matcherOf(
  process: Process,
  options: Options,
  patterns: readonly string[],
): Matcher | string {
  const name = nameOf(process);
  const fixed = options.has('F') || name === 'fgrep';
  const extended = options.has('E') || name === 'egrep';
  const flags = options.has('i') ? 'gi' : 'g';
  const expressions: RegExp[] = [];
  for (const pattern of patterns) {
    const source = fixed ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : pattern;
    const expression = patternToRegExp(fixed ? source : pattern, {
      extended: extended || fixed,
      flags,
    });
    if (!expression) return pattern;
    expressions.push(expression);
  }
  const wholeLine = options.has('x');
  const wholeWord = options.has('w');
  return (text, from) => {
    let best: { start: number; end: number } | undefined;
    for (const expression of expressions) {
      const found = firstMatch(expression, text, from, wholeLine, wholeWord);
      if (
        found &&
        (!best || found.start < best.start || (found.start === best.start && found.end > best.end))
      )
        best = found;
    }
    return best;
  };
}

function firstMatch(
  expression: RegExp,
  text: string,
  from: number,
  wholeLine: boolean,
  wholeWord: boolean,
): { start: number; end: number } | undefined {
  expression.lastIndex = from;
  for (let found = expression.exec(text); found; found = expression.exec(text)) {
    const start = found.index;
    const end = start + found[0].length;
    const lineFits = !wholeLine || (start === 0 && end === text.length);
    const wordFits =
      !wholeWord || (!/\w/.test(text[start - 1] ?? '') && !/\w/.test(text[end] ?? ''));
    if (lineFits && wordFits) return { start, end };
    expression.lastIndex = start + 1;
    if (start >= text.length) return undefined;
  }
  return undefined;
}

class Search {
  readonly #process: Process;
  readonly #options: Options;
  readonly #matcher: Matcher;
  #matched = false;
  #failed = false;
  #titled = false;
  readonly #before: number;
  readonly #after: number;
  readonly #painted: boolean;

  constructor(process: Process, options: Options, matcher: Matcher) {
    this.#process = process;
    this.#options = options;
    this.#matcher = matcher;
    const around = options.value('C') ?? '0';
    this.#before = Number(options.value('B') ?? around);
    this.#after = Number(options.value('A') ?? around);
    const colour = options.value('K');
    this.#painted =
      colour === 'always' || (colour !== undefined && colour !== 'never' && process.isTerminal(1));
  }

  async run(files: readonly string[]): Promise<number> {
    sawInput.add(this.#process);
    const options = this.#options;
    const recursive = options.has('r') || options.has('R');
    const names = files.length > 0 ? files : [recursive ? '.' : '-'];
    const expanded = recursive ? names.flatMap((name) => this.#below(name)) : names;
    this.#titled = !options.has('h') && (options.has('H') || names.length > 1 || recursive);
    for (const name of expanded) {
      if (options.has('q') && this.#matched) break;
      await this.#file(name);
    }
    if (this.#failed && !(options.has('q') && this.#matched)) return 2;
    return this.#matched ? 0 : 1;
  }

  #below(name: string): string[] {
    const path = resolvePath(this.#process.cwd, name);
    const info = this.#process.fs.stat(path);
    if (info?.type !== 'directory') return this.#included(name) ? [name] : [];
    return this.#process.fs
      .list(path)
      .flatMap((entry) =>
        this.#below(name === '.' ? entry : `${name.replace(/\/$/, '')}/${entry}`),
      );
  }

  #included(name: string): boolean {
    const patterns = this.#options.values('S');
    return (
      patterns.length === 0 || patterns.some((pattern) => matchesPattern(baseName(name), pattern))
    );
  }

  async #file(name: string): Promise<void> {
    let reader: ByteReader;
    try {
      reader = openInput(this.#process, name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      // busybox reads a directory as an empty file.
      if (error.code === 'EISDIR') return;
      this.#failed = true;
      if (!this.#options.has('s')) await complain(this.#process, `${name}: ${describe(error)}`);
      return;
    }
    await this.#stream(name === '-' ? '(standard input)' : name, reader);
  }

  async #stream(name: string, reader: ByteReader): Promise<void> {
    const options = this.#options;
    const most = Number(options.value('m') ?? Infinity);
    const listsNames = options.has('l') || options.has('L');
    let count = 0;
    let number = 0;
    let lastPrinted = 0;
    const held: { line: Line; number: number }[] = [];
    let owed = 0;
    for await (const lines of lineBlocks(reader, options.has('z') ? 0 : 0x0a)) {
      let out = '';
      for (const line of lines) {
        number++;
        const hit =
          (this.#matcher(line.text, 0) !== undefined) !== options.has('v') && count < most;
        if (hit) {
          count++;
          this.#matched ||= !options.has('L');
          if (options.has('q') || listsNames) break;
          if (options.has('c')) continue;
          if (
            lastPrinted > 0 &&
            number - held.length > lastPrinted + 1 &&
            this.#before + this.#after > 0
          )
            out += '--\n';
          for (const earlier of held.splice(0))
            out += this.#shown(name, earlier.line, earlier.number, '-');
          out += options.has('o')
            ? this.#parts(name, line, number)
            : this.#shown(name, line, number, ':');
          lastPrinted = number;
          owed = this.#after;
        } else if (owed > 0 && !options.has('c') && !listsNames) {
          out += this.#shown(name, line, number, '-');
          lastPrinted = number;
          owed--;
        } else if (this.#before > 0) {
          held.push({ line, number });
          if (held.length > this.#before) held.shift();
        }
      }
      await print(this.#process, out);
      if ((options.has('q') || listsNames) && count > 0) break;
      if (count >= most && owed === 0) break;
    }
    if (options.has('c') && !listsNames && !options.has('q'))
      await print(this.#process, `${this.#titled ? `${name}:` : ''}${count}\n`);
    if (options.has('l') && count > 0) await print(this.#process, `${name}\n`);
    if (options.has('L') && count === 0) {
      this.#matched = true;
      await print(this.#process, `${name}\n`);
    }
  }

  #prefix(name: string, number: number, separator: string): string {
    const title = this.#titled
      ? this.#painted
        ? `\x1b[35m${name}\x1b[m${separator}`
        : `${name}${separator}`
      : '';
    return title + (this.#options.has('n') ? `${number}${separator}` : '');
  }

  #shown(name: string, line: Line, number: number, separator: string): string {
    const text = this.#painted && separator === ':' ? this.#paint(line.text) : line.text;
    return `${this.#prefix(name, number, separator)}${text}\n`;
  }

  #paint(text: string): string {
    let out = '';
    let at = 0;
    for (const { start, end } of this.#matches(text)) {
      out += `${text.slice(at, start)}\x1b[1;31m${text.slice(start, end)}\x1b[m`;
      at = end;
    }
    return out + text.slice(at);
  }

  #parts(name: string, line: Line, number: number): string {
    let out = '';
    for (const { start, end } of this.#matches(line.text))
      out += `${this.#prefix(name, number, ':')}${line.text.slice(start, end)}\n`;
    return out;
  }

  *#matches(text: string): Generator<{ start: number; end: number }> {
    for (let found = this.#matcher(text, 0); found; found = this.#matcher(text, found.end)) {
      if (found.end === found.start) {
        if (found.end >= text.length) return;
        found = { start: found.start, end: found.end + 1 };
        continue;
      }
      yield found;
    }
  }
}
