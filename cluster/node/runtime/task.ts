// One simulated process: its identity, its streams, its signals, its end. What it may see of others is its container's.

import type { Clock } from '../../clock.ts';
import { BrokenPipe, type ByteReader, type ByteWriter, bytesOf } from '../../streams.ts';
import type { NetworkNamespace } from '../../network/network.ts';
import type { FileSystem } from '../file-system.ts';
import {
  type Child,
  Killed,
  type Process,
  type ProcessTable,
  type Program,
  type Signal,
  type SpawnOptions,
  type Tty,
} from '../process.ts';
import { defaultAction, signalNumbers } from '../signals.ts';
import { ProcessSockets } from './process-sockets.ts';
import { ProcessInput, ProcessOutput, type StreamUser, sharedInput } from './stdio.ts';
import { Terminal } from './terminal.ts';
import type { Turns } from './turns.ts';

/** What a process asks of the container it runs in. */
export interface TaskHome {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly net: NetworkNamespace;
  readonly processes: ProcessTable;
  random(): number;
  readHosts(): string;
  /** The program a command leads to, with the argv it must see. Throws ProgramNotFound. */
  resolve(argv: readonly string[], env: ReadonlyMap<string, string>, cwd: string): Executable;
  start(parent: Task, executable: Executable, options: SpawnOptions): Task;
  ended(task: Task): void;
}

export interface Executable {
  program: Program;
  argv: readonly string[];
}

export interface TaskOptions {
  pid: number;
  ppid: number;
  /** The process group: the pid of the one it is named after. */
  group: number;
  executable: Executable;
  env: ReadonlyMap<string, string>;
  cwd: string;
  user: Process['user'];
  stdin: ByteReader;
  stdout: ByteWriter;
  stderr: ByteWriter;
  tty: Tty | undefined;
  files: (task: Task) => FileSystem;
  memoryBytes: number;
}

/** Operations a spawn is billed: fork, exec and the loader are dear. */
const SPAWN_OPERATIONS = 50;

/** Killed rejections a dead process may catch and ignore before its waits simply never end. */
const REJECTIONS_AFTER_DEATH = 16;

/** Exit code of a program that threw: what a segmentation fault gives. */
const CRASH = 139;

export class Task implements Process, StreamUser {
  readonly pid: number;
  ppid: number;
  group: number;
  argv: readonly string[];
  env: ReadonlyMap<string, string>;
  cwd: string;
  readonly user: Process['user'];
  readonly fs: FileSystem;
  readonly net: NetworkNamespace;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly memoryBytes: number;
  stdin: ProcessInput;
  stdout: ProcessOutput;
  stderr: ProcessOutput;
  readonly exited: Promise<number>;
  /** Set when a signal, not the program, ended it. */
  endedBy: Signal | undefined;
  readonly #home: TaskHome;
  readonly #handlers = new Map<Signal, () => void>();
  readonly #death = new AbortController();
  /** Those who wait for something and must hear of its death first. Not a race: that would never forget them. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  #terminal: Tty | undefined;
  #alive = true;
  #rejections = 0;
  #resolveExited: (code: number) => void = () => {};
  /** While stopped: resolves at SIGCONT. */
  #continued: { promise: Promise<void>; resolve: () => void } | undefined;
  #pendingWhileStopped: Signal[] = [];
  #watchers: (() => void)[] = [];

  constructor(home: TaskHome, options: TaskOptions) {
    this.#home = home;
    this.pid = options.pid;
    this.ppid = options.ppid;
    this.group = options.group;
    this.argv = options.executable.argv;
    this.env = options.env;
    this.cwd = options.cwd;
    this.user = options.user;
    this.clock = home.clock;
    this.startedAt = home.clock.now();
    this.memoryBytes = options.memoryBytes;
    this.#terminal = options.tty;
    this.stdin = new ProcessInput(sharedInput(options.stdin), this);
    this.stdout = new ProcessOutput(options.stdout, this);
    this.stderr = new ProcessOutput(options.stderr, this);
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
    this.net = new ProcessSockets(home.net, this.signal, () => home.readHosts());
    this.fs = options.files(this);
  }

  get signal(): AbortSignal {
    return this.#death.signal;
  }

  get processes(): ProcessTable {
    return this.#home.processes;
  }

  get tty(): Tty | undefined {
    return this.isTerminal(0) ? this.#terminal : undefined;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get stopped(): boolean {
    return this.#continued !== undefined;
  }

  /** Runs the program in a turn of its own, so that the parent can set things up after spawn returns. */
  run(program: Program): void {
    void this.#live(program);
  }

  random(): number {
    return this.#home.random();
  }

  setTitle(title: string): void {
    this.argv = [title];
  }

  async sleep(ms: number): Promise<void> {
    await this.enter();
    try {
      await this.clock.sleep(ms, this.signal);
    } catch (error) {
      this.#countRejection();
      throw error;
    }
    await this.enter();
  }

  yield(): Promise<void> {
    return this.enter();
  }

  async enter(): Promise<void> {
    if (!this.#alive) return this.#afterDeath();
    const turn = this.#home.turns.take();
    if (turn) await this.whileAlive(turn);
    while (this.#continued) await this.whileAlive(this.#continued.promise);
  }

  whileAlive<Result>(promise: Promise<Result>): Promise<Result> {
    if (!this.#alive) return this.#afterDeath();
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      promise
        .finally(() => this.#waiting.delete(reject))
        .then(resolve, (error: unknown) =>
          reject(error instanceof Error ? error : new Error(String(error))),
        );
    });
  }

  onSignal(signal: Signal, handler: (() => void) | undefined): void {
    if (signal === 'SIGKILL' || signal === 'SIGSTOP') return;
    if (handler) this.#handlers.set(signal, handler);
    else this.#handlers.delete(signal);
  }

  isTerminal(fd: 0 | 1 | 2): boolean {
    const terminal = this.#terminal;
    if (!(terminal instanceof Terminal)) return false;
    if (fd === 0) return this.stdin.shared.source === terminal.input;
    return (fd === 1 ? this.stdout : this.stderr).sink === terminal.output;
  }

  spawn(argv: readonly string[], options: SpawnOptions = {}): Child {
    this.signal.throwIfAborted();
    const executable = this.#home.resolve(argv, options.env ?? this.env, options.cwd ?? this.cwd);
    void this.#home.turns.take(SPAWN_OPERATIONS);
    return childOf(this.#home.start(this, executable, options));
  }

  fork(run: Program, options: SpawnOptions = {}): Child {
    this.signal.throwIfAborted();
    void this.#home.turns.take(SPAWN_OPERATIONS / 2);
    return childOf(this.#home.start(this, { program: run, argv: this.argv }, options));
  }

  exec(argv: readonly string[], options: SpawnOptions = {}): Promise<number> {
    const env = options.env ?? this.env;
    const cwd = options.cwd ?? this.cwd;
    const { program, argv: actual } = this.#home.resolve(argv, env, cwd);
    this.argv = actual;
    this.env = env;
    this.cwd = cwd;
    this.#handlers.clear();
    if (options.stdin) this.stdin = new ProcessInput(sharedInput(options.stdin), this);
    if (options.stdout) this.stdout = new ProcessOutput(options.stdout, this);
    if (options.stderr) this.stderr = new ProcessOutput(options.stderr, this);
    if ('tty' in options) this.#terminal = options.tty;
    return program(this);
  }

  /** The terminal a child inherits, whether or not this process reads from it. */
  get controllingTerminal(): Tty | undefined {
    return this.#terminal;
  }

  /** As if by the kernel or from outside the container: even the first process dies of SIGKILL. */
  deliver(signal: Signal): void {
    if (!this.#alive) return;
    if (signal === 'SIGKILL') return this.#die(signal);
    if (signal === 'SIGSTOP') return this.#stop();
    if (signal === 'SIGCONT') this.#continue();
    if (this.#continued) {
      this.#pendingWhileStopped.push(signal);
      return;
    }
    const handler = this.#handlers.get(signal);
    if (handler) return this.#handle(handler);
    const action = defaultAction(signal);
    // The kernel keeps the first process of a container from dying or stopping by a signal it has no handler for.
    if (this.pid === 1) return;
    if (action === 'terminate') this.#die(signal);
    else if (action === 'stop') this.#stop();
  }

  /** The state changed, or it has exited: told once. */
  changed(): Promise<void> {
    if (!this.#alive) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  async #live(program: Program): Promise<void> {
    await Promise.resolve();
    try {
      await this.enter();
      const code = await program(this);
      this.#finish(code & 0xff);
    } catch (error) {
      if (error instanceof Killed) return this.#die(error.by);
      if (error instanceof BrokenPipe) return this.#die('SIGPIPE');
      this.#crash(error);
    }
  }

  #crash(error: unknown): void {
    if (!this.#alive) return;
    const words = error instanceof Error ? error.message : String(error);
    // It is dying: its last words go out if anybody takes them.
    this.stderr.sink
      .write(
        bytesOf(`${this.argv[0] ?? 'program'}: this simulated program has crashed: ${words}\n`),
      )
      .catch(() => {});
    this.#finish(CRASH);
  }

  #handle(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#crash(error);
    }
  }

  #die(signal: Signal): void {
    if (!this.#alive) return;
    this.endedBy = signal;
    this.#finish(128 + signalNumbers[signal], new Killed(signal));
  }

  #finish(code: number, reason: Killed = new Killed('SIGKILL')): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#death.abort(reason);
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
    this.net.close();
    this.#handlers.clear();
    this.#continued?.resolve();
    this.#continued = undefined;
    this.#resolveExited(code);
    this.#tellWatchers();
    this.#home.ended(this);
  }

  #stop(): void {
    if (this.#continued) return;
    let resolve = () => {};
    const promise = new Promise<void>((done) => (resolve = done));
    this.#continued = { promise, resolve };
    this.#tellWatchers();
  }

  #continue(): void {
    const continued = this.#continued;
    if (!continued) return;
    this.#continued = undefined;
    continued.resolve();
    this.#tellWatchers();
    for (const signal of this.#pendingWhileStopped.splice(0)) this.deliver(signal);
  }

  #tellWatchers(): void {
    for (const tell of this.#watchers.splice(0)) tell();
  }

  /** A dead program that ignores its death would go round for ever: after a while its waits do not end any more. */
  #afterDeath(): Promise<never> {
    this.#countRejection();
    if (this.#rejections > REJECTIONS_AFTER_DEATH) return new Promise(() => {});
    return Promise.reject(this.signal.reason as Error);
  }

  #countRejection(): void {
    this.#rejections++;
  }
}

/** What a parent holds of a child. */
function childOf(task: Task): Child {
  return {
    pid: task.pid,
    get argv() {
      return task.argv;
    },
    exited: task.exited,
    get stopped() {
      return task.stopped;
    },
    changed: () => task.changed(),
    kill: (signal) => task.deliver(signal),
  };
}
