// Aggregations: one vector into a smaller one, by groups of labels. Source: Prometheus docs, operators.

import { type Labels, METRIC_NAME } from '../labels.ts';
import { formatValue } from '../numbers.ts';
import type { Aggregate } from './ast.ts';
import { exactSum, maximum, mean, minimum, quantile, variance } from './range-functions.ts';
import { QueryError, type Sample } from './values.ts';

interface Group {
  labels: Labels;
  samples: Sample[];
}

/** Lists of names that are remembered. Past it remembering starts anew. */
const MAX_NAMES = 256;
const namesByText = new Map<string, ReadonlySet<string>>();

/** Names that groups are made by, or without: one set for all queries, so that labels know what they answered before. */
export function groupNames({ grouping, without }: Aggregate): ReadonlySet<string> {
  const text = `${without ? METRIC_NAME : ''},${grouping.join()}`;
  let names = namesByText.get(text);
  if (!names) {
    if (namesByText.size >= MAX_NAMES) namesByText.clear();
    names = new Set(without ? [...grouping, METRIC_NAME] : grouping);
    namesByText.set(text, names);
  }
  return names;
}

/** The labels of the group that a series is of. */
export function groupLabels(
  { without }: Aggregate,
  labels: Labels,
  names: ReadonlySet<string>,
): Labels {
  return without ? labels.without(names) : labels.only(names);
}

export function aggregated(
  expr: Aggregate,
  samples: readonly Sample[],
  param: { number: number; text: string },
  names: ReadonlySet<string>,
): Sample[] {
  const labelsOf = (labels: Labels): Labels => groupLabels(expr, labels, names);
  if (expr.op === 'count_values') return countValues(samples, param.text, labelsOf);
  const ranks = expr.op === 'topk' || expr.op === 'bottomk';
  if (ranks && Number.isNaN(param.number)) throw new QueryError('Parameter value is NaN');
  const groups = grouped(samples, labelsOf);
  if (ranks)
    return groups.flatMap((group) => ranked(group.samples, param.number, expr.op === 'topk'));
  return groups.map(({ labels, samples: own }) => ({
    labels,
    value: valueOf(
      expr.op,
      own.map(({ value }) => value),
      param.number,
    ),
  }));
}

/** In two steps: the longer part of a key is one text for many. */
function grouped(samples: readonly Sample[], labelsOf: (labels: Labels) => Labels): Group[] {
  const groups: Group[] = [];
  const byShared = new Map<string, Map<string, Group>>();
  for (const sample of samples) {
    const labels = labelsOf(sample.labels);
    let alike = byShared.get(labels.sharedKey);
    if (!alike) byShared.set(labels.sharedKey, (alike = new Map<string, Group>()));
    let group = alike.get(labels.ownKey);
    if (!group) {
      group = { labels, samples: [] };
      alike.set(labels.ownKey, group);
      groups.push(group);
    }
    group.samples.push(sample);
  }
  return groups;
}

/** Of one group. */
export function valueOf(op: Aggregate['op'], values: readonly number[], param: number): number {
  switch (op) {
    case 'sum':
      return exactSum(values);
    case 'avg':
      return mean(values);
    case 'min':
      return minimum(values);
    case 'max':
      return maximum(values);
    case 'count':
      return values.length;
    case 'group':
      return 1;
    case 'stddev':
      return Math.sqrt(variance(values));
    case 'stdvar':
      return variance(values);
    case 'quantile':
      return quantile(param, values);
    case 'topk':
    case 'bottomk':
    case 'count_values':
      throw new TypeError(`${op} gives more than one sample for a group`);
  }
}

/** The k largest or smallest, in order, with all their labels. NaN comes last either way. */
function ranked(samples: readonly Sample[], k: number, largest: boolean): Sample[] {
  const count = Math.trunc(k);
  if (count < 1) return [];
  return [...samples]
    .sort((a, b) => {
      if (Number.isNaN(a.value)) return Number.isNaN(b.value) ? 0 : 1;
      if (Number.isNaN(b.value)) return -1;
      return largest ? b.value - a.value : a.value - b.value;
    })
    .slice(0, count);
}

function countValues(
  samples: readonly Sample[],
  label: string,
  labelsOf: (labels: Labels) => Labels,
): Sample[] {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label))
    throw new QueryError(`invalid label name ${JSON.stringify(label)}`);
  const counts = new Map<string, Sample>();
  for (const { labels, value } of samples) {
    const group = labelsOf(labels).with(label, formatValue(value));
    const known = counts.get(group.key);
    if (known) known.value++;
    else counts.set(group.key, { labels: group, value: 1 });
  }
  return [...counts.values()];
}
