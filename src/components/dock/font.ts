// How large the terminals' letters are: the reader's choice, remembered, or what the look says.

import { forget, keep, recall } from '../page/memory.ts';

/** .8125rem, and .75rem on a phone, of 16 px. */
const USUAL_PX = 13;
const PHONE_PX = 12;
/** Smaller is not read, larger leaves no room for a table. */
const SMALLEST_PX = 9;
const LARGEST_PX = 28;
const KEY = 'meshproof:terminal-letters';

export const phone = matchMedia('(max-width: 50rem)');

export function fontSize(): number {
  const chosen = Number(recall(KEY));
  if (chosen >= SMALLEST_PX && chosen <= LARGEST_PX) return chosen;
  return phone.matches ? PHONE_PX : USUAL_PX;
}

/** One step larger or smaller; 0 forgets the choice. */
export function stepFont(step: 1 | -1 | 0): number {
  if (step === 0) forget(KEY);
  else keep(KEY, String(Math.min(LARGEST_PX, Math.max(SMALLEST_PX, fontSize() + step))));
  return fontSize();
}
