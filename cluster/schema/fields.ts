// Reads fields of decoded objects, whose values are unknown until looked at. Absent, null and wrongly typed read alike: as
// empty. (Typed decoding has refused wrong types before; here nothing is refused.)

export type Fields = Record<string, unknown>;

const NONE: Fields = Object.freeze({});

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object there, or an empty one that must not be written to. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : NONE;
}

/** The objects of a list. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** A map of strings: labels, annotations, data. */
export function stringMapOf(value: unknown): Record<string, string> {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Writes a default: only where nothing is. */
export function setDefault(fields: Fields, name: string, value: unknown): void {
  if (!isSet(fields[name])) fields[name] = value;
}

/** The same for strings, of which an empty one counts as absent. */
export function setDefaultString(fields: Fields, name: string, value: string): void {
  if (!fields[name]) fields[name] = value;
}

/** The object there to write to, made if absent. */
export function ensured(fields: Fields, name: string): Fields {
  const there = fields[name];
  if (isFields(there)) return there;
  const made: Fields = {};
  fields[name] = made;
  return made;
}

/** Follows a path of names. */
export function at(value: unknown, ...names: string[]): unknown {
  let here = value;
  for (const name of names) here = fieldsOf(here)[name];
  return here;
}

/** Equal as JSON values, whatever the order of their keys; absent and undefined alike. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (!isFields(a) || !isFields(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return keys.length === others.length && keys.every((key) => same(a[key], b[key]));
}
