// The test's end of the soaked cluster: where it is, what it weighs, what it complained of, whether it lives.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../support/api-client.ts';

export type ToSoaked = { kind: 'weigh' };

export type FromSoaked =
  | { kind: 'ready'; credentials: Credentials }
  | { kind: 'logged'; message: string }
  | { kind: 'weight'; heapBytes: number };

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
    const weighed = new Promise<number>((resolve, reject) => {
      const hear = (message: FromSoaked) => {
        if (message.kind !== 'weight') return;
        this.#child.off('message', hear);
        resolve(message.heapBytes);
      };
      this.#child.on('message', hear);
      this.#child.once('exit', () => reject(new Error('the cluster’s process ended')));
    });
    this.#child.send({ kind: 'weigh' } satisfies ToSoaked);
    return weighed;
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}
