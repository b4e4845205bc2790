// A number that a command printed, as an author points at it. Pure.

import * as z from 'zod/mini';

export const Pointed = z.object({
  /** A regular expression whose first group is the number. */
  reads: z.optional(z.string()),
  /** With `reads`: a regular expression of what is printed where the number is missing because it is zero. */
  none: z.optional(z.string()),
  /** In place of `reads`, a regular expression: the lines that begin with it are counted. */
  counts: z.optional(z.string()),
});
export type Pointed = z.infer<typeof Pointed>;

/** Undefined when it is not there, or nothing was printed. */
export function numberIn(printed: string, { reads, none, counts }: Pointed): number | undefined {
  if (counts !== undefined) {
    const lines = printed.split('\n').filter((line) => line.trim() !== '');
    const counted = new RegExp(`^(?:${counts})`);
    return lines.length === 0 ? undefined : lines.filter((line) => counted.test(line)).length;
  }
  const found = reads === undefined ? undefined : new RegExp(reads).exec(printed)?.[1];
  if (found !== undefined) return Number(found);
  return none !== undefined && new RegExp(none).test(printed) ? 0 : undefined;
}
