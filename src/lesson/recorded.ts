// What the last recorded run of a lesson printed, and on what: a file beside the lesson, written by `npm run lessons -- --record` and
// by nobody else. A block whose text has changed since has no record.

import * as z from 'zod/mini';
import type { Block } from '../../protocol/lesson.ts';
import { type Problem, Problems } from './problem.ts';

export const RECORD_ENDING = '.proven.json';

export const RecordedLesson = z.strictObject({
  /** What stood behind the kubeconfig. */
  on: z.strictObject({
    engine: z.string(),
    versions: z.record(z.string(), z.string()),
    /** The day, as `2026-11-29`. */
    date: z.string(),
  }),
  blocks: z.record(
    z.string(),
    z.strictObject({
      /** The block's text when it was run. */
      text: z.string(),
      /** Line by line, with `...` for what differs between runs. */
      printed: z.array(z.string()),
    }),
  ),
});
export type RecordedLesson = z.infer<typeof RecordedLesson>;

/** `module-2/day.mdx` → `module-2/day.proven.json` */
export function recordBeside(lesson: string): string {
  return lesson.replace(/\.mdx$/, RECORD_ENDING);
}

/** Undefined where there is none, or none that can be read, which is a problem of its own. */
export function readRecord(
  text: string | undefined,
  file: string,
): { record: RecordedLesson | undefined; problems: Problem[] } {
  if (text === undefined) return { record: undefined, problems: [] };
  const problems = new Problems(recordBeside(file));
  try {
    return { record: RecordedLesson.parse(JSON.parse(text)), problems: [] };
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'a field is missing or unknown';
    problems.add(
      { line: 1, column: 1 },
      `no record of a run (${why}): make it anew, npm run lessons -- --record`,
    );
    return { record: undefined, problems: problems.found };
  }
}

/** Gives a block what a run of it printed. */
export function withRecord(block: Block, record: RecordedLesson | undefined): Block {
  const kept = record?.blocks[block.id];
  if (!record || !kept || kept.text !== block.text) return block;
  const printed = kept.printed.join('\n');
  return { ...block, proven: record.on, ...(printed && { expected: printed }) };
}
