// Functions of range vectors: each takes the samples of one series in (start, end] and gives one value, or none.
// Source: Prometheus docs, query functions; extrapolation as the documentation of rate() describes it.

import type { Growth } from '../storage/block.ts';
import { QueryError, type RangeSamples } from './values.ts';

export interface Window {
  /** Excluded; cluster milliseconds. */
  start: number;
  /** Included. */
  end: number;
  /** When the expression is evaluated: offsets move the window, not this. */
  now: number;
}

export type RangeFunction = (
  range: RangeSamples,
  window: Window,
  args: readonly number[],
) => number | undefined;

/**
 * What a counter grew, or a gauge changed, over the whole window: the change between first and last sample, stretched to
 * the window's edges. A series that seems to begin or end inside the window is stretched by half a gap only; a counter no
 * further back than where it would have been zero.
 */
function extrapolated(
  { count, firstTime, lastTime, first, last, lost }: Growth,
  window: Window,
  isCounter: boolean,
  isRate: boolean,
): number | undefined {
  if (count < 2) return undefined;
  let change = last - first;
  if (isCounter) change += lost;
  const sampled = (lastTime - firstTime) / 1000;
  const average = sampled / (count - 1);
  const threshold = average * 1.1;
  let toStart = (firstTime - window.start) / 1000;
  let toEnd = (window.end - lastTime) / 1000;
  if (toStart >= threshold) toStart = average / 2;
  if (isCounter && change > 0 && first >= 0)
    toStart = Math.min(toStart, sampled * (first / change));
  if (toEnd >= threshold) toEnd = average / 2;
  let factor = (sampled + toStart + toEnd) / sampled;
  if (isRate) factor /= (window.end - window.start) / 1000;
  return change * factor;
}

function growthOf({ times, values }: RangeSamples): Growth {
  return {
    count: times.length,
    firstTime: times[0] ?? 0,
    lastTime: times.at(-1) ?? 0,
    first: values[0] ?? 0,
    last: values.at(-1) ?? 0,
    lost: resetCorrection(values),
  };
}

/** What was counted before each reset. */
function resetCorrection(values: readonly number[]): number {
  let sum = 0;
  let previous = values[0] ?? 0;
  for (const value of values) {
    if (value < previous) sum += previous;
    previous = value;
  }
  return sum;
}

/** Functions that need not see each sample. */
export const GROWTH_FUNCTIONS: Readonly<
  Record<string, (growth: Growth, window: Window) => number | undefined>
> = {
  rate: (growth, window) => extrapolated(growth, window, true, true),
  increase: (growth, window) => extrapolated(growth, window, true, false),
  delta: (growth, window) => extrapolated(growth, window, false, false),
};

/** Of the last two samples alone. */
function instant({ times, values }: RangeSamples, isRate: boolean): number | undefined {
  const count = times.length;
  const [before, last] = [values[count - 2], values[count - 1]];
  if (count < 2 || before === undefined || last === undefined) return undefined;
  const seconds = ((times[count - 1] ?? 0) - (times[count - 2] ?? 0)) / 1000;
  if (seconds === 0) return undefined;
  if (!isRate) return last - before;
  return (last < before ? last : last - before) / seconds;
}

/** Least squares; `at` is where the line is read for its intercept. Sums are kept exact, as the real one's are. */
function regression(
  { times, values }: RangeSamples,
  at: number,
): { slope: number; intercept: number } {
  const first = values[0] ?? 0;
  if (values.every((value) => value === first)) {
    if (!Number.isFinite(first)) return { slope: NaN, intercept: NaN };
    return { slope: 0, intercept: first };
  }
  let [n, sumX, sumY, sumXY, sumX2] = [0, 0, 0, 0, 0];
  for (const [index, value] of values.entries()) {
    const x = ((times[index] ?? 0) - at) / 1000;
    n++;
    sumX += x;
    sumY += value;
    sumXY += x * value;
    sumX2 += x * x;
  }
  const covariance = sumXY - (sumX * sumY) / n;
  const variance = sumX2 - (sumX * sumX) / n;
  const slope = covariance / variance;
  return { slope, intercept: sumY / n - (slope * sumX) / n };
}

/** Kahan and Neumaier: small numbers beside large ones are not lost. */
class ExactSum {
  #sum = 0;
  #lost = 0;

  add(value: number): void {
    const next = this.#sum + value;
    if (!Number.isFinite(next)) this.#lost = 0;
    else if (Math.abs(this.#sum) >= Math.abs(value)) this.#lost += this.#sum - next + value;
    else this.#lost += value - next + this.#sum;
    this.#sum = next;
  }

  get total(): number {
    return Number.isFinite(this.#sum) ? this.#sum + this.#lost : this.#sum;
  }
}

export function exactSum(values: Iterable<number>): number {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum.total;
}

export function mean(values: readonly number[]): number {
  const sum = exactSum(values);
  if (Number.isFinite(sum) || !values.every(Number.isFinite)) return sum / values.length;
  // The sum is too large for a number and the mean is not.
  return values.reduce((so, value, index) => so + (value / (index + 1) - so / (index + 1)), 0);
}

/** Welford's, with what rounding loses kept apart: equal values have a variance of exactly 0. */
export function variance(values: readonly number[]): number {
  const middle = new ExactSum();
  const squares = new ExactSum();
  for (const [index, value] of values.entries()) {
    const delta = value - middle.total;
    middle.add(delta / (index + 1));
    squares.add(delta * (value - middle.total));
  }
  return squares.total / values.length;
}

export function minimum(values: Iterable<number>): number {
  let least = NaN;
  for (const value of values) if (value < least || Number.isNaN(least)) least = value;
  return least;
}

export function maximum(values: Iterable<number>): number {
  let most = NaN;
  for (const value of values) if (value > most || Number.isNaN(most)) most = value;
  return most;
}

/** By linear interpolation between the two nearest ranks. */
export function quantile(q: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  // NaN is smaller than everything.
  const sorted = [...values].sort((a, b) =>
    Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b,
  );
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? NaN) * (1 - weight) + (sorted[upper] ?? NaN) * weight;
}

function changes(values: readonly number[]): number {
  return values.filter((value, index) => {
    const before = values[index - 1];
    return index > 0 && value !== before && !(Number.isNaN(value) && Number.isNaN(before));
  }).length;
}

export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  ...Object.fromEntries(
    Object.entries(GROWTH_FUNCTIONS).map(([name, apply]) => [
      name,
      (range: RangeSamples, window: Window) => apply(growthOf(range), window),
    ]),
  ),
  irate: (range) => instant(range, true),
  idelta: (range) => instant(range, false),
  deriv: (range) =>
    range.values.length < 2 ? undefined : regression(range, range.times[0] ?? 0).slope,
  predict_linear: (range, window, [ahead = NaN]) => {
    if (range.values.length < 2) return undefined;
    const { slope, intercept } = regression(range, window.now);
    return slope * ahead + intercept;
  },
  resets: ({ values }) =>
    values.filter((value, index) => index > 0 && value < (values[index - 1] ?? 0)).length,
  changes: ({ values }) => changes(values),
  avg_over_time: ({ values }) => mean(values),
  sum_over_time: ({ values }) => exactSum(values),
  min_over_time: ({ values }) => minimum(values),
  max_over_time: ({ values }) => maximum(values),
  count_over_time: ({ values }) => values.length,
  last_over_time: ({ values }) => values.at(-1),
  present_over_time: () => 1,
  stddev_over_time: ({ values }) => Math.sqrt(variance(values)),
  stdvar_over_time: ({ values }) => variance(values),
  quantile_over_time: ({ values }, _, [q = NaN]) => quantile(q, values),
};

/** The name stays: the value is still one of the metric. */
export const KEEPS_NAME: ReadonlySet<string> = new Set(['last_over_time']);

export function rangeFunction(name: string): RangeFunction {
  const found = RANGE_FUNCTIONS[name];
  if (!found) throw new QueryError(`function ${JSON.stringify(name)} is not simulated`);
  return found;
}
