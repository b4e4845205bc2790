// Counters and histograms of one proxy in memory, and their text for a scrape.
// Source: Prometheus docs, exposition formats (text). Knows nothing of what is counted.

export type MetricLabels = readonly (readonly [name: string, value: string])[];

/** Series of one proxy at most. Past it new ones are not counted, and `dropped` says how many were not. */
const SERIES = 5_000;

interface CounterSeries {
  labels: string;
  value: number;
}

interface HistogramSeries {
  labels: string;
  /** One for each bound, not yet summed up; the last for what is above all of them. */
  counts: number[];
  sum: number;
}

interface CounterFamily {
  type: 'counter';
  series: Map<string, CounterSeries>;
}

interface HistogramFamily {
  type: 'histogram';
  bounds: readonly number[];
  series: Map<string, HistogramSeries>;
}

export class MetricRegistry {
  readonly #families = new Map<string, CounterFamily | HistogramFamily>();
  #series = 0;
  dropped = 0;

  /** @param labels or their text, where the same are counted again and again. */
  add(name: string, labels: MetricLabels | string, value = 1): void {
    let family = this.#families.get(name);
    if (!family) this.#families.set(name, (family = { type: 'counter', series: new Map() }));
    if (family.type !== 'counter') throw new TypeError(`${name} is a histogram: observe it`);
    const key = typeof labels === 'string' ? labels : labelText(labels);
    const series = family.series.get(key);
    if (series) series.value += value;
    else if (this.#room()) family.series.set(key, { labels: key, value });
  }

  observe(
    name: string,
    labels: MetricLabels | string,
    value: number,
    bounds: readonly number[],
  ): void {
    let family = this.#families.get(name);
    if (!family)
      this.#families.set(name, (family = { type: 'histogram', bounds, series: new Map() }));
    if (family.type !== 'histogram') throw new TypeError(`${name} is a counter: add to it`);
    const key = typeof labels === 'string' ? labels : labelText(labels);
    let series = family.series.get(key);
    if (!series) {
      if (!this.#room()) return;
      series = { labels: key, counts: bounds.map(() => 0).concat(0), sum: 0 };
      family.series.set(key, series);
    }
    const at = bounds.findIndex((bound) => value <= bound);
    const slot = at === -1 ? bounds.length : at;
    series.counts[slot] = (series.counts[slot] ?? 0) + 1;
    series.sum += value;
  }

  /** The value of one counter series; 0 when there is none. */
  value(name: string, labels: MetricLabels): number {
    const family = this.#families.get(name);
    return family?.type === 'counter' ? (family.series.get(labelText(labels))?.value ?? 0) : 0;
  }

  /** All series as a scrape reads them. */
  text(): string {
    const lines: string[] = [];
    for (const [name, family] of this.#families) {
      lines.push(`# TYPE ${name} ${family.type}`);
      if (family.type === 'counter')
        for (const { labels, value } of family.series.values())
          lines.push(`${name}{${labels}} ${value}`);
      else
        for (const series of family.series.values())
          lines.push(...histogramLines(name, family, series));
    }
    return lines.length > 0 ? `${lines.join('\n')}\n` : '';
  }

  #room(): boolean {
    if (this.#series >= SERIES) {
      this.dropped++;
      return false;
    }
    this.#series++;
    return true;
  }
}

function histogramLines(
  name: string,
  { bounds }: HistogramFamily,
  { labels, counts, sum }: HistogramSeries,
): string[] {
  let total = 0;
  const lines = [...bounds.map(String), '+Inf'].map((bound, index) => {
    total += counts[index] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${total}`;
  });
  return [...lines, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${total}`];
}

/** As it stands between the braces of a series. */
export function labelText(labels: MetricLabels): string {
  return labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',');
}

function escaped(value: string): string {
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
