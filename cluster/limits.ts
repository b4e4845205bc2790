// Every bound of an embedded cluster, in one object. Past a bound a client gets the error a real cluster would give.

export interface ClusterLimits {
  /** Objects of all kinds together. Past it: 500 `etcdserver: mvcc: database space exceeded`. */
  objects: number;
  /** Bytes of one object as JSON. etcd's default request limit is 1.5 MiB. */
  objectBytes: number;
  /** Bytes of all objects as JSON. */
  storeBytes: number;
  /** Changes a watch may resume from. Older resourceVersions get 410 Gone. */
  historyChanges: number;
  /** Bytes of these changes as JSON: a large object that changes often is not kept in all its versions. */
  historyBytes: number;
  /** Open watches, of all clients together. Past it: 429. */
  watches: number;
  /** Changes queued for one slow watch, besides what was there when it began, before it is closed with 410, so that the client lists again. */
  watchQueue: number;
  /** Pods the node takes: the kubelet's own default. */
  podsPerNode: number;
  /** Bytes of log kept for one container; rotation drops the oldest lines, as the kubelet's 10 MiB files do. */
  logBytes: number;
  /** Bytes of files in one container's writable layer. */
  containerFileBytes: number;
  /** Processes in one container, the shell's background jobs included. */
  processesPerContainer: number;
  /** Simulated connections of one pod at a time. */
  connectionsPerPod: number;
  /** Bytes buffered in one direction of a connection or pipe before its writer waits. Linux pipes hold 64 KiB. */
  pipeBytes: number;
  /** Bytes of one request body: the API server's own limit. */
  requestBytes: number;
  /** Requests a second from all clients together, in the long run; health checks are free. Past it: 429 with Retry-After. */
  requestsPerSecond: number;
  /** Requests that may come at once. A cluster shares its thread with others. */
  requestBurst: number;
}

export const defaultLimits: ClusterLimits = {
  objects: 20_000,
  objectBytes: 1.5 * 1024 * 1024,
  storeBytes: 64 * 1024 * 1024,
  historyChanges: 4_000,
  historyBytes: 16 * 1024 * 1024,
  watches: 500,
  watchQueue: 1_000,
  podsPerNode: 110,
  logBytes: 1024 * 1024,
  containerFileBytes: 8 * 1024 * 1024,
  processesPerContainer: 256,
  connectionsPerPod: 1_024,
  pipeBytes: 64 * 1024,
  requestBytes: 3 * 1024 * 1024,
  requestsPerSecond: 500,
  requestBurst: 3_000,
};
