// stty: how large the terminal is. Its other settings belong to the line discipline and are not simulated.

import type { Program } from '../../node/process.ts';
import { complain, print } from './program.ts';

export const stty: Program = async (process) => {
  const { tty } = process;
  if (!tty) {
    await complain(process, 'standard input: Inappropriate ioctl for device');
    return 1;
  }
  if (process.argv.length === 2 && process.argv[1] === 'size') {
    await print(process, `${tty.rows} ${tty.columns}\n`);
    return 0;
  }
  await complain(process, 'nothing but `stty size` is simulated in the embedded cluster');
  return 1;
};
