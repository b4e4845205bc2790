// Between the kubelet, which knows pods, and the container runtime, which knows processes.

import type { ByteDuplex } from '../streams.ts';
import type { ExecResult, RemoteStreams } from '../api/kubelet.ts';
import type { NetworkNamespace } from '../network/network.ts';
import type { VolumeSource } from './file-system.ts';
import type { Image } from './image.ts';
import type { Signal } from './process.ts';

export interface ContainerConfig {
  /** `namespace/pod/container`, for messages to the operator. */
  name: string;
  image: Image;
  /** ENTRYPOINT and CMD after the pod's command and args, with $(VAR) expanded. */
  argv: readonly string[];
  env: ReadonlyMap<string, string>;
  workingDir: string;
  user: { uid: number; gid: number };
  /** Deeper paths last. */
  mounts: readonly { path: string; source: VolumeSource; subPath?: string; readOnly: boolean }[];
  /** securityContext.readOnlyRootFilesystem. Mounts stay as they are. */
  readOnlyRoot?: boolean;
  net: NetworkNamespace;
  hostname: string;
  /** The pod asked for a terminal: stdout and stderr are one stream, and attach gets the screen. */
  tty: boolean;
  /** Stdin stays open for attach; without it the program reads an end at once. */
  stdin: boolean;
  /** Stdin ends for good when the first attached client goes. */
  stdinOnce: boolean;
  /** Everything the main process writes, as it comes. */
  onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
}

export interface ContainerExit {
  /** 128 + the signal's number when a signal ended it. */
  exitCode: number;
  signal?: Signal;
}

export interface RunningContainer {
  readonly exited: Promise<ContainerExit>;
  signal(signal: Signal): void;
  exec(command: readonly string[], tty: boolean, streams: RemoteStreams): Promise<ExecResult>;
  /** Joins the main process's streams until it ends or the client goes. */
  attach(streams: RemoteStreams): Promise<void>;
  /** Runs a probe or lifecycle command without a client; resolves with its exit code and its output, cut at 10 KiB. */
  run(
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<{ exitCode: number; output: string }>;
  portForward(port: number): Promise<ByteDuplex>;
  /** CPU spent and memory held, simulated from what its processes do: for `kubectl top`. */
  usage(): { cpuNanoseconds: number; memoryBytes: number };
}

export interface ContainerRuntime {
  /** Throws StartError with the words of containerd and runc (`exec: "nope": executable file not found in $PATH`). */
  start(config: ContainerConfig): RunningContainer;
}

export class StartError extends Error {
  /** The status reason kubectl shows: `StartError`, `ContainerCannotRun`. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'StartError';
    this.reason = reason;
  }
}
