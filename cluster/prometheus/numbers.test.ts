import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBound, formatDuration, formatValue, parseDuration, parseNumber } from './numbers.ts';

test('values have no exponent', () => {
  const shown = [1e21, 1.5e-7, -0, NaN, Infinity, -Infinity, 0.1, 123456789].map(formatValue);
  assert.deepEqual(shown, [
    '1000000000000000000000',
    '0.00000015',
    '-0',
    'NaN',
    '+Inf',
    '-Inf',
    '0.1',
    '123456789',
  ]);
});

test('bounds of buckets are written one way', () => {
  const bounds = ['0.5', '1', '5.0', '600000', '3600000', '+Inf', '0.00001', '0'].map(formatBound);
  assert.deepEqual(bounds, ['0.5', '1.0', '5.0', '600000.0', '3.6e+06', '+Inf', '1e-05', '0.0']);
});

test('durations are read and written', () => {
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(parseDuration('1d12h'), 129_600_000);
  assert.equal(parseDuration('250ms'), 250);
  assert.equal(parseDuration('1.5h'), undefined);
  assert.equal(parseDuration('m5'), undefined);
  assert.deepEqual([5_400_000, 250, 0, 604_800_000, 691_200_000].map(formatDuration), [
    '1h30m',
    '250ms',
    '0s',
    '1w',
    '8d',
  ]);
});

test('numbers of expressions are read', () => {
  const read = ['1', '.5', '1e3', '0x1F', '1_000', 'Inf', '-inf', 'nan', '5m'].map(parseNumber);
  assert.deepEqual(read, [1, 0.5, 1000, 31, 1000, Infinity, -Infinity, NaN, undefined]);
});
