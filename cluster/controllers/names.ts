// Hashes that controllers make names of, in the form Kubernetes gives them.
// Source: k8s.io/apimachinery's util/rand documents the alphabet: no vowels and no look-alikes, so that no word appears.

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Writes a text in the safe alphabet, character by character: decimal digits become `456789bcdf`. */
export function safeEncoded(text: string): string {
  let encoded = '';
  for (const char of text) encoded += ALPHABET[(char.codePointAt(0) ?? 0) % ALPHABET.length] ?? '';
  return encoded;
}

/** FNV-1a over UTF-8, 32 bits. */
export function fnv32a(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (const byte of new TextEncoder().encode(text)) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** JSON with sorted keys and without absent fields: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}

/**
 * The `pod-template-hash` of a defaulted template. Equal templates give equal hashes, so that an undo finds its old
 * ReplicaSet again; `collisions` tells apart templates that happen to share one.
 */
export function templateHash(template: unknown, collisions: number | undefined): string {
  let hash = fnv32a(canonicalJson(template));
  if (collisions !== undefined) hash = fnv32a(String(collisions), hash);
  return safeEncoded(String(hash));
}
