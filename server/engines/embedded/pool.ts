// The worker threads in which embedded clusters live: one is always warm, several clusters share one, and a worker that no
// longer answers is ended, with its clusters told so. Knows nothing of what a cluster is or of who wants one.

import type { EventLoopUtilization } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { type Identity, createIdentity } from '../../apiserver/certificates.ts';
import { limits } from '../../config.ts';
import { every } from './beat.ts';
import type { FromWorker, StartCluster, StartedCluster, ToWorker, WorkerData } from './messages.ts';

export interface PoolOptions {
  /** The worker's entry. */
  entry: URL;
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Default: `limits` of the server's configuration. */
  bounds?: Partial<PoolBounds>;
}

export type PoolBounds = Record<
  | 'clustersPerWorker'
  | 'workerHeapMb'
  | 'workerYoungMb'
  | 'workerStartMs'
  | 'workerRetryMs'
  | 'workerPingMs'
  | 'workerPingMisses'
  | 'clusterStartMs',
  number
>;

/** Why a cluster's worker has gone. */
export interface Loss {
  /** For the operator. */
  reason: string;
  /** This cluster had the thread when it went: it is probably the one to blame. */
  blamed: boolean;
}

export interface PooledCluster {
  readonly started: StartedCluster;
  /** Writes its present state to a file. */
  save(file: string): Promise<void>;
  /** Ends it; with `keep` its last state is in its snapshot file. Resolves with its last revision; 0 when that is lost. */
  stop(keep: boolean): Promise<number>;
}

/** A cluster that could not be started. */
export class StartFailure extends Error {
  /** The system's code, where there is one. */
  readonly code: string | undefined;

  constructor(reason: string, code?: string) {
    super(reason);
    this.code = code;
  }
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #bounds: PoolBounds;
  readonly #workers = new Set<PoolWorker>();
  #clusters = 0;
  #again: NodeJS.Timeout | undefined;
  /** Made before anybody asks, for it takes 30 ms; and never in a worker: Node aborts when one ends while it makes a key. */
  #spare: Promise<Identity> = createIdentity();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#bounds = { ...limits, ...options.bounds };
    this.#add();
  }

  /** Resolves when a cluster could be started at once. */
  async warm(): Promise<void> {
    await Promise.all([(this.#roomy() ?? this.#add()).warm, this.#spare]);
  }

  /** Certificates that nobody else has. */
  async newIdentity(): Promise<Identity> {
    const taken = await this.#spare;
    this.#spare = createIdentity();
    return taken;
  }

  /** Resolves when it answers. Rejects with StartFailure. `lost` is called at most once, and not after `stop`. */
  async start(
    wanted: Omit<StartCluster, 'cluster'>,
    { onStage, onLost }: { onStage: (stage: string) => void; onLost: (loss: Loss) => void },
  ): Promise<PooledCluster> {
    const worker = this.#roomy() ?? this.#add();
    const cluster = ++this.#clusters;
    const started = await worker.start({ ...wanted, cluster }, onStage, onLost);
    if (!this.#roomy() && !this.#closed) this.#add();
    return {
      started,
      save: (file) => worker.save(cluster, file),
      stop: (keep) => worker.stop(cluster, keep),
    };
  }

  /** Ends every worker. Clusters that should be kept are stopped first. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    await Promise.all([...[...this.#workers].map((worker) => worker.end()), this.#spare]);
  }

  #roomy(): PoolWorker | undefined {
    return [...this.#workers].find((worker) => worker.size < this.#bounds.clustersPerWorker);
  }

  #add(): PoolWorker {
    const worker = new PoolWorker(this.#options, this.#bounds, (wasWarm) => {
      this.#workers.delete(worker);
      clearTimeout(this.#again);
      // A new warm one takes its place, for its clusters will be wanted again at once. One that cannot even load would do so
      // for ever: the next is tried later, or when somebody asks.
      this.#again = setTimeout(
        () => {
          if (!this.#closed && !this.#roomy()) this.#add();
        },
        wasWarm ? 0 : this.#bounds.workerRetryMs,
      );
    });
    this.#workers.add(worker);
    return worker;
  }
}

/** A thread that worked less than this share of the time is quiet, and is looked at so many times less often. */
const QUIET_SHARE = 0.05;
const QUIET_FACTOR = 5;

interface Guest {
  onLost: (loss: Loss) => void;
  onStage: (stage: string) => void;
  /** What is being waited for, with what makes it fail when the worker goes. */
  waiting: { answered: (message: FromWorker) => boolean; failed: (error: Error) => void }[];
}

class PoolWorker {
  /** Rejects when it never became warm. */
  readonly warm: Promise<void>;
  readonly #thread: Worker;
  readonly #bounds: PoolBounds;
  readonly #log: PoolOptions['log'];
  readonly #running: WorkerData['running'];
  readonly #guests = new Map<number, Guest>();
  readonly #left: (wasWarm: boolean) => void;
  #isWarm = false;
  /** It said so, and was sent nothing since. */
  #isResting = false;
  #misses = 0;
  #lastLook: EventLoopUtilization | undefined;
  /** At the last look it had hardly done anything. */
  #isQuiet = false;
  #ended = false;
  #endWatch: (() => void) | undefined;
  /** Milliseconds between looks; undefined while there are none. */
  #watchMs: number | undefined;
  #becameWarm: () => void = () => {};

  constructor({ entry, log }: PoolOptions, bounds: PoolBounds, left: (wasWarm: boolean) => void) {
    this.#log = log;
    this.#bounds = bounds;
    this.#left = left;
    this.#running = new Int32Array(new SharedArrayBuffer(4));
    const workerData: WorkerData = { running: this.#running };
    this.#thread = new Worker(entry, {
      workerData,
      resourceLimits: {
        maxOldGenerationSizeMb: bounds.workerHeapMb,
        maxYoungGenerationSizeMb: bounds.workerYoungMb,
      },
    });
    this.warm = new Promise((resolve, reject) => {
      const late = setTimeout(
        () => void this.#lose('it did not load in time'),
        bounds.workerStartMs,
      );
      this.#becameWarm = () => {
        clearTimeout(late);
        resolve();
      };
      this.#thread.once('exit', () => {
        clearTimeout(late);
        reject(new StartFailure('the worker ended while it loaded'));
      });
    });
    this.warm.catch(() => {}); // Whoever waits for it is told; when nobody does, the log has it.
    this.#thread.on('message', (message: FromWorker) => this.#hear(message));
    this.#thread.on('error', (error) => void this.#lose(String(error.stack ?? error)));
    this.#thread.on('exit', (code) => void this.#lose(`it ended with ${code}`));
  }

  get size(): number {
    return this.#guests.size;
  }

  /** Who has nothing to do cannot hang, and nobody need wake to ask; who does little is looked at less often. */
  #watch(): void {
    const isBusy = this.#isWarm && !this.#ended && !this.#isResting && this.#guests.size > 0;
    const ms = isBusy ? this.#bounds.workerPingMs * (this.#isQuiet ? QUIET_FACTOR : 1) : undefined;
    if (ms === this.#watchMs) return;
    this.#watchMs = ms;
    this.#endWatch?.();
    this.#endWatch = ms === undefined ? undefined : every(ms, () => this.#beat());
  }

  /** Who waited for something since the last look lives, and is not woken to say so; who did not is asked. */
  #beat(): void {
    const { performance } = this.#thread;
    const { idle, utilization } = performance.eventLoopUtilization(this.#lastLook);
    this.#lastLook = performance.eventLoopUtilization();
    if (idle > 0) this.#misses = 0;
    this.#isQuiet = idle > 0 && utilization < QUIET_SHARE;
    this.#watch();
    if (idle > 0) return;
    if (this.#misses >= this.#bounds.workerPingMisses) {
      void this.#lose(`it has not answered for ${this.#misses} pings`);
      return;
    }
    this.#misses++;
    this.#send({ kind: 'ping' });
  }

  async start(
    start: StartCluster,
    onStage: (stage: string) => void,
    onLost: (loss: Loss) => void,
  ): Promise<StartedCluster> {
    const { cluster } = start;
    // Before it is awaited, so that nobody else takes the last place.
    const guest: Guest = { onStage, onLost: () => {}, waiting: [] };
    this.#guests.set(cluster, guest);
    this.#watch();
    try {
      await this.warm;
      const started = await this.#ask(
        cluster,
        { kind: 'start', start },
        (message) => {
          if (message.kind === 'not started') throw new StartFailure(message.reason, message.code);
          return message.kind === 'started' ? message.started : undefined;
        },
        this.#bounds.clusterStartMs,
      );
      guest.onLost = onLost;
      return started;
    } catch (error) {
      this.#guests.delete(cluster);
      this.#watch();
      throw error;
    }
  }

  save(cluster: number, file: string): Promise<void> {
    return this.#ask(cluster, { kind: 'save', cluster, file }, (message) => {
      if (message.kind !== 'saved') return undefined;
      if (message.error !== undefined) throw new Error(message.error);
      return true;
    }).then(() => undefined);
  }

  async stop(cluster: number, keep: boolean): Promise<number> {
    const guest = this.#guests.get(cluster);
    if (!guest) return 0; // Its worker has gone, and it with it.
    guest.onLost = () => {};
    try {
      return await this.#ask(cluster, { kind: 'stop', cluster, keep }, (message) =>
        message.kind === 'stopped' ? message.revision : undefined,
      );
    } finally {
      this.#guests.delete(cluster);
      this.#watch();
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#watch();
    await this.#thread.terminate();
  }

  #ask<T>(
    cluster: number,
    message: ToWorker,
    read: (message: FromWorker) => T | undefined,
    limitMs = this.#bounds.clusterStartMs,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const guest = this.#guests.get(cluster);
      if (!guest || this.#ended) return reject(new StartFailure('its worker has gone'));
      const waiting = {
        answered: (answer: FromWorker) => {
          try {
            const value = read(answer);
            if (value === undefined) return false;
            settle(() => resolve(value));
          } catch (error) {
            settle(() => reject(error as Error));
          }
          return true;
        },
        failed: (error: Error) => settle(() => reject(error)),
      };
      const late = setTimeout(
        () => waiting.failed(new StartFailure(`no answer within ${limitMs / 1_000} s`)),
        limitMs,
      );
      const settle = (how: () => void) => {
        clearTimeout(late);
        guest.waiting = guest.waiting.filter((each) => each !== waiting);
        how();
      };
      guest.waiting.push(waiting);
      this.#isResting = this.#isQuiet = false;
      this.#watch();
      this.#send(message);
    });
  }

  #send(message: ToWorker): void {
    this.#thread.postMessage(message);
  }

  #hear(message: FromWorker): void {
    // Whatever it says, it lives.
    this.#misses = 0;
    if (message.kind === 'warm') {
      this.#isWarm = true;
      this.#watch();
      this.#becameWarm();
    } else if (message.kind === 'log') {
      this.#log(message.level, message.message);
    } else if (message.kind === 'resting' || message.kind === 'awake') {
      this.#isResting = message.kind === 'resting';
      this.#isQuiet = false;
      this.#watch();
    } else if (message.kind !== 'pong') {
      const guest = this.#guests.get(message.cluster);
      if (message.kind === 'stage') guest?.onStage(message.stage);
      else guest?.waiting.some((waiting) => waiting.answered(message));
    }
  }

  async #lose(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch();
    const blamed = this.#running[0];
    this.#log('error', `a worker with ${this.#guests.size} clusters was ended: ${reason}`);
    // Only when the thread is gone are its ports free for who comes after it.
    await this.#thread.terminate();
    this.#left(this.#isWarm);
    const guests = [...this.#guests];
    this.#guests.clear();
    for (const [cluster, guest] of guests) {
      for (const waiting of guest.waiting) waiting.failed(new StartFailure('its worker has gone'));
      guest.onLost({ reason, blamed: cluster === blamed });
    }
  }
}
