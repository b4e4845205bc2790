// Scrapes one target again and again and writes what it got: a row of samples a scrape, with `up` and its like beside them.
// A scrape that fails writes a row without the target's own samples, which ends their series (staleness).

import type { Clock } from '../../clock.ts';
import type { Cancel } from '../../platform.ts';
import type { ScrapeConfiguration } from '../configuration/configuration.ts';
import { Labels, METRIC_NAME } from '../labels.ts';
import { formatBound } from '../numbers.ts';
import type { Storage } from '../storage/storage.ts';
import type { TargetSamples } from '../storage/target-samples.ts';
import { ExpositionError, ExpositionReader, type MetricMetadata } from './exposition.ts';
import { ScrapeError, type Scraper } from './scraper.ts';
import { type Target, sampleLabels } from './target.ts';

export interface ScrapeState {
  health: 'unknown' | 'up' | 'down';
  /** Empty while all is well. */
  lastError: string;
  /** Cluster milliseconds since the epoch; undefined before the first. */
  lastScrape: number | undefined;
  lastDurationMs: number;
}

export interface ScrapeLoopOptions {
  target: Target;
  job: ScrapeConfiguration;
  clock: Clock;
  scraper: Pick<Scraper, 'scrape' | 'close'>;
  storage: Storage;
  /** Milliseconds after which the first scrape is due: loops are spread over their interval. */
  offsetMs: number;
  fault(error: unknown): void;
}

/** A column that a rule or a limit took away. */
const NONE = -1;

const OWN_METRICS = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
] as const;

export class ScrapeLoop {
  readonly target: Target;
  readonly job: ScrapeConfiguration;
  readonly state: ScrapeState = {
    health: 'unknown',
    lastError: '',
    lastScrape: undefined,
    lastDurationMs: 0,
  };
  readonly metadata = new Map<string, MetricMetadata>();
  readonly #options: ScrapeLoopOptions;
  readonly #reader: ExpositionReader<number>;
  readonly #samples: TargetSamples;
  readonly #own: readonly number[];
  #cancel: Cancel;
  #stopped = false;

  constructor(options: ScrapeLoopOptions) {
    this.#options = options;
    this.target = options.target;
    this.job = options.job;
    this.#reader = new ExpositionReader((text) => options.storage.copied(text));
    this.#samples = options.storage.open();
    this.#own = OWN_METRICS.map((name) =>
      this.#column(Labels.of([...options.target.labels, [METRIC_NAME, name]])),
    );
    this.#cancel = options.clock.after(options.offsetMs, () => this.#run());
  }

  /** Ends the target's series now. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancel();
    this.#options.scraper.close();
    this.#options.storage.end(this.#samples, this.#now());
  }

  #now(): number {
    return Math.floor(this.#options.clock.now());
  }

  #run(): void {
    const begun = this.#now();
    this.#scrape(begun)
      .catch((error: unknown) => this.#options.fault(error))
      .finally(() => {
        if (this.#stopped) return;
        const wait = begun + this.target.intervalMs - this.#options.clock.now();
        // After a pause (a slow scrape, a cluster that was frozen) the beat starts anew: nothing is made up for.
        this.#cancel = this.#options.clock.after(Math.max(wait, 0), () => this.#run());
      });
  }

  async #scrape(begun: number): Promise<void> {
    const { scraper, clock, storage } = this.#options;
    const rows: [column: number, value: number][] = [];
    const counts = { scraped: 0, kept: 0, added: 0 };
    const known = this.#samples.series.length;
    let error = '';
    try {
      this.#read(await scraper.scrape(this.target), rows, counts);
    } catch (failure) {
      if (this.#stopped) return;
      if (!(failure instanceof ScrapeError || failure instanceof ExpositionError)) throw failure;
      error = failure.message;
      rows.length = 0;
    }
    if (this.#stopped) return;
    counts.added = this.#samples.series.length - known;
    const durationMs = clock.now() - begun;
    const own = [
      error === '' ? 1 : 0,
      durationMs / 1000,
      counts.scraped,
      error === '' ? counts.kept : 0,
      counts.added,
    ];
    for (const [index, column] of this.#own.entries())
      if (column !== NONE) rows.push([column, own[index] ?? 0]);
    storage.append(this.#samples, begun, rows);
    this.state.health = error === '' ? 'up' : 'down';
    this.state.lastError = error;
    this.state.lastScrape = begun;
    this.state.lastDurationMs = durationMs;
  }

  #read(
    text: string,
    rows: [column: number, value: number][],
    counts: { scraped: number; kept: number },
  ): void {
    const { honorLabels, metricRelabel, sampleLimit } = this.job;
    this.#reader.read(text, {
      series: ({ name, labels }) => {
        const all = sampleLabels(
          this.target,
          [[METRIC_NAME, name], ...labels.map((label) => this.#normal(name, label))],
          honorLabels,
          metricRelabel,
        );
        return all && all.name !== '' ? this.#column(all) : NONE;
      },
      sample: (column, value) => {
        counts.scraped++;
        if (column === NONE) return;
        counts.kept++;
        rows.push([column, value]);
      },
      metadata: (name, metadata) => this.metadata.set(name, metadata),
    });
    if (sampleLimit > 0 && counts.kept > sampleLimit)
      throw new ScrapeError('sample limit exceeded');
  }

  /** Bounds of buckets and quantiles are written one way, whatever the target's. */
  #normal(metric: string, label: readonly [string, string]): readonly [string, string] {
    const [name, value] = label;
    const type = name === 'le' ? 'histogram' : name === 'quantile' ? 'summary' : undefined;
    if (type === undefined) return label;
    return this.metadata.get(metric.replace(/_bucket$/, ''))?.type === type
      ? [name, formatBound(value)]
      : label;
  }

  #column(labels: Labels): number {
    return this.#options.storage.addSeries(this.#samples, labels)?.column ?? NONE;
  }
}
