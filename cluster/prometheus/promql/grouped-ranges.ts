// `sum by (…) (rate(metric{…}[…]))` at one time, the question a graph asks every second: which series it reads and which group
// each is of is worked out once and remembered with the expression, until series come or go.

import type { Labels } from '../labels.ts';
import { isNameMatcher } from '../matcher.ts';
import type { Series } from '../storage/series.ts';
import type { Storage } from '../storage/storage.ts';
import { groupLabels, groupNames, valueOf } from './aggregate.ts';
import { type Aggregate, type MatrixSelector, unwrapped } from './ast.ts';
import {
  GROWTH_FUNCTIONS,
  KEEPS_NAME,
  RANGE_FUNCTIONS,
  type Window,
  rangeFunction,
} from './range-functions.ts';
import { RangeReader, type SampleBudget, selectAlike } from './selection.ts';
import type { Sample } from './values.ts';

/** Operators that give one sample a group, of its values alone. */
const OPS: ReadonlySet<Aggregate['op']> = new Set(['sum', 'avg', 'min', 'max', 'count', 'group']);
/** Expressions remembered for one storage: two graphs' worth. */
const MAX_PLANS = 16;

interface Plan {
  /** Those with the same labels together. */
  series: (readonly Series[])[];
  /** Of each of them: an index into `groups`. */
  groupOf: number[];
  groups: Labels[];
}

interface Plans {
  generation: number;
  /** Asked last comes last. */
  byExpr: Map<Aggregate, Plan>;
}

const known = new WeakMap<Storage, Plans>();

/** The parts of an expression that this can answer. */
export interface GroupedRange {
  expr: Aggregate;
  function: string;
  selector: MatrixSelector;
}

export function groupedRange(expr: Aggregate): GroupedRange | undefined {
  const call = unwrapped(expr.expr);
  if (expr.param || !OPS.has(expr.op) || call.kind !== 'call' || call.args.length !== 1)
    return undefined;
  const [arg] = call.args;
  const selector = arg && unwrapped(arg);
  // Of one metric: series of two could be one when their names are taken away, and that is a fault.
  if (selector?.kind !== 'matrix' || !selector.vector.matchers.some(isNameMatcher))
    return undefined;
  const { name } = call;
  return name in RANGE_FUNCTIONS && !KEEPS_NAME.has(name)
    ? { expr, function: name, selector }
    : undefined;
}

/** Throws QueryError when it would read too much. */
export function evaluateGrouped(
  { expr, function: name, selector }: GroupedRange,
  storage: Storage,
  window: Window,
  budget: SampleBudget,
): Sample[] {
  const { series, groupOf, groups } = planOf(expr, selector, storage);
  const apply = rangeFunction(name);
  const ofGrowth = GROWTH_FUNCTIONS[name];
  const reader = new RangeReader(window, budget);
  const valueOfRange = (same: readonly Series[]) => {
    const growth = ofGrowth && reader.growth(same);
    if (growth) return ofGrowth(growth, window);
    const samples = reader.read(same);
    return samples && apply(samples, window, []);
  };
  const values: number[][] = groups.map(() => []);
  // By index: thousands of pairs would be made for nothing.
  for (let at = 0; at < series.length; at++) {
    const value = valueOfRange(series[at] ?? []);
    if (value !== undefined) values[groupOf[at] ?? 0]?.push(value);
  }
  return groups.flatMap((labels, at) => {
    const own = values[at] ?? [];
    return own.length > 0 ? [{ labels, value: valueOf(expr.op, own, NaN) }] : [];
  });
}

function planOf(expr: Aggregate, { vector }: MatrixSelector, storage: Storage): Plan {
  let plans = known.get(storage);
  // Plans of series that have gone would keep their samples.
  if (plans?.generation !== storage.generation)
    known.set(storage, (plans = { generation: storage.generation, byExpr: new Map() }));
  const plan = plans.byExpr.get(expr) ?? planned(expr, selectAlike(storage, vector.matchers));
  plans.byExpr.delete(expr);
  plans.byExpr.set(expr, plan);
  const [oldest] = plans.byExpr.keys();
  if (plans.byExpr.size > MAX_PLANS && oldest) plans.byExpr.delete(oldest);
  return plan;
}

function planned(expr: Aggregate, all: Iterable<readonly Series[]>): Plan {
  const names = groupNames(expr);
  const plan: Plan = { series: [], groupOf: [], groups: [] };
  const indexes = new Map<string, number>();
  for (const same of all) {
    const [first] = same;
    if (!first) continue;
    const labels = groupLabels(expr, first.labels.withoutName(), names);
    let index = indexes.get(labels.key);
    if (index === undefined) {
      indexes.set(labels.key, (index = plan.groups.length));
      plan.groups.push(labels);
    }
    plan.series.push(same);
    plan.groupOf.push(index);
  }
  return plan;
}
