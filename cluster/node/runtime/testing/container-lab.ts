// Containers for tests: a still clock, a network without delays, an image of given programs, and a person at a terminal.

import type { RemoteStreams } from '../../../api/kubelet.ts';
import type { Clock } from '../../../clock.ts';
import { defaultLimits } from '../../../limits.ts';
import type { ClusterNetwork } from '../../../network/cluster-network.ts';
import { networkLab, seeded } from '../../../network/testing/network-lab.ts';
import { Pipe, bytesOf, concatBytes, textOf } from '../../../streams.ts';
import type { Image } from '../../image.ts';
import type { Program } from '../../process.ts';
import type { ContainerConfig, RunningContainer } from '../../runtime.ts';
import { createContainerRuntime } from '../runtime.ts';

export function imageOf(programs: Record<string, Program>, more: Partial<Image> = {}): Image {
  return {
    repository: 'test',
    tags: ['latest'],
    entrypoint: [],
    cmd: [],
    env: { PATH: '/bin' },
    workingDir: '/',
    user: { uid: 0, gid: 0, name: 'root', home: '/root' },
    stopSignal: 'SIGTERM',
    size: 1,
    files: {},
    programs: Object.fromEntries(
      Object.entries(programs).map(([name, program]) => [
        name.startsWith('/') ? name : `/bin/${name}`,
        program,
      ]),
    ),
    ...more,
  };
}

export interface StartedContainer {
  container: RunningContainer;
  clock: Clock;
  network: ClusterNetwork;
  /** Everything its main process wrote so far. */
  log(): string;
}

export function startContainer(
  image: Image,
  argv: readonly string[],
  config: Partial<ContainerConfig> = {},
  limits: Partial<typeof defaultLimits> = {},
): StartedContainer {
  const { clock, network } = networkLab();
  const output: Uint8Array[] = [];
  const runtime = createContainerRuntime({
    clock,
    random: seeded(1),
    limits: { ...defaultLimits, ...limits },
  });
  const net =
    config.net ??
    network.addPod({
      ip: '10.244.0.5',
      hostname: 'web-1',
      namespace: 'default',
      podName: 'web-1',
    });
  const container = runtime.start({
    name: 'default/web-1/web',
    image,
    argv,
    env: new Map(Object.entries(image.env)),
    workingDir: image.workingDir,
    user: image.user,
    mounts: [],
    net,
    hostname: net.hostname,
    tty: false,
    stdin: false,
    stdinOnce: false,
    onOutput: (_stream, bytes) => output.push(bytes.slice()),
    ...config,
  });
  return { container, clock, network, log: () => textOf(concatBytes(output)) };
}

/** The client's side of exec or attach. */
export class Client {
  readonly stdin = new Pipe();
  readonly #stdout: Uint8Array[] = [];
  readonly #stderr: Uint8Array[] = [];
  readonly #gone = new AbortController();
  #resize: ((columns: number, rows: number) => void) | undefined;

  get streams(): RemoteStreams {
    const writer = (to: Uint8Array[]) => ({
      write: async (bytes: Uint8Array) => void to.push(bytes.slice()),
      end: () => {},
    });
    return {
      stdin: this.stdin,
      stdout: writer(this.#stdout),
      stderr: writer(this.#stderr),
      onResize: (listener) => (this.#resize = listener),
      signal: this.#gone.signal,
    };
  }

  /** Types, and lets everything that follows from it happen. */
  async type(text: string): Promise<void> {
    await this.stdin.write(bytesOf(text));
    await settled();
  }

  resize(columns: number, rows: number): void {
    this.#resize?.(columns, rows);
  }

  leave(): void {
    this.#gone.abort(new Error('the client has gone'));
  }

  get stdout(): string {
    return textOf(concatBytes(this.#stdout));
  }

  get stderr(): string {
    return textOf(concatBytes(this.#stderr));
  }
}

/** Lets promise chains run until they wait for the clock or a person. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}
