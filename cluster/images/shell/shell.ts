// One shell execution environment: everything a subshell gets a copy of. It remembers; the evaluator acts.

import type { FileSystem } from '../../node/file-system.ts';
import type { Process } from '../../node/process.ts';
import { encodeText } from '../programs/text.ts';
import { Descriptors, OpenFile } from './descriptors.ts';
import type { Flavour } from './flavour.ts';
import { Fault } from './faults.ts';
import { Jobs } from './jobs.ts';
import { optionLetters } from './options.ts';
import type { OptionName } from './options.ts';
import type { FunctionDefinition } from './syntax.ts';
import { Variables } from './variables.ts';

/** A command that leaves a loop or function: seen by everything on the way out. */
export type Jump =
  { type: 'break' | 'continue'; levels: number } | { type: 'return'; status: number };

/** How the text being run came in: error messages are written after it. */
export interface Origin {
  kind: 'interactive' | 'command' | 'script' | 'stdin';
  /** What errors begin with: `sh`, `bash`, `./deploy.sh`. */
  name: string;
  /** `sh -c text name`: ash then tells lines. */
  named?: boolean;
  /** A file being sourced. */
  source?: string;
  /** `eval`: mistakes in its text are told in its name. */
  speaker?: string;
}

export class Shell {
  readonly flavour: Flavour;
  process: Process;
  origin: Origin;
  variables: Variables;
  functions = new Map<string, FunctionDefinition>();
  aliases = new Map<string, string>();
  options = new Set<OptionName>();
  /** `shopt -s`. */
  switches = new Set<string>();
  descriptors = new Descriptors();
  /** Commands by signal name; an empty one ignores the signal. */
  traps = new Map<string, string>();
  jobs = new Jobs();
  positional: readonly string[] = [];
  /** `$0` */
  name: string;
  /** `$?` */
  status = 0;
  /** `$!` */
  lastBackground: number | undefined;
  pipeStatus: readonly number[] = [0];
  cwd: string;
  line = 0;
  jump: Jump | undefined;
  loopDepth = 0;
  /** Names of running functions, innermost last. */
  callStack: string[] = [];
  sourceDepth = 0;
  /** `$$`: the same in all subshells. */
  readonly shellPid: number;
  /** 0 in the shell itself. */
  readonly subshellDepth: number;
  /** A person types: prompts, job messages, errors that do not end the shell. */
  interactive = false;
  readonly startedAt: number;
  history: string[] = [];
  /** `pushd`: below the current directory. */
  directoryStack: string[] = [];
  /** Where getopts stands: the argument, and the letter within it. */
  getopts = { index: 1, inside: 0 };
  /** Signals that came and whose traps have not run. */
  pendingSignals: string[] = [];
  /** Ctrl-C came and nothing has been left yet. */
  interrupted = false;
  readonly #interruptListeners = new Set<() => void>();
  umask = 0o022;
  /** The status of the last command substitution: that of a command which is nothing but assignments. */
  lastSubstitution = 0;
  /** How many `+` stand before what `set -x` prints. */
  traceDepth = 1;
  randomSeed: number | undefined;

  constructor(
    flavour: Flavour,
    process: Process,
    options: { name: string; origin: Origin; parent?: Shell },
  ) {
    this.flavour = flavour;
    this.process = process;
    this.name = options.name;
    this.origin = options.origin;
    this.cwd = process.cwd;
    this.startedAt = options.parent?.startedAt ?? process.clock.now();
    this.shellPid = options.parent?.shellPid ?? process.pid;
    this.subshellDepth = options.parent ? options.parent.subshellDepth + 1 : 0;
    this.variables = new Variables(this.#dynamicVariables());
  }

  get fs(): FileSystem {
    return this.process.fs;
  }

  get isBash(): boolean {
    return this.flavour.name === 'bash';
  }

  /** A subshell's environment, in this process or in a child. */
  fork(process: Process = this.process): Shell {
    const fork = new Shell(this.flavour, process, {
      name: this.name,
      origin: this.origin,
      parent: this,
    });
    fork.variables = this.variables.copy(fork.#dynamicVariables());
    fork.functions = new Map(this.functions);
    fork.aliases = new Map(this.aliases);
    fork.options = new Set(this.options);
    fork.options.delete('monitor');
    fork.switches = new Set(this.switches);
    fork.descriptors = this.descriptors.copy();
    // Ignored signals stay ignored; commands for the others are the parent's.
    for (const [signal, command] of this.traps) if (command === '') fork.traps.set(signal, '');
    fork.jobs = this.jobs.copy();
    fork.positional = this.positional;
    fork.status = this.status;
    fork.lastBackground = this.lastBackground;
    fork.cwd = this.cwd;
    fork.line = this.line;
    fork.loopDepth = this.loopDepth;
    fork.callStack = [...this.callStack];
    fork.sourceDepth = this.sourceDepth;
    fork.history = this.history;
    fork.umask = this.umask;
    fork.directoryStack = [...this.directoryStack];
    fork.getopts = this.getopts;
    fork.traceDepth = this.traceDepth;
    return fork;
  }

  /** Writes to a descriptor of the shell's own. Rejects with BrokenPipe like any writer. */
  async write(fd: number, text: string): Promise<void> {
    if (text === '') return;
    const output = this.descriptors.get(fd)?.output;
    if (!output) throw new Fault('write error: Bad file descriptor');
    await output.write(encodeText(text));
  }

  /** Writes to standard error if that is open. */
  async complain(text: string): Promise<void> {
    if (this.descriptors.get(2)?.output) await this.write(2, text);
  }

  // Ctrl-C

  interrupt(): void {
    this.interrupted = true;
    for (const listener of this.#interruptListeners) listener();
  }

  /** Waits for a promise, or for Ctrl-C or a trapped signal: then it answers 'interrupted'. Nothing is left behind by it. */
  async orInterrupt<T>(promise: Promise<T>): Promise<T | 'interrupted'> {
    let listener: () => void = () => {};
    const interrupted = new Promise<'interrupted'>((resolve) => {
      listener = () => resolve('interrupted');
    });
    this.#interruptListeners.add(listener);
    try {
      if (this.interrupted) return 'interrupted';
      return await Promise.race([promise, interrupted]);
    } finally {
      this.#interruptListeners.delete(listener);
    }
  }

  /** The same for a wait that can be called off: whoever waits has then taken nothing. */
  async unlessInterrupted<T>(
    wait: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | 'interrupted'> {
    const stop = new AbortController();
    const reason = new Error('interrupted');
    const listener = () => stop.abort(reason);
    this.#interruptListeners.add(listener);
    try {
      if (this.interrupted) return 'interrupted';
      return await wait(stop.signal);
    } catch (error) {
      if (error === reason) return 'interrupted';
      throw error;
    } finally {
      this.#interruptListeners.delete(listener);
    }
  }

  /** A trapped signal came: its command runs before the next statement. */
  deliver(signal: string): void {
    if (!this.pendingSignals.includes(signal)) this.pendingSignals.push(signal);
    for (const listener of this.#interruptListeners) listener();
  }

  /** `$-` */
  flags(): string {
    let flags = '';
    for (const [name, letter] of Object.entries(optionLetters))
      if (letter !== '' && this.options.has(name as OptionName)) flags += letter;
    const order = this.isBash ? 'abefhkmnptuvxBCEHPT' : 'efImnsxvCabu';
    const sorted = Array.from(flags)
      .sort((a, b) => order.indexOf(a) - order.indexOf(b))
      .join('');
    const { kind } = this.origin;
    if (kind === 'command') return this.isBash ? `${sorted}c` : `c${sorted}`;
    if (this.interactive) return this.isBash ? `${sorted.replace('B', 'iB')}s` : `si${sorted}`;
    return kind === 'stdin' ? `${sorted}s` : sorted;
  }

  #dynamicVariables(): Map<string, { get(): string; set?(value: string): void }> {
    const seconds = () => Math.floor((this.process.clock.now() - this.startedAt) / 1000);
    const made = new Map<string, { get(): string; set?(value: string): void }>([
      ['RANDOM', { get: () => String(Math.floor(this.process.random() * 32768)), set: () => {} }],
      // ash counts the lines of `-c` from 0.
      [
        'LINENO',
        {
          get: () =>
            String(!this.isBash && this.origin.kind === 'command' ? this.line - 1 : this.line),
        },
      ],
      ['PPID', { get: () => String(parentOf(this.process)) }],
    ]);
    if (!this.isBash) return made;
    const now = () => this.process.clock.now();
    made.set('SECONDS', { get: () => String(seconds()) });
    made.set('BASHPID', { get: () => String(this.process.pid) });
    made.set('BASH_SUBSHELL', { get: () => String(this.subshellDepth) });
    made.set('EPOCHSECONDS', { get: () => String(Math.floor(now() / 1000)) });
    made.set('EPOCHREALTIME', { get: () => (now() / 1000).toFixed(6) });
    made.set('SRANDOM', { get: () => String(Math.floor(this.process.random() * 2 ** 32)) });
    made.set('HISTCMD', { get: () => String(this.history.length + 1) });
    return made;
  }

  /** Opens the streams the process was given. */
  openStandardStreams(): void {
    const { process } = this;
    this.descriptors.set(0, OpenFile.borrowed({ input: process.stdin, tty: process.tty }));
    this.descriptors.set(1, OpenFile.borrowed({ output: process.stdout }));
    this.descriptors.set(2, OpenFile.borrowed({ output: process.stderr }));
  }
}

function parentOf(process: Process): number {
  return process.processes.list().find(({ pid }) => pid === process.pid)?.ppid ?? 0;
}
