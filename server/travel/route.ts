// The way to a step's end: which files would change, which steps would be skipped, what a replay would type. Pure: reads and changes nothing.

import type { Step } from '../../protocol/lesson.ts';
import type { FileChange, TravelBlock, TravelStep } from '../../protocol/travel.ts';
import { isOnlySeen } from '../../protocol/check.ts';

/** What the record knows of checks. */
export interface Known {
  proven: (check: string) => boolean;
  skipped: (check: string) => boolean;
}

/** A step that changes nothing that anybody could prove is done with the steps around it. */
export function isProven({ checks }: Step, { proven }: Known): boolean {
  const provable = checks.filter((check) => !isOnlySeen(check));
  return provable.length > 0 && provable.every(({ check }) => proven(check));
}

/** Steps up to the end of the journey that nobody has proven. */
export function stepsSkipped(steps: readonly Step[], end: number, known: Known): TravelStep[] {
  return steps
    .slice(0, end + 1)
    .filter((step) => step.checks.some((check) => !isOnlySeen(check)) && !isProven(step, known))
    .map(({ id, number, title }) => ({ id, number, title }));
}

/** The last step that is done, proven or skipped; -1 before the first. */
export function lastDone(steps: readonly Step[], known: Known): number {
  return steps.findLastIndex(
    (step) => isProven(step, known) || step.checks.some(({ check }) => known.skipped(check)),
  );
}

/** What has to be typed to come from one step's end to another's. */
export function blocksBetween(steps: readonly Step[], from: number, end: number): TravelBlock[] {
  return steps.slice(from + 1, end + 1).flatMap((step) =>
    step.blocks.map(({ text, shell, opensPodShell, untilSeen, exitCode }) => ({
      step: step.id,
      text,
      shell,
      opensPodShell,
      ...(untilSeen !== undefined && { untilSeen }),
      exitCode,
    })),
  );
}

export interface FileAt {
  path: string;
  /** As it is now, as it would be, and after which steps it has a new text. */
  have: string | null;
  want: string | null;
  changedBy: readonly number[];
}

/**
 * Which files change: those that skipped steps would have written, and those that the step which is done next writes anew. What the
 * learner has written in a step that they have proven is theirs and stays.
 */
export function fileChanges(
  files: readonly FileAt[],
  end: number,
  isTheirs: (step: number) => boolean,
): FileChange[] {
  return files.flatMap(({ path, have, want, changedBy }): FileChange[] => {
    if (have === want) return [];
    const before = changedBy.filter((step) => step <= end);
    const isNext = changedBy.includes(end + 1);
    if (have !== null && before.length > 0 && before.every(isTheirs) && !isNext) return [];
    // What only later steps write is out of this journey's way.
    if (before.length === 0 && !isNext) return [];
    if (want === null) return [{ path, change: 'removed' }];
    return [{ path, change: have === null ? 'written' : 'replaced' }];
  });
}
