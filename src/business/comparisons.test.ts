import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from './assumption.ts';
import {
  BUILDING,
  cheaperBy,
  cheaperRange,
  costOfBuilding,
  costOfTaking,
  soonerBy,
} from './build-or-take.ts';
import { DELIVERY, improvement, MEASURES } from './delivery.ts';
import { percent } from './figures.ts';
import { MARCUS } from './returns.ts';

const figures = figuresOf([...MARCUS, ...BUILDING, ...DELIVERY]);

test('over one, three and five years taking a mesh is 82%, 84% and 85% cheaper, not 90%', () => {
  assert.deepEqual(
    [1, 3, 5].map((years) => costOfBuilding(figures, years)),
    [1_800_000, 3_000_000, 4_200_000],
  );
  assert.deepEqual(
    [1, 3, 5].map((years) => costOfTaking(figures, years)),
    [325_000, 475_000, 625_000],
  );
  assert.deepEqual(
    [1, 3, 5].map((years) => percent(cheaperBy(figures, years))),
    ['81.9%', '84.2%', '85.1%'],
  );
});

test('with one price for an engineer it is three quarters', () => {
  assert.equal(percent(cheaperBy(figures, 3, true)), '76.7%');
});

test('three months against 18 to 24 are 83.3% to 87.5% sooner, not 95%', () => {
  const { likely, most } = soonerBy(figures);
  assert.deepEqual([percent(likely), percent(most)], ['83.3%', '87.5%']);
});

test('a range holds the likely figure', () => {
  const { least, most } = cheaperRange(figures, 3);
  const likely = cheaperBy(figures, 3);
  assert.ok(least < likely && likely < most, `${percent(least)} to ${percent(most)}`);
});

test('improvements follow from their figures, with their ranges', () => {
  assert.deepEqual(
    MEASURES.map((measure) => improvement(measure, figures)),
    [
      '75% less (60% to 85.7%)',
      '5 times as often (2 to 5)',
      '99.8% less (50% to 99.8%)',
      '80% less (0% to 85%)',
      undefined,
    ],
  );
});

test('the measures carry the names of today', () => {
  const titles = MEASURES.map(({ title }) => title);
  assert.ok(
    titles.includes('Failed deployment recovery time') && titles.includes('Deployment rework rate'),
  );
});
