// What a course is made of, as the build writes it to dist/catalogue.json and the server and the tests read it.

import * as z from 'zod/mini';
import { CheckSpec } from './check.ts';

/** What a block was run on, and the day, as `2026-11-29`. */
export const Proven = z.object({
  engine: z.string(),
  versions: z.record(z.string(), z.string()),
  date: z.string(),
});
export type Proven = z.infer<typeof Proven>;

/** Where in a block's output a number stands. Its schema is here and not with its reader, which a page loads. */
export const Pointed = z.object({
  /** A regular expression whose first group is the number. */
  reads: z.optional(z.string()),
  /** With `reads`: a regular expression of what is printed where the number is missing because it is zero. */
  none: z.optional(z.string()),
  /** In place of `reads`, a regular expression: the lines that begin with it are counted. */
  counts: z.optional(z.string()),
});
export type Pointed = z.infer<typeof Pointed>;

/** A command on the page. Its text is typed into a terminal as it stands. */
export const Block = z.object({
  /** Unique in the course: `deploy-frontend`. */
  id: z.string(),
  text: z.string(),
  /** Where it is typed: the learner's shell, or the shell a block before it opened inside a pod. */
  shell: z.enum(['lab', 'pod']),
  /** The block opens a shell inside a pod; the blocks after it are for that shell. */
  opensPodShell: z.boolean(),
  /** The command runs until the learner stops it with Ctrl-C, once this text has been seen. */
  untilSeen: z.optional(z.string()),
  /** What it prints hangs on the moment: shown as it was recorded, and compared with no other run. */
  varies: z.optional(z.boolean()),
  /** The command fades as a learner succeeds with its skill: a blank to fill, then the goal alone. */
  fades: z.optional(z.object({ skill: z.string(), blank: z.string(), goal: z.string() })),
  /** Numbers in its output that answer what the page asked its reader to predict. */
  answers: z.optional(z.array(Pointed)),
  /** What the recorded run printed; `...` stands for what differs from run to run. */
  expected: z.optional(z.string()),
  /** What it was last proven on. A block without it has not been run since it was written. */
  proven: z.optional(Proven),
  /** The exit code the lesson means to show. Default 0: a block that should fail says with what. */
  exitCode: z.number(),
  file: z.string(),
  line: z.number(),
});
export type Block = z.infer<typeof Block>;

export const Step = z.object({
  /** Unique in the course: `deploy`. */
  id: z.string(),
  /** As printed in the margin: `1.1`. */
  number: z.string(),
  /** The sub-goal, as its heading. */
  title: z.string(),
  blocks: z.array(Block),
  checks: z.array(CheckSpec),
});
export type Step = z.infer<typeof Step>;

export const Lesson = z.object({
  /** The page's path below the site's base: `module-2/a-day-without-a-mesh`. */
  id: z.string(),
  module: z.number(),
  number: z.number(),
  title: z.string(),
  /** One sentence: what the learner will have proven. */
  goal: z.string(),
  minutes: z.number(),
  /** Beside the path: nothing behind it needs it. */
  optional: z.optional(z.literal(true)),
  steps: z.array(Step),
});
export type Lesson = z.infer<typeof Lesson>;

export const Catalogue = z.object({
  /** Raised when an older server could misread it. */
  format: z.literal(1),
  lessons: z.array(Lesson),
});
export type Catalogue = z.infer<typeof Catalogue>;
