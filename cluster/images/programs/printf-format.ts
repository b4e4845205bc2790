// printf(1): a format used again and again until the arguments are used up. The shells' builtins and the program share it.

import { echoEscapes, printfEscapes } from '../shell/escapes.ts';
import { quoteBackslash } from '../shell/quoting.ts';
import { strftime } from './calendar.ts';

export interface Printed {
  text: string;
  /** Complaints, in order; the status is 1 when there are any. */
  complaints: string[];
  /** The format itself is wrong: nothing more is printed. */
  fatal: boolean;
}

export interface PrintfOptions {
  style: 'busybox' | 'bash';
  /** `%(…)T`: cluster milliseconds. */
  now(): number;
}

/** Characters one padded field may have; a real printf is stopped by memory. */
const MAX_WIDTH = 1024 * 1024;
const SPEC =
  /%(?:%|([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(?:hh|h|ll|l|L|j|z|t)?(\([^)]*\)T|[a-zA-Z])?)/g;

export function formatPrintf(
  format: string,
  values: readonly string[],
  options: PrintfOptions,
): Printed {
  const run = new PrintfRun(values, options);
  do {
    run.once(format);
  } while (run.goesOn);
  return run.result();
}

class PrintfRun {
  readonly #values: readonly string[];
  readonly #options: PrintfOptions;
  #next = 0;
  #text = '';
  #stopped = false;
  #fatal = false;
  #usedAny = false;
  readonly #complaints: string[] = [];

  constructor(values: readonly string[], options: PrintfOptions) {
    this.#values = values;
    this.#options = options;
  }

  get goesOn(): boolean {
    return !this.#stopped && this.#usedAny && this.#next < this.#values.length;
  }

  result(): Printed {
    return { text: this.#text, complaints: this.#complaints, fatal: this.#fatal };
  }

  once(format: string): void {
    this.#usedAny = false;
    let at = 0;
    for (const spec of format.matchAll(SPEC)) {
      const stop = this.#stop(format.slice(at, spec.index));
      this.#text += printfEscapes(stop.text, this.#options.style === 'bash');
      if (stop.stop) {
        this.#stopped = true;
        return;
      }
      at = spec.index + spec[0].length;
      if (spec[0] === '%%') this.#text += '%';
      else this.#conversion(spec, format.slice(spec.index));
      if (this.#stopped) return;
    }
    const stop = this.#stop(format.slice(at));
    this.#text += printfEscapes(stop.text, this.#options.style === 'bash');
    if (stop.stop) this.#stopped = true;
  }

  /** busybox ends at `\\c` in the format; to bash it is text. */
  #stop(text: string): { text: string; stop: boolean } {
    return this.#options.style === 'bash' ? { text, stop: false } : printfStop(text);
  }

  #conversion(spec: RegExpMatchArray, rest: string): void {
    const [, flags = '', width, precision, kind] = spec;
    const written = width === '*' ? Number(this.#integer(this.#take())) : Number(width ?? 0);
    const exact =
      precision === '*'
        ? Number(this.#integer(this.#take()))
        : precision === undefined
          ? undefined
          : Number(precision || 0);
    const left = flags.includes('-') || written < 0;
    const pad = (text: string, zero = false) =>
      padded(text, Math.min(Math.abs(written), MAX_WIDTH), left, zero && flags.includes('0'));
    if (
      kind === undefined ||
      !(kind.startsWith('(') || 'diouxXcsbqeEfFgGaA'.includes(kind)) ||
      (kind === 'q' && this.#options.style === 'busybox')
    )
      return this.#invalid(rest, kind);
    this.#usedAny = true;
    if (kind.startsWith('(')) {
      this.#text += pad(formatTime(kind.slice(1, -2), this.#take(), this.#options.now()));
      return;
    }
    const value = this.#take() ?? '';
    switch (kind) {
      case 's':
        this.#text += pad(exact === undefined ? value : value.slice(0, exact));
        return;
      case 'c':
        this.#text += pad(Array.from(value)[0] ?? '');
        return;
      case 'q':
        this.#text += pad(quoteBackslash(value));
        return;
      case 'b': {
        const { text, stop } = echoEscapes(value, {
          bareOctal: true,
          unicode: this.#options.style === 'bash',
        });
        this.#text += pad(exact === undefined ? text : text.slice(0, exact));
        this.#stopped = stop;
        return;
      }
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X':
        this.#text += pad(
          integerText(this.#integer(value), kind, flags, exact),
          exact === undefined,
        );
        return;
      default:
        this.#text += pad(floatText(this.#float(value), kind, flags, exact), true);
    }
  }

  #invalid(rest: string, kind: string | undefined): void {
    this.#complaints.push(
      this.#options.style === 'bash'
        ? `\`${(kind ?? rest).slice(-1)}': invalid format character`
        : `${rest}: invalid format`,
    );
    this.#stopped = true;
    this.#fatal = true;
  }

  #take(): string | undefined {
    return this.#values[this.#next++];
  }

  #integer(text: string | undefined): bigint {
    const value = (text ?? '').replace(/^[ \t]+/, '');
    if (value === '') return 0n;
    const char = /^['"]([\s\S])/u.exec(value)?.[1];
    if (char) return BigInt(char.codePointAt(0) ?? 0);
    const number = /^([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(value);
    if (!number || number[0].length < value.length) {
      this.#complain(text ?? '');
      // busybox throws the whole argument away, bash keeps the digits before the mistake.
      if (!number || this.#options.style === 'busybox') return 0n;
    }
    const digits = number[2] as string;
    const size = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
    return BigInt.asIntN(64, number[1] === '-' ? -size : size);
  }

  #float(text: string): number {
    const value = text.trim();
    if (value === '') return 0;
    const char = /^['"]([\s\S])/u.exec(value)?.[1];
    if (char) return char.codePointAt(0) ?? 0;
    const number =
      /^[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|0[xX][0-9a-fA-F]+|inf(?:inity)?|nan)/i.exec(
        value,
      );
    if (!number || number[0].length < value.length) this.#complain(text);
    return number ? Number(number[0].replace(/^([-+]?)inf.*/i, '$1Infinity')) : 0;
  }

  #complain(text: string): void {
    this.#complaints.push(
      this.#options.style === 'bash' ? `${text}: invalid number` : `invalid number '${text}'`,
    );
  }
}

/** `\c` in a format ends the printing. */
function printfStop(text: string): { text: string; stop: boolean } {
  const found = /(?:^|[^\\])(?:\\\\)*\\c/.exec(text);
  return found
    ? { text: text.slice(0, found.index + found[0].length - 2), stop: true }
    : { text, stop: false };
}

function padded(text: string, width: number, left: boolean, zero: boolean): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (left) return text + ' '.repeat(missing);
  if (!zero || !/\d/.test(text)) return ' '.repeat(missing) + text;
  const sign = /^[-+ ]?(?:0[xX])?/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function integerText(
  value: bigint,
  kind: string,
  flags: string,
  precision: number | undefined,
): string {
  const signed = kind === 'd' || kind === 'i';
  const size = signed ? (value < 0n ? -value : value) : BigInt.asUintN(64, value);
  let digits =
    kind === 'o'
      ? size.toString(8)
      : kind === 'x' || kind === 'X'
        ? size.toString(16)
        : size.toString();
  if (precision !== undefined) digits = digits.padStart(Math.min(precision, MAX_WIDTH), '0');
  if (flags.includes('#') && size !== 0n) {
    if (kind === 'o' && !digits.startsWith('0')) digits = `0${digits}`;
    if (kind === 'x' || kind === 'X') digits = `0x${digits}`;
  }
  const text = kind === 'X' ? digits.toUpperCase() : digits;
  if (!signed) return text;
  return `${value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''}${text}`;
}

/** C's %e, %f and %g. Used by awk too. */
export function floatText(value: number, kind: string, flags: string, precision = 6): string {
  const sign =
    value < 0 || Object.is(value, -0)
      ? '-'
      : flags.includes('+')
        ? '+'
        : flags.includes(' ')
          ? ' '
          : '';
  const size = Math.abs(value);
  const upper = kind === kind.toUpperCase();
  const text = Number.isNaN(size)
    ? 'nan'
    : size === Infinity
      ? 'inf'
      : unsignedFloat(size, kind.toLowerCase(), flags, Math.min(precision, 100));
  return sign + (upper ? text.toUpperCase() : text);
}

function unsignedFloat(size: number, kind: string, flags: string, precision: number): string {
  if (kind === 'f') return fixed(size, precision);
  if (kind === 'e' || kind === 'a') return exponential(size, precision);
  const significant = precision === 0 ? 1 : precision;
  const exponent = size === 0 ? 0 : Number(size.toExponential(significant - 1).split('e')[1]);
  const text =
    exponent < -4 || exponent >= significant
      ? exponential(size, significant - 1)
      : fixed(size, Math.max(0, significant - 1 - exponent));
  if (flags.includes('#') || !text.includes('.')) return text;
  return text.replace(/\.?0+(?=$|e)/, '');
}

function fixed(size: number, precision: number): string {
  // toFixed turns to exponents above 1e21.
  if (size < 1e21) return size.toFixed(precision);
  return BigInt(Math.round(size)).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
}

function exponential(size: number, precision: number): string {
  return size.toExponential(precision).replace(/e([-+])(\d)$/, 'e$10$2');
}

function formatTime(format: string, value: string | undefined, now: number): string {
  const seconds =
    value === undefined || value === '-1' || value === '-2'
      ? Math.floor(now / 1000)
      : Number(value);
  return strftime(format === '' ? '%H:%M:%S' : format, seconds * 1000);
}
