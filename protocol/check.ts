// A check as its author writes it, under its step, in YAML. What each part means to the learner: docs/authoring.md.

import * as z from 'zod/mini';
import { Measure } from './evidence.ts';

/** What a rule may look at. Each has a name; CEL sees it by that name. */
export const Input = z.union([
  /** One object, or null while it does not exist. */
  z.strictObject({
    object: z.string(),
    apiVersion: z.optional(z.string()),
    name: z.string(),
    namespace: z.optional(z.string()),
  }),
  /** A list of objects. `labels` is a label selector. */
  z.strictObject({
    objects: z.string(),
    apiVersion: z.optional(z.string()),
    namespace: z.optional(z.string()),
    labels: z.optional(z.string()),
    fields: z.optional(z.string()),
  }),
  /**
   * The last lines of containers' logs, as a list of strings, followed through the API. `log` names a pod, or all pods of
   * a label selector (`app=load-generator`). Default 100 lines.
   */
  z.strictObject({
    log: z.string(),
    namespace: z.optional(z.string()),
    container: z.optional(z.string()),
    lines: z.optional(z.number()),
  }),
  /** A file of the workspace, by its path from the workspace's top, as a string; null while it does not exist. */
  z.strictObject({ file: z.string() }),
  /** The cluster's version, as GET /version tells it. */
  z.strictObject({ version: z.literal('server') }),
  /**
   * What Prometheus answers to a query now: a list of samples, each with `metric` (its labels) and `value` (a double). Null while no
   * Prometheus answers. Asked again every 2 s while a page is open.
   */
  z.strictObject({ promql: z.string() }),
  /**
   * Commands that the learner's own shells have run and that begin with these words, newest last: each with `command`, `exit` and
   * `output`. Only in steps that change nothing anywhere: a check of receipts is seen, never proven.
   */
  z.strictObject({ receipt: z.string() }),
]);
export type Input = z.infer<typeof Input>;

export const Rule = z.strictObject({
  /** CEL, true when this part of the claim holds. A missing key or index is false, not an error. */
  expect: z.string(),
  /** One sentence for the learner, with numbers: `{{ cel }}` is filled in. */
  say: z.string(),
  hint: z.optional(z.string()),
  /** The block that mends it: `Point to it` shows it, `Type the answer for me` types it. */
  answer: z.optional(z.string()),
});
export type Rule = z.infer<typeof Rule>;

/** A plausible wrong way, for tests: after `run` the check must still be red, with `says` in its words. */
export const Mistake = z.strictObject({ run: z.string(), says: z.string() });
export type Mistake = z.infer<typeof Mistake>;

export const CheckSpec = z.strictObject({
  /** Unique in the course. */
  check: z.string(),
  /** The claim, as a sentence: `Every app pod runs its proxy`. */
  title: z.string(),
  watch: z.record(z.string(), Input),
  /** In order of cause: the first that fails speaks. */
  rules: z.array(Rule),
  /** What was seen, shown when it is proven: `{{ cel }}` is filled in. */
  seen: z.optional(z.string()),
  /**
   * `level`: all rules hold at once. `history`: each rule has held at some time, after the ones before it had; what was
   * seen once stays seen. Default level.
   */
  mode: z.optional(z.enum(['level', 'history'])),
  mistakes: z.array(Mistake),
  /** Other right ways, for tests: after each the check must be green. */
  alternatives: z.optional(z.array(z.strictObject({ run: z.string() }))),
  /** Commands that put the step's world out of order again after green, so that `no longer` can be tested. */
  breaks: z.optional(z.array(Mistake)),
  /** What is measured on the way, for the learner's business case. */
  measures: z.optional(z.array(Measure)),
});
export type CheckSpec = z.infer<typeof CheckSpec>;

/** A check of receipts: it can be seen, and proves nothing. */
export function isOnlySeen({ watch }: CheckSpec): boolean {
  return Object.values(watch).some((input) => 'receipt' in input);
}
