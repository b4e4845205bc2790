import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../labels.ts';
import { matcher } from '../matcher.ts';
import { Storage } from './storage.ts';
import type { TargetSamples } from './target-samples.ts';

const HOUR = 3_600_000;
const limits = { series: 1_000, sampleBytes: 1e7, retentionMs: HOUR };

function read(samples: TargetSamples, column: number): (readonly [number, number | undefined])[] {
  const read: (readonly [number, number | undefined])[] = [];
  samples.visit(column, -Infinity, Infinity, (time, value) => read.push([time, value]));
  return read;
}

function growthOf(samples: readonly [number, number][]) {
  const values = samples.map(([, value]) => value);
  const falls = values.filter((value, at) => (values[at + 1] ?? Infinity) < value);
  return {
    count: values.length,
    firstTime: samples[0]?.[0],
    lastTime: samples.at(-1)?.[0],
    first: values[0],
    last: values.at(-1),
    lost: falls.reduce((sum, value) => sum + value, 0),
  };
}

test('what was written is read back, packed or not, whatever the numbers', () => {
  const storage = new Storage({ limits, retentionMs: HOUR });
  const samples = storage.open();
  const drafts: ((row: number) => number | undefined)[] = [
    (row) => row,
    (row) => row * 100_000,
    (row) => 1 / (row + 1),
    (row) => (row % 7 === 0 ? 0 : row),
    () => 42,
    (row) => [NaN, Infinity, -Infinity, -0, 2 ** 60][row % 5],
    (row) => (row % 10 === 3 ? undefined : row),
    (row) => (row < 100 ? undefined : row),
    (row) => -row,
    // As the first, for a block and some rows more, and for ever.
    (row) => (row < 80 ? row : 2 * row),
    (row) => row,
  ];
  const columns = drafts.map((_, at) =>
    storage.addSeries(samples, Labels.from({ __name__: `m${at}` })),
  );
  for (let row = 0; row < 150; row++) {
    const values = drafts.flatMap((draft, at): [number, number][] => {
      const value = draft(row);
      return value === undefined ? [] : [[columns[at]?.column ?? -1, value]];
    });
    storage.append(samples, row * 1000, values);
  }
  for (const [from, to] of [
    [-1, 149_000],
    [90_000, 149_000],
    [127_000, 149_000],
    [10_000, 70_000],
    [140_000, 140_000],
  ] as const) {
    // One window for all of them: what is alike for a while is followed once.
    const window = samples.window(from, to);
    for (const { column = -1 } of columns.flatMap((each) => each ?? [])) {
      const growth = { count: 0, firstTime: 0, lastTime: 0, first: 0, last: 0, lost: 0 };
      const within: [number, number][] = [];
      samples.visit(column, from, to, (time, value) => {
        if (value !== undefined) within.push([time, value]);
      });
      const isFinite = within.every(([, value]) => Number.isFinite(value));
      assert.equal(window.grow(column, growth), isFinite);
      if (isFinite && within.length > 0) assert.deepEqual(growth, growthOf(within));
      if (within.length === 0) assert.equal(growth.count, 0);
    }
  }
  for (const [at, draft] of drafts.entries()) {
    const expected = Array.from({ length: 150 }, (_, row) => [row * 1000, draft(row)] as const);
    const values = read(samples, columns[at]?.column ?? -1).filter(
      ([, value]) => value !== undefined,
    );
    assert.deepEqual(
      values,
      expected.filter(([, value]) => value !== undefined),
    );
  }
});

test('a row without a series ends it, and says so once', () => {
  const storage = new Storage({ limits, retentionMs: HOUR });
  const samples = storage.open();
  const column = storage.addSeries(samples, Labels.from({ __name__: 'm' }))?.column ?? -1;
  storage.append(samples, 1, [[column, 5]]);
  storage.append(samples, 2, []);
  storage.append(samples, 3, []);
  storage.append(samples, 4, [[column, 6]]);
  assert.deepEqual(read(samples, column), [
    [1, 5],
    [2, undefined],
    [4, 6],
  ]);
});

test('time that does not go on is no sample', () => {
  const storage = new Storage({ limits, retentionMs: HOUR });
  const samples = storage.open();
  const column = storage.addSeries(samples, Labels.from({ __name__: 'm' }))?.column ?? -1;
  storage.append(samples, 10, [[column, 1]]);
  storage.append(samples, 10, [[column, 2]]);
  storage.append(samples, 9, [[column, 3]]);
  assert.deepEqual(read(samples, column), [[10, 1]]);
});

test('labels that all series of a histogram share are kept once, and selected by', () => {
  const storage = new Storage({ limits, retentionMs: HOUR });
  const samples = storage.open();
  for (const le of ['1', '+Inf'])
    storage.addSeries(samples, Labels.from({ __name__: 'b_bucket', app: 'x', le }));
  const found = storage.select([
    matcher('__name__', '=', 'b_bucket'),
    matcher('app', '=~', 'x|y'),
    matcher('le', '!=', '1'),
  ]);
  assert.deepEqual(
    found.map(({ labels }) => labels.toString()),
    ['b_bucket{app="x", le="+Inf"}'],
  );
  assert.equal(samples.sets.size, 3);
});

test('series are bounded', () => {
  let told = 0;
  const overflow = () => told++;
  const storage = new Storage({ limits: { ...limits, series: 2 }, retentionMs: HOUR, overflow });
  const samples = storage.open();
  for (const name of ['a', 'b', 'c', 'd'])
    storage.addSeries(samples, Labels.from({ __name__: name }));
  assert.equal(storage.seriesCount, 2);
  assert.equal(storage.dropped, 2);
  assert.equal(told, 1);
});

test('what has ended makes room for what is new', () => {
  const storage = new Storage({ limits: { ...limits, series: 2 }, retentionMs: HOUR });
  for (const name of ['a', 'b', 'c']) {
    const samples = storage.open();
    const column = storage.addSeries(samples, Labels.from({ __name__: name }))?.column ?? -1;
    storage.append(samples, 1, [[column, 1]]);
    if (name === 'a') storage.end(samples, 1);
  }
  assert.deepEqual([...storage.seriesByName.keys()], ['b', 'c']);
  assert.equal(storage.dropped, 0);
});

test('an end is a sample later than all others', () => {
  const storage = new Storage({ limits, retentionMs: HOUR });
  const samples = storage.open();
  const column = storage.addSeries(samples, Labels.from({ __name__: 'm' }))?.column ?? -1;
  storage.append(samples, 5, [[column, 1]]);
  storage.end(samples, 5);
  assert.deepEqual(read(samples, column), [
    [5, 1],
    [6, undefined],
  ]);
});

test('samples older than the retention go, and with them series that nothing scrapes any more', () => {
  const storage = new Storage({ limits, retentionMs: 60_000 });
  const gone = storage.open();
  const column = storage.addSeries(gone, Labels.from({ __name__: 'gone' }))?.column ?? -1;
  storage.append(gone, 0, [[column, 1]]);
  storage.end(gone, 1);
  const live = storage.open();
  const other = storage.addSeries(live, Labels.from({ __name__: 'live' }))?.column ?? -1;
  for (let row = 1; row <= 600; row++) storage.append(live, row * 1000, [[other, row]]);
  assert.equal(storage.has('gone'), false);
  const times = read(live, other).map(([time]) => time);
  assert.ok((times[0] ?? 0) > 300_000, String(times[0]));
  assert.equal(times.at(-1), 600_000);
});

test('bytes are bounded: the oldest samples go first', () => {
  const storage = new Storage({ limits: { ...limits, sampleBytes: 40_000 }, retentionMs: HOUR });
  const samples = storage.open();
  const column = storage.addSeries(samples, Labels.from({ __name__: 'm' }))?.column ?? -1;
  for (let row = 1; row <= 10_000; row++)
    storage.append(samples, row, [[column, (row * 7919) % 1000]]);
  assert.ok(storage.bytes <= 45_000, String(storage.bytes));
  assert.equal(samples.newest, 10_000);
});

/** What a target might write: counters that grow, gauges, floats, resets, gaps. */
const cell = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -1_000_000, max: 1e12 }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.constant(undefined) },
);

test('whatever is written is read back, sample by sample', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 200 }),
      (rows) => {
        const storage = new Storage({ limits, retentionMs: HOUR });
        const samples = storage.open();
        const columns = ['a', 'b', 'c'].map((name) =>
          storage.addSeries(samples, Labels.from({ __name__: name })),
        );
        for (const [row, values] of rows.entries())
          storage.append(
            samples,
            row + 1,
            values.flatMap((value, at): [number, number][] =>
              value === undefined ? [] : [[columns[at]?.column ?? -1, value]],
            ),
          );
        for (const [at, column] of columns.entries())
          assert.deepEqual(
            read(samples, column?.column ?? -1).filter(([, value]) => value !== undefined),
            rows.flatMap((values, row): [number, number | undefined][] =>
              values[at] === undefined ? [] : [[row + 1, values[at]]],
            ),
          );
      },
    ),
    { numRuns: 50 },
  );
});
