// A container runtime and images for unit tests of the kubelet: what a container does is told by its image's name.

import type { ExecResult, RemoteStreams } from '../../api/kubelet.ts';
import { bytesOf, Pipe } from '../../streams.ts';
import type { Image, ImageRegistry } from '../image.ts';
import type { Signal } from '../process.ts';
import {
  type ContainerConfig,
  type ContainerExit,
  type ContainerRuntime,
  type RunningContainer,
  StartError,
} from '../runtime.ts';

/** One container that runs in a test, in the test's hands. */
export class ContainerDouble implements RunningContainer {
  readonly config: ContainerConfig;
  readonly exited: Promise<ContainerExit>;
  readonly signals: Signal[] = [];
  /** What `run` answers: probes and hooks. */
  commandResult: { exitCode: number; output: string } = { exitCode: 0, output: '' };
  readonly commands: string[] = [];
  /** Ends by SIGTERM, as a well-behaved program does. */
  polite = true;
  #exit: (exit: ContainerExit) => void = () => {};

  constructor(config: ContainerConfig) {
    this.config = config;
    this.exited = new Promise((resolve) => (this.#exit = resolve));
  }

  print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    this.config.onOutput(stream, bytesOf(text));
  }

  exit(exitCode: number): void {
    this.#exit({ exitCode });
  }

  signal(signal: Signal): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL') this.#exit({ exitCode: 137, signal });
    else if (this.polite) this.#exit({ exitCode: 0 });
  }

  exec(command: readonly string[], _tty: boolean, _streams: RemoteStreams): Promise<ExecResult> {
    this.commands.push(command.join(' '));
    return Promise.resolve({ exitCode: this.commandResult.exitCode });
  }

  async attach(): Promise<void> {
    await this.exited;
  }

  run(command: readonly string[]): Promise<{ exitCode: number; output: string }> {
    this.commands.push(command.join(' '));
    return Promise.resolve(this.commandResult);
  }

  portForward() {
    return Promise.resolve({ input: new Pipe(), output: new Pipe() });
  }

  usage() {
    return { cpuNanoseconds: 1_000_000, memoryBytes: 1_048_576 };
  }
}

export class RuntimeDouble implements ContainerRuntime {
  /** Newest last. */
  readonly started: ContainerDouble[] = [];
  /** Called for each container right after its start. */
  onStart: (container: ContainerDouble) => void = () => {};

  start(config: ContainerConfig): RunningContainer {
    if (config.argv[0] === 'nope')
      throw new StartError(
        'StartError',
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nope": executable file not found in $PATH: unknown',
      );
    const container = new ContainerDouble(config);
    this.started.push(container);
    this.onStart(container);
    return container;
  }

  /** The newest container of that name. */
  last(name: string): ContainerDouble {
    const found = this.started.findLast(({ config }) => config.name.endsWith(`/${name}`));
    if (!found) throw new Error(`no container ${name} was started`);
    return found;
  }
}

/** Knows every image but those of repository `nope`; each is 25 MB, a tenth of a second. */
export const imagesDouble: ImageRegistry = {
  resolve(reference) {
    if (/[A-Z]/.test(reference))
      return {
        error: `invalid reference format: repository name (${reference}) must be lowercase`,
        invalidName: true,
      };
    const [repository = '', tag = 'latest'] = reference.split(':');
    if (repository === 'nope')
      return { error: `this cluster cannot run ${reference}: it knows nginx`, invalidName: false };
    return {
      image: image(repository),
      tag,
      reference: `docker.io/library/${repository}:${tag}`,
      imageId: `docker.io/library/${repository}@sha256:${'0'.repeat(64)}`,
    };
  },
};

function image(repository: string): Image {
  return {
    repository,
    tags: () => true,
    entrypoint: ['/entrypoint.sh'],
    cmd: [repository],
    env: { PATH: '/usr/bin:/bin', IMAGE: repository },
    workingDir: '/',
    user: { uid: 0, gid: 0, name: 'root', home: '/root' },
    stopSignal: 'SIGTERM',
    size: 25_000_000,
    files: {},
    programs: {},
  };
}
