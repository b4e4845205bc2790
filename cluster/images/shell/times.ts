// bash's keyword `time`, and seconds as shells write them. CPU time is not simulated and counts as zero.

import type { Shell } from './shell.ts';

export async function showTimes(
  shell: Shell,
  elapsedMs: number,
  style: 'bash' | 'posix',
): Promise<void> {
  if (style === 'posix') {
    await shell.complain(`real ${(elapsedMs / 1000).toFixed(2)}\nuser 0.00\nsys 0.00\n`);
    return;
  }
  await shell.complain(`\nreal\t${minutes(elapsedMs)}\nuser\t${minutes(0)}\nsys\t${minutes(0)}\n`);
}

/** `0m1.503s` */
export function minutes(ms: number): string {
  return `${Math.floor(ms / 60_000)}m${((ms % 60_000) / 1000).toFixed(3)}s`;
}
