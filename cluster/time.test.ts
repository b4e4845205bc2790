import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { microTimestamp, parseTimestamp, timestamp } from './time.ts';

test('timestamps are RFC 3339 in whole seconds, MicroTimes have six digits', () => {
  assert.equal(timestamp(1_795_000_000_000), '2026-11-18T11:06:40Z');
  assert.equal(microTimestamp(1_795_000_000_001.5), '2026-11-18T11:06:40.001500Z');
});

test('any time comes back from its text, and agrees with Date', () => {
  fc.assert(
    fc.property(fc.integer({ min: -6e13, max: 2.5e14 }), (ms) => {
      assert.equal(parseTimestamp(microTimestamp(ms)), ms);
      assert.equal(timestamp(ms), `${new Date(ms).toISOString().slice(0, 19)}Z`);
    }),
  );
});

test('offsets and fractions are read, nonsense is not', () => {
  assert.equal(parseTimestamp('1970-01-01T01:00:00.5+01:00'), 500);
  for (const text of ['2026-02-29T00:00:00Z', '2026-01-01', 'now', '2026-01-01T25:00:00Z'])
    assert.equal(parseTimestamp(text), undefined, text);
});
