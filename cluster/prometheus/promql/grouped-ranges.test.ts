import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf, storageOf } from '../testing/query-lab.ts';
import type { Storage } from '../storage/storage.ts';
import { evaluateInstant, evaluateRange } from './evaluate.ts';
import { parseExpression } from './parse.ts';

const options = (storage: Storage) => ({
  storage,
  lookbackMs: 300_000,
  defaultStepMs: 15_000,
  samples: 1e6,
  pause: () => Promise.resolve(),
});

/** Labels and value, in order. */
async function instant(storage: Storage, query: string, time: number): Promise<string[]> {
  const value = await evaluateInstant(parseExpression(query), time, options(storage));
  assert.equal(value.type, 'vector');
  const samples = value.type === 'vector' ? value.samples : [];
  return samples.map((sample) => `${sample.labels.toString()} ${sample.value}`).sort();
}

/** The same of the last of two steps: a range query plans nothing. */
async function ofRange(storage: Storage, query: string, time: number): Promise<string[]> {
  const start = time - 1;
  const ranges = await evaluateRange(parseExpression(query), start, time, 1, options(storage));
  return ranges
    .filter(({ times }) => times.at(-1) === time)
    .map(({ labels, values }) => `${labels.toString()} ${values.at(-1)}`)
    .sort();
}

test('what is planned is what is evaluated step by step', async () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 90 }).map(String) },
    fc.constant('_'),
    fc.constant('NaN'),
    fc.constant('0.25'),
  );
  const series = fc.array(step, { minLength: 1, maxLength: 70 }).map((words) => words.join(' '));
  const call = fc.constantFrom('rate', 'increase', 'delta', 'irate', 'max_over_time', 'resets');
  const op = fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group');
  const by = fc.constantFrom('by (app)', 'by (code,app)', 'without (code)', '');
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(series, series, series),
      call,
      op,
      by,
      fc.integer({ min: 0, max: 80_000 }),
      fc.constantFrom('5s', '20s', '2m'),
      async ([a, b, c], name, aggregate, grouping, time, range) => {
        const storage = storageOf(
          {
            'm{app="shop",code="200"}': a,
            'm{app="shop",code="500"}': b,
            'm{app="cart",code="200"}': c,
            'n{app="cart",code="200"}': a,
          },
          1_000,
        );
        const query = `${aggregate} ${grouping} (${name}(m[${range}]))`;
        assert.deepEqual(
          await instant(storage, query, time),
          await ofRange(storage, query, time),
          query,
        );
      },
    ),
    { numRuns: 400 },
  );
});

test('series that come and go are in the next answer', async () => {
  const storage = storageOf({ 'm{app="shop"}': '0+1x9' }, 1_000);
  const query = 'sum by (app) (rate(m[5s]))';
  assert.deepEqual(await instant(storage, query, 9_000), ['{app="shop"} 1']);
  const other = storage.open();
  const column = storage.addSeries(other, labelsOf('m{app="cart"}'))?.column ?? -1;
  for (let row = 0; row < 10; row++) storage.append(other, row * 1_000, [[column, row * 3]]);
  assert.deepEqual(await instant(storage, query, 9_000), ['{app="cart"} 3', '{app="shop"} 1']);
  storage.end(other, 9_500);
  assert.deepEqual(await instant(storage, query, 20_000), []);
});
