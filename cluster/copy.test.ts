import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyOf } from './copy.ts';

test('a field called __proto__ is copied like any other', () => {
  const given: unknown = JSON.parse('{"a":{"__proto__":{"x":1}}}');
  const copy = copyOf(given);
  assert.equal(JSON.stringify(copy), '{"a":{"__proto__":{"x":1}}}');
});

test('a copy is equal to what was copied, and shares nothing with it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (given) => {
      const copy = copyOf(given);
      assert.equal(JSON.stringify(copy), JSON.stringify(given));
      if (typeof given === 'object' && given !== null) assert.notEqual(copy, given);
    }),
  );
});
