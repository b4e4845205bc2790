// What a simulated program sees of the machine it runs on: the words are POSIX's.
// A program is one async function; its process ends when that returns.

import type { Clock } from '../clock.ts';
import type { NetworkNamespace } from '../network/network.ts';
import type { ByteReader, ByteWriter } from '../streams.ts';
import type { FileSystem } from './file-system.ts';

/**
 * Runs until its promise settles. Resolves with the exit code. A rejection with Killed or BrokenPipe is a death by that
 * signal (141 for SIGPIPE), as in life; any other is a crash, shown on stderr as exit code 139.
 */
export type Program = (process: Process) => Promise<number>;

export type Signal =
  | 'SIGINT'
  | 'SIGTERM'
  | 'SIGKILL'
  | 'SIGHUP'
  | 'SIGQUIT'
  | 'SIGPIPE'
  | 'SIGWINCH'
  | 'SIGCHLD'
  | 'SIGTSTP'
  | 'SIGSTOP'
  | 'SIGCONT'
  | 'SIGALRM'
  | 'SIGUSR1'
  | 'SIGUSR2';

export interface Process {
  readonly pid: number;
  /** argv[0] is the name it was called by. */
  readonly argv: readonly string[];
  /** setproctitle(3): what ps shows from now on (`nginx: worker process`). */
  setTitle(title: string): void;
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly fs: FileSystem;
  readonly stdin: ByteReader;
  readonly stdout: ByteWriter;
  readonly stderr: ByteWriter;
  /** Present when stdin is a terminal. */
  readonly tty: Tty | undefined;
  readonly net: NetworkNamespace;
  readonly clock: Clock;
  /** Uniform in [0, 1), seeded by the cluster. */
  random(): number;
  /** The user it runs as. */
  readonly user: { uid: number; gid: number; name: string; home: string };
  /**
   * Aborted when the process must die (an unhandled signal, SIGKILL, its container stopped). Every wait of the process
   * ends by it; `reason` is a Killed with the signal.
   */
  readonly signal: AbortSignal;
  /** Handles a signal instead of dying by it; undefined restores the default. SIGKILL cannot be handled. */
  onSignal(signal: Signal, handler: (() => void) | undefined): void;
  /** Waits cluster milliseconds. Rejects with Killed when the process dies meanwhile. */
  sleep(ms: number): Promise<void>;
  /**
   * sched_yield(2): lets the rest of the cluster run when this process has had its share, else resolves at once. Every
   * loop that might go round without waiting calls it once a round (a shell: once a command), and spends CPU by it.
   * Reads, writes and spawns of a process yield by themselves.
   */
  yield(): Promise<void>;
  /**
   * Starts a program of the container found by PATH or path, as execvp(3): a file that begins with `#!` is run by its
   * interpreter, any other text by /bin/sh. Streams not given are the parent's; the runtime never ends a stream, so
   * whoever made a pipe ends (or cancels) it when the process at its end has exited. Throws ProgramNotFound.
   */
  spawn(argv: readonly string[], options?: SpawnOptions): Child;
  /**
   * Starts a function as a child with the parent's argv: a shell's subshell, pipeline part or background job. Values of
   * the parent are reachable from it, so the caller copies what must not be shared.
   */
  fork(run: Program, options?: SpawnOptions): Child;
  /**
   * Becomes another program, as execve(2): the same pid, its argv, no signal handlers of the old one. The caller returns
   * what this resolves with and does nothing else. Throws ProgramNotFound, and then nothing has changed.
   */
  exec(argv: readonly string[], options?: SpawnOptions): Promise<number>;
  /**
   * isatty(3). A stream handed on unchanged to a child keeps its answer; any other stream is none. Programs ask before
   * they draw columns or a progress meter.
   */
  isTerminal(fd: 0 | 1 | 2): boolean;
  /** All processes of the container, for ps, kill and the like. */
  readonly processes: ProcessTable;
}

export interface SpawnOptions {
  env?: ReadonlyMap<string, string>;
  cwd?: string;
  stdin?: ByteReader;
  stdout?: ByteWriter;
  stderr?: ByteWriter;
  tty?: Tty | undefined;
  /** setpgid(0, 0): Ctrl-C does not reach it until `setForeground` names it. For background jobs of interactive shells. */
  ownGroup?: boolean;
}

export interface Child {
  readonly pid: number;
  readonly argv: readonly string[];
  /** 128 + the signal's number when a signal ended it. */
  readonly exited: Promise<number>;
  /** Ctrl-Z and SIGSTOP hold a process at its next wait, until SIGCONT. */
  readonly stopped: boolean;
  /** Resolves when it is next stopped, continued or has exited: waitpid(2) with WUNTRACED. */
  changed(): Promise<void>;
  kill(signal: Signal): void;
}

export interface ProcessTable {
  list(): { pid: number; ppid: number; argv: readonly string[]; startedAt: number; user: string }[];
  /** False when there is no such process. */
  kill(pid: number, signal: Signal): boolean;
}

/** A terminal: line discipline and window. */
export interface Tty {
  readonly columns: number;
  readonly rows: number;
  /** A whole line was typed that nobody has read yet. */
  readonly lineWaits: boolean;
  /** Cooked mode edits and echoes lines and turns Ctrl-C into SIGINT; raw hands every byte through. */
  setRaw(raw: boolean): void;
  onResize(listener: () => void): () => void;
  /** Ctrl-C reaches the process groups of these processes: a shell names what it runs in the foreground, then itself. */
  setForeground(pids: readonly number[]): void;
}

/** The reason of a process's signal when it must die. */
export class Killed extends Error {
  readonly by: Signal;

  constructor(by: Signal) {
    super(`killed by ${by}`);
    this.name = 'Killed';
    this.by = by;
  }
}

export class ProgramNotFound extends Error {
  readonly command: string;
  /** EACCES: it is there and cannot be executed; a shell then answers 126 instead of 127. */
  readonly code: 'ENOENT' | 'EACCES';

  constructor(command: string, code: 'ENOENT' | 'EACCES' = 'ENOENT') {
    super(code === 'ENOENT' ? `${command}: not found` : `${command}: Permission denied`);
    this.name = 'ProgramNotFound';
    this.command = command;
    this.code = code;
  }
}

/** The container holds as many processes as it may: fork(2) fails with EAGAIN. */
export class ProcessLimit extends Error {
  constructor() {
    super('Resource temporarily unavailable');
    this.name = 'ProcessLimit';
  }
}
