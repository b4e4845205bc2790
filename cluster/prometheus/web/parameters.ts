// Parameters of the HTTP API: times, durations, selectors. Source: Prometheus docs, HTTP API; faults in the server's words.

import { parseTimestamp } from '../../time.ts';
import { parseDuration } from '../numbers.ts';
import type { Expr, VectorSelector } from '../promql/ast.ts';
import { parseExpression } from '../promql/parse.ts';
import { ParseError } from '../promql/syntax-error.ts';
import { ApiFault } from './answer.ts';

export function invalidParameter(name: string, why: string): ApiFault {
  return new ApiFault('bad_data', `invalid parameter ${JSON.stringify(name)}: ${why}`);
}

/** Milliseconds since the epoch: seconds as a number, or RFC 3339. */
export function timeOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  const ms = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
    ? Math.round(Number(text) * 1000)
    : parseTimestamp(text);
  if (ms === undefined || !Number.isFinite(ms))
    throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return ms;
}

export function requiredTime(parameters: URLSearchParams, name: string): number {
  const time = timeOf(parameters, name);
  if (time === undefined) throw invalidParameter(name, 'cannot parse "" to a valid timestamp');
  return time;
}

/** Milliseconds. */
export function durationOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  return requiredDuration(text, name);
}

export function requiredDuration(text: string, name: string): number {
  const ms = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
    ? Math.round(Number(text) * 1000)
    : parseDuration(text);
  if (ms === undefined || !Number.isFinite(ms))
    throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}

/** 0 for none. */
export function limitOf(parameters: URLSearchParams, name = 'limit'): number {
  const text = parameters.get(name);
  if (text === null || text === '') return 0;
  if (!/^[+-]?\d+$/.test(text))
    throw invalidParameter(name, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 0) throw invalidParameter(name, 'limit must be non-negative');
  return Number(text);
}

export function expressionOf(
  parameters: URLSearchParams,
  longest: number,
): { text: string; expr: Expr } {
  const text = parameters.get('query') ?? '';
  if (text.length > longest)
    throw invalidParameter(
      'query',
      `${text.length} characters are more than the simulated Prometheus reads (${longest})`,
    );
  return { text, expr: parsed(text, 'query') };
}

function parsed(text: string, name: string): Expr {
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw invalidParameter(name, error.message);
  }
}

/** Of `match[]`: each must select series. */
export function selectorsOf(parameters: URLSearchParams): VectorSelector[] {
  return parameters.getAll('match[]').map((text) => {
    const expr = parsed(text, 'match[]');
    if (expr.kind !== 'vector')
      throw invalidParameter(
        'match[]',
        `1:1: parse error: unexpected expression, expected a metric selector`,
      );
    return expr;
  });
}
