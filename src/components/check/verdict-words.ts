// How a check's state reads on the page: one word, one reason. Pure.

import type { CheckState } from '../../../protocol/verdict.ts';
import { clockTime } from '../page/time.ts';

export interface VerdictWords {
  look: 'idle' | 'waiting' | 'passed' | 'seen' | 'broken';
  verdict: string;
  why: string;
  hint: string | undefined;
}

export const NOT_STARTED: VerdictWords = {
  look: 'idle',
  verdict: 'not started',
  why: '',
  hint: undefined,
};

/** However true it may be: the learner has not made it so. */
const SKIPPED: VerdictWords = {
  look: 'idle',
  verdict: 'skipped',
  why: 'You came here without doing this step. It counts as skipped, not as proven.',
  hint: undefined,
};

export function verdictWords({ verdict, proven, skipped, at }: CheckState): VerdictWords {
  if (skipped && !proven) return SKIPPED;
  switch (verdict.state) {
    case 'not started':
      return NOT_STARTED;
    case 'waiting':
      return {
        look: 'waiting',
        verdict: proven ? 'no longer' : 'not yet',
        why: proven
          ? `It was true at ${clockTime(proven.at)}. ${verdict.because}`
          : verdict.because,
        hint: verdict.hint,
      };
    case 'passed':
      return {
        look: 'passed',
        verdict: `proven ${clockTime(proven?.at ?? at)}`,
        why: verdict.seen,
        hint: undefined,
      };
    case 'seen':
      return {
        look: 'seen',
        verdict: `seen ${clockTime(at)}`,
        why: verdict.seen,
        hint: undefined,
      };
    case 'broken':
      return {
        look: 'broken',
        verdict: 'can’t tell',
        why: `Our check stopped with an error. This is our fault, not yours; your work is safe. It said: ${verdict.error}`,
        hint: undefined,
      };
  }
}
