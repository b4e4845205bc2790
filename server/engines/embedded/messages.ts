// What the clusters' process and one of its worker threads say to each other. Plain data.

import type { Identity } from '../../apiserver/certificates.ts';

export interface StartCluster {
  /** Unique in this process, and never used twice. */
  cluster: number;
  /** 0 asks for a free one. */
  port: number;
  identity: Identity;
  /** The file whose state it begins with, and into which its own is written; a file that does not exist is an empty state. */
  snapshotFile: string;
  /** Begin with nothing, whatever the file holds. */
  fresh: boolean;
  /** Every revision of this life is above it. */
  revisionFloor: number;
  clockSpeed: number;
  /** Milliseconds without a client after which it freezes. Default: `limits` of the server's configuration. */
  freezeAfterMs?: number;
}

export interface StartedCluster {
  port: number;
  url: string;
  /** uid of the Namespace kube-system: who this cluster is. */
  systemUid: string;
}

/** A state on disk. */
export interface SnapshotFile {
  /** Raised when an older Meshproof could misread it. */
  format: 1;
  /** The newest revision in it. */
  revision: number;
  /** Plain data of the cluster's own. */
  snapshot: unknown;
}

/**
 * How far above a snapshot's revision the next life begins: more than a cluster can write between two snapshots, so that a
 * client never meets a revision again that meant something else.
 */
export const REVISION_GAP = 100_000;

export type ToWorker =
  | { kind: 'start'; start: StartCluster }
  /** Answered by `stopped`. `keep` writes a last snapshot. */
  | { kind: 'stop'; cluster: number; keep: boolean }
  /** Answered by `saved`. */
  | { kind: 'save'; cluster: number; file: string }
  | { kind: 'ping' };

export type FromWorker =
  /** Loaded, and ready to start a cluster at once. */
  | { kind: 'warm' }
  | { kind: 'stage'; cluster: number; stage: string }
  | { kind: 'started'; cluster: number; started: StartedCluster }
  /** `code` is the system's, where there is one: EADDRINUSE. */
  | { kind: 'not started'; cluster: number; reason: string; code?: string }
  /** With the newest revision of this life. */
  | { kind: 'stopped'; cluster: number; revision: number }
  | { kind: 'saved'; cluster: number; error?: string }
  | { kind: 'pong' }
  /** Nothing runs in it until the next request or message: it need not be watched. Said again after each answer. */
  | { kind: 'resting' }
  /** A frozen cluster wakes, before anything of it runs. */
  | { kind: 'awake' }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; message: string };

/** Shared with each worker. */
export interface WorkerData {
  /** One cell: the cluster that had the thread last. When it hangs, that is the one that hung it. */
  running: Int32Array<SharedArrayBuffer>;
}
