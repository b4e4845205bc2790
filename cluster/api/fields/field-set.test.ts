import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  EMPTY,
  type FieldSet,
  type Step,
  decodeFieldsV1,
  difference,
  encodeFieldsV1,
  equal,
  has,
  intersection,
  isEmpty,
  keyStep,
  pathText,
  pathsOf,
  recursiveDifference,
  setOf,
  union,
} from './field-set.ts';

const steps = fc.constantFrom('f:a', 'f:b', 'k:{"name":"web"}', 'v:"x"', 'i:0');
const paths = fc.array(steps, { minLength: 1, maxLength: 3 });
const pathLists = fc.array(paths, { maxLength: 8 });
const sets = pathLists.map((list) => setOf(...list));

/** A set as plain text: what the operations must agree with. */
const model = (set: FieldSet) => new Set(pathsOf(set).map((path) => path.join(' ')));

describe('the algebra of sets', () => {
  test('a set has the paths it was made of, and no others', () => {
    fc.assert(
      fc.property(pathLists, paths, (list, other) => {
        const set = setOf(...list);
        const texts = new Set(list.map((path) => path.join(' ')));
        assert.deepEqual(model(set), texts);
        assert.equal(has(set, other), texts.has(other.join(' ')));
      }),
    );
  });

  test('union, intersection and difference are those of sets of paths', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const [left, right] = [model(a), model(b)];
        assert.deepEqual(model(union(a, b)), left.union(right));
        assert.deepEqual(model(intersection(a, b)), left.intersection(right));
        assert.deepEqual(model(difference(a, b)), left.difference(right));
        assert.equal(isEmpty(difference(a, b)), left.isSubsetOf(right));
        assert.equal(equal(a, b), left.symmetricDifference(right).size === 0);
      }),
    );
  });

  test('a recursive difference also takes what lies below', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const gone = pathsOf(b);
        const below = (path: readonly Step[]) =>
          gone.some((prefix) => prefix.every((step, index) => path[index] === step));
        const expected = pathsOf(a).filter((path) => !below(path));
        assert.deepEqual(pathsOf(recursiveDifference(a, b)), expected);
      }),
    );
  });
});

describe('FieldsV1', () => {
  test('every set survives being written and read', () => {
    fc.assert(
      fc.property(sets, (set) => {
        const written: unknown = JSON.parse(JSON.stringify(encodeFieldsV1(set)));
        const read = decodeFieldsV1(written);
        assert.ok(read && equal(read, set));
      }),
    );
  });

  test('a path with others below it is written as a dot', () => {
    const set = setOf(
      ['f:metadata', 'f:labels'],
      ['f:metadata', 'f:labels', 'f:app'],
      ['f:spec', 'f:replicas'],
    );
    assert.deepEqual(encodeFieldsV1(set), {
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': { 'f:replicas': {} },
    });
  });

  test('keys are told apart by what they say, not by how they are spelt', () => {
    const read = decodeFieldsV1({ 'k:{"protocol": "TCP", "port": 80}': {} });
    assert.ok(read && has(read, [keyStep({ port: 80, protocol: 'TCP' })]));
  });

  test('what is not FieldsV1 is not read', () => {
    for (const wrong of [null, 'f:a', { a: {} }, { 'f:a': 1 }, { 'k:name': {} }, { 'i:x': {} }])
      assert.equal(decodeFieldsV1(wrong), undefined, JSON.stringify(wrong));
  });

  test('an empty set is an empty object', () => {
    assert.deepEqual(encodeFieldsV1(EMPTY), {});
  });
});

test('paths read as conflicts show them', () => {
  assert.equal(
    pathText([
      'f:spec',
      'f:containers',
      'k:{"name":"web"}',
      'f:ports',
      'k:{"containerPort":80,"protocol":"TCP"}',
      'f:name',
    ]),
    '.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].name',
  );
  assert.equal(pathText(['f:metadata', 'f:finalizers', 'v:"a/b"']), '.metadata.finalizers[="a/b"]');
  assert.equal(pathText(['f:list', 'i:2']), '.list[2]');
});
