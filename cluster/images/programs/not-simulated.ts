// Tools that an image has in life and this cluster cannot be: they say so.

import type { Program } from '../../node/process.ts';
import { complain } from './program.ts';

export const notSimulated: Program = async (process) => {
  await complain(process, 'not simulated in the embedded cluster');
  return 1;
};
