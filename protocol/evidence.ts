// Evidence: a number that really happened in a learner's lab and is kept for their business case, with what a board will ask of it:
// how it was measured, when, and on what. Declared by a check's author (`measures`), derived by server/evidence, shown by pages.

import * as z from 'zod/mini';

/** `DELETE /lab/evidence/:measure` forgets one. */
export const EVIDENCE_PATH = '/lab/evidence';

/** Units that the pages can write. */
export const EvidenceUnit = z.enum(['seconds', 'requests', 'proxies']);
export type EvidenceUnit = z.infer<typeof EvidenceUnit>;

/** Two measurements of one thing that belong side by side. */
export const Side = z.enum(['without', 'with']);
export type Side = z.infer<typeof Side>;

/** The moment a span begins or ends. */
export const Moment = z.union([
  /** A command that begins with these words is given in one of the learner's own shells. */
  z.strictObject({ receipt: z.string() }),
  /** The rule of this number, counted from 1, has held; of checks whose rules are seen one after the other. */
  z.strictObject({ rule: z.number() }),
  /** Another check was settled: proven or, of receipts, seen. */
  z.strictObject({ check: z.string() }),
]);
export type Moment = z.infer<typeof Moment>;

/** What author, keeper and page tell of a number alike. */
const described = {
  /** Unique in the course. */
  measure: z.string(),
  /** As a line of a table: `Time to take the release back`. */
  title: z.string(),
  /** What it is compared with: measurements of one `pair` stand side by side. */
  pair: z.optional(z.string()),
  side: z.optional(Side),
  unit: EvidenceUnit,
  /** How it is measured, and what it leaves out, in one sentence for whoever doubts it. */
  how: z.string(),
};

/** What an author declares below a check. A value is read when the check is settled; a span ends then, unless `to` says otherwise. */
export const Measure = z.strictObject({
  ...described,
  /** CEL over the check's inputs. */
  value: z.optional(z.string()),
  from: z.optional(Moment),
  to: z.optional(Moment),
  /** Seconds for which the last rule has to hold before it counts: they are no part of the span. */
  less: z.optional(z.number()),
  /** Seconds below which this way of measuring cannot tell: a shorter span counts as this long. */
  atLeast: z.optional(z.number()),
});
export type Measure = z.infer<typeof Measure>;

export const Evidence = z.object({
  ...described,
  value: z.number(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** Name of the engine, and whether it simulates. */
  engine: z.string(),
  simulated: z.boolean(),
});
export type Evidence = z.infer<typeof Evidence>;
