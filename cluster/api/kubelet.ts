// What the API asks of the node and the network when a client wants a container rather than an object.
// Implemented by node/ and network/ and handed in, so that the API knows neither.

import type { ByteDuplex, ByteReader, ByteWriter } from '../streams.ts';

export interface LogOptions {
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  limitBytes?: number;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
}

/** The remote end of exec or attach. A stream that was not asked for is absent. */
export interface RemoteStreams {
  stdin?: ByteReader;
  stdout?: ByteWriter;
  stderr?: ByteWriter;
  /** Tells of each change of the client's window, the first size included. */
  onResize(listener: (columns: number, rows: number) => void): void;
  /** Fires when the client has gone. */
  signal: AbortSignal;
}

export interface ExecOptions {
  container: string;
  tty: boolean;
  command: readonly string[];
}

/** How a remote command ended. `error` is shown by kubectl as it stands. */
export type ExecResult = { exitCode: number } | { error: string };

/** Errors are StatusErrors with the words of a real kubelet (container not found, is waiting to start …). */
export interface Kubelet {
  logs(
    namespace: string,
    pod: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
  exec(
    namespace: string,
    pod: string,
    options: ExecOptions,
    streams: RemoteStreams,
  ): Promise<ExecResult>;
  attach(
    namespace: string,
    pod: string,
    options: Omit<ExecOptions, 'command'>,
    streams: RemoteStreams,
  ): Promise<ExecResult>;
  /** A connection to a port on the pod's loopback. Rejects when nobody listens. */
  portForward(namespace: string, pod: string, port: number): Promise<ByteDuplex>;
}

/** Calls from the API server into the pod network: the service and pod proxy, and webhooks. */
export interface ApiDialer {
  dial(address: string, port: number, signal: AbortSignal): Promise<ByteDuplex>;
}
