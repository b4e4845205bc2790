// How far a learner's command of a skill has come: two successes take the words away, two failures in a row bring them back. Pure.

import { fromJson } from './memory.ts';

/** 0: the whole command. 1: a part of it is to be filled in. 2: the goal alone. */
export type Level = 0 | 1 | 2;

export interface Skill {
  level: Level;
  /** Since the level last changed; failures are negative. */
  run: number;
}

export const NEW: Skill = { level: 0, run: 0 };

/** So many in a row move a level. One may be luck, and one a slip. */
const IN_A_ROW = 2;

export function after({ level, run }: Skill, succeeded: boolean): Skill {
  const next = succeeded ? Math.max(0, run) + 1 : Math.min(0, run) - 1;
  if (next >= IN_A_ROW) return { level: up(level), run: 0 };
  if (next <= -IN_A_ROW) return { level: down(level), run: 0 };
  return { level, run: next };
}

/** Who asks to see the command is not ready to do without it. */
export function shown({ level }: Skill): Skill {
  return { level: down(level), run: 0 };
}

/** As this browser kept it. */
export function parsed(text: string | undefined): Skill {
  const kept: Partial<Record<keyof Skill, unknown>> = Object(fromJson(text));
  const { level, run } = kept;
  // What was changed by hand begins anew.
  if (level !== 0 && level !== 1 && level !== 2) return NEW;
  return { level, run: typeof run === 'number' ? run : 0 };
}

const up = (level: Level): Level => (level === 0 ? 1 : 2);
const down = (level: Level): Level => (level === 2 ? 1 : 0);
