import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type JsonPatchOperation,
  JsonPatchError,
  applyJsonPatch,
  parseJsonPatch,
} from './json-patch.ts';

function patched(document: unknown, ...operations: JsonPatchOperation[]): unknown {
  return applyJsonPatch(document, operations);
}

describe('operations', () => {
  test('add sets a field, and inserts into a list', () => {
    assert.deepEqual(patched({ a: 1 }, { op: 'add', path: '/b', value: 2 }), { a: 1, b: 2 });
    assert.deepEqual(patched([1, 3], { op: 'add', path: '/1', value: 2 }), [1, 2, 3]);
  });

  test('add to - appends', () => {
    assert.deepEqual(patched({ l: [1] }, { op: 'add', path: '/l/-', value: 2 }), { l: [1, 2] });
  });

  test('remove takes a field or an item away', () => {
    assert.deepEqual(
      patched({ a: 1, b: [1, 2] }, { op: 'remove', path: '/a' }, { op: 'remove', path: '/b/0' }),
      {
        b: [2],
      },
    );
  });

  test('replace needs something to replace', () => {
    assert.deepEqual(patched({ a: 1 }, { op: 'replace', path: '/a', value: 2 }), { a: 2 });
    assert.throws(() => patched({}, { op: 'replace', path: '/a', value: 2 }), JsonPatchError);
  });

  test('move takes a value away and puts it elsewhere', () => {
    assert.deepEqual(patched({ a: { x: 1 } }, { op: 'move', from: '/a/x', path: '/b' }), {
      a: {},
      b: 1,
    });
  });

  test('nothing moves into itself', () => {
    assert.throws(
      () => patched({ a: {} }, { op: 'move', from: '/a', path: '/a/b' }),
      JsonPatchError,
    );
  });

  test('copy leaves two values that do not know each other', () => {
    const result = patched(
      { a: { x: 1 } },
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'replace', path: '/b/x', value: 2 },
    );
    assert.deepEqual(result, { a: { x: 1 }, b: { x: 2 } });
  });

  test('test passes for the same value in any order of fields, and stops all else otherwise', () => {
    const document = { a: { x: 1, y: [null] } };
    assert.deepEqual(
      patched(document, { op: 'test', path: '/a', value: { y: [null], x: 1 } }),
      document,
    );
    assert.throws(
      () => patched(document, { op: 'test', path: '/a/x', value: 2 }),
      /testing value \/a\/x failed/,
    );
  });

  test('pointers escape slashes and tildes', () => {
    assert.deepEqual(
      patched(
        { labels: { 'app.io/x': '1', 'a~b': '2' } },
        { op: 'remove', path: '/labels/app.io~1x' },
        {
          op: 'replace',
          path: '/labels/a~0b',
          value: '3',
        },
      ),
      { labels: { 'a~b': '3' } },
    );
  });

  for (const [what, operation] of [
    ['a path through nothing', { op: 'add', path: '/x/y', value: 1 }],
    ['an index behind the end', { op: 'add', path: '/l/5', value: 1 }],
    ['an index that is no number', { op: 'remove', path: '/l/one' }],
    ['an index with a leading zero', { op: 'remove', path: '/l/00' }],
    ['a field that is not there', { op: 'remove', path: '/nothing' }],
    ['a pointer without its slash', { op: 'remove', path: 'l' }],
  ] as const)
    test(`${what} is refused`, () => {
      assert.throws(() => patched({ l: [1, 2] }, operation), JsonPatchError);
    });
});

test('what is no list of operations is said in Go’s words', () => {
  assert.deepEqual(parseJsonPatch({ op: 'add' }), {
    error: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
  });
  assert.deepEqual(parseJsonPatch(['add']), {
    error: 'json: cannot unmarshal string into Go value of type jsonpatch.Operation',
  });
});

describe('for every document', () => {
  const json = fc.jsonValue({ maxDepth: 3 });

  test('the document given is not changed', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), json, (document, value) => {
        const before = structuredClone(document);
        applyJsonPatch(document, [{ op: 'add', path: '/new', value }]);
        assert.deepEqual(structuredClone(document), before);
      }),
    );
  });

  test('adding a field and removing it again leaves what was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), json),
        json,
        (document, value) => {
          const result = patched(
            document,
            { op: 'add', path: '/long', value },
            { op: 'remove', path: '/long' },
          );
          assert.equal(JSON.stringify(result), JSON.stringify(document));
        },
      ),
    );
  });

  test('moving a value there and back leaves what was', () => {
    fc.assert(
      fc.property(json, (value) => {
        const document = { a: value };
        const result = patched(
          document,
          { op: 'move', from: '/a', path: '/b' },
          { op: 'move', from: '/b', path: '/a' },
        );
        assert.equal(JSON.stringify(result), JSON.stringify(document));
      }),
    );
  });
});
