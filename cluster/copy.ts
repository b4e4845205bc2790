// Copies of JSON values. Stored objects are shared and never change; whoever wants to change one copies it first.

import { define } from './define.ts';

/** A deep copy. For values that JSON knows only; several times faster than structuredClone. */
export function copyOf<Value>(value: Value): Value {
  return copied(value) as Value;
}

function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) define(copy, key, copied(inner));
  return copy;
}
