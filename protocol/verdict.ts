// What became of a check. Decided by server/checks, shown by the page.

import * as z from 'zod/mini';

export const Verdict = z.discriminatedUnion('state', [
  /** Nothing is known yet: the first answer of the cluster is on its way. */
  z.object({ state: z.literal('not started') }),
  z.object({ state: z.literal('waiting'), because: z.string(), hint: z.optional(z.string()) }),
  z.object({ state: z.literal('passed'), seen: z.string() }),
  /** A terminal showed it. Nothing is proven by that. */
  z.object({ state: z.literal('seen'), seen: z.string() }),
  /** Our own fault: a rule or probe failed with an error. */
  z.object({ state: z.literal('broken'), error: z.string() }),
]);
export type Verdict = z.infer<typeof Verdict>;

export const CheckState = z.object({
  check: z.string(),
  verdict: Verdict,
  /** Milliseconds since the epoch at which this verdict was reached. */
  at: z.number(),
  /** The learner arrived behind its step: what is true of it proves nothing. */
  skipped: z.optional(z.boolean()),
  /** The first time it was green: from then on the step counts as done. */
  proven: z.optional(
    z.object({
      at: z.number(),
      seen: z.string(),
      /** Name of the engine that proved it. */
      engine: z.string(),
      /** resourceVersions of the inputs, by input name, for the record. */
      revisions: z.record(z.string(), z.string()),
    }),
  ),
});
export type CheckState = z.infer<typeof CheckState>;
