// A storage with given series, and queries over it: `up{job="a"}` with values one minute apart.

import { Labels } from '../labels.ts';
import { prometheusLimits } from '../limits.ts';
import { formatValue } from '../numbers.ts';
import { evaluateInstant, evaluateRange } from '../promql/evaluate.ts';
import { parseExpression } from '../promql/parse.ts';
import { Storage } from '../storage/storage.ts';

/** `1 2 _ 4`: a value a step, `_` none. `0+10x5`: 0, 10 … 50. */
export type Drafts = Readonly<Record<string, string>>;

const MINUTE = 60_000;

export function storageOf(drafts: Drafts, stepMs = MINUTE): Storage {
  const storage = new Storage({
    limits: prometheusLimits,
    retentionMs: prometheusLimits.retentionMs,
  });
  const samples = storage.open();
  const columns = Object.entries(drafts).map(([name, text]) => ({
    column: storage.addSeries(samples, labelsOf(name))?.column ?? -1,
    values: text.trim().split(/\s+/).flatMap(valuesOf),
  }));
  const rows = Math.max(...columns.map(({ values }) => values.length));
  for (let row = 0; row < rows; row++)
    storage.append(
      samples,
      row * stepMs,
      columns.flatMap(({ column, values }): [number, number][] => {
        const value = values[row];
        return value === undefined ? [] : [[column, value]];
      }),
    );
  return storage;
}

function valuesOf(word: string): (number | undefined)[] {
  if (word === '_') return [undefined];
  const steps = /^(-?[\d.]+)([+-][\d.]+)x(\d+)$/.exec(word);
  if (!steps) return [Number(word.replace('Inf', 'Infinity'))];
  const [, start, step, count] = steps.map(Number);
  return Array.from({ length: (count ?? 0) + 1 }, (_, at) => (start ?? 0) + at * (step ?? 0));
}

export function labelsOf(text: string): Labels {
  const [, name = '', inner = ''] = /^([\w:]*)(?:\{(.*)\})?$/.exec(text) ?? [];
  const pairs = [...inner.matchAll(/(\w+)="([^"]*)"/g)];
  return Labels.of([
    ['__name__', name],
    ...pairs.map(([, label = '', value = '']): [string, string] => [label, value]),
  ]);
}

/** Series and values as `{a="b"} 3`, in the order of the answer; `at` in seconds. */
export async function asked(storage: Storage, query: string, at: number): Promise<string[]> {
  const value = await evaluateInstant(parseExpression(query), at * 1000, options(storage));
  switch (value.type) {
    case 'scalar':
      return [formatValue(value.value)];
    case 'string':
      return [value.value];
    case 'vector':
      return value.samples.map((each) => `${each.labels.toString()} ${rounded(each.value)}`);
    case 'matrix':
      return value.ranges.map(({ labels, times, values }) =>
        [
          labels.toString(),
          ...values.map((each, index) => `${rounded(each)}@${(times[index] ?? 0) / 1000}`),
        ].join(' '),
      );
  }
}

export async function askedRange(
  storage: Storage,
  query: string,
  [start, end, step]: readonly [start: number, end: number, step: number],
): Promise<string[]> {
  const ranges = await evaluateRange(
    parseExpression(query),
    start * 1000,
    end * 1000,
    step * 1000,
    options(storage),
  );
  return ranges.map(({ labels, times, values }) =>
    [
      labels.toString(),
      ...values.map((each, index) => `${rounded(each)}@${(times[index] ?? 0) / 1000}`),
    ].join(' '),
  );
}

/** Twelve digits: the last ones of a float are not what a test is about. */
function rounded(value: number): string {
  return formatValue(Number.isFinite(value) ? Number(value.toPrecision(12)) : value);
}

function options(storage: Storage) {
  return {
    storage,
    lookbackMs: 5 * MINUTE,
    defaultStepMs: MINUTE,
    samples: 1e6,
    pause: () => Promise.resolve(),
  };
}
