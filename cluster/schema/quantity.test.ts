import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  quantityOf,
  wholeValue,
} from './quantity.ts';

const canonical = (text: string) => {
  const parsed = parseQuantity(text);
  return 'error' in parsed ? parsed.error : formatQuantity(parsed);
};

test('quantities are written in one form', () => {
  const forms: Record<string, string> = {
    '0': '0',
    '0.5': '500m',
    '1000m': '1',
    '1500m': '1500m',
    '100m': '100m',
    '1.0': '1',
    '1024Mi': '1Gi',
    '1.5Gi': '1536Mi',
    '128Mi': '128Mi',
    '512': '512',
    '1000': '1k',
    '1000000': '1M',
    '1e3': '1e3',
    '12e2': '1200',
    '0.5Ki': '512',
    '1Ki': '1Ki',
    '0.0001Ki': '102400u',
    '100u': '100u',
    '0.1n': '1n',
    '-500m': '-500m',
    '+1': '1',
    '.5': '500m',
    '5.': '5',
    '1E': '1E',
    '2G': '2G',
  };
  for (const [text, form] of Object.entries(forms)) assert.equal(canonical(text), form, text);
});

test('what is no quantity is refused in the real words', () => {
  const wrong =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  assert.equal(canonical('lots'), wrong);
  assert.equal(canonical(''), wrong);
  assert.equal(canonical('1 Gi'), wrong);
  assert.equal(canonical('1ki'), "unable to parse quantity's suffix");
  assert.equal(canonical('m'), 'unable to parse numeric part of quantity');
});

test('values round up, sums keep the format of the first', () => {
  assert.equal(milliValue(quantityOf('0.1001')), 101);
  assert.equal(wholeValue(quantityOf('1Ki')), 1024);
  assert.equal(formatQuantity(addQuantities(quantityOf('64Mi'), quantityOf('64Mi'))), '128Mi');
});

test('the canonical form is a fixed point with the same value', () => {
  const texts = fc.tuple(
    fc.integer({ min: -10_000, max: 10_000 }),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e2', 'e-2'),
  );
  fc.assert(
    fc.property(texts, ([amount, suffix]) => {
      const once = canonical(`${amount}${suffix}`);
      assert.equal(canonical(once), once);
      assert.equal(compareQuantities(quantityOf(once), quantityOf(`${amount}${suffix}`)), 0);
    }),
  );
});
