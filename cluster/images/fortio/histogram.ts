// What a load measures: counts, averages, and a histogram in fortio's buckets with its way to estimate percentiles.
// Knows nothing of requests: it is given numbers.
// Buckets and the interpolation follow fortio's stats package, so that figures can be compared with a real run's.

import { general } from './go-text.ts';

/** Upper ends of the buckets, in multiples of the resolution; one bucket more takes what is above the last. */
// prettier-ignore
const BOUNDS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 120, 140, 160, 180, 200,
  250, 300, 350, 400, 450, 500, 600, 700, 800, 900, 1000, 2000, 3000, 4000, 5000, 7500, 10_000, 20_000, 30_000, 40_000, 50_000,
  75_000, 100_000,
];

/** A value this near above a bound, in multiples of the resolution, belongs to the bucket below it. */
const EDGE = 1e-12;

export interface Bucket {
  start: number;
  end: number;
  count: number;
  /** Of all values, up to the end of this bucket. */
  percent: number;
}

export class Histogram {
  readonly #offset: number;
  readonly #resolution: number;
  readonly #counts: number[] = BOUNDS.map(() => 0).concat(0);
  #squares = 0;
  count = 0;
  min = 0;
  max = 0;
  sum = 0;

  /** @param resolution width of the narrowest buckets, in the unit of the values. */
  constructor(resolution: number, offset = 0) {
    this.#resolution = resolution;
    this.#offset = offset;
  }

  record(value: number): void {
    this.min = this.count === 0 ? value : Math.min(this.min, value);
    this.max = this.count === 0 ? value : Math.max(this.max, value);
    this.count++;
    this.sum += value;
    this.#squares += value * value;
    const at = this.#bucketOf(value);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  #bucketOf(value: number): number {
    const scaled = (value - this.#offset) / this.#resolution;
    const at = BOUNDS.findIndex((bound) => scaled <= bound + EDGE);
    return at < 0 ? BOUNDS.length : at;
  }

  /** Takes over what another of the same resolution has counted. */
  add(other: Histogram): void {
    if (other.count === 0) return;
    this.min = this.count === 0 ? other.min : Math.min(this.min, other.min);
    this.max = this.count === 0 ? other.max : Math.max(this.max, other.max);
    this.count += other.count;
    this.sum += other.sum;
    this.#squares += other.#squares;
    for (const [at, count] of other.#counts.entries())
      this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  get deviation(): number {
    if (this.count === 0) return 0;
    // Rounding may leave a tiny negative number when all values are the same.
    return Math.sqrt(Math.max(0, (this.#squares - this.sum ** 2 / this.count) / this.count));
  }

  /** How many were not above the offset: for sleeps, those that came too late. */
  get lowest(): number {
    return this.#counts[0] ?? 0;
  }

  buckets(): Bucket[] {
    const found: Bucket[] = [];
    let total = 0;
    let previous = BOUNDS[0] ?? 0;
    for (const [at, count] of this.#counts.entries()) {
      const bound = BOUNDS[at];
      if (count > 0) {
        total += count;
        found.push({
          start: found.length === 0 ? this.min : previous * this.#resolution + this.#offset,
          end: bound === undefined ? this.max : bound * this.#resolution + this.#offset,
          count,
          percent: (100 * total) / this.count,
        });
      }
      previous = bound ?? previous;
    }
    const last = found.at(-1);
    if (last) last.end = this.max;
    return found;
  }

  /** An estimate: values are taken to lie evenly inside their bucket. */
  percentile(percent: number): number {
    let before = 100 / this.count;
    if (percent <= before) return this.min;
    for (const { start, end, percent: upTo } of this.buckets()) {
      if (percent <= upTo) return start + ((percent - before) / (upTo - before)) * (end - start);
      before = upTo;
    }
    return this.max;
  }

  /** `Sleep times : count 596 avg 0.39 +/- 0.01 min 0.3 max 0.4 sum 232` */
  summary(title: string): string {
    const { count, average, deviation, min, max, sum } = this;
    return `${title} : count ${count} avg ${general(average, 8)} +/- ${general(deviation, 4)} min ${general(min)} max ${general(max)} sum ${general(sum, 9)}\n`;
  }

  /** The summary, a line for each bucket, and one for each percentile. */
  report(title: string, percentiles: readonly number[]): string {
    if (this.count === 0) return `${title} : no data\n`;
    const lines = this.buckets().map(({ start, end, count, percent }, at) => {
      const middle = general((start + end) / 2, 6);
      return `${at === 0 ? '>=' : '>'} ${general(start, 6)} <= ${general(end, 6)} , ${middle} , ${percent.toFixed(2)}, ${count}\n`;
    });
    return `${this.summary(title)}# range, mid point, percentile, count\n${lines.join('')}${this.targets(percentiles)}`;
  }

  targets(percentiles: readonly number[]): string {
    if (this.count === 0) return '';
    return percentiles
      .map((one) => `# target ${general(one)}% ${general(this.percentile(one), 6)}\n`)
      .join('');
  }
}
