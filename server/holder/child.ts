// A child process that is started again when it dies, later and later while it keeps dying. It inherits its pipe to us and nothing
// else: no terminal of any learner. Knows nothing of what it says.

import { spawn } from 'node:child_process';
import type { ChildProcess, SendHandle } from 'node:child_process';
import { limits } from '../config.ts';
import { withoutDescriptors } from '../terminal/descriptors.ts';

/** The descriptor of the pipe, behind standard input, output and error. */
const PIPE = 3;

export interface ChildOptions<In> {
  /** As a person calls it: `The web server`. */
  name: string;
  script: string;
  /** Of Node or V8, besides this process's own. */
  flags?: readonly string[];
  env: Record<string, string | undefined>;
  /** Each time it has been started, before it has said anything. */
  started: () => void;
  message: (message: In, handle: SendHandle | undefined) => void;
  /** Each time it has ended without being asked to. */
  ended?: () => void;
  log: (message: string) => void;
}

export class Child<In, Out extends object> {
  readonly #options: ChildOptions<In>;
  #process: ChildProcess | undefined;
  #backOffMs: number = limits.restartFirstMs;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: ChildOptions<In>) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What it cannot hear because it is dead, is lost: it is told everything it needs when it starts. */
  send(message: Out): void {
    const child = this.#process;
    if (!child?.connected) return;
    child.send(message, (error) => {
      if (error && child === this.#process)
        this.#options.log(`${this.#options.name} does not listen: ${error.message}`);
    });
  }

  start(): void {
    const { name, script, flags, env, started, message, ended, log } = this.#options;
    const startedAt = performance.now();
    const { file, args } = withoutDescriptors(
      { file: process.execPath, args: [...process.execArgv, ...(flags ?? []), script] },
      PIPE,
    );
    const child = spawn(file, args, {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced', // bytes stay bytes
    });
    this.#process = child;
    child.on('message', (data, handle) => message(data as In, handle));
    child.on('error', (error) => log(`${name}: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (this.#stopping || child !== this.#process) return;
      const how = signal ? `signal ${signal}` : `code ${code}`;
      if (performance.now() - startedAt > limits.restartForgetMs) {
        this.#backOffMs = limits.restartFirstMs;
      }
      log(`${name} ended (${how}). It is started again; terminals go on.`);
      ended?.();
      if (this.#stopping) return;
      this.#restart = setTimeout(() => this.start(), this.#backOffMs);
      this.#backOffMs = Math.min(limits.restartLongestMs, this.#backOffMs * 2);
    });
    started();
  }

  /** Lets it end by itself, then makes it. Resolves once it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const force = setTimeout(() => child.kill('SIGKILL'), limits.childGraceMs);
    child.kill('SIGTERM');
    await gone;
    clearTimeout(force);
  }
}
