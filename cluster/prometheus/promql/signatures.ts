// Functions of the language: what they take and give. Source: Prometheus docs, query functions.

import type { ValueType } from './ast.ts';

export interface Signature {
  args: readonly ValueType[];
  /** How many of the last arguments may be left out; -1: the last may come any number of times. */
  optional: number;
  returns: ValueType;
}

const f = (args: readonly ValueType[], returns: ValueType = 'vector', optional = 0): Signature => ({
  args,
  returns,
  optional,
});

const overTime = f(['matrix']);
const simple = f(['vector']);
const date = f(['vector'], 'vector', 1);

export const SIGNATURES: Readonly<Record<string, Signature>> = {
  abs: simple,
  absent: simple,
  absent_over_time: overTime,
  acos: simple,
  acosh: simple,
  asin: simple,
  asinh: simple,
  atan: simple,
  atanh: simple,
  avg_over_time: overTime,
  ceil: simple,
  changes: overTime,
  clamp: f(['vector', 'scalar', 'scalar']),
  clamp_max: f(['vector', 'scalar']),
  clamp_min: f(['vector', 'scalar']),
  cos: simple,
  cosh: simple,
  count_over_time: overTime,
  day_of_month: date,
  day_of_week: date,
  day_of_year: date,
  days_in_month: date,
  deg: simple,
  delta: overTime,
  deriv: overTime,
  exp: simple,
  floor: simple,
  histogram_quantile: f(['scalar', 'vector']),
  hour: date,
  idelta: overTime,
  increase: overTime,
  irate: overTime,
  label_join: f(['vector', 'string', 'string', 'string'], 'vector', -1),
  label_replace: f(['vector', 'string', 'string', 'string', 'string']),
  last_over_time: overTime,
  ln: simple,
  log10: simple,
  log2: simple,
  max_over_time: overTime,
  min_over_time: overTime,
  minute: date,
  month: date,
  pi: f([], 'scalar'),
  predict_linear: f(['matrix', 'scalar']),
  present_over_time: overTime,
  quantile_over_time: f(['scalar', 'matrix']),
  rad: simple,
  rate: overTime,
  resets: overTime,
  round: f(['vector', 'scalar'], 'vector', 1),
  scalar: f(['vector'], 'scalar'),
  sgn: simple,
  sin: simple,
  sinh: simple,
  sort: simple,
  sort_desc: simple,
  sqrt: simple,
  stddev_over_time: overTime,
  stdvar_over_time: overTime,
  sum_over_time: overTime,
  tan: simple,
  tanh: simple,
  time: f([], 'scalar'),
  timestamp: simple,
  vector: f(['scalar']),
  year: date,
};

/** Functions of Prometheus that are for native histograms or behind a feature flag: known, and not simulated. */
export const NOT_SIMULATED: ReadonlySet<string> = new Set([
  'double_exponential_smoothing',
  'first_over_time',
  'histogram_avg',
  'histogram_count',
  'histogram_fraction',
  'histogram_quantiles',
  'histogram_stddev',
  'histogram_stdvar',
  'histogram_sum',
  'info',
  'mad_over_time',
  'range',
  'sort_by_label',
  'sort_by_label_desc',
  'start_timestamp',
  'step',
  'ts_of_first_over_time',
  'ts_of_last_over_time',
  'ts_of_max_over_time',
  'ts_of_min_over_time',
]);
