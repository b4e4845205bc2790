// Starts processes for a shell and waits for them: foreground, background, stopped. Knows descriptors and jobs, no grammar.

import type { Child, Process, SpawnOptions } from '../../node/process.ts';
import { Killed, ProcessLimit, ProgramNotFound } from '../../node/process.ts';
import { BrokenPipe, nothing } from '../../streams.ts';
import { resolvePath } from '../programs/files.ts';
import type { Descriptors } from './descriptors.ts';
import { closedWriter } from './descriptors.ts';
import { Fault, Interrupted } from './faults.ts';
import type { Job } from './jobs.ts';
import { complaint, notFound } from './messages.ts';
import type { Shell } from './shell.ts';

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
/** 128 + SIGINT. */
const INTERRUPTED = 130;
/** 128 + SIGTSTP. */
const STOPPED = 148;

export class Launcher {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** Runs a program in the foreground and answers with its status; 126 and 127 with a complaint when it cannot be run. */
  async program(
    argv: readonly string[],
    env: ReadonlyMap<string, string>,
    source: string,
  ): Promise<number> {
    const unusable = await this.#unusable(argv[0] ?? '');
    if (unusable !== undefined) return unusable;
    try {
      const child = this.#hold(
        this.#shell.process.spawn(argv, this.#options(this.#shell.descriptors, env)),
      );
      return await this.foreground([child], source);
    } catch (error) {
      return this.#notStarted(argv[0] ?? '', error);
    }
  }

  /** Becomes a program. Resolves with its status; what cannot be run is complained about, and `failed` is true. */
  async become(
    argv: readonly string[],
    env: ReadonlyMap<string, string>,
    builtin?: string,
  ): Promise<{ status: number; failed: boolean }> {
    const unusable = await this.#unusable(argv[0] ?? '', builtin);
    if (unusable !== undefined) return { status: unusable, failed: true };
    try {
      const status = await this.#shell.process.exec(
        argv,
        this.#options(this.#shell.descriptors, env),
      );
      return { status, failed: false };
    } catch (error) {
      return { status: await this.#notStarted(argv[0] ?? '', error, builtin), failed: true };
    }
  }

  /** A child that runs `body` on descriptors of its own, which are closed when it has ended, however it ended. */
  fork(descriptors: Descriptors, body: (process: Process) => Promise<number>): Child {
    const child = this.#forked(descriptors, body);
    void child.exited.then(() => descriptors.closeAll());
    return child;
  }

  #forked(descriptors: Descriptors, body: (process: Process) => Promise<number>): Child {
    try {
      return this.#shell.process.fork(body, this.#options(descriptors));
    } catch (error) {
      descriptors.closeAll();
      if (error instanceof ProcessLimit) throw this.#cannotFork();
      throw error;
    }
  }

  #cannotFork(): Fault {
    const words = 'Resource temporarily unavailable';
    if (this.#shell.isBash) return new Fault(`fork: ${words}`, { status: 254, reach: 'line' });
    return new Fault(`can't fork: ${words}`, { status: 2, reach: 'shell' });
  }

  /** Waits for children in the foreground of the terminal; resolves with all their statuses, or with 148 when they stop. */
  async foreground(children: readonly Child[], source: string, job?: Job): Promise<number> {
    const statuses = await this.statuses(children, source, job);
    return statuses.at(-1) ?? 0;
  }

  async statuses(
    children: readonly Child[],
    source: string,
    job?: Job,
  ): Promise<readonly number[]> {
    const { interactive, process } = this.#shell;
    const all = Promise.all(children.map((child) => child.exited));
    if (!interactive) {
      const statuses = await untilKilled(process, all);
      await this.#tellDeathToScript(children, statuses, source);
      return statuses;
    }
    process.tty?.setForeground(children.map((child) => child.pid));
    try {
      const statuses = await this.#watch(children, all);
      if (!statuses) return [await this.#stopped(children, source, job)];
      await this.#tellDeath(statuses);
      return statuses;
    } finally {
      process.tty?.setForeground([process.pid]);
      process.tty?.setRaw(false);
    }
  }

  /** Undefined when they stop instead of ending. */
  async #watch(children: readonly Child[], all: Promise<number[]>): Promise<number[] | undefined> {
    for (;;) {
      const changed = children.map((child) => child.changed().then(() => undefined));
      const statuses = await untilKilled(this.#shell.process, Promise.race([all, ...changed]));
      if (statuses) return statuses;
      if (children.some((child) => child.stopped)) return undefined;
      // One of several has ended: the rest goes on.
      const ended = await Promise.race([all, Promise.resolve(undefined)]);
      if (ended) return ended;
    }
  }

  async #stopped(
    children: readonly Child[],
    source: string,
    known: Job | undefined,
  ): Promise<number> {
    const shell = this.#shell;
    const job = known ?? shell.jobs.add(children, source);
    shell.jobs.list();
    const text = shell.isBash
      ? `\n[${job.id}]+  Stopped                 ${source}\n`
      : `[${job.id}]+  Stopped                    ${source}\n`;
    await shell.complain(text);
    return STOPPED;
  }

  /** A script hears of violent deaths too; bash says nothing of SIGTERM, which everybody sends. */
  async #tellDeathToScript(
    children: readonly Child[],
    statuses: readonly number[],
    source: string,
  ): Promise<void> {
    const words = deathWords(statuses.at(-1) ?? 0);
    const shell = this.#shell;
    if (!words || (shell.isBash && words === 'Terminated')) return;
    const pid = String(children.at(-1)?.pid).padStart(5);
    await shell.complain(
      shell.isBash ? complaint(shell, `${pid} ${words.padEnd(24)}${source}`) : `${words}\n`,
    );
  }

  /** Ctrl-C leaves whatever the shell was doing; other deaths are told. */
  async #tellDeath(statuses: readonly number[]): Promise<void> {
    if (statuses.includes(INTERRUPTED)) {
      await this.#shell.complain('\n');
      this.#shell.status = INTERRUPTED;
      throw new Interrupted();
    }
    const words = deathWords(statuses.at(-1) ?? 0);
    if (words) await this.#shell.complain(`${words}\n`);
  }

  async #unusable(name: string, builtin?: string): Promise<number | undefined> {
    const shell = this.#shell;
    if (name === '' && !shell.isBash) {
      await shell.complain(complaint(shell, ': Permission denied', builtin));
      return NOT_FOUND;
    }
    if (!name.includes('/')) return undefined;
    const info = shell.fs.stat(resolvePath(shell.cwd, name));
    if (info?.type !== 'directory') return undefined;
    const text = shell.isBash ? `${name}: Is a directory` : `${name}: Permission denied`;
    await shell.complain(complaint(shell, text, builtin));
    return NOT_EXECUTABLE;
  }

  async #notStarted(name: string, error: unknown, builtin?: string): Promise<number> {
    if (error instanceof ProcessLimit) throw this.#cannotFork();
    if (!(error instanceof ProgramNotFound)) throw error;
    const shell = this.#shell;
    if (error.code === 'EACCES') {
      await shell.complain(complaint(shell, `${name}: Permission denied`, builtin));
      return NOT_EXECUTABLE;
    }
    const text = builtin ? `${name}: not found` : notFound(shell, name);
    await shell.complain(complaint(shell, text, builtin));
    return NOT_FOUND;
  }

  #options(descriptors: Descriptors, env?: ReadonlyMap<string, string>): SpawnOptions {
    const input = descriptors.get(0);
    return {
      env: env ?? this.#shell.variables.environment(),
      cwd: this.#shell.cwd,
      stdin: input?.input ?? nothing,
      stdout: descriptors.get(1)?.output ?? closedWriter,
      stderr: descriptors.get(2)?.output ?? closedWriter,
      tty: input?.tty,
      ownGroup: this.#shell.interactive,
    };
  }

  /** Keeps the streams of a child open as long as it runs. */
  #hold(child: Child): Child {
    const held = this.#shell.descriptors.copy();
    void child.exited.then(() => held.closeAll());
    return child;
  }
}

/** Waits for a promise; rejects with Killed when the process must die meanwhile. */
export async function untilKilled<T>(process: Process, promise: Promise<T>): Promise<T> {
  const { signal } = process;
  let onAbort: () => void = () => {};
  const killed = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Killed('SIGKILL'));
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, killed]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** What both shells print when a signal has ended a process. Ctrl-C and broken pipes are not news. */
export function deathWords(status: number): string | undefined {
  switch (status) {
    case 129:
      return 'Hangup';
    case 131:
      return 'Quit';
    case 137:
      return 'Killed';
    case 139:
      return 'Segmentation fault';
    case 143:
      return 'Terminated';
    default:
      return undefined;
  }
}

/** The status a process that ended this way has; undefined for errors that are nobody's death. */
export function deathStatus(error: unknown): number | undefined {
  if (error instanceof BrokenPipe) return 141;
  if (error instanceof Fault) return error.status;
  return undefined;
}
