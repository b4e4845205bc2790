// Which targets there are, by configuration and discovery, and a loop for each of them.

import type { Process } from '../../node/process.ts';
import { same } from '../../schema/fields.ts';
import type { Cancel } from '../../platform.ts';
import type { Configuration, ScrapeConfiguration } from '../configuration/configuration.ts';
import { ClusterDiscovery } from '../discovery/kubernetes-discovery.ts';
import type { KubernetesApi } from '../discovery/kubernetes-api.ts';
import { Labels } from '../labels.ts';
import type { PrometheusLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Storage } from '../storage/storage.ts';
import { ScrapeLoop } from './scrape-loop.ts';
import { Scraper } from './scraper.ts';
import { type Target, targetKey, targetOf } from './target.ts';

export interface ScrapeManagerOptions {
  process: Process;
  api: KubernetesApi;
  storage: Storage;
  limits: PrometheusLimits;
  version: string;
  log: Log;
}

/** Changes of the cluster's objects are looked at together. The real server waits 5 s; a learner watches each new pod. */
const SYNC_MS = 500;

/** Dropped targets of a job that `/api/v1/targets` lists. */
const DROPPED_SHOWN = 100;

export class ScrapeManager {
  readonly #options: ScrapeManagerOptions;
  /** Outlives configurations: what is watched goes on being watched. */
  readonly #discovery: ClusterDiscovery;
  readonly #ending = new AbortController();
  #configuration: Configuration | undefined;
  readonly #loops = new Map<string, ScrapeLoop>();
  readonly #dropped = new Map<string, Labels[]>();
  #due: Cancel | undefined;
  #overflowing = false;

  constructor(options: ScrapeManagerOptions) {
    this.#options = options;
    const { process, api, log } = options;
    this.#discovery = new ClusterDiscovery({
      api,
      clock: process.clock,
      log,
      changed: () => this.#changed(),
      signal: AbortSignal.any([this.#ending.signal, process.signal]),
    });
  }

  get loops(): readonly ScrapeLoop[] {
    return [...this.#loops.values()];
  }

  get jobs(): readonly string[] {
    return (this.#configuration?.scrapes ?? []).map(({ jobName }) => jobName);
  }

  /** Targets that relabelling drops, by job: some of them. */
  get dropped(): ReadonlyMap<string, readonly Labels[]> {
    return this.#dropped;
  }

  /** Follows another configuration. Targets that are the same in both go on. */
  apply(configuration: Configuration): void {
    this.#configuration = configuration;
    this.#sync();
  }

  stop(): void {
    this.#ending.abort();
    this.#due?.();
    for (const loop of this.#loops.values()) loop.stop();
    this.#loops.clear();
  }

  #changed(): void {
    this.#due ??= this.#options.process.clock.after(SYNC_MS, () => {
      this.#due = undefined;
      if (!this.#ending.signal.aborted) this.#sync();
    });
  }

  #sync(): void {
    const wanted = new Map<string, { target: Target; job: ScrapeConfiguration }>();
    for (const job of this.#configuration?.scrapes ?? []) {
      const dropped: Labels[] = [];
      for (const found of this.#found(job)) {
        const target = targetOf(job, found);
        if (target) wanted.set(`${job.jobName}\n${targetKey(target)}`, { target, job });
        else if (dropped.length < DROPPED_SHOWN) dropped.push(found);
      }
      this.#dropped.set(job.jobName, dropped);
    }
    for (const [key, loop] of this.#loops) {
      const now = wanted.get(key);
      if (now && now.target.intervalMs === loop.target.intervalMs && same(now.job, loop.job))
        continue;
      loop.stop();
      this.#loops.delete(key);
    }
    for (const [key, { target, job }] of wanted)
      if (!this.#loops.has(key)) this.#start(key, target, job);
  }

  #found(job: ScrapeConfiguration): Labels[] {
    const statics = job.statics.flatMap(({ targets, labels }) =>
      targets.map((address) =>
        Labels.of([...Object.entries(labels), ['__address__', address] as const]),
      ),
    );
    const discovered = job.kubernetes.flatMap((each) => this.#discovery.targets(each));
    return [...statics, ...discovered];
  }

  #start(key: string, target: Target, job: ScrapeConfiguration): void {
    const { process, storage, limits, version, log } = this.#options;
    if (this.#loops.size >= limits.targets) {
      if (!this.#overflowing)
        log('WARN', 'The simulated Prometheus scrapes no more targets than this', {
          component: 'scrape manager',
          targets: limits.targets,
        });
      this.#overflowing = true;
      return;
    }
    const scraper = new Scraper({
      process,
      version,
      bodyBytes: limits.scrapeBytes,
      signal: process.signal,
    });
    const loop = new ScrapeLoop({
      target,
      job,
      clock: process.clock,
      scraper,
      storage,
      offsetMs: process.random() * target.intervalMs,
      fault: (error) => {
        if (process.signal.aborted) return;
        log('ERROR', 'Scrape failed within the simulated Prometheus', {
          component: 'scrape manager',
          target: target.address,
          err: String(error),
        });
      },
    });
    this.#loops.set(key, loop);
  }
}
