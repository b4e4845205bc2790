// How settings are laid over settings: in files, profiles, values and patches alike.

import { type Fields, isFields } from '../../schema/fields.ts';

/** Maps are joined key by key; everything else is replaced. */
export function merge(into: Fields, other: Fields): void {
  for (const [key, value] of Object.entries(other)) {
    const there = into[key];
    if (isFields(value) && isFields(there)) merge(there, value);
    else into[key] = isFields(value) || Array.isArray(value) ? structuredClone(value) : value;
  }
}
