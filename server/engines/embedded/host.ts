// One embedded cluster in this thread, with all it needs to live: its API server, its snapshots on disk, its sleep when
// nobody is there. Knows the cluster by its face alone; nothing of workspaces or of who else lives in the thread.

import type { ApiRequest } from '../../../cluster/api/http.ts';
import { defaultLimits } from '../../../cluster/limits.ts';
import type { Platform } from '../../../cluster/platform.ts';
import { ApiServer, type ClusterApi } from '../../apiserver/api-server.ts';
import type { Identity } from '../../apiserver/certificates.ts';
import { nodePlatform } from '../../apiserver/platform.ts';
import { limits } from '../../config.ts';
import { readIfThere, writeWhole } from '../files.ts';
import { every } from './beat.ts';
import { REVISION_GAP, type SnapshotFile, type StartedCluster } from './messages.ts';

/** What a host needs of a cluster. */
export interface HostedCluster extends ClusterApi {
  start(): Promise<void>;
  /** Plain data, shared with the cluster: to be written out before anything else runs. */
  snapshot(): unknown;
  /** The newest revision. */
  readonly revision: number;
  /** Grows whenever something changed that a snapshot must hold; revisions may rise without it, as by heartbeats. */
  readonly changes: number;
  /** Whether somebody looks: where nobody does, what would only be seen by looking may wait. */
  set attended(value: boolean);
  freeze(): void;
  thaw(): void;
  stop(): void | Promise<void>;
}

export interface ClusterInit {
  platform: Platform;
  caCertificate: string;
  revisionFloor: number;
  snapshot?: unknown;
  /** To be called whenever `changes` has grown. */
  noteChange: () => void;
}

export interface HostOptions {
  create: (init: ClusterInit) => HostedCluster;
  identity: Identity;
  /** 0 asks for a free one. */
  port: number;
  /** Where its state is read from and written to. Without one nothing is kept. */
  snapshotFile?: string;
  /** Begin with nothing, whatever the file holds. */
  fresh?: boolean;
  revisionFloor?: number;
  log: Platform['log'];
  onStage?: (stage: string) => void;
  /** Called whenever the cluster gets the thread. */
  onEnter?: () => void;
  /** Called when nobody has looked at it for a while. */
  onUnattended?: () => void;
  /** Called when it has gone to sleep, and before anything runs in it again. */
  onSleep?: () => void;
  onWake?: () => void;
  /** Default: `limits` of the server's configuration. */
  bounds?: Partial<HostBounds>;
}

export type HostBounds = Record<
  'clusterStartMs' | 'snapshotIntervalMs' | 'unattendedAfterMs' | 'freezeAfterMs',
  number
>;

/** Share of the thread that snapshots of one cluster may take: a large one is kept less often than each second. */
const SNAPSHOT_SHARE = 1 / 20;
/** A longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Milliseconds between looks whether a fresh cluster is ready: its first pods of the system take a few turns. */
const LOOK_MS = 5;

const ADMINISTRATOR: ApiRequest['user'] = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** A snapshot that this Meshproof cannot read. */
export class SnapshotError extends Error {}

export class Host {
  readonly started: StartedCluster;
  readonly #options: HostOptions;
  readonly #bounds: HostBounds;
  readonly #cluster: HostedCluster;
  readonly #server: ApiServer;
  #state: 'attended' | 'unattended' | 'frozen' | 'stopped' = 'attended';
  #nextLook: NodeJS.Timeout | undefined;
  #endBeat: (() => void) | undefined;
  /** `changes` of the state on disk. */
  #kept = -1;
  #keptRevision = 0;
  #keptAt = 0;
  #keepingTook = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    options: HostOptions,
    bounds: HostBounds,
    parts: { cluster: HostedCluster; server: ApiServer; started: StartedCluster },
  ) {
    this.#options = options;
    this.#bounds = bounds;
    this.#cluster = parts.cluster;
    this.#server = parts.server;
    this.started = parts.started;
  }

  /** Resolves when it answers, its node is ready and pods can be created. Rejects with SnapshotError or the system's error. */
  static async start(options: HostOptions): Promise<Host> {
    const bounds = { ...limits, ...options.bounds };
    const { identity, onEnter = () => {} } = options;
    const kept = await readSnapshot(options);
    let host: Host | undefined;
    const cluster = options.create({
      platform: entering(nodePlatform(options.log), onEnter),
      caCertificate: identity.caCertificate,
      revisionFloor: Math.max(
        options.revisionFloor ?? 0,
        // Also when it begins anew: nobody may meet a revision again.
        kept ? kept.revision + REVISION_GAP : 0,
      ),
      ...(kept && !options.fresh && { snapshot: kept.snapshot }),
      noteChange: () => host?.noteChange(),
    });
    const enter = () => {
      onEnter();
      host?.attend();
    };
    const api: ClusterApi = {
      handle: (request) => {
        enter();
        return cluster.handle(request);
      },
      upgrade: (request) => {
        enter();
        return cluster.upgrade(request);
      },
      authenticateToken: (token) => {
        enter();
        return cluster.authenticateToken(token);
      },
    };
    let server: ApiServer | undefined;
    try {
      await cluster.start();
      server = await ApiServer.listen({
        cluster: api,
        identity,
        port: options.port,
        requestBytes: defaultLimits.requestBytes,
        log: options.log,
      });
      options.onStage?.('Waiting for the node');
      const systemUid = await untilReady(cluster, bounds.clusterStartMs);
      const started = { port: server.port, url: server.url, systemUid };
      host = new Host(options, bounds, { cluster, server, started });
    } catch (error) {
      await server?.close();
      await cluster.stop();
      throw error;
    }
    host.#look();
    host.noteChange();
    return host;
  }

  get attended(): boolean {
    return this.#state === 'attended';
  }

  get frozen(): boolean {
    return this.#state === 'frozen';
  }

  /** A client is there: all waits go on. */
  attend(): void {
    if (this.#state === 'attended' || this.#state === 'stopped') return;
    if (this.#state === 'frozen') {
      this.#options.onWake?.();
      this.#cluster.thaw();
    }
    this.#state = 'attended';
    this.#cluster.attended = true;
    this.noteChange();
    this.#look();
  }

  /** State is kept while it changes; a cluster in which nothing happens is left alone. */
  noteChange(): void {
    const isKept = this.#options.snapshotFile !== undefined;
    if (!isKept || this.#state === 'frozen' || this.#state === 'stopped') return;
    this.#endBeat ??= every(this.#bounds.snapshotIntervalMs, () => {
      this.#keep();
      if (this.#kept === this.#cluster.changes) this.#stopKeeping();
    });
  }

  /** Writes the present state to a file. */
  save(file: string): Promise<void> {
    const text = this.#text();
    const written = this.#writing.then(() => writeWhole(file, text));
    this.#writing = written.catch(() => {}); // Whoever asked is told; the next one gets its turn.
    return written;
  }

  /** Ends it; with `keep` its last state is on disk. Resolves with its last revision. */
  async stop(keep: boolean): Promise<number> {
    this.#state = 'stopped';
    clearTimeout(this.#nextLook);
    this.#stopKeeping();
    await this.#server.close();
    const { revision } = this.#cluster;
    try {
      if (keep && this.#options.snapshotFile) await this.save(this.#options.snapshotFile);
      else await this.#writing;
    } finally {
      await this.#cluster.stop();
    }
    return revision;
  }

  /** After a while without clients it is left to itself, and after a longer one it goes to sleep. */
  #look(): void {
    clearTimeout(this.#nextLook);
    const { unattendedAfterMs, freezeAfterMs } = this.#bounds;
    const idle = this.#server.open > 0 ? 0 : Date.now() - this.#server.lastActive;
    if (idle >= freezeAfterMs) return this.#sleep();
    const isAttended = idle < unattendedAfterMs;
    if (!isAttended) {
      this.#state = 'unattended';
      this.#cluster.attended = false;
      this.#options.onUnattended?.();
    }
    // Heartbeats raise revisions without a change.
    if (this.#cluster.revision - this.#keptRevision >= REVISION_GAP / 2) this.noteChange();
    const next = isAttended ? Math.min(unattendedAfterMs, freezeAfterMs) : freezeAfterMs;
    this.#nextLook = setTimeout(() => this.#look(), Math.min(next - idle + 1, LONGEST_TIMER_MS));
  }

  #sleep(): void {
    this.#state = 'frozen';
    this.#cluster.freeze();
    this.#cluster.attended = false;
    this.#stopKeeping();
    this.#keptAt = 0;
    this.#keep();
    this.#options.onSleep?.();
  }

  #stopKeeping(): void {
    this.#endBeat?.();
    this.#endBeat = undefined;
  }

  #keep(): void {
    const { snapshotFile } = this.#options;
    const { changes, revision } = this.#cluster;
    if (!snapshotFile) return;
    // Heartbeats alone raise revisions too: the gap to the next life's must not be used up.
    if (changes === this.#kept && revision - this.#keptRevision < REVISION_GAP / 2) return;
    const now = performance.now();
    if (now - this.#keptAt < this.#keepingTook / SNAPSHOT_SHARE) return;
    this.#kept = changes;
    this.#keptRevision = revision;
    this.#keptAt = now;
    this.save(snapshotFile).catch((error: unknown) => {
      this.#kept = -1; // Tried again at the next tick.
      this.noteChange();
      this.#options.log('error', `the cluster's state could not be kept: ${String(error)}`);
    });
    this.#keepingTook = performance.now() - now;
  }

  #text(): string {
    const file: SnapshotFile = {
      format: 1,
      revision: this.#cluster.revision,
      snapshot: this.#cluster.snapshot(),
    };
    return JSON.stringify(file);
  }
}

function entering(platform: Platform, onEnter: () => void): Platform {
  return {
    ...platform,
    after: (ms, run) =>
      platform.after(ms, () => {
        onEnter();
        run();
      }),
  };
}

async function readSnapshot({
  snapshotFile,
  fresh,
}: HostOptions): Promise<SnapshotFile | undefined> {
  const text = snapshotFile && (await readIfThere(snapshotFile));
  if (text === undefined || text === '') return undefined;
  const file = parseSnapshot(text);
  if (typeof file !== 'string') return file;
  // What will not be used may be as damaged as it likes.
  if (fresh) return undefined;
  throw new SnapshotError(file);
}

/** Or why not. */
function parseSnapshot(text: string): SnapshotFile | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its kept state is damaged';
  }
  const { format, revision, snapshot }: Partial<Record<keyof SnapshotFile, unknown>> =
    Object(value);
  return format === 1 && typeof revision === 'number'
    ? { format, revision, snapshot }
    : 'its kept state is from another version of Meshproof';
}

/** Resolves with the uid of kube-system once /readyz, the node and the default namespace are as a client expects them. */
async function untilReady(cluster: ClusterApi, limitMs: number): Promise<string> {
  const late = performance.now() + limitMs;
  for (;;) {
    const waitsFor = await missing(cluster);
    if (waitsFor === undefined) break;
    if (performance.now() > late)
      throw new Error(`after ${limitMs / 1_000} s it still waits for ${waitsFor}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const system = await get(cluster, '/api/v1/namespaces/kube-system');
  return textAt(system, 'metadata', 'uid') ?? '';
}

async function missing(cluster: ClusterApi): Promise<string | undefined> {
  if ((await ask(cluster, '/readyz')).status !== 200) return '/readyz';
  const nodes = await get(cluster, '/api/v1/nodes');
  const items = at(nodes, 'items');
  if (!Array.isArray(items) || items.length === 0 || !items.every(isReady)) return 'its node';
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  return (await ask(cluster, account)).status === 200 ? undefined : 'the default service account';
}

function isReady(node: unknown): boolean {
  const conditions = at(at(node, 'status'), 'conditions');
  return (
    Array.isArray(conditions) &&
    conditions.some((each) => at(each, 'type') === 'Ready' && at(each, 'status') === 'True')
  );
}

function ask(cluster: ClusterApi, path: string): ReturnType<ClusterApi['handle']> {
  return cluster.handle({
    method: 'GET',
    path,
    query: new URLSearchParams(),
    headers: { accept: 'application/json' },
    body: new Uint8Array(0),
    user: ADMINISTRATOR,
    signal: new AbortController().signal,
  });
}

async function get(cluster: ClusterApi, path: string): Promise<unknown> {
  const { body } = await ask(cluster, path);
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new Error(`GET ${path} answered with a stream`);
  return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString());
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function textAt(value: unknown, ...names: string[]): string | undefined {
  const found = names.reduce(at, value);
  return typeof found === 'string' ? found : undefined;
}
