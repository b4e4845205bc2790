// What became of a command that a learner typed into one of their terminals, as far as its shell tells. A receipt is seen, and proves
// nothing: whoever can type can print one.

import * as z from 'zod/mini';

/** Where a page asks for receipts: `?session=` of one terminal, `?from=` an offset of its output. Newest last. */
export const RECEIPTS_PATH = '/lab/receipts';

export const Receipt = z.object({
  /** The terminal it was typed into. */
  session: z.string(),
  /** Where its output begins in the terminal's own; with `session` it names the receipt. */
  offset: z.int(),
  /**
   * `lab`: the learner's own shell, whose marks are signed. `pod`: a shell inside of it, in a simulated container; its marks are
   * anybody's, so that nothing is judged by them.
   */
  place: z.enum(['lab', 'pod']),
  /** As it was typed; its first 2 000 characters. Empty where the shell does not say. */
  command: z.string(),
  exit: z.int(),
  /** Milliseconds since the epoch at which it began, and how many it took. */
  at: z.number(),
  ms: z.number(),
  /** What the terminal showed of it, without escape sequences; its beginning, when `cut`. */
  output: z.string(),
  cut: z.boolean(),
});
export type Receipt = z.infer<typeof Receipt>;

/** An answer at RECEIPTS_PATH. */
export const ReceiptList = z.array(Receipt);
