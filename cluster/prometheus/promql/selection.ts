// What a selector of an expression reads from the storage: its series with their samples of the time the query covers,
// decoded once for all steps.

import type { Labels } from '../labels.ts';
import type { Matcher } from '../matcher.ts';
import type { Series } from '../storage/series.ts';
import type { Storage } from '../storage/storage.ts';
import type { SamplesWindow, TargetSamples } from '../storage/target-samples.ts';
import { QueryError, type Range } from './values.ts';

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
  // In two steps: what many series share has been joined to a key once, and what is a series' own is short.
  const byShared = new Map<string, Map<string, SelectedSeries>>();
  const windows = new Map<TargetSamples, SamplesWindow>();
  for (const series of storage.select(matchers)) {
    let window = windows.get(series.samples);
    if (!window) windows.set(series.samples, (window = series.samples.window(from, to)));
    const read = readSeries(series, from, to, window);
    if (read.times.length === 0) continue;
    budget.left -= read.times.length;
    if (budget.left < 0)
      throw new QueryError(
        'query processing would load too many samples into memory in query execution',
      );
    let alike = byShared.get(series.shared.sharedKey);
    if (!alike) byShared.set(series.shared.sharedKey, (alike = new Map<string, SelectedSeries>()));
    const other = alike.get(series.own.ownKey);
    alike.set(series.own.ownKey, other ? merged(other, read) : read);
  }
  return [...byShared.values()].flatMap((alike) => [...alike.values()]);
}

/** Series of one target that were in each scrape share their times. */
function readSeries(
  { labels, samples, column }: Series,
  from: number,
  to: number,
  window: SamplesWindow,
): SelectedSeries {
  const values = window.values(column);
  if (values) return new SelectedSeries(labels, window.times, values);
  const read = new SelectedSeries(labels);
  samples.visit(column, from, to, (time, value) => read.add(time, value));
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
