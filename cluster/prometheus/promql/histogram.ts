// Quantiles of classic histograms: series that differ in `le` are the buckets of one.
// Source: Prometheus docs, histogram_quantile().

import type { Labels } from '../labels.ts';
import type { Sample } from './values.ts';

interface Bucket {
  upperBound: number;
  count: number;
}

interface Histogram {
  labels: Labels;
  buckets: Bucket[];
}

/** The name still tells two histograms apart; only the result has none. */
const WITHOUT_BOUND: ReadonlySet<string> = new Set(['le']);

/** Differences smaller than this share of a bucket are noise of sums of floats. */
const TOLERANCE = 1e-12;

export function histogramQuantile(q: number, samples: readonly Sample[]): Sample[] {
  const histograms = new Map<string, Histogram>();
  // Buckets of one histogram mostly share one set of the other labels: then no key is put together for each.
  const bySet = new Map<Labels, Histogram>();
  for (const { labels, value } of samples) {
    const upperBound = boundOf(labels.get('le'));
    if (upperBound === undefined) continue;
    const rest = labels.without(WITHOUT_BOUND);
    let histogram = bySet.get(rest) ?? histograms.get(rest.key);
    if (!histogram) histograms.set(rest.key, (histogram = { labels: rest, buckets: [] }));
    bySet.set(rest, histogram);
    histogram.buckets.push({ upperBound, count: value });
  }
  return [...histograms.values()].map(({ labels, buckets }) => ({
    labels: labels.withoutName(),
    value: bucketQuantile(q, buckets),
  }));
}

function boundOf(le: string): number | undefined {
  if (le === '+Inf' || le === 'Inf') return Infinity;
  const bound = le === '' ? NaN : Number(le);
  return Number.isNaN(bound) ? undefined : bound;
}

export function bucketQuantile(q: number, given: readonly Bucket[]): number {
  if (Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const buckets = rising(merged(given));
  const last = buckets.at(-1);
  if (
    !last ||
    last.upperBound !== Infinity ||
    buckets.length < 2 ||
    last.count === 0 ||
    Number.isNaN(last.count)
  )
    return NaN;
  const rank = q * last.count;
  const at = buckets.findIndex(({ count }, index) => index === buckets.length - 1 || count >= rank);
  const bucket = buckets[at];
  const before = buckets[at - 1];
  if (!bucket) return NaN;
  // Nobody knows how far the last bucket reaches: its lower bound is the answer.
  if (at === buckets.length - 1) return before?.upperBound ?? NaN;
  if (!before) {
    if (bucket.upperBound <= 0) return bucket.upperBound;
    return bucket.upperBound * (rank / bucket.count);
  }
  const within = (rank - before.count) / (bucket.count - before.count);
  return before.upperBound + (bucket.upperBound - before.upperBound) * within;
}

/** In order; `le="1"` and `le="1.0"` are one bucket. */
function merged(buckets: readonly Bucket[]): Bucket[] {
  const sorted = [...buckets].sort((a, b) => a.upperBound - b.upperBound);
  const one: Bucket[] = [];
  for (const bucket of sorted) {
    const last = one.at(-1);
    if (last && last.upperBound === bucket.upperBound) last.count += bucket.count;
    else one.push({ ...bucket });
  }
  return one;
}

/** Counts that fall (scraped a moment apart, or extrapolated differently) are raised to the bucket's before. */
function rising(buckets: readonly Bucket[]): Bucket[] {
  let previous = buckets[0]?.count ?? 0;
  return buckets.map(({ upperBound, count }) => {
    const noise = Math.abs(count - previous) <= TOLERANCE * (Math.abs(count) + Math.abs(previous));
    const value = noise || count < previous ? previous : count;
    previous = value;
    return { upperBound, count: value };
  });
}
