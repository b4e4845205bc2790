// What a selector of an expression reads from the storage: its series with their samples of the time the query covers,
// decoded once for all steps.

import type { Labels } from '../labels.ts';
import type { Matcher } from '../matcher.ts';
import type { Growth } from '../storage/block.ts';
import type { Series } from '../storage/series.ts';
import type { Storage } from '../storage/storage.ts';
import type { SamplesWindow, TargetSamples } from '../storage/target-samples.ts';
import { QueryError, type Range, type RangeSamples } from './values.ts';

/** One series: times rise, a missing value is a marker that it had ended by then. */
export class SelectedSeries {
  readonly labels: Labels;
  readonly times: number[];
  readonly values: (number | undefined)[];
  /** Whether it ended at some time within. */
  ended = false;

  constructor(labels: Labels, times: number[] = [], values: (number | undefined)[] = []) {
    this.labels = labels;
    this.times = times;
    this.values = values;
  }

  add(time: number, value: number | undefined): void {
    this.times.push(time);
    this.values.push(value);
    if (value === undefined) this.ended = true;
  }

  /** The newest sample with `time - lookback` < its time ≤ `time`; none where the series has ended. */
  at(time: number, lookbackMs: number): { time: number; value: number } | undefined {
    const index = lastAtOrBefore(this.times, time);
    const found = this.times[index];
    const value = this.values[index];
    if (found === undefined || value === undefined || found <= time - lookbackMs) return undefined;
    return { time: found, value };
  }

  /** Samples with `start` < time ≤ `end`. */
  range(start: number, end: number): Range {
    const { labels } = this;
    if (this.#isWithin(start, end)) return { labels, times: this.times, values: this.values };
    const times: number[] = [];
    const values: number[] = [];
    for (let index = lastAtOrBefore(this.times, start) + 1; index < this.times.length; index++) {
      const time = this.times[index] ?? Infinity;
      if (time > end) break;
      const value = this.values[index];
      if (value === undefined) continue;
      times.push(time);
      values.push(value);
    }
    return { labels, times, values };
  }

  /** All of it: an instant query reads just what it needs, and need not copy it. */
  #isWithin(start: number, end: number): this is { values: number[] } {
    return !this.ended && (this.times[0] ?? start) > start && (this.times.at(-1) ?? end) <= end;
  }
}

function lastAtOrBefore(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Samples a query may still read. */
export interface SampleBudget {
  left: number;
}

/** Throws QueryError when it would read too much. */
export function selected(
  storage: Storage,
  matchers: readonly Matcher[],
  from: number,
  to: number,
  budget: SampleBudget,
): SelectedSeries[] {
  const windows = new Windows(from, to);
  return [...selectAlike(storage, matchers)].flatMap((same) => {
    const read = same.map((series) => readSeries(series, windows)).reduce(merged);
    spend(budget, read.times.length);
    return read.times.length > 0 ? [read] : [];
  });
}

/**
 * The samples of each series with `start` < time ≤ `end`, one series after the other, for a query at one time: what is
 * visited must not be kept. Throws QueryError when it would read too much.
 */
export function visitRanges(
  storage: Storage,
  matchers: readonly Matcher[],
  within: { start: number; end: number },
  budget: SampleBudget,
  visit: (range: Range) => void,
): void {
  const reader = new RangeReader(within, budget);
  for (const same of selectAlike(storage, matchers)) {
    const samples = reader.read(same);
    const [series] = same;
    if (samples && series) visit({ labels: series.labels, ...samples });
  }
}

/** Reads the samples with `start` < time ≤ `end` of one series after the other. */
export class RangeReader {
  readonly #windows: Windows;
  readonly #budget: SampleBudget;
  readonly #scratch: number[] = [];
  readonly #growth: Growth = { count: 0, firstTime: 0, lastTime: 0, first: 0, last: 0, lost: 0 };

  constructor({ start, end }: { start: number; end: number }, budget: SampleBudget) {
    this.#windows = new Windows(start, end);
    this.#budget = budget;
  }

  /**
   * Of series with the same labels; undefined when there are none. The next reading writes over it. Throws QueryError when
   * too much has been read.
   */
  read(same: readonly Series[]): RangeSamples | undefined {
    const [series] = same;
    const window = series && same.length === 1 ? this.#windows.of(series) : undefined;
    const values = series && window?.values(series.column, this.#scratch);
    const samples = window && values ? { times: window.times, values } : this.#merged(same);
    if (samples.times.length === 0) return undefined;
    spend(this.#budget, samples.times.length);
    return samples;
  }

  /** How a series went on; undefined when only reading can tell. The next one writes over it. */
  growth(same: readonly Series[]): Growth | undefined {
    const [series] = same;
    if (!series || same.length > 1) return undefined;
    const growth = this.#growth;
    growth.count = growth.lost = 0;
    if (!this.#windows.of(series).grow(series.column, growth)) return undefined;
    spend(this.#budget, growth.count);
    return growth;
  }

  #merged(same: readonly Series[]): RangeSamples {
    const { from, to } = this.#windows;
    return same
      .map((each) => readSeries(each, this.#windows))
      .reduce(merged)
      .range(from, to);
  }
}

function spend(budget: SampleBudget, samples: number): void {
  budget.left -= samples;
  if (budget.left < 0)
    throw new QueryError(
      'query processing would load too many samples into memory in query execution',
    );
}

/** What matchers select: series with the same labels, from several targets, together; most are alone. */
export function* selectAlike(
  storage: Storage,
  matchers: readonly Matcher[],
): Generator<readonly Series[]> {
  // In two steps: what many series share has been joined to a key once, and what is a series' own is short.
  const byShared = new Map<string, Map<string, Series[]>>();
  for (const series of storage.select(matchers)) {
    const { sharedKey } = series.shared;
    let own = byShared.get(sharedKey);
    if (!own) byShared.set(sharedKey, (own = new Map<string, Series[]>()));
    const same = own.get(series.own.ownKey);
    if (same) same.push(series);
    else own.set(series.own.ownKey, [series]);
  }
  for (const own of byShared.values()) yield* own.values();
}

/** The scrapes of each target within a time, looked up once for all its series. */
class Windows {
  readonly from: number;
  readonly to: number;
  readonly #known = new Map<TargetSamples, SamplesWindow>();

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
  }

  of({ samples }: Series): SamplesWindow {
    let window = this.#known.get(samples);
    if (!window) this.#known.set(samples, (window = samples.window(this.from, this.to)));
    return window;
  }
}

/** Series of one target that were in each scrape share their times. */
function readSeries(series: Series, windows: Windows): SelectedSeries {
  const { labels, samples, column } = series;
  const window = windows.of(series);
  const values = window.values(column);
  if (values) return new SelectedSeries(labels, window.times, values);
  const read = new SelectedSeries(labels);
  samples.visit(column, windows.from, windows.to, (time, value) => read.add(time, value));
  return read;
}

/** The same series from two targets (one came back after it had gone): one after the other, or side by side. */
function merged(a: SelectedSeries, b: SelectedSeries): SelectedSeries {
  const both = new SelectedSeries(a.labels);
  let [i, j] = [0, 0];
  while (i < a.times.length || j < b.times.length) {
    const [x, y] = [a.times[i] ?? Infinity, b.times[j] ?? Infinity];
    // Where one has ended and the other goes on, it goes on.
    const first = x < y || (x === y && a.values[i] !== undefined);
    const source = first ? a : b;
    const index = first ? i : j;
    const value = source.values[index];
    const overlaps = value === undefined && isRunning(first ? b : a, first ? j : i);
    if (!overlaps) both.add(source.times[index] ?? 0, value);
    if (x === y) {
      i++;
      j++;
    } else if (first) i++;
    else j++;
  }
  return both;
}

function isRunning(other: SelectedSeries, next: number): boolean {
  return next > 0 && next < other.times.length && other.values[next - 1] !== undefined;
}
