// Evaluates an expression at one time, or at every step of a range. Source: Prometheus docs, querying.
// Reads each selector once for the whole query; lets the rest of the cluster run between steps.

import { Labels } from '../labels.ts';
import type { Matcher } from '../matcher.ts';
import type { Storage } from '../storage/storage.ts';
import { aggregated, groupNames } from './aggregate.ts';
import {
  type Aggregate,
  type Binary,
  type Call,
  type Expr,
  type MatrixSelector,
  type Subquery,
  type Timing,
  type VectorSelector,
  unwrapped,
} from './ast.ts';
import { VectorMatching, arithmetic, withScalar } from './binary.ts';
import { evaluateGrouped, groupedRange } from './grouped-ranges.ts';
import { histogramQuantile } from './histogram.ts';
import { DATE_FUNCTIONS, NUMBER_FUNCTIONS } from './instant-functions.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { KEEPS_NAME, RANGE_FUNCTIONS, rangeFunction } from './range-functions.ts';
import { type SampleBudget, type SelectedSeries, selected, visitRanges } from './selection.ts';
import { QueryError, type Range, type Sample, type Value } from './values.ts';

export interface EvaluationOptions {
  storage: Storage;
  /** How far back an instant selector looks. */
  lookbackMs: number;
  /** Steps of a subquery that names none. */
  defaultStepMs: number;
  samples: number;
  /** Lets others have their turn. */
  pause(): Promise<void>;
}

export async function evaluateInstant(
  expr: Expr,
  time: number,
  options: EvaluationOptions,
): Promise<Value> {
  await options.pause();
  const value = new Evaluation(options, expr, time, time).at(expr, time);
  return value.type === 'vector' ? { type: 'vector', samples: distinct(value.samples) } : value;
}

/** Series in the order of their labels, with a sample for each step at which they had one. */
export async function evaluateRange(
  expr: Expr,
  start: number,
  end: number,
  stepMs: number,
  options: EvaluationOptions,
): Promise<Range[]> {
  await options.pause();
  const evaluation = new Evaluation(options, expr, start, end);
  const series = new Map<string, { labels: Labels; times: number[]; values: number[] }>();
  let left = options.samples;
  for (let time = start; time <= end; time += stepMs) {
    await options.pause();
    const value = evaluation.at(expr, time);
    const samples =
      value.type === 'scalar' ? [{ labels: Labels.none, value: value.value }] : vectorOf(value);
    for (const sample of distinct(samples)) {
      if (--left < 0)
        throw new QueryError(
          'query processing would load too many samples into memory in query execution',
        );
      const { key } = sample.labels;
      let one = series.get(key);
      if (!one) series.set(key, (one = { labels: sample.labels, times: [], values: [] }));
      one.times.push(time);
      one.values.push(sample.value);
    }
  }
  return [...series.values()]
    .map((range) => ({ range, order: range.labels.order }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ range }) => range);
}

function vectorOf(value: Value): Sample[] {
  if (value.type === 'vector') return value.samples;
  throw new TypeError(`a ${value.type} where a vector was checked for`);
}

/** Throws when two samples have the same labels. */
function distinct(samples: Sample[]): Sample[] {
  const byShared = new Map<string, Set<string>>();
  for (const { labels } of samples) {
    let alike = byShared.get(labels.sharedKey);
    if (!alike) byShared.set(labels.sharedKey, (alike = new Set<string>()));
    if (alike.has(labels.ownKey))
      throw new QueryError('vector cannot contain metrics with the same labelset');
    alike.add(labels.ownKey);
  }
  return samples;
}

class Evaluation {
  readonly #options: EvaluationOptions;
  readonly #start: number;
  readonly #end: number;
  readonly #budget: SampleBudget;
  readonly #series = new Map<VectorSelector, SelectedSeries[]>();
  readonly #groups = new Map<Aggregate, ReadonlySet<string>>();
  readonly #matchings = new Map<Binary, VectorMatching>();
  /** Results of subqueries by time: their steps lie at the same times for every step of the query. */
  readonly #subqueries = new Map<Subquery, Map<number, Sample[]>>();

  constructor(options: EvaluationOptions, expr: Expr, start: number, end: number) {
    this.#options = options;
    this.#start = start;
    this.#end = end;
    this.#budget = { left: options.samples };
    this.#load(expr, start, end);
  }

  /** Reads what the selectors below will need when the expression is evaluated from `from` to `to`. */
  #load(expr: Expr, from: number, to: number): void {
    switch (expr.kind) {
      case 'number':
      case 'string':
        return;
      case 'vector':
        return this.#read(expr, from, to, this.#options.lookbackMs);
      case 'matrix':
        return this.#read(expr.vector, from, to, expr.rangeMs);
      case 'subquery': {
        const first = this.#moved(from, expr) - expr.rangeMs;
        return this.#load(expr.expr, first, this.#moved(to, expr));
      }
      case 'paren':
      case 'unary':
        return this.#load(expr.expr, from, to);
      case 'binary':
        this.#load(expr.left, from, to);
        return this.#load(expr.right, from, to);
      case 'aggregate':
        if (expr.param) this.#load(expr.param, from, to);
        return this.#load(expr.expr, from, to);
      case 'call':
        for (const arg of expr.args) if (!isVisited(expr, arg, from, to)) this.#load(arg, from, to);
    }
  }

  #read(selector: VectorSelector, from: number, to: number, backMs: number): void {
    const first = this.#moved(from, selector) - backMs;
    const last = this.#moved(to, selector);
    const { storage } = this.#options;
    this.#series.set(selector, selected(storage, selector.matchers, first, last, this.#budget));
  }

  /** When a selector looks that is evaluated at `time`. */
  #moved(time: number, { at, offsetMs }: Timing): number {
    switch (at?.kind) {
      case undefined:
        return time - offsetMs;
      case 'time':
        return at.ms - offsetMs;
      case 'start':
        return this.#start - offsetMs;
      case 'end':
        return this.#end - offsetMs;
    }
  }

  at(expr: Expr, time: number): Value {
    switch (expr.kind) {
      case 'number':
        return { type: 'scalar', value: expr.value };
      case 'string':
        return { type: 'string', value: expr.value };
      case 'paren':
        return this.at(expr.expr, time);
      case 'vector':
        return { type: 'vector', samples: this.#instant(expr, time) };
      case 'matrix':
      case 'subquery': {
        const { ranges } = this.#ranges(expr, time);
        return { type: 'matrix', ranges: ranges.filter(({ times }) => times.length > 0) };
      }
      case 'unary':
        return this.#unary(this.at(expr.expr, time), expr.op);
      case 'aggregate':
        return { type: 'vector', samples: this.#aggregate(expr, time) };
      case 'binary':
        return this.#binary(expr, time);
      case 'call':
        return this.#call(expr, time);
    }
  }

  #vector(expr: Expr, time: number): Sample[] {
    return vectorOf(this.at(expr, time));
  }

  #scalar(expr: Expr, time: number): number {
    const value = this.at(expr, time);
    if (value.type !== 'scalar')
      throw new TypeError(`a ${value.type} where a scalar was checked for`);
    return value.value;
  }

  #string(expr: Expr, time: number): string {
    const value = this.at(expr, time);
    if (value.type !== 'string')
      throw new TypeError(`a ${value.type} where a string was checked for`);
    return value.value;
  }

  #instant(selector: VectorSelector, time: number): Sample[] {
    const when = this.#moved(time, selector);
    const samples: Sample[] = [];
    for (const series of this.#series.get(selector) ?? []) {
      const found = series.at(when, this.#options.lookbackMs);
      if (found) samples.push({ labels: series.labels, value: found.value });
    }
    return samples;
  }

  /** Of a range selector, with the name where it has one: `named` tells each range's labels as selected. */
  #ranges(
    expr: MatrixSelector | Subquery,
    time: number,
  ): { ranges: Range[]; start: number; end: number } {
    if (expr.kind === 'subquery') return this.#subquery(expr, time);
    const end = this.#moved(time, expr.vector);
    const start = end - expr.rangeMs;
    const ranges = (this.#series.get(expr.vector) ?? []).map((series) => series.range(start, end));
    return { ranges, start, end };
  }

  /** At every multiple of the step within the range. */
  #subquery(expr: Subquery, time: number): { ranges: Range[]; start: number; end: number } {
    const end = this.#moved(time, expr);
    const start = end - expr.rangeMs;
    const step = expr.stepMs || this.#options.defaultStepMs;
    const first = Math.floor(start / step) * step + step;
    let known = this.#subqueries.get(expr);
    if (!known) this.#subqueries.set(expr, (known = new Map<number, Sample[]>()));
    const series = new Map<string, { labels: Labels; times: number[]; values: number[] }>();
    for (let at = first; at <= end; at += step) {
      let samples = known.get(at);
      if (!samples) known.set(at, (samples = this.#vector(expr.expr, at)));
      this.#budget.left -= samples.length;
      if (this.#budget.left < 0)
        throw new QueryError(
          'query processing would load too many samples into memory in query execution',
        );
      for (const { labels, value } of samples) {
        let one = series.get(labels.key);
        if (!one) series.set(labels.key, (one = { labels, times: [], values: [] }));
        one.times.push(at);
        one.values.push(value);
      }
    }
    return { ranges: [...series.values()], start, end };
  }

  #unary(value: Value, op: '+' | '-'): Value {
    if (op === '+') return value;
    if (value.type === 'scalar') return { type: 'scalar', value: -value.value };
    return {
      type: 'vector',
      samples: distinct(
        vectorOf(value).map((sample) => ({
          labels: sample.labels.withoutName(),
          value: -sample.value,
        })),
      ),
    };
  }

  #aggregate(expr: Aggregate, time: number): Sample[] {
    const grouped = this.#start === this.#end ? groupedRange(expr) : undefined;
    if (grouped && !this.#series.has(grouped.selector.vector)) {
      const end = this.#moved(time, grouped.selector.vector);
      const window = { start: end - grouped.selector.rangeMs, end, now: time };
      return evaluateGrouped(grouped, this.#options.storage, window, this.#budget);
    }
    let names = this.#groups.get(expr);
    if (!names) this.#groups.set(expr, (names = groupNames(expr)));
    const param = { number: NaN, text: '' };
    if (expr.param && expr.op === 'count_values') param.text = this.#string(expr.param, time);
    else if (expr.param) param.number = this.#scalar(expr.param, time);
    return aggregated(expr, this.#vector(expr.expr, time), param, names);
  }

  #binary(expr: Binary, time: number): Value {
    const left = this.at(expr.left, time);
    const right = this.at(expr.right, time);
    if (left.type === 'scalar' && right.type === 'scalar')
      return { type: 'scalar', value: arithmetic(expr.op, left.value, right.value) };
    if (left.type === 'scalar')
      return {
        type: 'vector',
        samples: distinct(withScalar(expr, vectorOf(right), left.value, true)),
      };
    if (right.type === 'scalar')
      return {
        type: 'vector',
        samples: distinct(withScalar(expr, vectorOf(left), right.value, false)),
      };
    let matching = this.#matchings.get(expr);
    if (!matching) this.#matchings.set(expr, (matching = new VectorMatching(expr)));
    return { type: 'vector', samples: matching.evaluate(vectorOf(left), vectorOf(right)) };
  }

  #call(expr: Call, time: number): Value {
    const { name, args } = expr;
    if (name in RANGE_FUNCTIONS) return { type: 'vector', samples: this.#rangeCall(expr, time) };
    const numberFunction = NUMBER_FUNCTIONS[name];
    const dateFunction = DATE_FUNCTIONS[name];
    const [first, ...others] = args;
    if (dateFunction) {
      const samples = first
        ? this.#vector(first, time)
        : [{ labels: Labels.none, value: time / 1000 }];
      return { type: 'vector', samples: each(samples, dateFunction) };
    }
    if (!first) return { type: 'scalar', value: name === 'pi' ? Math.PI : time / 1000 };
    if (numberFunction) {
      const numbers = others.map((arg) => this.#scalar(arg, time));
      // Bounds that cross leave nothing between them.
      const [least = 0, most = 0] = numbers;
      if (name === 'clamp' && least > most) return { type: 'vector', samples: [] };
      const apply = (value: number) => numberFunction(value, numbers);
      return { type: 'vector', samples: each(this.#vector(first, time), apply) };
    }
    return this.#otherCall(name, first, others, time);
  }

  #otherCall(name: string, first: Expr, others: readonly Expr[], time: number): Value {
    const vector = (samples: Sample[]): Value => ({ type: 'vector', samples });
    const [second] = others;
    switch (name) {
      case 'vector':
        return vector([{ labels: Labels.none, value: this.#scalar(first, time) }]);
      case 'scalar': {
        const samples = this.#vector(first, time);
        const value = samples.length === 1 ? (samples[0]?.value ?? NaN) : NaN;
        return { type: 'scalar', value };
      }
      case 'timestamp':
        return vector(this.#timestamps(first, time));
      case 'sort':
      case 'sort_desc':
        return vector(sorted(this.#vector(first, time), name === 'sort_desc'));
      case 'absent':
        return vector(this.#vector(first, time).length > 0 ? [] : [absence(first)]);
      case 'absent_over_time': {
        const value = this.at(first, time);
        return vector(value.type === 'matrix' && value.ranges.length > 0 ? [] : [absence(first)]);
      }
      case 'histogram_quantile':
        return vector(
          second
            ? distinct(histogramQuantile(this.#scalar(first, time), this.#vector(second, time)))
            : [],
        );
      case 'label_replace':
      case 'label_join': {
        const words = others.map((arg) => this.#string(arg, time));
        const act = name === 'label_join' ? labelJoin : labelReplace;
        return vector(distinct(act(this.#vector(first, time), words)));
      }
      default:
        throw new QueryError(`function ${JSON.stringify(name)} is not simulated`);
    }
  }

  #rangeCall({ name, args }: Call, time: number): Sample[] {
    const apply = rangeFunction(name);
    const rangeArg = args
      .map(unwrapped)
      .find((arg) => arg.kind === 'matrix' || arg.kind === 'subquery');
    if (!rangeArg || (rangeArg.kind !== 'matrix' && rangeArg.kind !== 'subquery')) return [];
    const numbers = args
      .filter((arg) => unwrapped(arg) !== rangeArg)
      .map((arg) => this.#scalar(arg, time));
    const keeps = KEEPS_NAME.has(name);
    const samples: Sample[] = [];
    const names = new Set<string>();
    const take = (range: Range, start: number, end: number) => {
      if (range.times.length === 0) return;
      names.add(range.labels.name);
      const value = apply(range, { start, end, now: time }, numbers);
      if (value === undefined) return;
      samples.push({ labels: keeps ? range.labels : range.labels.withoutName(), value });
    };
    if (rangeArg.kind === 'matrix' && !this.#series.has(rangeArg.vector)) {
      const end = this.#moved(time, rangeArg.vector);
      const window = { start: end - rangeArg.rangeMs, end };
      const { storage } = this.#options;
      visitRanges(storage, rangeArg.vector.matchers, window, this.#budget, (range) =>
        take(range, window.start, window.end),
      );
    } else {
      const { ranges, start, end } = this.#ranges(rangeArg, time);
      for (const range of ranges) take(range, start, end);
    }
    // Without its name a series may be like one of another metric.
    return keeps || names.size < 2 ? samples : distinct(samples);
  }

  /** Of the samples themselves where a selector is asked, else of the evaluation. */
  #timestamps(arg: Expr, time: number): Sample[] {
    const selector = unwrapped(arg);
    if (selector.kind !== 'vector') return each(this.#vector(arg, time), () => time / 1000);
    const when = this.#moved(time, selector);
    return (this.#series.get(selector) ?? []).flatMap((series) => {
      const found = series.at(when, this.#options.lookbackMs);
      return found ? [{ labels: series.labels.withoutName(), value: found.time / 1000 }] : [];
    });
  }
}

/** Samples that are needed at one time alone, and by a function that keeps none, are read when it is called. */
function isVisited({ name }: Call, arg: Expr, from: number, to: number): boolean {
  return from === to && name in RANGE_FUNCTIONS && unwrapped(arg).kind === 'matrix';
}

function each(samples: readonly Sample[], apply: (value: number) => number): Sample[] {
  return distinct(
    samples.map(({ labels, value }) => ({ labels: labels.withoutName(), value: apply(value) })),
  );
}

function sorted(samples: readonly Sample[], descending: boolean): Sample[] {
  return [...samples].sort((a, b) => {
    if (Number.isNaN(a.value)) return Number.isNaN(b.value) ? 0 : 1;
    if (Number.isNaN(b.value)) return -1;
    return descending ? b.value - a.value : a.value - b.value;
  });
}

/** What `absent` answers: 1, with the labels that the selector asked for by `=`, each once. */
function absence(arg: Expr): Sample {
  const selector = unwrapped(arg);
  const matchers: readonly Matcher[] =
    selector.kind === 'vector'
      ? selector.matchers
      : selector.kind === 'matrix'
        ? selector.vector.matchers
        : [];
  const counted = new Map<string, number>();
  for (const { name } of matchers) counted.set(name, (counted.get(name) ?? 0) + 1);
  const labels = matchers
    .filter(({ name, op }) => op === '=' && name !== '__name__' && counted.get(name) === 1)
    .map(({ name, value }): [string, string] => [name, value]);
  return { labels: Labels.of(labels), value: 1 };
}
