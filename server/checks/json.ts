// Steps into JSON that may be anything: conditions are asked about objects that are not there yet, or not whole.

export type Json = unknown;

/** Field by field into what may be anything; undefined where a step is missing. */
export function at(value: Json, ...path: string[]): Json {
  let here = value;
  for (const name of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string, Json>)[name];
  }
  return here;
}

export function items(value: Json): Json[] {
  return Array.isArray(value) ? value : [];
}
