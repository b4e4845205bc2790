import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyMergePatch } from './merge-patch.ts';

/** The examples of RFC 7386, appendix A. */
const examples: readonly (readonly [unknown, unknown, unknown])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

for (const [target, patch, expected] of examples)
  test(`${JSON.stringify(patch)} over ${JSON.stringify(target)}`, () => {
    assert.deepEqual(applyMergePatch(target, patch), expected);
  });

const json = fc.jsonValue({ maxDepth: 4 });

test('a patch applied twice is a patch applied once', () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const once = applyMergePatch(target, patch);
      assert.deepEqual(applyMergePatch(once, patch), once);
    }),
  );
});

test('an empty patch of an object changes nothing', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (target) => {
      assert.deepEqual(applyMergePatch(target, {}), { ...target });
    }),
  );
});

test('neither argument is changed', () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const before = structuredClone([target, patch]);
      applyMergePatch(target, patch);
      assert.deepEqual([target, patch], before);
    }),
  );
});

test('a field called __proto__ is a field like any other', () => {
  const patch: unknown = JSON.parse('{"__proto__": {"polluted": true}}');
  const result = applyMergePatch({}, patch);
  assert.deepEqual(Object.keys(result as object), ['__proto__']);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});
