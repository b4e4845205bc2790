// All series this Prometheus holds, found by name and matchers, and bounded by time, bytes and number.
// Like the real one's head it lives in memory; with an emptyDir behind it, a new container starts anew in both.

import { Labels, OWN_LABELS } from '../labels.ts';
import type { PrometheusLimits } from '../limits.ts';
import type { Matcher } from '../matcher.ts';
import { isNameMatcher } from '../matcher.ts';
import { MAX_COLUMNS } from './block.ts';
import { Series } from './series.ts';
import { TargetSamples } from './target-samples.ts';

export interface StorageOptions {
  limits: Pick<PrometheusLimits, 'series' | 'sampleBytes' | 'retentionMs'>;
  /** As the flag says; the limit is an upper bound. */
  retentionMs: number;
  /** Told once, when series are dropped for the first time. */
  overflow?: () => void;
}

/** Rows between two looks at the bounds: a look adds up all blocks. */
const ROWS_BETWEEN_LOOKS = 256;
/** Texts remembered to be shared. Past it sharing starts anew. */
const MAX_TEXTS = 20_000;

export class Storage {
  readonly #limits: StorageOptions['limits'];
  readonly #retentionMs: number;
  readonly #overflow: (() => void) | undefined;
  readonly #targets = new Set<TargetSamples>();
  readonly #byName = new Map<string, Set<Series>>();
  /** Names and values of labels, each once. */
  readonly #texts = new Map<string, string>();
  #count = 0;
  #generation = 0;
  #rows = 0;
  /** Series that did not fit. */
  dropped = 0;

  constructor({ limits, retentionMs, overflow }: StorageOptions) {
    this.#overflow = overflow;
    this.#limits = limits;
    this.#retentionMs = Math.min(retentionMs, limits.retentionMs);
  }

  get seriesCount(): number {
    return this.#count;
  }

  /** Another one when series have come or gone since. */
  get generation(): number {
    return this.#generation;
  }

  get retentionMs(): number {
    return this.#retentionMs;
  }

  /** A place for the samples of a target. */
  open(): TargetSamples {
    const samples = new TargetSamples();
    this.#targets.add(samples);
    return samples;
  }

  /** Nothing scrapes a target any more: its series end now. */
  end(samples: TargetSamples, time: number): void {
    samples.end(time);
  }

  /** A new series of a target; undefined when there are too many. */
  addSeries(samples: TargetSamples, labels: Labels): Series | undefined {
    while (this.#count >= this.#limits.series && this.#forgetEnded());
    if (this.#count >= this.#limits.series || samples.series.length >= MAX_COLUMNS) {
      if (this.dropped++ === 0) this.#overflow?.();
      return undefined;
    }
    const { name } = labels;
    const own = this.#one(samples, labels.only(OWN_LABELS));
    const shared = this.#one(samples, labels.without(OWN_LABELS));
    const series = new Series({ samples, column: samples.series.length, shared, own });
    samples.series.push(series);
    const named = this.#byName.get(name);
    if (named) named.add(series);
    else this.#byName.set(name, new Set([series]));
    this.#count++;
    this.#generation++;
    return series;
  }

  append(
    samples: TargetSamples,
    time: number,
    values: Iterable<readonly [column: number, value: number]>,
  ): void {
    samples.append(time, values);
    if (++this.#rows % ROWS_BETWEEN_LOOKS === 0) this.#keepBounds(time);
  }

  select(matchers: readonly Matcher[]): Series[] {
    const named = matchers.find(isNameMatcher);
    const rest = matchers.filter((each) => each !== named);
    const ofOwn = rest.filter(({ name }) => OWN_LABELS.has(name));
    const ofShared = rest.filter(({ name }) => !OWN_LABELS.has(name));
    // Many series share these labels: each set is looked at once.
    const known = new Map<Labels, boolean>();
    const matches = (shared: Labels): boolean => {
      let fits = known.get(shared);
      if (fits === undefined) {
        fits = ofShared.every((matcher) => matcher.matches(shared.get(matcher.name)));
        known.set(shared, fits);
      }
      return fits;
    };
    const found: Series[] = [];
    for (const [name, series] of this.#byName) {
      if (named && name !== named.value) continue;
      for (const each of series)
        if (
          matches(each.shared) &&
          ofOwn.every((matcher) => matcher.matches(each.own.get(matcher.name)))
        )
          found.push(each);
    }
    return found;
  }

  /** Whether there are series of a metric. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** How many series each metric has. */
  get seriesByName(): ReadonlyMap<string, number> {
    return new Map([...this.#byName].map(([name, series]) => [name, series.size]));
  }

  /** Times of the oldest and newest samples; undefined while there are none. */
  get span(): { oldest: number; newest: number } | undefined {
    let [oldest, newest] = [Infinity, -Infinity];
    for (const samples of this.#targets) {
      oldest = Math.min(oldest, samples.oldest);
      newest = Math.max(newest, samples.newest);
    }
    return Number.isFinite(oldest) ? { oldest, newest } : undefined;
  }

  /** About. */
  get bytes(): number {
    let bytes = 0;
    for (const samples of this.#targets) bytes += samples.bytes;
    return bytes;
  }

  /** Forgets what is older than the retention time, and what is too much. */
  #keepBounds(now: number): void {
    const oldest = now - this.#retentionMs;
    for (const samples of this.#targets) {
      samples.forgetBefore(oldest);
      if (samples.newest < oldest && !samples.live) this.#close(samples);
    }
    let bytes = this.bytes;
    while (bytes > this.#limits.sampleBytes) {
      const first = this.#withOldest();
      if (!first) return;
      const before = first.bytes;
      first.forgetOldest();
      bytes -= before - first.bytes;
      if (!first.live && !Number.isFinite(first.oldestFull)) this.#close(first);
    }
  }

  /** Makes room: the target that ended first goes with all it had. False when there is none. */
  #forgetEnded(): boolean {
    let first: TargetSamples | undefined;
    for (const samples of this.#targets)
      if (!samples.live && samples.newest < (first?.newest ?? Infinity)) first = samples;
    if (first) this.#close(first);
    return first !== undefined;
  }

  #withOldest(): TargetSamples | undefined {
    let found: TargetSamples | undefined;
    for (const samples of this.#targets)
      if (samples.oldestFull < (found?.oldestFull ?? Infinity)) found = samples;
    return found;
  }

  #close(samples: TargetSamples): void {
    this.#targets.delete(samples);
    for (const series of samples.series) {
      const named = this.#byName.get(series.name);
      named?.delete(series);
      if (named?.size === 0) this.#byName.delete(series.name);
    }
    this.#count -= samples.series.length;
    this.#generation++;
  }

  /** Equal sets of a target are one. */
  #one({ sets }: TargetSamples, labels: Labels): Labels {
    const known = sets.get(labels.key);
    if (known) return known;
    const own = Labels.of(
      [...labels].map(([name, value]) => [this.copied(name), this.copied(value)]),
    );
    sets.set(own.key, own);
    return own;
  }

  /** Texts of a scrape are slices of all of it, and would keep it in memory. */
  copied(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    const copy = ` ${text}`.slice(1);
    this.#texts.set(copy, copy);
    return copy;
  }
}
