// Every bound of the simulated Prometheus, in one object.

export interface PrometheusLimits {
  /** Series of all targets together. Past it new ones are dropped, and the log says so. */
  series: number;
  /** Bytes of samples kept, about; the oldest go first, whatever the retention time says. */
  sampleBytes: number;
  /** Samples are kept no longer than this, whatever the flag says. */
  retentionMs: number;
  /** Bytes of one scrape. */
  scrapeBytes: number;
  /** Targets scraped at a time. */
  targets: number;
  /** Steps of a range query: Prometheus' own bound. */
  points: number;
  /** Samples one query may touch. The real default is 50 million; here one query must not hold up a cluster for seconds. */
  querySamples: number;
  /** Characters of an expression. */
  queryLength: number;
}

export const prometheusLimits: PrometheusLimits = {
  series: 40_000,
  sampleBytes: 8 * 1024 * 1024,
  retentionMs: 2 * 3_600_000,
  scrapeBytes: 8 * 1024 * 1024,
  targets: 300,
  points: 11_000,
  querySamples: 5_000_000,
  queryLength: 20_000,
};
