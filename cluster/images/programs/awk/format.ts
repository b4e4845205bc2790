// awk's printf.

import { floatText } from '../printf-format.ts';
import { toNumber, toText } from './values.ts';
import type { Value } from './values.ts';

/** Characters one padded field may have. */
const MAX_WIDTH = 1024 * 1024;

export function formatAwk(format: string, values: readonly Value[], convfmt: string): string {
  let next = 0;
  const take = () => values[next++];
  return format.replace(
    /%(?:%|([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]*([a-zA-Z]))/g,
    (
      whole,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      kind: string | undefined,
    ) => {
      if (whole === '%%') return '%';
      if (kind === undefined) return whole;
      const wide = width === '*' ? toNumber(take()) : Number(width ?? 0);
      const exact =
        precision === '*'
          ? toNumber(take())
          : precision === undefined
            ? undefined
            : Number(precision || 0);
      const left = flags.includes('-') || wide < 0;
      const text = conversion(kind, take(), flags, exact, convfmt);
      return pad(
        text,
        Math.min(Math.abs(wide), MAX_WIDTH),
        left,
        flags.includes('0') && kind !== 's' && kind !== 'c',
      );
    },
  );
}

function conversion(
  kind: string,
  value: Value | undefined,
  flags: string,
  precision: number | undefined,
  convfmt: string,
): string {
  switch (kind) {
    case 'd':
    case 'i':
    case 'u': {
      const number = Math.trunc(toNumber(value));
      if (!Number.isFinite(number)) return String(number).toLowerCase();
      const digits = BigInt(Math.abs(number))
        .toString()
        .padStart(precision ?? 0, '0');
      return `${number < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''}${digits}`;
    }
    case 'o':
      return Math.trunc(toNumber(value)).toString(8);
    case 'x':
    case 'X': {
      const text = Math.trunc(toNumber(value))
        .toString(16)
        .padStart(precision ?? 0, '0');
      const prefixed = flags.includes('#') ? `0x${text}` : text;
      return kind === 'X' ? prefixed.toUpperCase() : prefixed;
    }
    case 'c':
      return typeof value === 'number'
        ? String.fromCodePoint(Math.max(0, Math.min(0x10ffff, Math.trunc(value))))
        : (Array.from(toText(value, convfmt))[0] ?? '');
    case 's': {
      const text = toText(value, convfmt);
      return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
    }
    default:
      return floatText(toNumber(value), kind, flags, precision ?? 6);
  }
}

function pad(text: string, width: number, left: boolean, zero: boolean): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (left) return text + ' '.repeat(missing);
  if (!zero) return ' '.repeat(missing) + text;
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
