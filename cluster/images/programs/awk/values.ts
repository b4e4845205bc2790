// awk's values: text and numbers at once, and how they compare and print.

import { floatText } from '../printf-format.ts';

/** Text that came from outside and looks like a number compares as one. */
export type Value = number | string | Strnum;

export class Strnum {
  readonly text: string;
  readonly number: number;

  constructor(text: string, number: number) {
    this.text = text;
    this.number = number;
  }
}

const LOOKS_NUMERIC = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;

/** A value read from input: fields, getline, FS pieces, ARGV, -v. */
export function fromInput(text: string): Value {
  return LOOKS_NUMERIC.test(text) ? new Strnum(text, Number(text)) : text;
}

export function toNumber(value: Value | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return value.number;
  const number = /^\s*[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(value);
  return number ? Number(number[0]) : 0;
}

/** @param format CONVFMT or OFMT. */
export function toText(value: Value | undefined, format: string): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return value.text;
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return String(value);
  const spec = /^%(?:\.(\d+))?([eEfgG])$/.exec(format);
  return spec
    ? floatText(value, spec[2] as string, '', Number(spec[1] ?? 6))
    : floatText(value, 'g', '', 6);
}

export function isTrue(value: Value | undefined): boolean {
  if (value === undefined) return false;
  if (typeof value === 'string') return value !== '';
  return toNumber(value) !== 0;
}

/** Numbers where both sides are (or look like) numbers, text otherwise. */
export function compare(left: Value | undefined, right: Value | undefined, format: string): number {
  if (typeof left !== 'string' && typeof right !== 'string')
    return toNumber(left) - toNumber(right);
  const [a, b] = [toText(left, format), toText(right, format)];
  return a < b ? -1 : a > b ? 1 : 0;
}
