// Chance inside one cluster: the same seed gives the same sequence. Not for secrets.

/** sfc32: small, fast, and passes the usual tests of randomness. Uniform in [0, 1). */
export function seededRandom(seed: readonly [number, number, number, number]): () => number {
  let [a, b, c, counter] = seed;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The first outputs still show the seed.
  for (let round = 0; round < 15; round++) next();
  return next;
}

/** A seed of one number, or of chance. */
export function seedOf(
  seed: number | undefined,
  bytes: () => Uint8Array,
): Parameters<typeof seededRandom>[0] {
  if (seed !== undefined) return [seed | 0, 0x9e3779b9 | 0, 0x243f6a88, 1];
  const given = bytes();
  const word = (at: number) =>
    (given[at] ?? 0) |
    ((given[at + 1] ?? 0) << 8) |
    ((given[at + 2] ?? 0) << 16) |
    ((given[at + 3] ?? 0) << 24) |
    0;
  return [word(0), word(4), word(8), 1];
}
