// /api/v1/query and query_range: expressions evaluated now, at a time, or over one. Source: Prometheus docs, HTTP API.

import type { PrometheusLimits } from '../limits.ts';
import { formatValue } from '../numbers.ts';
import type { Storage } from '../storage/storage.ts';
import { TYPE_WORDS, typeOf } from '../promql/check.ts';
import { type EvaluationOptions, evaluateInstant, evaluateRange } from '../promql/evaluate.ts';
import { notesOn } from '../promql/notes.ts';
import { printed } from '../promql/print.ts';
import { QueryError, type Range, type Value } from '../promql/values.ts';
import { ApiFault, type Answered } from './answer.ts';
import {
  durationOf,
  expressionOf,
  invalidParameter,
  limitOf,
  requiredDuration,
  requiredTime,
  timeOf,
} from './parameters.ts';

export interface QueryContext {
  storage: Storage;
  limits: PrometheusLimits;
  lookbackMs: number;
  /** The global evaluation interval, as configured now. */
  defaultStepMs(): number;
  now(): number;
  pause(): Promise<void>;
}

export async function query(parameters: URLSearchParams, context: QueryContext): Promise<Answered> {
  const time = timeOf(parameters, 'time') ?? Math.floor(context.now());
  const limit = limitOf(parameters);
  durationOf(parameters, 'timeout');
  const { text, expr } = expressionOf(parameters, context.limits.queryLength);
  const value = await answered(() => evaluateInstant(expr, time, evaluation(parameters, context)));
  const result = resultOf(value, time);
  const [list, warnings] = limited(result, limit);
  return {
    data: { resultType: value.type, result: list },
    infos: notesOn(text, expr, (metric) => context.storage.has(metric)),
    warnings,
  };
}

export async function queryRange(
  parameters: URLSearchParams,
  context: QueryContext,
): Promise<Answered> {
  const start = requiredTime(parameters, 'start');
  const end = requiredTime(parameters, 'end');
  const limit = limitOf(parameters);
  if (end < start) throw invalidParameter('end', 'end timestamp must not be before start time');
  const step = requiredDuration(parameters.get('step') ?? '', 'step');
  if (step <= 0)
    throw invalidParameter(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if (Math.floor((end - start) / step) > context.limits.points)
    throw new ApiFault(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  durationOf(parameters, 'timeout');
  const { text, expr } = expressionOf(parameters, context.limits.queryLength);
  const type = typeOf(expr);
  if (type !== 'scalar' && type !== 'vector')
    throw invalidParameter(
      'query',
      `invalid expression type ${JSON.stringify(TYPE_WORDS[type])} for range query, must be Scalar or instant Vector`,
    );
  const ranges = await answered(() =>
    evaluateRange(expr, start, end, step, evaluation(parameters, context)),
  );
  const [result, warnings] = limited(ranges.map(rangeResult), limit);
  return {
    data: { resultType: 'matrix', result },
    infos: notesOn(text, expr, (metric) => context.storage.has(metric)),
    warnings,
  };
}

export function formatQuery(parameters: URLSearchParams, { limits }: QueryContext): Answered {
  return { data: printed(expressionOf(parameters, limits.queryLength).expr) };
}

function evaluation(parameters: URLSearchParams, context: QueryContext): EvaluationOptions {
  return {
    storage: context.storage,
    lookbackMs: durationOf(parameters, 'lookback_delta') ?? context.lookbackMs,
    defaultStepMs: context.defaultStepMs(),
    samples: context.limits.querySamples,
    pause: () => context.pause(),
  };
}

async function answered<T>(evaluate: () => Promise<T>): Promise<T> {
  try {
    return await evaluate();
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new ApiFault(error.type, error.message);
  }
}

function resultOf(value: Value, time: number): unknown {
  switch (value.type) {
    case 'scalar':
      return [time / 1000, formatValue(value.value)];
    case 'string':
      return [time / 1000, value.value];
    case 'vector':
      return value.samples.map((sample) => ({
        metric: sample.labels.toObject(),
        value: [time / 1000, formatValue(sample.value)],
      }));
    case 'matrix':
      return value.ranges.map(rangeResult);
  }
}

function rangeResult({ labels, times, values }: Range) {
  return {
    metric: labels.toObject(),
    values: times.map((time, index) => [time / 1000, formatValue(values[index] ?? NaN)]),
  };
}

function limited(result: unknown, limit: number): [result: unknown, warnings: string[]] {
  if (limit === 0 || !Array.isArray(result) || result.length <= limit) return [result, []];
  return [result.slice(0, limit), ['results truncated due to limit']];
}
