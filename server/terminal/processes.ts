// Ends everything that was started in a terminal: its session by id, and whoever left the session but still carries the terminal's
// name in its environment. Linux's /proc tells both; elsewhere only the shell's process group is reached.

import { readdir, readFile } from 'node:fs/promises';
import { limits } from '../config.ts';

/** Set in every shell's environment to its terminal's id. */
export const TERMINAL_VARIABLE = 'MESHPROOF_TERMINAL';

const LOOK_AGAIN_MS = 20;

/** Processes of the terminals that are given, by pid of the shell and by id. */
export async function processesOf(shells: ReadonlyMap<number, string>): Promise<number[]> {
  const markers = [...shells.values()].map((id) => `${TERMINAL_VARIABLE}=${id}`);
  const pids = (await entries()).filter((pid) => pid !== process.pid);
  const belongs = await Promise.all(
    pids.map(async (pid) => {
      const stat = await read(pid, 'stat');
      if (stat === undefined || isZombie(stat)) return false;
      if (shells.has(sessionOf(stat))) return true;
      const environment = await read(pid, 'environ');
      return environment?.split('\0').some((entry) => markers.includes(entry)) ?? false;
    }),
  );
  return pids.filter((_, index) => belongs[index]);
}

/**
 * Hangs up, waits, kills, waits. Resolves with those that are left: nobody, but for programs that became another user's (sudo) or
 * hang in the kernel.
 */
export async function endProcesses(shells: ReadonlyMap<number, string>): Promise<number[]> {
  if (shells.size === 0) return [];
  if (process.platform !== 'linux') return endGroups(shells);
  const started = performance.now();
  const hungUp = new Set<number>();
  for (;;) {
    const pids = await processesOf(shells);
    const waited = performance.now() - started;
    if (pids.length === 0 || waited > 2 * limits.hangUpGraceMs) return pids;
    for (const pid of pids) {
      if (waited > limits.hangUpGraceMs) signal(pid, 'SIGKILL');
      else if (!hungUp.has(pid)) hangUp(pid);
      hungUp.add(pid);
    }
    await pause(LOOK_AGAIN_MS);
  }
}

async function endGroups(shells: ReadonlyMap<number, string>): Promise<number[]> {
  for (const pid of shells.keys()) hangUp(-pid);
  await pause(limits.hangUpGraceMs);
  for (const pid of shells.keys()) signal(-pid, 'SIGKILL');
  return [];
}

function hangUp(pid: number): void {
  signal(pid, 'SIGHUP');
  signal(pid, 'SIGCONT'); // a stopped job cannot hear
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!hasCode(error, 'ESRCH', 'EPERM')) throw error; // gone, or now somebody else's (sudo): not ours to end
  }
}

async function entries(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function read(pid: number, file: 'stat' | 'environ'): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined; // gone, or another user's
    throw error;
  }
}

/** Fields of /proc/pid/stat behind the name, which may hold anything: state, parent, group, session. */
function fields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function isZombie(stat: string): boolean {
  return fields(stat)[0] === 'Z';
}

function sessionOf(stat: string): number {
  return Number(fields(stat)[3]);
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
