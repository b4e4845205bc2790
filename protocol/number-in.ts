// A number that a command printed, as an author points at it. Pure.

import type { Pointed } from './lesson.ts';

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
