import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figure, figures } from './figures.ts';

const REPORT = `## Costs
- Debugging: 40 hours × $150 = $6,000
- Retries: 20 hours × $150 = $3,000
**Total monthly cost: $177,250** (range: $90k to $1.5M)
**ROI in the first year: -5.5%**
**Payback**: 12.9 months`;

test('a figure is the number behind its label, whatever it counts', () => {
  assert.equal(figure(REPORT, 'Total monthly cost'), 177_250);
  assert.equal(figure(REPORT, 'range'), 90_000);
  assert.equal(figure(REPORT, ' to '), 1_500_000);
  assert.equal(figure(REPORT, 'first year'), -5.5);
  assert.equal(figure(REPORT, 'Payback'), 12.9);
});

test('figures are those of all lines that have the label', () => {
  assert.deepEqual(figures(REPORT, '= $'), [6_000, 3_000]);
  assert.deepEqual(figures(REPORT, 'Monitoring'), []);
});

test('dollars that a shell has eaten leave no figure behind', () => {
  assert.deepEqual(figures('- Debugging: 40 hours × 50 = ,000', '= $'), []);
});

test('no figure is no number, and a missing report has none', () => {
  assert.ok(Number.isNaN(figure(REPORT, 'Monitoring')));
  assert.deepEqual(figures(null, '='), []);
});
