// What most small programs share: printing, options as getopt(3) reads them, and their complaints.

import type { Process } from '../../node/process.ts';
import { encodeText } from './text.ts';

export function print(process: Process, text: string): Promise<void> {
  return text === '' ? Promise.resolve() : process.stdout.write(encodeText(text));
}

export function printError(process: Process, text: string): Promise<void> {
  return process.stderr.write(encodeText(text));
}

/** `cat: nope: No such file or directory` */
export function complain(process: Process, text: string): Promise<void> {
  return printError(process, `${nameOf(process)}: ${text}\n`);
}

/** The name the program was called by, without its directory. */
export function nameOf(process: Process): string {
  const called = process.argv[0] ?? '';
  return called.slice(called.lastIndexOf('/') + 1);
}

/** The arguments are not what the program takes. Printed with its usage; the status is 1, as busybox has it. */
export class UsageFault extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'UsageFault';
  }
}

export interface OptionSpec {
  /** Letters; one that takes a value is followed by `:`, one whose value is optional and attached by `::`. */
  letters: string;
  /** Long names and the letter each stands for. */
  long?: Readonly<Record<string, string>>;
  /** The first operand ends the options: programs that run others. */
  operandsEnd?: boolean;
}

export class Options {
  readonly operands: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>, operands: readonly string[]) {
    this.#values = values;
    this.operands = operands;
  }

  has(letter: string): boolean {
    return this.#values.has(letter);
  }

  /** The last value given. */
  value(letter: string): string | undefined {
    return this.#values.get(letter)?.at(-1);
  }

  values(letter: string): readonly string[] {
    return this.#values.get(letter) ?? [];
  }

  /** Which of some letters came last: `-f` after `-i` wins. */
  last(letters: string): string | undefined {
    let last: string | undefined;
    for (const letter of this.#order) if (letters.includes(letter)) last = letter;
    return last;
  }

  get #order(): readonly string[] {
    return this.#values.get('') ?? [];
  }
}

/** Throws UsageFault with glibc's words. */
export function parseOptions(argv: readonly string[], spec: OptionSpec): Options {
  const values = new Map<string, string[]>([['', []]]);
  const operands: string[] = [];
  const set = (letter: string, value: string) => {
    values.get('')?.push(letter);
    values.set(letter, [...(values.get(letter) ?? []), value]);
  };
  let at = 1;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (word.startsWith('--')) {
      const { letter, value } = longOption(word, spec);
      const wants = wantsValue(spec.letters, letter);
      if (wants && value === undefined) {
        const next = argv[++at];
        if (next === undefined) throw new UsageFault(`option '${word}' requires an argument`);
        set(letter, next);
      } else set(letter, value ?? '');
      continue;
    }
    if (!/^-./.test(word)) {
      if (spec.operandsEnd) break;
      operands.push(word);
      continue;
    }
    for (let index = 1; index < word.length; index++) {
      const letter = word[index] ?? '';
      const known = letter !== ':' && spec.letters.includes(letter);
      if (!known) throw new UsageFault(`invalid option -- '${letter}'`);
      if (optionalValue(spec.letters, letter)) {
        set(letter, word.slice(index + 1));
        break;
      }
      if (!wantsValue(spec.letters, letter)) {
        set(letter, '');
        continue;
      }
      const value = word.slice(index + 1) || argv[++at];
      if (value === undefined) throw new UsageFault(`option requires an argument -- '${letter}'`);
      set(letter, value);
      break;
    }
  }
  return new Options(values, [...operands, ...argv.slice(at)]);
}

function longOption(word: string, spec: OptionSpec): { letter: string; value: string | undefined } {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const names = Object.keys(spec.long ?? {});
  const exact = names.includes(name) ? [name] : names.filter((one) => one.startsWith(name));
  const [only] = exact;
  if (only === undefined) throw new UsageFault(`unrecognized option '${word}'`);
  return {
    letter: spec.long?.[only] ?? '',
    value: equals < 0 ? undefined : word.slice(equals + 1),
  };
}

function wantsValue(letters: string, letter: string): boolean {
  const at = letters.indexOf(letter);
  return letters[at + 1] === ':' && letters[at + 2] !== ':';
}

function optionalValue(letters: string, letter: string): boolean {
  const at = letters.indexOf(letter);
  return letters[at + 1] === ':' && letters[at + 2] === ':';
}
