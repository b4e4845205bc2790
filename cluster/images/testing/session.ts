// A person at a terminal of a container: types, waits until everything that follows has happened, and reads the screen.

import { createContainerRuntime } from '../../node/runtime/runtime.ts';
import type { Image } from '../../node/image.ts';
import type { RunningContainer } from '../../node/runtime.ts';
import { defaultLimits } from '../../limits.ts';
import { networkLab, seeded } from '../../network/testing/network-lab.ts';
import type { NetworkLab } from '../../network/testing/network-lab.ts';
import { Pipe, bytesOf, concatBytes } from '../../streams.ts';
import { decodeText } from '../programs/text.ts';
import { settled } from './run.ts';

export class Session {
  readonly lab: NetworkLab;
  readonly container: RunningContainer;
  readonly #keys = new Pipe(Infinity);
  #shown: Uint8Array[] = [];
  #resize: (columns: number, rows: number) => void = () => {};
  readonly #gone = new AbortController();
  exitCode: number | undefined;

  private constructor(
    image: Image,
    argv: readonly string[],
    options: { cwd?: string; env?: Record<string, string> },
  ) {
    this.lab = networkLab();
    const runtime = createContainerRuntime({
      clock: this.lab.clock,
      random: seeded(1),
      limits: defaultLimits,
    });
    const net = this.lab.network.addPod({
      ip: '10.244.0.5',
      hostname: 'debug',
      namespace: 'default',
      podName: 'debug',
    });
    this.container = runtime.start({
      name: 'default/debug/debug',
      image,
      argv,
      env: new Map(Object.entries({ ...image.env, ...options.env })),
      workingDir: options.cwd ?? image.workingDir,
      user: image.user,
      mounts: [],
      net,
      hostname: 'debug',
      tty: true,
      stdin: true,
      stdinOnce: true,
      onOutput: (_stream, bytes) => this.#shown.push(bytes.slice()),
    });
    void this.container.exited.then(({ exitCode }) => (this.exitCode = exitCode));
    void this.container.attach({
      stdin: this.#keys,
      stdout: { write: () => Promise.resolve(), end() {} },
      stderr: { write: () => Promise.resolve(), end() {} },
      onResize: (listener) => (this.#resize = listener),
      signal: this.#gone.signal,
    });
  }

  static async start(
    image: Image,
    argv: readonly string[],
    options: { cwd?: string; env?: Record<string, string> } = {},
  ): Promise<Session> {
    const session = new Session(image, argv, options);
    session.#resize(80, 24);
    await session.settle();
    return session;
  }

  /** Types; answers with what that put on the screen. */
  async type(keys: string): Promise<string> {
    this.#shown = [];
    await this.#keys.write(bytesOf(keys));
    await this.settle();
    return this.screen;
  }

  /** Lets time pass; answers with what was printed meanwhile. */
  async wait(ms: number): Promise<string> {
    this.#shown = [];
    const end = this.lab.clock.now() + ms;
    for (;;) {
      await this.settle();
      const left = end - this.lab.clock.now();
      if (left <= 0) return this.screen;
      await this.lab.clock.step(Math.min(left, Math.max(1, this.lab.clock.untilNext())));
    }
  }

  /** What was printed since the last key or wait. */
  get screen(): string {
    return decodeText(concatBytes(this.#shown));
  }

  resize(columns: number, rows: number): void {
    this.#resize(columns, rows);
  }

  /** The client goes away: its terminal hangs up. */
  async leave(): Promise<void> {
    this.#gone.abort(new Error('the client has gone'));
    await this.settle();
  }

  /** Lets everything happen that does not take time; a process that has had its share waits for its next turn. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) {
      await settled();
      if (this.lab.clock.untilNext() > 0) return;
      await this.lab.clock.step(0);
    }
  }
}
