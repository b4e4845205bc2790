// Requests and responses as the cluster sees them: our own two types, so that the API runs without Node and without sockets.

import type { ByteDuplex } from '../streams.ts';
import type { ExecResult, RemoteStreams } from './kubelet.ts';

export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ApiRequest {
  method: string;
  /** Decoded path without the query: `/api/v1/namespaces/default/pods`. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case; repeated headers joined by a comma. */
  headers: Readonly<Record<string, string>>;
  /** Already read to its end; empty where there is none. The carrier enforces ClusterLimits.requestBytes. */
  body: Uint8Array;
  /** Who asks, as the carrier authenticated them. Undefined: no credentials, which is `system:anonymous`. */
  user: UserInfo | undefined;
  /** Fires when the client has gone. */
  signal: AbortSignal;
}

export interface ApiResponse {
  status: number;
  /** A list of values is a header sent once for each: Warning is. */
  headers: Record<string, string | string[]>;
  /** A whole body, or chunks as they come (watches, followed logs). A stream ends when its client goes. */
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** What a request for a container turns into once its carrier has upgraded. Carriers: WebSocket and SPDY, in server/apiserver. */
export type Upgrade =
  | {
      kind: 'remote-command';
      tty: boolean;
      stdin: boolean;
      stdout: boolean;
      stderr: boolean;
      run(streams: RemoteStreams): Promise<ExecResult>;
    }
  | { kind: 'port-forward'; dial(port: number): Promise<ByteDuplex> };
