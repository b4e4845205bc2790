// A number that a command printed, as an author points at it. Pure.

export interface Pointed {
  /** A regular expression whose first group is the number. */
  reads?: string | undefined;
  /** The lines that begin with this are counted. */
  counts?: string | undefined;
}

/** Undefined when it is not there, or nothing was printed. */
export function numberIn(printed: string, { reads, counts }: Pointed): number | undefined {
  if (counts !== undefined) {
    const lines = printed.split('\n').filter((line) => line.trim() !== '');
    return lines.length === 0 ? undefined : lines.filter((line) => line.startsWith(counts)).length;
  }
  const found = reads === undefined ? undefined : new RegExp(reads).exec(printed)?.[1];
  return found === undefined ? undefined : Number(found);
}
