import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs } from './durations.ts';

test('durations add up their parts', () => {
  assert.equal(durationMs('0.5s'), 500);
  assert.equal(durationMs('1h30m'), 5_400_000);
  assert.equal(durationMs('25ms'), 25);
  assert.equal(durationMs('0s'), 0);
  assert.equal(durationMs('soon'), undefined);
  assert.equal(durationMs(undefined), undefined);
});
