// What a bench says: one JSON line a figure. A bar makes it pass or fail; a figure without one is there to be watched.

export interface Figure {
  figure: string;
  value: number;
  unit: string;
  /** The value may not be above it (`at most`) or below it (`at least`). */
  bar?: { limit: number; is: 'at most' | 'at least' };
}

export function isMet({ value, bar }: Figure): boolean {
  if (!bar) return true;
  return bar.is === 'at most' ? value <= bar.limit : value >= bar.limit;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((share / 100) * sorted.length))] ?? NaN;
}
