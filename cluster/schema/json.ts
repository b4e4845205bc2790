// A JSON parser that knows what JSON.parse forgets: fields given twice, and Go's words for what is wrong.
// Knows nothing of Kubernetes.
// Source: RFC 8259; the messages are those of Go's encoding/json, which clients see in Status objects.

import { define } from '../define.ts';
import { goQuote } from './field-errors.ts';

export interface ParsedJson {
  value: unknown;
  /** Object → the keys it was given more than once, in order. The last value counts. */
  duplicates: ReadonlyMap<object, readonly string[]>;
}

/** How deep values may nest: Go's own bound. */
const MAX_DEPTH = 10_000;
/** Nesting from which on recursion would endanger JavaScript's stack. */
const STACK_DEPTH = 1_000;

export function parseJson(text: string): ParsedJson | { error: string } {
  const parser = new JsonParser(text);
  try {
    return { value: parser.parse(), duplicates: parser.duplicates };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { error: error.message };
  }
}

class JsonError extends Error {}

class JsonParser {
  readonly duplicates = new Map<object, string[]>();
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): unknown {
    const value = this.#value('looking for beginning of value');
    this.#space();
    if (this.#at < this.#text.length) this.#wrong('after top-level value');
    return value;
  }

  #value(context: string): unknown {
    this.#space();
    const char = this.#text[this.#at] ?? '';
    switch (char) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        if (char === '-' || isDigit(char)) return this.#number();
        return this.#wrong(context);
    }
  }

  #object(): Record<string, unknown> {
    this.#deeper();
    const object: Record<string, unknown> = {};
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') return this.#closed(object);
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#wrong('looking for beginning of object key string');
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') this.#wrong('after object key');
      this.#at++;
      if (Object.hasOwn(object, key)) this.#note(object, key);
      define(object, key, this.#value('looking for beginning of value'));
      this.#space();
      const next = this.#text[this.#at];
      if (next === '}') return this.#closed(object);
      if (next !== ',') this.#wrong('after object key:value pair');
      this.#at++;
    }
  }

  #array(): unknown[] {
    this.#deeper();
    const array: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') return this.#closed(array);
    for (;;) {
      array.push(this.#value('looking for beginning of value'));
      this.#space();
      const next = this.#text[this.#at];
      if (next === ']') return this.#closed(array);
      if (next !== ',') this.#wrong('after array element');
      this.#at++;
    }
  }

  #deeper(): void {
    if (++this.#depth > Math.min(MAX_DEPTH, STACK_DEPTH)) throw new JsonError('exceeded max depth');
  }

  #closed<T>(value: T): T {
    this.#at++;
    this.#depth--;
    return value;
  }

  #note(object: object, key: string): void {
    const known = this.duplicates.get(object);
    if (!known) this.duplicates.set(object, [key]);
    else if (!known.includes(key)) known.push(key);
  }

  #string(): string {
    const start = ++this.#at;
    let plain = '';
    let from = start;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '"') {
        plain += this.#text.slice(from, this.#at++);
        // Go's strings are UTF-8: half of a surrogate pair, which only an escape can name, becomes U+FFFD.
        return from === start ? plain : plain.toWellFormed();
      }
      if (char === '\\') {
        plain += this.#text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else if (char === undefined || char < ' ') {
        this.#wrong('in string literal');
      } else {
        this.#at++;
      }
    }
  }

  /** Reads one escape, from its backslash on. */
  #escape(): string {
    const char = this.#text[++this.#at];
    if (char === 'u') {
      const hex = this.#text.slice(this.#at + 1, this.#at + 5);
      for (let index = 0; index < 4; index++) {
        if (/[0-9a-fA-F]/.test(hex[index] ?? '')) continue;
        this.#at += index + 1;
        this.#wrong('in \\u hexadecimal character escape');
      }
      this.#at += 5;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const plain = ESCAPES[char ?? ''];
    if (plain === undefined) return this.#wrong('in string escape code');
    this.#at++;
    return plain;
  }

  #literal<T>(word: string, value: T): T {
    for (let index = 1; index < word.length; index++) {
      this.#at++;
      if (this.#text[this.#at] !== word[index])
        this.#wrong(`in literal ${word} (expecting '${word[index]}')`);
    }
    this.#at++;
    return value;
  }

  #number(): number {
    const start = this.#at;
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    const exponent = this.#text[this.#at];
    if (exponent === 'e' || exponent === 'E') {
      this.#at++;
      const sign = this.#text[this.#at];
      if (sign === '+' || sign === '-') this.#at++;
      this.#digits('in exponent of numeric literal');
    }
    return Number(this.#text.slice(start, this.#at));
  }

  #digits(context: string): void {
    if (!isDigit(this.#text[this.#at] ?? '')) this.#wrong(context);
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++;
  }

  #space(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') return;
      this.#at++;
    }
  }

  #wrong(context: string): never {
    const char = this.#text[this.#at];
    if (char === undefined) throw new JsonError('unexpected end of JSON input');
    throw new JsonError(`invalid character ${quotedChar(char)} ${context}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1;
}

/** A character as Go quotes it in these messages: one byte of UTF-8 at a time. */
function quotedChar(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  const code = char.codePointAt(0) ?? 0;
  const first = code < 0x80 ? char : String.fromCharCode(new TextEncoder().encode(char)[0] ?? 0);
  return `'${goQuote(first).slice(1, -1)}'`;
}
