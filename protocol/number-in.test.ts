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

test('where the number is missing because there is none, it is zero; where nothing was counted, it is none at all', () => {
  const pointed = { reads: 'Code 500 : (\\d+)', none: 'Code \\d+ :' };
  assert.equal(numberIn('Code 200 : 200 (100.0 %)', pointed), 0);
  assert.equal(numberIn('Error from server: no such pod', pointed), undefined);
});

test('lines are counted by how they begin, and nothing printed is no zero', () => {
  assert.equal(numberIn('500 0.01\n200 0.02\n500 0.01\n', { counts: '500 ' }), 2);
  assert.equal(numberIn('', { counts: '500 ' }), undefined);
  const pods = 'NAME READY STATUS\nfrontend-1   2/2   Running\ndatabase-1   1/1   Running\n';
  assert.equal(numberIn(pods, { counts: '\\S+ +2/2 ' }), 1);
});
