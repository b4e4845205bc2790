import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, spoken, written } from './assumption.ts';
import { dollars, numberIn, percent, shortDollars, span, whole } from './figures.ts';

test('figures are written as the course prints them', () => {
  assert.equal(dollars(115_600), '$115,600');
  assert.equal(dollars(-17_800), '−$17,800');
  assert.equal(whole(1_387_200), '1,387,200');
  assert.equal(percent(3.268), '327%');
  assert.equal(percent(0.652), '65.2%');
  assert.equal(percent(-0.0548), '−5.5%');
  assert.equal(percent(-0.004), '−0.4%');
  assert.equal(percent(1), '100%');
  assert.equal(percent(0.7), '70%');
  assert.deepEqual([1_800_000, 250_000, 1_250, 90, -3_000_000].map(shortDollars), [
    '$1.8M',
    '$250k',
    '$1.3k',
    '$90',
    '−$3M',
  ]);
});

test('spans below three months are days', () => {
  assert.deepEqual([2.286, 4.21, 12.92, Infinity].map(span), [
    '70 days',
    '4.2 months',
    '12.9 months',
    'never',
  ]);
});

test('what people write is read, and what is no number is not', () => {
  assert.deepEqual(
    ['$1,250', ' 70 % ', '1.5k', '.5', '$1.8M', '−3'].map(numberIn),
    [1_250, 70, 1_500, 0.5, 1_800_000, -3],
  );
  assert.deepEqual(
    ['', 'many', '1.2.3', '40 hours', '1e9'].map(numberIn),
    Array(5).fill(undefined),
  );
});

test('a field takes what it prints, and nothing negative', () => {
  for (const [value, unit] of [
    [0.7, 'share'],
    [40, 'hours'],
    [10_000, 'dollars'],
    [0.125, 'size'],
  ] as const) {
    assert.equal(read(written(value, unit), unit), value);
  }
  assert.equal(read('-4', 'hours'), undefined);
  assert.equal(spoken(4, 'hours'), '4 hours');
  assert.equal(spoken(1, 'weeks'), '1 week');
  assert.equal(spoken(0.998, 'share'), '99.8%');
});
