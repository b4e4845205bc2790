// The test's end of the soaked cluster: where it is, what it weighs, what it complained of, whether it lives.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../support/api-client.ts';

export type ToSoaked =
  | { kind: 'weigh' }
  /** Writes a heap snapshot to a file. */
  | { kind: 'snapshot'; file: string };

export type FromSoaked =
  | { kind: 'ready'; credentials: Credentials }
  | { kind: 'logged'; message: string }
  | { kind: 'weight'; heapBytes: number }
  | { kind: 'snapshot-written' };

export class SoakedCluster {
  readonly credentials: Credentials;
  /** Faults of ours that it told its operator. */
  readonly logged: string[] = [];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, credentials: Credentials) {
    this.#child = child;
    this.credentials = credentials;
    child.on('message', (message: FromSoaked) => {
      if (message.kind === 'logged') this.logged.push(message.message);
    });
  }

  static async start(): Promise<SoakedCluster> {
    const child = fork(fileURLToPath(new URL('cluster-process.ts', import.meta.url)), {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    });
    const [message] = (await once(child, 'message')) as [FromSoaked];
    if (message.kind !== 'ready') throw new Error('the cluster did not say that it is ready');
    return new SoakedCluster(child, message.credentials);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Bytes of its heap without garbage. */
  async heapBytes(): Promise<number> {
    const { heapBytes } = await this.#ask({ kind: 'weigh' }, 'weight');
    return heapBytes;
  }

  /** For the developer tools of a browser, which compare two of them. */
  async writeHeapSnapshot(file: string): Promise<void> {
    await this.#ask({ kind: 'snapshot', file }, 'snapshot-written');
  }

  #ask<K extends FromSoaked['kind']>(message: ToSoaked, kind: K) {
    type Answer = Extract<FromSoaked, { kind: K }>;
    return new Promise<Answer>((resolve, reject) => {
      const settle = (then: () => void) => {
        this.#child.off('message', hear);
        this.#child.off('exit', end);
        then();
      };
      const hear = (answer: FromSoaked) => {
        if (isOf(answer, kind)) settle(() => resolve(answer));
      };
      const end = () => settle(() => reject(new Error('the cluster’s process ended')));
      this.#child.on('message', hear);
      this.#child.on('exit', end);
      this.#child.send(message);
    });
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}

function isOf<K extends FromSoaked['kind']>(
  message: FromSoaked,
  kind: K,
): message is Extract<FromSoaked, { kind: K }> {
  return message.kind === kind;
}
