// Running other programs from a program: find -exec, xargs, timeout, watch, env and their like.

import type { Child, Process, SpawnOptions } from '../../node/process.ts';
import { ProcessLimit, ProgramNotFound } from '../../node/process.ts';
import { complain } from './program.ts';

/** Words for a program that cannot be started, and the status that goes with them. */
function startFailure(name: string, error: unknown): { words: string; status: number } {
  if (error instanceof ProcessLimit) return { words: `can't fork: ${error.message}`, status: 126 };
  if (!(error instanceof ProgramNotFound)) throw error;
  return error.code === 'EACCES'
    ? { words: `can't execute '${name}': Permission denied`, status: 126 }
    : { words: `can't execute '${name}': No such file or directory`, status: 127 };
}

/** Starts a program; complains and answers with a status when that fails. */
export async function start(
  process: Process,
  argv: readonly string[],
  options?: SpawnOptions & { plainWords?: boolean },
): Promise<Child | number> {
  try {
    return process.spawn(argv, options);
  } catch (error) {
    const name = argv[0] ?? '';
    const { words, status } = startFailure(name, error);
    await complain(
      process,
      options?.plainWords ? words.replace(`can't execute '${name}'`, name) : words,
    );
    return status;
  }
}

/** Runs a program to its end. When this process dies first, the program gets the same signal. */
export async function run(
  process: Process,
  argv: readonly string[],
  /** `plainWords`: xargs names only the program it cannot run. */
  options?: SpawnOptions & { plainWords?: boolean },
): Promise<number> {
  const child = await start(process, argv, options);
  if (typeof child === 'number') return child;
  const onDeath = () => child.kill('SIGTERM');
  process.signal.addEventListener('abort', onDeath, { once: true });
  const status = await child.exited;
  process.signal.removeEventListener('abort', onDeath);
  return status;
}

/** Becomes a program; complains and answers with a status when that fails. */
export async function become(
  process: Process,
  argv: readonly string[],
  options?: SpawnOptions,
): Promise<number> {
  let running: Promise<number>;
  try {
    running = process.exec(argv, options);
  } catch (error) {
    const { words, status } = startFailure(argv[0] ?? '', error);
    await complain(process, words);
    return status;
  }
  return running;
}
