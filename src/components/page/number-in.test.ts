import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberIn } from './number-in.ts';

test('a number is read where its author points', () => {
  assert.equal(
    numberIn('Code 200 : 147 (73.5 %)\nCode 500 : 53 (26.5 %)', { reads: 'Code 500 : (\\d+)' }),
    53,
  );
  assert.equal(numberIn('no such thing', { reads: 'Code 500 : (\\d+)' }), undefined);
});

test('lines are counted by how they begin, and nothing printed is no zero', () => {
  assert.equal(numberIn('500 0.01\n200 0.02\n500 0.01\n', { counts: '500 ' }), 2);
  assert.equal(numberIn('', { counts: '500 ' }), undefined);
});
