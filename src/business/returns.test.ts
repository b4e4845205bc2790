import assert from 'node:assert/strict';
import { test } from 'node:test';
import { having } from './assumption.ts';
import { percent, span } from './figures.ts';
import {
  LINES,
  MARCUS,
  marcusFigures,
  outermost,
  proxiesMonthly,
  returns,
  shareSaved,
  softShare,
  sumOf,
  sums,
  swings,
} from './returns.ts';

const marcus = marcusFigures();
const draft = (scope: 'everything' | 'downtime' | 'labour') => returns(marcus, scope, false);

test('Marcus’s lines are what his draft has, and add up to it', () => {
  assert.deepEqual(
    LINES.map((line) => [
      line.id,
      sumOf(line, marcus).today,
      Math.round(sumOf(line, marcus).worth),
    ]),
    [
      ['debugging', 6_000, 4_200],
      ['retries', 3_000, 2_700],
      ['monitoring', 4_500, 4_500],
      ['deployments', 3_750, 3_000],
      ['configuration', 12_000, 7_200],
      ['incidents', 8_000, 4_000],
      ['downtime', 40_000, 40_000],
      ['late', 100_000, 50_000],
    ],
  );
  assert.deepEqual(sums(marcus), { today: 177_250, worth: 115_600 });
  assert.equal(sums(marcus, 'labour').worth, 25_600);
});

test('65.2% of today’s cost is saved, which is no return', () => {
  assert.equal(percent(shareSaved(marcus)), '65.2%');
});

test('on the draft’s own figures the first year returns 327%, and is paid back in 70 days', () => {
  const { firstYearValue, firstYearCost, roi, paybackMonths } = draft('everything');
  assert.deepEqual([firstYearValue, firstYearCost], [1_387_200, 325_000]);
  assert.equal(percent(roi), '327%');
  assert.equal(span(paybackMonths), '70 days');
});

test('without features that come sooner it is 142% and 4.2 months', () => {
  assert.equal(percent(draft('downtime').roi), '142%');
  assert.equal(span(draft('downtime').paybackMonths), '4.2 months');
});

test('on labour alone the first year loses 5.5%, and is paid back in 12.9 months', () => {
  assert.equal(percent(draft('labour').roi), '−5.5%');
  assert.equal(span(draft('labour').paybackMonths), '12.9 months');
});

test('the machines of 120 proxies cost $360 a month and make 321% of 327%', () => {
  assert.equal(proxiesMonthly(marcus), 360);
  assert.equal(percent(returns(marcus).roi), '321%');
});

test('78% of the value is soft', () => {
  assert.equal(Math.round(100 * softShare(marcus)), 78);
});

test('what costs more to run than it saves is never paid back', () => {
  const dear = having(marcus, 'running', 12 * 115_600);
  assert.equal(returns(dear, 'everything', false).paybackMonths, Infinity);
  assert.equal(span(returns(dear, 'everything', false).paybackMonths), 'never');
});

test('delay and its price move the answer most, and debugging least of the shares', () => {
  const order = swings(marcus).map(({ assumption }) => assumption.id);
  assert.deepEqual(order.slice(0, 2).toSorted(), ['late-price', 'late-saved']);
  assert.ok(order.indexOf('late-saved') < order.indexOf('downtime-saved'));
  assert.ok(order.indexOf('downtime-saved') < order.indexOf('debugging-saved'));
});

test('a swing is the return with that figure alone at either end', () => {
  const late = swings(marcus).find(({ assumption }) => assumption.id === 'late-saved');
  assert.equal(late?.soft, true);
  assert.equal(late?.atLow, returns(having(marcus, 'late-saved', 0)).roi);
  assert.equal(percent(late?.atLow ?? NaN), '139%');
});

test('the outermost cases take every figure at its worst, and at its best', () => {
  const { worst, best } = outermost(marcus);
  assert.ok(worst < returns(marcus).roi && returns(marcus).roi < best);
  assert.ok(worst < 0, percent(worst));
});

test('every figure lies within its range, and is called once', () => {
  for (const { id, low, value, high } of MARCUS) assert.ok(low <= value && value <= high, id);
  assert.equal(new Set(MARCUS.map(({ id }) => id)).size, MARCUS.length);
});
