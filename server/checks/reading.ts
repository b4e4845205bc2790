// What an input of a check is now. Every kind of source answers in these words.

export type Reading =
  /** The cluster has not answered yet. */
  | { state: 'unknown' }
  | { state: 'known'; value: unknown; revision?: string }
  /** The question itself is wrong: our fault. */
  | { state: 'broken'; error: string };
