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

export function verdictWords({ verdict, proven, at }: CheckState): VerdictWords {
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
