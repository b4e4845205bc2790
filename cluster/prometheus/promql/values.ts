// What evaluating gives. Source: Prometheus docs, expression language data types.

import type { Labels } from '../labels.ts';

export interface Sample {
  labels: Labels;
  value: number;
}

/** Samples over a time. */
export interface RangeSamples {
  /** Cluster milliseconds since the epoch, rising. */
  times: readonly number[];
  values: readonly number[];
}

/** One series over a time: what a range selector gives. */
export interface Range extends RangeSamples {
  labels: Labels;
}

/** At one time. */
export type Value =
  | { type: 'scalar'; value: number }
  | { type: 'string'; value: string }
  | { type: 'vector'; samples: Sample[] }
  | { type: 'matrix'; ranges: Range[] };

/** An expression that is right and cannot be answered: the data do not fit it. */
export class QueryError extends Error {
  /** As the HTTP API names it. */
  readonly type: 'execution' | 'timeout' | 'canceled';

  constructor(message: string, type: 'execution' | 'timeout' | 'canceled' = 'execution') {
    super(message);
    this.type = type;
  }
}
