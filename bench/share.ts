// What another process uses, looked at from outside: to be asked would wake it, and in one that should do nothing that is all
// there would be to see.

import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** The share of one core that all threads of a process use together over `ms` milliseconds. */
export async function shareOfCore(pid: number, ms: number): Promise<number> {
  const began = performance.now();
  const before = cpuOf(pid);
  await wait(ms);
  const after = cpuOf(pid);
  let used = 0;
  for (const [thread, nanoseconds] of after) used += nanoseconds - (before.get(thread) ?? 0);
  return used / 1e6 / (performance.now() - began);
}

/** Bytes of resident memory. */
export function residentBytes(pid: number): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

/** Nanoseconds on a processor, by thread. Linux counts them for each: proc_pid_schedstat(5). */
function cpuOf(pid: number): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`);
  const of = (thread: string) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
  return new Map(threads.map((thread) => [thread, Number.parseInt(of(thread), 10)]));
}
