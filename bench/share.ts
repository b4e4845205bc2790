// The CPU that this process uses for a while.

import { setTimeout as wait } from 'node:timers/promises';

/** Of one core, all threads of this process together. */
export async function shareOfCore(ms: number): Promise<number> {
  const began = performance.now();
  const before = process.cpuUsage();
  await wait(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - began);
}
