// POSIX regular expressions, basic and extended with GNU's additions, as JavaScript's. Used by grep, sed, awk, expr and [[ =~.
// One difference stays: of several alternatives that match, JavaScript takes the first, POSIX the longest.

import { bracketEnd, bracketSource } from '../shell/pattern.ts';

export interface RegexOptions {
  /** ERE: `+ ? | ( ) {` are operators bare. */
  extended: boolean;
  /** Of `g`, `i`, `m`. */
  flags?: string;
}

/** Expressions compiled before: a loop over lines asks for the same one. */
const cache = new Map<string, RegExp | undefined>();
const CACHE_SIZE = 256;

/** Undefined when the expression breaks the grammar. */
export function patternToRegExp(source: string, options: RegexOptions): RegExp | undefined {
  const flags = `su${options.flags ?? ''}`;
  const key = `${options.extended ? 'e' : 'b'}${flags} ${source}`;
  // A global expression remembers where it stopped, so it is not shared.
  if (!flags.includes('g') && cache.has(key)) return cache.get(key);
  const compiled = compile(source, options.extended, flags);
  if (cache.size >= CACHE_SIZE) cache.clear();
  if (!flags.includes('g')) cache.set(key, compiled);
  return compiled;
}

function compile(source: string, extended: boolean, flags: string): RegExp | undefined {
  const translated = new Translation(source, extended).run();
  if (translated === undefined) return undefined;
  try {
    return new RegExp(translated, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const OPERATORS = new Set(['+', '?', '|', '(', ')', '{', '}']);
const CLASSES: Readonly<Record<string, string>> = {
  w: '[A-Za-z0-9_]',
  W: '[^A-Za-z0-9_]',
  s: '[ \\t\\n\\r\\f\\v]',
  S: '[^ \\t\\n\\r\\f\\v]',
  b: '\\b',
  B: '\\B',
  '<': '\\b(?=\\w)',
  '>': '\\b(?<=\\w)',
  '`': '^',
  "'": '$',
  n: '\\n',
  t: '\\t',
};

class Translation {
  readonly #source: string;
  readonly #extended: boolean;
  #at = 0;
  #out = '';
  #depth = 0;
  #groups = 0;
  /** Nothing stands here yet that a `*` could repeat. */
  #atStart = true;

  constructor(source: string, extended: boolean) {
    this.#source = source;
    this.#extended = extended;
  }

  run(): string | undefined {
    while (this.#at < this.#source.length) if (!this.#step()) return undefined;
    return this.#depth === 0 ? this.#out : undefined;
  }

  /** One element; false when the grammar is broken. */
  #step(): boolean {
    const char = this.#source[this.#at] as string;
    if (char === '[') return this.#bracket();
    if (char === '\\') return this.#escape();
    this.#at++;
    if (this.#extended && OPERATORS.has(char)) return this.#operator(char);
    switch (char) {
      case '*':
        if (this.#atStart) return this.#literal('*');
        this.#out += '*';
        return true;
      case '^':
        if (!this.#extended && !this.#atStart) return this.#literal('^');
        this.#out += '^';
        return true;
      case '$':
        if (!this.#extended && !this.#endsHere()) return this.#literal('$');
        this.#out += '$';
        this.#atStart = false;
        return true;
      case '.':
        this.#out += '.';
        this.#atStart = false;
        return true;
      default: {
        const whole = String.fromCodePoint(this.#source.codePointAt(this.#at - 1) as number);
        this.#at += whole.length - 1;
        return this.#literal(whole);
      }
    }
  }

  #endsHere(): boolean {
    const rest = this.#source.slice(this.#at);
    return rest === '' || rest.startsWith('\\)') || rest.startsWith('\\|');
  }

  #literal(char: string): true {
    this.#out += /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
    this.#atStart = false;
    return true;
  }

  #bracket(): boolean {
    // Inside brackets POSIX knows no escapes.
    const end = bracketEnd(this.#source, this.#at, false);
    if (end < 0) return false;
    this.#out += bracketSource(this.#source.slice(this.#at + 1, end), false);
    this.#at = end + 1;
    this.#atStart = false;
    return true;
  }

  #escape(): boolean {
    const next = this.#source[this.#at + 1];
    // A backslash at the end escapes nothing.
    if (next === undefined) return false;
    this.#at += 2;
    if (!this.#extended && OPERATORS.has(next)) return this.#operator(next);
    if (/[1-9]/.test(next)) {
      if (Number(next) > this.#groups) return false;
      this.#out += `\\${next}(?:)`;
      this.#atStart = false;
      return true;
    }
    const known = CLASSES[next];
    if (known === undefined) return this.#literal(next);
    this.#out += known;
    this.#atStart = false;
    return true;
  }

  #operator(char: string): boolean {
    switch (char) {
      case '(':
        this.#out += '(';
        this.#depth++;
        this.#groups++;
        this.#atStart = true;
        return true;
      case ')':
        if (this.#depth === 0) {
          if (!this.#extended) return false;
          return this.#literal(')');
        }
        this.#out += ')';
        this.#depth--;
        this.#atStart = false;
        return true;
      case '|':
        this.#out += '|';
        this.#atStart = true;
        return true;
      case '{':
        return this.#interval();
      case '}':
        return this.#literal('}');
      default:
        if (this.#atStart) return this.#literal(char);
        this.#out += char;
        return true;
    }
  }

  #interval(): boolean {
    const close = this.#extended ? '\\}' : '\\\\\\}';
    const found = new RegExp(`^(\\d*)(,?)(\\d*)${close}`).exec(this.#source.slice(this.#at));
    if (!found || this.#atStart || (found[1] === '' && found[2] === ''))
      return this.#extended ? this.#literal('{') : false;
    this.#at += found[0].length;
    this.#out += `{${found[1] || '0'}${found[2]}${found[3]}}`;
    return true;
  }
}
