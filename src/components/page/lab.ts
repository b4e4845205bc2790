// The page's lab, one for all its elements. What a test puts in its place is decided by src/site.ts.

import { connectLab } from 'virtual:meshproof/lab';
import type { Lab } from '../../lab-client/lab.ts';
import { keys } from '../frame/theme.ts';
import { forget, keep } from './memory.ts';

export const lab: Lab = connectLab();

/** Words for those who have no lab, in one line. */
export const HOW_TO_GET_A_LAB = 'To run this, start Meshproof: npm start';
export const HOW_TO_UNLOCK = 'To run this, open the link that npm start printed';

/** True while commands have somewhere to go, or soon will again. */
export function labIsThere(): boolean {
  return lab.state === 'open' || lab.state === 'offline' || lab.state === 'connecting';
}

/** The dock's column exists where a lab does, and is kept free for it on the next page. */
function follow(): void {
  if (lab.state === 'connecting') return;
  document.documentElement.toggleAttribute('data-lab', labIsThere());
  if (labIsThere()) keep(keys.lab, 'here');
  else forget(keys.lab);
}
lab.on('state', follow);
follow();
