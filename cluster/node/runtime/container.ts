// A running container: its processes, files and streams, from its first process' start to its end.
// Knows nothing of pods; the kubelet decides what runs and when it is over.

import type { ExecResult, RemoteStreams } from '../../api/kubelet.ts';
import type { Clock } from '../../clock.ts';
import type { ClusterLimits } from '../../limits.ts';
import { type Connection, NetError } from '../../network/network.ts';
import {
  type ByteReader,
  type ByteWriter,
  Pipe,
  concatBytes,
  nothing,
  textOf,
} from '../../streams.ts';
import {
  ProcessLimit,
  ProgramNotFound,
  type Process,
  type ProcessTable,
  type Signal,
  type SpawnOptions,
  type Tty,
} from '../process.ts';
import {
  type ContainerConfig,
  type ContainerExit,
  type RunningContainer,
  StartError,
} from '../runtime.ts';
import { ContainerRoot, environment } from './container-root.ts';
import { Executables } from './executables.ts';
import { type Executable, Task, type TaskHome } from './task.ts';
import { Terminal } from './terminal.ts';
import { Turns } from './turns.ts';

export interface RuntimeSettings {
  clock: Clock;
  random: () => number;
  limits: Pick<ClusterLimits, 'containerFileBytes' | 'processesPerContainer' | 'pipeBytes'>;
}

/** Bytes of a probe's output that are kept: the kubelet's own limit. */
const PROBE_OUTPUT_BYTES = 10 * 1024;

/** Resident memory of a process whose image says nothing, and of any other process beside the main one. */
const MAIN_MEMORY_BYTES = 1024 * 1024;
const OTHER_MEMORY_BYTES = 400 * 1024;

export class Container implements RunningContainer, TaskHome {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly exited: Promise<ContainerExit>;
  readonly processes: ProcessTable;
  readonly #config: ContainerConfig;
  readonly #settings: RuntimeSettings;
  readonly #executables: Executables;
  readonly #root: ContainerRoot;
  readonly #tasks = new Map<number, Task>();
  readonly #screens = new Set<RemoteStreams>();
  readonly #env: ReadonlyMap<string, string>;
  readonly #user: Process['user'];
  readonly #stdin: Pipe | undefined;
  readonly #terminal: Terminal | undefined;
  readonly #main: Task;
  readonly #foregrounds = new Map<Terminal, number>();
  #nextPid = 1;
  #resolveExited: (exit: ContainerExit) => void = () => {};

  constructor(config: ContainerConfig, settings: RuntimeSettings) {
    this.#config = config;
    this.#settings = settings;
    this.clock = settings.clock;
    this.turns = new Turns(settings.clock);
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
    this.#executables = new Executables(config.image);
    this.#root = new ContainerRoot(config, {
      clock: settings.clock,
      random: settings.random,
      maxBytes: settings.limits.containerFileBytes,
      tasks: () => Array.from(this.#tasks.values()),
    });
    this.#user = this.#root.user();
    this.#env = environment(config, this.#user.home);
    this.processes = { list: () => this.#list(), kill: (pid, signal) => this.#kill(pid, signal) };
    this.#stdin = config.stdin && !config.tty ? new Pipe(settings.limits.pipeBytes) : undefined;
    this.#terminal = config.tty
      ? this.#openTerminal((bytes) => this.#output('stdout', bytes))
      : undefined;
    this.#main = this.#startMain();
  }

  get net() {
    return this.#config.net;
  }

  random(): number {
    return this.#settings.random();
  }

  // What the kubelet asks.

  signal(signal: Signal): void {
    this.#main.deliver(signal);
  }

  async exec(
    command: readonly string[],
    tty: boolean,
    streams: RemoteStreams,
  ): Promise<ExecResult> {
    if (!this.#main.alive)
      return { error: `${this.#execFailure()}: cannot exec in a stopped state: unknown` };
    let task: Task;
    const terminal = tty
      ? this.#openTerminal((bytes) => writeTo(streams.stdout, bytes))
      : undefined;
    try {
      task = this.#execTask(command, terminal, {
        stdin: terminal?.input ?? streams.stdin ?? nothing,
        stdout: terminal?.output ?? streams.stdout ?? discard,
        stderr: terminal?.output ?? streams.stderr ?? discard,
      });
    } catch (error) {
      return { error: this.#execError(error, command) };
    }
    const onGone = () => this.#clientGone(streams, terminal);
    if (streams.signal.aborted) onGone();
    else streams.signal.addEventListener('abort', onGone, { once: true });
    if (terminal) this.#serveTerminal(terminal, streams);
    const exitCode = await task.exited;
    streams.signal.removeEventListener('abort', onGone);
    if (terminal) this.#closeSession(terminal);
    return { exitCode };
  }

  async attach(streams: RemoteStreams): Promise<void> {
    this.#screens.add(streams);
    const gone = new Promise<void>((resolve) => {
      if (streams.signal.aborted) resolve();
      else streams.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (this.#terminal) this.#serveTerminal(this.#terminal, streams);
    else if (this.#stdin && streams.stdin) void this.#feed(this.#stdin, streams.stdin);
    await Promise.race([this.exited, gone]);
    this.#screens.delete(streams);
    if (streams.stdin && this.#config.stdinOnce) this.#endStdin();
  }

  async run(
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<{ exitCode: number; output: string }> {
    const kept: Uint8Array[] = [];
    let room = PROBE_OUTPUT_BYTES;
    const keep: ByteWriter = {
      write: (bytes) => {
        if (room > 0) kept.push(bytes.slice(0, room));
        room -= bytes.length;
        return Promise.resolve();
      },
      end: () => {},
    };
    let task: Task;
    try {
      task = this.#execTask(command, undefined, { stdin: nothing, stdout: keep, stderr: keep });
    } catch (error) {
      return { exitCode: 127, output: this.#execError(error, command) };
    }
    const stop = () => task.deliver('SIGKILL');
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const exitCode = await task.exited;
    signal.removeEventListener('abort', stop);
    return { exitCode, output: textOf(concatBytes(kept)) };
  }

  async portForward(port: number): Promise<Connection> {
    try {
      return await this.net.connect('127.0.0.1', port);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      const words = error.message.toLowerCase();
      const namespace = `/var/run/netns/cni-${this.#id(12)}`;
      throw new NetError(
        error.code,
        `failed to connect to localhost:${port} inside namespace "${namespace}", IPv4: dial tcp4 127.0.0.1:${port}: connect: ${words} IPv6 dial tcp6 [::1]:${port}: connect: ${words} `,
      );
    }
  }

  usage(): { cpuNanoseconds: number; memoryBytes: number } {
    let memoryBytes = this.#root.usedBytes;
    for (const task of this.#tasks.values()) memoryBytes += task.memoryBytes;
    return { cpuNanoseconds: this.turns.cpuNanoseconds, memoryBytes };
  }

  // What processes ask.

  resolve(argv: readonly string[], env: ReadonlyMap<string, string>, cwd: string): Executable {
    return this.#executables.resolve(argv, env, cwd, this.#root.of(this.#user));
  }

  readHosts(): string {
    return this.#root.readHosts();
  }

  start(parent: Task, executable: Executable, options: SpawnOptions): Task {
    const task = this.#newTask(
      parent.pid,
      options.ownGroup ? undefined : parent.group,
      executable,
      {
        env: options.env ?? parent.env,
        cwd: options.cwd ?? parent.cwd,
        stdin: options.stdin ?? parent.stdin,
        stdout: options.stdout ?? parent.stdout,
        stderr: options.stderr ?? parent.stderr,
        tty: 'tty' in options ? options.tty : parent.controllingTerminal,
      },
    );
    task.run(executable.program);
    return task;
  }

  ended(task: Task): void {
    this.#tasks.delete(task.pid);
    for (const other of this.#tasks.values()) if (other.ppid === task.pid) other.ppid = 1;
    this.#tasks.get(task.ppid)?.deliver('SIGCHLD');
    if (task.pid !== 1) return;
    for (const other of this.#tasks.values()) other.deliver('SIGKILL');
    this.#terminal?.hangUp();
    this.#stdin?.cancel();
    void task.exited.then((exitCode) =>
      this.#resolveExited(task.endedBy ? { exitCode, signal: task.endedBy } : { exitCode }),
    );
  }

  #startMain(): Task {
    const { argv, workingDir } = this.#config;
    if (argv.length === 0)
      throw new StartError(
        'CreateContainerError',
        `failed to generate container "${this.#id(64)}" spec: failed to generate spec: no command specified`,
      );
    this.#root.ensureDirectory(workingDir);
    const executable = this.#mainExecutable(argv);
    const terminal = this.#terminal;
    const main = this.#newTask(0, undefined, executable, {
      env: this.#env,
      cwd: workingDir,
      stdin: terminal?.input ?? this.#stdin ?? nothing,
      stdout: terminal?.output ?? this.#outputWriter('stdout'),
      stderr: terminal?.output ?? this.#outputWriter('stderr'),
      tty: terminal,
    });
    if (terminal) this.#foregrounds.set(terminal, main.group);
    main.run(executable.program);
    return main;
  }

  #mainExecutable(argv: readonly string[]): Executable {
    try {
      return this.resolve(argv, this.#env, this.#config.workingDir);
    } catch (error) {
      if (!(error instanceof ProgramNotFound)) throw error;
      throw new StartError(
        'StartError',
        `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${execWords(error)}: unknown`,
      );
    }
  }

  #execTask(
    command: readonly string[],
    terminal: Terminal | undefined,
    streams: { stdin: ByteReader; stdout: ByteWriter; stderr: ByteWriter },
  ): Task {
    const env = terminal ? new Map([...this.#env, ['TERM', 'xterm'] as const]) : this.#env;
    const executable = this.resolve(command, env, this.#config.workingDir);
    const task = this.#newTask(0, undefined, executable, {
      env,
      cwd: this.#config.workingDir,
      ...streams,
      tty: terminal,
    });
    if (terminal) this.#foregrounds.set(terminal, task.group);
    task.run(executable.program);
    return task;
  }

  #newTask(
    ppid: number,
    group: number | undefined,
    executable: Executable,
    given: {
      env: ReadonlyMap<string, string>;
      cwd: string;
      stdin: ByteReader;
      stdout: ByteWriter;
      stderr: ByteWriter;
      tty: Tty | undefined;
    },
  ): Task {
    if (this.#tasks.size >= this.#settings.limits.processesPerContainer) throw new ProcessLimit();
    const pid = this.#nextPid++;
    const memory =
      pid === 1 ? (this.#config.image.memory ?? MAIN_MEMORY_BYTES) : OTHER_MEMORY_BYTES;
    const task = new Task(this, {
      pid,
      ppid,
      group: group ?? pid,
      executable,
      ...given,
      user: this.#user,
      files: (of) => this.#root.of(this.#user, of),
      memoryBytes: memory,
    });
    this.#tasks.set(pid, task);
    return task;
  }

  // Processes.

  #list(): ReturnType<ProcessTable['list']> {
    return [...this.#tasks.values()].map(({ pid, ppid, argv, startedAt, user }) => ({
      pid,
      ppid,
      argv,
      startedAt,
      user: user.name,
    }));
  }

  #kill(pid: number, signal: Signal): boolean {
    const task = this.#tasks.get(pid);
    if (!task) return false;
    // From inside, nobody can force the first process: the kernel ignores even SIGKILL.
    if (pid === 1 && (signal === 'SIGKILL' || signal === 'SIGSTOP')) return true;
    task.deliver(signal);
    return true;
  }

  #openTerminal(screen: (bytes: Uint8Array) => Promise<void>): Terminal {
    const terminal: Terminal = new Terminal({
      screen,
      signal: (signal) => this.#signalGroup(this.#foregrounds.get(terminal), signal),
      foreground: (pids) => this.#setForeground(terminal, pids),
    });
    return terminal;
  }

  #setForeground(terminal: Terminal, pids: readonly number[]): void {
    const [leader] = pids;
    if (leader === undefined) return;
    for (const pid of pids) {
      const task = this.#tasks.get(pid);
      if (task) task.group = leader;
    }
    this.#foregrounds.set(terminal, leader);
  }

  #signalGroup(group: number | undefined, signal: Signal): void {
    // A list of now: what handlers start is not signalled.
    const tasks = Array.from(this.#tasks.values());
    for (const task of tasks) if (task.group === group) task.deliver(signal);
  }

  // Streams.

  #outputWriter(stream: 'stdout' | 'stderr'): ByteWriter {
    return { write: (bytes) => this.#output(stream, bytes), end: () => {} };
  }

  /** To the log at once, and to each attached client as fast as it reads. */
  async #output(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    this.#config.onOutput(stream, bytes);
    if (this.#screens.size === 0) return;
    await Promise.all(
      [...this.#screens].map(async (streams) => {
        try {
          await writeTo(streams[stream], bytes);
        } catch {
          // The client has gone; the program neither knows nor cares.
          this.#screens.delete(streams);
        }
      }),
    );
  }

  #serveTerminal(terminal: Terminal, streams: RemoteStreams): void {
    streams.onResize((columns, rows) => terminal.resize(columns, rows));
    if (streams.stdin) void typeInto(terminal, streams.stdin);
  }

  async #feed(pipe: Pipe, stdin: ByteReader): Promise<void> {
    try {
      for (let chunk = await stdin.read(); chunk; chunk = await stdin.read())
        await pipe.write(chunk);
      if (this.#config.stdinOnce) pipe.end();
    } catch {
      // The client broke off or the program has ended: whatever was typed is in the pipe, and attach() sees to the rest.
    }
  }

  #endStdin(): void {
    this.#stdin?.end();
    const terminal = this.#terminal;
    if (!terminal) return;
    terminal.hangUp();
    this.#signalGroup(this.#foregrounds.get(terminal), 'SIGHUP');
  }

  #clientGone(streams: RemoteStreams, terminal: Terminal | undefined): void {
    streams.stdin?.cancel();
    if (!terminal) return;
    terminal.hangUp();
    this.#signalGroup(this.#foregrounds.get(terminal), 'SIGHUP');
  }

  /** The session's first process has exited: what it left in the foreground loses its terminal. */
  #closeSession(terminal: Terminal): void {
    terminal.hangUp();
    this.#signalGroup(this.#foregrounds.get(terminal), 'SIGHUP');
    this.#foregrounds.delete(terminal);
  }

  #execError(error: unknown, command: readonly string[]): string {
    if (!(error instanceof ProgramNotFound || error instanceof ProcessLimit)) throw error;
    const words =
      error instanceof ProgramNotFound
        ? execWords(error)
        : `${command[0] ?? ''}: ${error.message.toLowerCase()}`;
    return `${this.#execFailure()}: OCI runtime exec failed: exec failed: unable to start container process: ${words}: unknown`;
  }

  /** The kubelet's, containerd's and runc's words before the cause. */
  #execFailure(): string {
    return `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "${this.#id(64)}"`;
  }

  #id(length: number): string {
    return Array.from({ length }, () => Math.floor(this.random() * 16).toString(16)).join('');
  }
}

/** runc's words for a program that cannot be run. */
function execWords({ command, code }: ProgramNotFound): string {
  if (code === 'EACCES') return `exec: "${command}": permission denied`;
  return command.includes('/')
    ? `exec: "${command}": stat ${command}: no such file or directory`
    : `exec: "${command}": executable file not found in $PATH`;
}

const discard: ByteWriter = { write: () => Promise.resolve(), end: () => {} };

async function writeTo(stream: ByteWriter | undefined, bytes: Uint8Array): Promise<void> {
  await stream?.write(bytes);
}

/** Types what the client sends. When its input ends it has nothing more to say: the terminal stays. */
async function typeInto(terminal: Terminal, stdin: ByteReader): Promise<void> {
  try {
    for (let chunk = await stdin.read(); chunk; chunk = await stdin.read())
      await terminal.type(chunk);
  } catch {
    // The client broke off: its signal says so too, and ends the session.
  }
}
