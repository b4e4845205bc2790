import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, general, parseDuration } from './go-text.ts';
import { Histogram } from './histogram.ts';

test('numbers are written as Go writes them', () => {
  assert.deepEqual(
    [0, 0.0034, 0.00001234, 1, 141600, 1e6, 1234567, -0.5].map((value) => general(value)),
    ['0', '0.0034', '1.234e-05', '1', '141600', '1e+06', '1.234567e+06', '-0.5'],
  );
  assert.equal(general(0.0714212499, 6), '0.0714212');
  assert.equal(general(5.37838488, 9), '5.37838488');
  assert.equal(general(0.138, 4), '0.138');
  assert.equal(general(123456789, 9), '123456789');
  assert.equal(general(1234567890, 9), '1.23456789e+09');
});

test('durations are written and read as Go does', () => {
  assert.deepEqual([0, 0.00025, 0.95, 16.53842, 2000, 60_012, 5_025_500].map(duration), [
    '0s',
    '250ns',
    '950µs',
    '16.53842ms',
    '2s',
    '1m0.012s',
    '1h23m45.5s',
  ]);
  assert.equal(parseDuration('1m30s'), 90_000);
  assert.equal(parseDuration('1.5s'), 1_500);
  assert.equal(parseDuration('0'), 0);
  assert.equal(parseDuration('5'), undefined);
  assert.equal(parseDuration('five'), undefined);
});

test('a histogram reports buckets, their middle and share, and percentiles between their ends', () => {
  const times = new Histogram(0.001);
  for (const value of [0.0015, 0.0018, 0.002, 0.0025, 0.013, 0.1]) times.record(value);
  assert.equal(
    times.report('Aggregated Function Time', [50, 75, 99]),
    `Aggregated Function Time : count 6 avg 0.020133333 +/- 0.03595 min 0.0015 max 0.1 sum 0.1208
# range, mid point, percentile, count
>= 0.0015 <= 0.002 , 0.00175 , 50.00, 3
> 0.002 <= 0.003 , 0.0025 , 66.67, 1
> 0.012 <= 0.014 , 0.013 , 83.33, 1
> 0.09 <= 0.1 , 0.095 , 100.00, 1
# target 50% 0.002
# target 75% 0.013
# target 99% 0.0994
`,
  );
});

test('histograms add up, and one without values says so', () => {
  const all = new Histogram(5);
  assert.equal(all.report('Error cases', [50]), 'Error cases : no data\n');
  const one = new Histogram(5);
  one.record(236);
  all.add(one);
  all.add(one);
  assert.equal(
    all.summary('Response Header Sizes'),
    'Response Header Sizes : count 2 avg 236 +/- 0 min 236 max 236 sum 472\n',
  );
});
