// sed's language: text in, commands out. Source: POSIX sed with the additions of GNU's that busybox has.

import { patternToRegExp } from '../regex.ts';

export type Address =
  | { type: 'line'; line: number }
  | { type: 'last' }
  /** The empty expression means the last one used. */
  | { type: 'regex'; regex: RegExp | undefined }
  | { type: 'step'; first: number; step: number };

export type RangeEnd = Address | { type: 'plus'; lines: number } | { type: 'multiple'; of: number };

export interface Command {
  from: Address | undefined;
  to: RangeEnd | undefined;
  negated: boolean;
  action: Action;
  /** Where a range stands: its first line, once it has begun. */
  range: { active: boolean; end: number };
}

export type Action =
  | { name: '{'; body: Command[] }
  | {
      name: 's';
      regex: RegExp | undefined;
      replacement: readonly ReplacementPart[];
      global: boolean;
      occurrence: number;
      print: boolean;
      file: string | undefined;
    }
  | { name: 'y'; map: ReadonlyMap<string, string> }
  | { name: 'a' | 'i' | 'c'; text: string }
  | { name: 'b' | 't' | 'T'; label: string }
  | { name: ':'; label: string }
  | { name: 'r' | 'w'; file: string }
  | { name: 'q' | 'Q'; status: number }
  | { name: SimpleAction };

/** Those with nothing behind their letter. */
export type SimpleAction = (typeof SIMPLE)[number];

const SIMPLE = ['d', 'D', 'p', 'P', 'n', 'N', 'g', 'G', 'h', 'H', 'x', '=', 'l', 'z'] as const;

export function isSimple(action: Action): action is { name: SimpleAction } {
  return SIMPLE.some((name) => name === action.name);
}

export type ReplacementPart =
  | { type: 'text'; text: string }
  /** `&` is group 0. */
  | { type: 'group'; group: number }
  | { type: 'case'; to: 'U' | 'L' | 'u' | 'l' | 'E' };

export class SedFault extends Error {}

export interface ParsedScript {
  commands: Command[];
  /** Some address asks for the last line: the reader must look ahead. */
  usesLast: boolean;
  /** `#n` on the first line. */
  quiet: boolean;
}

export function parseSed(text: string, extended: boolean): ParsedScript {
  return new ScriptParser(text, extended).parse();
}

class ScriptParser {
  readonly #text: string;
  readonly #extended: boolean;
  #at = 0;
  #usesLast = false;

  constructor(text: string, extended: boolean) {
    this.#text = text;
    this.#extended = extended;
  }

  parse(): ParsedScript {
    const quiet = this.#text.startsWith('#n\n') || this.#text === '#n';
    const commands = this.#commands(false);
    return { commands, usesLast: this.#usesLast, quiet };
  }

  #commands(inBraces: boolean): Command[] {
    const commands: Command[] = [];
    for (;;) {
      this.#skip(/[\s;]/);
      if (this.#at >= this.#text.length) {
        if (inBraces) throw new SedFault('unmatched {');
        return commands;
      }
      if (this.#peek() === '}') {
        if (!inBraces) throw new SedFault('unexpected }');
        this.#at++;
        return commands;
      }
      if (this.#peek() === '#') {
        this.#skip(/[^\n]/);
        continue;
      }
      commands.push(this.#command());
    }
  }

  #command(): Command {
    const from = this.#address();
    let to: RangeEnd | undefined;
    this.#skip(/[ \t]/);
    if (from && this.#take(',')) {
      this.#skip(/[ \t]/);
      to = this.#rangeEnd();
      if (!to) throw new SedFault('no address after comma');
    }
    this.#skip(/[ \t]/);
    const negated = this.#take('!');
    this.#skip(/[ \t!]/);
    return { from, to, negated, action: this.#action(), range: { active: false, end: 0 } };
  }

  #address(): Address | undefined {
    const number = /^\d+/.exec(this.#rest())?.[0];
    if (number) {
      this.#at += number.length;
      if (!this.#take('~')) return { type: 'line', line: Number(number) };
      const step = /^\d+/.exec(this.#rest())?.[0] ?? '0';
      this.#at += step.length;
      return { type: 'step', first: Number(number), step: Number(step) };
    }
    if (this.#take('$')) {
      this.#usesLast = true;
      return { type: 'last' };
    }
    let delimiter = '/';
    if (this.#take('\\')) delimiter = this.#next();
    else if (!this.#take('/')) return undefined;
    const source = this.#upTo(delimiter, true);
    const flags = /^[IM]*/.exec(this.#rest())?.[0] ?? '';
    this.#at += flags.length;
    return { type: 'regex', regex: this.#regex(source, flags.includes('I') ? 'i' : '') };
  }

  #rangeEnd(): RangeEnd | undefined {
    const relative = /^([+~])(\d+)/.exec(this.#rest());
    if (!relative) return this.#address();
    this.#at += relative[0].length;
    const count = Number(relative[2]);
    return relative[1] === '+' ? { type: 'plus', lines: count } : { type: 'multiple', of: count };
  }

  #regex(source: string, flags: string): RegExp | undefined {
    if (source === '') return undefined;
    const regex = patternToRegExp(source, { extended: this.#extended, flags: `g${flags}` });
    if (!regex) throw new SedFault(`bad regex '${source}'`);
    return regex;
  }

  #action(): Action {
    const name = this.#next();
    switch (name) {
      case '{':
        return { name, body: this.#commands(true) };
      case 's':
        return this.#substitution();
      case 'y':
        return this.#translation();
      case 'a':
      case 'i':
      case 'c':
        return { name, text: this.#lines() };
      case 'b':
      case 't':
      case 'T':
      case ':':
        return { name, label: this.#word() };
      case 'r':
      case 'w':
        return { name, file: this.#restOfLine() };
      case 'q':
      case 'Q':
        return { name, status: Number(this.#word() || 0) };
      default:
        return { name: this.#simple(name) };
    }
  }

  #simple(name: string): SimpleAction {
    const known = SIMPLE.find((one) => one === name);
    if (known === undefined)
      throw new SedFault(name === '' ? 'missing command' : `unsupported command ${name}`);
    this.#end();
    return known;
  }

  #substitution(): Action {
    const delimiter = this.#next();
    const source = this.#upTo(delimiter, true);
    const replacement = parseReplacement(this.#upTo(delimiter, false), delimiter);
    let global = false;
    let print = false;
    let occurrence = 1;
    let flags = '';
    for (;;) {
      const number = /^\d+/.exec(this.#rest())?.[0];
      if (number) {
        occurrence = Number(number);
        this.#at += number.length;
      } else if (this.#take('g')) global = true;
      else if (this.#take('p')) print = true;
      else if (this.#take('i') || this.#take('I')) flags += 'i';
      else if (this.#take('m') || this.#take('M')) flags += 'm';
      else break;
    }
    const file = this.#take('w') ? this.#restOfLine() : undefined;
    if (file === undefined) this.#end();
    return {
      name: 's',
      regex: this.#regex(source, flags),
      replacement,
      global,
      // busybox forgets the number where `g` stands beside it.
      occurrence: global ? 1 : occurrence,
      print,
      file,
    };
  }

  #translation(): Action {
    const delimiter = this.#next();
    const from = Array.from(unescaped(this.#upTo(delimiter, false)));
    const to = Array.from(unescaped(this.#upTo(delimiter, false)));
    if (from.length !== to.length)
      throw new SedFault('strings for y command have different lengths');
    this.#end();
    return { name: 'y', map: new Map(from.map((char, index) => [char, to[index] ?? char])) };
  }

  /** The text of a, i and c: on this line, or on the next after a backslash. */
  #lines(): string {
    this.#skip(/[ \t]/);
    if (this.#take('\\')) {
      this.#skip(/[ \t]/);
      this.#take('\n');
    }
    let text = '';
    while (this.#at < this.#text.length && this.#peek() !== '\n') {
      if (this.#peek() === '\\') {
        this.#at++;
        text += this.#next();
      } else text += this.#next();
    }
    return `${text}\n`;
  }

  #word(): string {
    this.#skip(/[ \t]/);
    const word = /^[^\s;}]*/.exec(this.#rest())?.[0] ?? '';
    this.#at += word.length;
    return word;
  }

  #restOfLine(): string {
    this.#skip(/[ \t]/);
    const text = /^[^\n]*/.exec(this.#rest())?.[0] ?? '';
    this.#at += text.length;
    return text;
  }

  /** Nothing but a separator may follow. */
  #end(): void {
    this.#skip(/[ \t]/);
    const next = this.#peek();
    if (next !== '' && !';\n}#'.includes(next))
      throw new SedFault('extra characters after command');
  }

  /** Text up to a delimiter; an escaped one stands for itself. In an expression brackets protect it. */
  #upTo(delimiter: string, regex: boolean): string {
    let text = '';
    let bracket = false;
    for (;;) {
      const char = this.#next();
      if (char === '') throw new SedFault(`unmatched '${delimiter}'`);
      if (char === '\\') {
        const next = this.#next();
        if (next === delimiter)
          text += regex && /[.*[\]^$+?(){}|]/.test(delimiter) ? `\\${delimiter}` : delimiter;
        else if (next === 'n' && regex) text += '\n';
        else text += `\\${next}`;
        continue;
      }
      if (regex && char === '[' && !bracket) bracket = this.#text.indexOf(']', this.#at + 1) > 0;
      else if (regex && char === ']' && bracket && !/\[\^?$/.test(text)) bracket = false;
      if (char === delimiter && !bracket) return text;
      text += char;
    }
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #next(): string {
    const char = this.#peek();
    this.#at += 1;
    return char;
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }

  #skip(chars: RegExp): void {
    while (this.#at < this.#text.length && chars.test(this.#peek())) this.#at++;
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_whole, char: string) =>
    char === 'n' ? '\n' : char === 't' ? '\t' : char,
  );
}

function parseReplacement(text: string, delimiter: string): ReplacementPart[] {
  const parts: ReplacementPart[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') parts.push({ type: 'text', text: literal });
    literal = '';
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '&' && delimiter !== '&') {
      flush();
      parts.push({ type: 'group', group: 0 });
    } else if (char === '\\') {
      const next = text[++at] ?? '\\';
      if (/[0-9]/.test(next)) {
        flush();
        parts.push({ type: 'group', group: Number(next) });
      } else if (/[ULulE]/.test(next)) {
        flush();
        parts.push({ type: 'case', to: next as 'U' });
      } else literal += next === 'n' ? '\n' : next === 't' ? '\t' : next;
    } else literal += char;
  }
  flush();
  return parts;
}
