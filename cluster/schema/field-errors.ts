// Makes FieldErrors: the words in which a real API server says what is wrong with a field. Knows no kinds.
// Source: k8s.io/apimachinery's field.Error as its messages appear in public Status objects.

import type { FieldError } from './resource.ts';

/** A value that the message leaves out. */
export const OMITTED = Symbol('omitted');

export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, message: join('Required value', detail) };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return {
    type: 'FieldValueInvalid',
    field,
    message: join(`Invalid value${shown(value)}`, detail),
  };
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return {
    type: 'FieldValueTypeInvalid',
    field,
    message: join(`Invalid value${shown(value)}`, detail),
  };
}

export function notSupported(field: string, value: unknown, values: readonly string[]): FieldError {
  const detail = values.length > 0 ? `supported values: ${values.map(goQuote).join(', ')}` : '';
  return {
    type: 'FieldValueNotSupported',
    field,
    message: join(`Unsupported value${shown(value)}`, detail),
  };
}

export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: join('Forbidden', detail) };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, message: `Duplicate value${shown(value)}` };
}

export function notFound(field: string, value: unknown): FieldError {
  return { type: 'FieldValueNotFound', field, message: `Not found${shown(value)}` };
}

export function tooLong(field: string, most: number): FieldError {
  const unit = most === 1 ? 'byte' : 'bytes';
  return {
    type: 'FieldValueTooLong',
    field,
    message: `Too long: may not be more than ${most} ${unit}`,
  };
}

export function tooMany(field: string, count: number, most: number): FieldError {
  const unit = most === 1 ? 'item' : 'items';
  return {
    type: 'FieldValueTooMany',
    field,
    message: `Too many: ${count}: must have at most ${most} ${unit}`,
  };
}

function join(start: string, detail: string): string {
  return detail === '' ? start : `${start}: ${detail}`;
}

function shown(value: unknown): string {
  if (value === OMITTED) return '';
  if (typeof value === 'string') return `: ${goQuote(value)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `: ${value}`;
  return `: ${goJson(value)}`;
}

/** A string literal as Go's %q writes it. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const escape = ESCAPES[char];
    if (escape !== undefined) quoted += escape;
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
    else quoted += char;
  }
  return `${quoted}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

/** JSON as Go's encoder writes it: keys of maps sorted, `<`, `>` and `&` escaped. */
export function goJson(value: unknown): string {
  return (JSON.stringify(value, sortedKeys) ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
