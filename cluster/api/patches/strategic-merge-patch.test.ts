import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Schema, SchemaNode } from '../../schema/openapi.ts';
import {
  StrategicPatchError,
  applyStrategicMergePatch,
  spentPatch,
} from './strategic-merge-patch.ts';

const text: SchemaNode = { type: 'string' };

/** A small pod: containers and ports merged by key, finalizers as a set, args as one piece. */
const root: SchemaNode = {
  type: 'object',
  properties: {
    labels: { type: 'object', additionalProperties: text },
    finalizers: { type: 'array', items: text, 'x-kubernetes-patch-strategy': 'merge' },
    strategy: {
      type: 'object',
      'x-kubernetes-patch-strategy': 'retainKeys',
      properties: { type: text, rollingUpdate: { type: 'object', properties: { maxSurge: text } } },
    },
    source: {
      type: 'object',
      'x-kubernetes-patch-strategy': 'replace',
      additionalProperties: text,
    },
    containers: {
      type: 'array',
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
      items: {
        type: 'object',
        properties: {
          name: text,
          image: text,
          args: { type: 'array', items: text },
          ports: {
            type: 'array',
            'x-kubernetes-patch-strategy': 'merge',
            'x-kubernetes-patch-merge-key': 'containerPort',
            items: {
              type: 'object',
              properties: { containerPort: { type: 'integer' }, name: text },
            },
          },
        },
      },
    },
  },
};
const schema: Schema = { root, resolve: (node) => node };

type Fields = Record<string, unknown>;
const patched = (original: Fields, patch: Fields) =>
  applyStrategicMergePatch(original, patch, schema);

const two = {
  containers: [
    { name: 'web', image: 'nginx:1' },
    { name: 'log', image: 'busybox' },
  ],
};

describe('lists', () => {
  test('items with a merge key are merged with theirs, wherever they stand', () => {
    assert.deepEqual(patched(two, { containers: [{ name: 'log', image: 'fluentd' }] }), {
      containers: [
        { name: 'web', image: 'nginx:1' },
        { name: 'log', image: 'fluentd' },
      ],
    });
  });

  test('lists within items are merged too; what is new comes first', () => {
    const original = {
      containers: [{ name: 'web', ports: [{ containerPort: 80, name: 'http' }] }],
    };
    const patch = { containers: [{ name: 'web', ports: [{ containerPort: 443, name: 'https' }] }] };
    assert.deepEqual(patched(original, patch), {
      containers: [
        {
          name: 'web',
          ports: [
            { containerPort: 443, name: 'https' },
            { containerPort: 80, name: 'http' },
          ],
        },
      ],
    });
  });

  test('a list without a strategy is replaced', () => {
    const original = { containers: [{ name: 'web', args: ['a', 'b'] }] };
    assert.deepEqual(patched(original, { containers: [{ name: 'web', args: ['c'] }] }), {
      containers: [{ name: 'web', args: ['c'] }],
    });
  });

  test('$patch: delete takes an item away by its key', () => {
    assert.deepEqual(patched(two, { containers: [{ name: 'web', $patch: 'delete' }] }), {
      containers: [{ name: 'log', image: 'busybox' }],
    });
  });

  test('$patch: replace as an item of its own makes the others the whole list', () => {
    const patch = { containers: [{ name: 'new', image: 'x' }, { $patch: 'replace' }] };
    assert.deepEqual(patched(two, patch), { containers: [{ name: 'new', image: 'x' }] });
  });

  test('$patch: replace within an item replaces that item', () => {
    assert.deepEqual(patched(two, { containers: [{ name: 'web', $patch: 'replace' }] }), {
      containers: [{ name: 'web' }, { name: 'log', image: 'busybox' }],
    });
  });

  test('lists of plain values are merged as sets', () => {
    assert.deepEqual(patched({ finalizers: ['a', 'b'] }, { finalizers: ['b', 'c'] }), {
      finalizers: ['a', 'b', 'c'],
    });
  });

  test('$deleteFromPrimitiveList takes plain values away', () => {
    assert.deepEqual(
      patched({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] }),
      {
        finalizers: ['b'],
      },
    );
  });

  test('$setElementOrder orders a list, also without a patch of it', () => {
    const order = { '$setElementOrder/containers': [{ name: 'log' }, { name: 'web' }] };
    assert.deepEqual(patched(two, order), { containers: two.containers.toReversed() });
  });

  test('items that only the server has stay where they were', () => {
    const original = { finalizers: ['a', 'server', 'b'] };
    const patch = { '$setElementOrder/finalizers': ['b', 'a', 'c'], finalizers: ['c'] };
    const { finalizers } = patched(original, patch);
    assert.deepEqual(finalizers, ['server', 'b', 'a', 'c']);
  });

  test('an item without its merge key is refused by name of the key', () => {
    assert.throws(
      () => patched(two, { containers: [{ image: 'x' }] }),
      (error) =>
        error instanceof StrategicPatchError &&
        error.message === 'map: map[image:x] does not contain declared merge key: name',
    );
  });

  test('an order that the patch itself breaks is refused', () => {
    const patch = {
      '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }],
      containers: [{ name: 'b' }, { name: 'a' }],
    };
    assert.throws(() => patched({ containers: [] }, patch), StrategicPatchError);
  });
});

describe('maps', () => {
  test('fields are laid over, null takes one away', () => {
    assert.deepEqual(patched({ labels: { a: '1', b: '2' } }, { labels: { b: null, c: '3' } }), {
      labels: { a: '1', c: '3' },
    });
  });

  test('$patch: replace and $patch: delete act on the whole map', () => {
    const original = { labels: { a: '1' } };
    assert.deepEqual(patched(original, { labels: { $patch: 'replace', b: '2' } }), {
      labels: { b: '2' },
    });
    assert.deepEqual(patched(original, { labels: { $patch: 'delete' } }), { labels: {} });
  });

  test('a map whose strategy is replace is replaced', () => {
    assert.deepEqual(patched({ source: { a: '1' } }, { source: { b: '2' } }), {
      source: { b: '2' },
    });
  });

  test('$retainKeys drops every other field: how Recreate takes rollingUpdate away', () => {
    const original = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '1' } } };
    assert.deepEqual(patched(original, { strategy: { $retainKeys: ['type'], type: 'Recreate' } }), {
      strategy: { type: 'Recreate' },
    });
  });

  test('$retainKeys must name what the patch sets', () => {
    assert.throws(
      () => patched({ strategy: {} }, { strategy: { $retainKeys: [], type: 'Recreate' } }),
      StrategicPatchError,
    );
  });

  test('a directive nobody knows is refused', () => {
    assert.throws(
      () => patched({ labels: {} }, { labels: { $patch: 'invert' } }),
      StrategicPatchError,
    );
  });

  test('directives do not outlive a patch of something that was not there', () => {
    assert.deepEqual(
      patched({}, { containers: [{ name: 'a' }, { name: 'b', $patch: 'delete' }] }),
      {
        containers: [{ name: 'a' }],
      },
    );
  });
});

describe('what is left of a patch, as a refusal names it', () => {
  const spent = (original: Fields, patch: Fields) => spentPatch(original, patch, schema);

  test('an order and the list it orders are gone', () => {
    const patch = {
      '$setElementOrder/containers': [{ name: 'web' }],
      containers: [{ name: 'web', imag: 'x' }],
      labels: { a: '1' },
    };
    assert.deepEqual(spent(two, patch), { labels: { a: '1' } });
  });

  test('a list without an order is there, its directives are gone', () => {
    const original = { containers: [{ name: 'web', ports: [{ containerPort: 80 }] }] };
    const ports = { '$setElementOrder/ports': [{ containerPort: 80 }], ports: [] };
    assert.deepEqual(spent(original, { containers: [{ name: 'web', image: 'x', ...ports }] }), {
      containers: [{ name: 'web', image: 'x' }],
    });
  });

  test('$retainKeys and $patch are gone', () => {
    assert.deepEqual(
      spent(
        { strategy: { type: 'RollingUpdate' }, labels: {} },
        { strategy: { $retainKeys: ['type'], type: 'Recreate' }, labels: { $patch: 'replace' } },
      ),
      { strategy: { type: 'Recreate' }, labels: {} },
    );
  });

  test('null stands where it deletes, and is gone from what is new', () => {
    assert.deepEqual(spent({ labels: {} }, { labels: { a: null }, source: { b: null, c: '1' } }), {
      labels: { a: null },
      source: { c: '1' },
    });
  });
});

describe('for every object', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
  const containers = names.chain((chosen) =>
    fc.tuple(
      ...chosen.map((name) =>
        fc.record({ name: fc.constant(name), image: fc.string() }, { noNullPrototype: true }),
      ),
    ),
  );
  const plain = { noNullPrototype: true };
  const objects = fc.record(
    {
      labels: fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.string(), plain),
      finalizers: names,
      containers,
    },
    plain,
  );

  test('a patch applied twice is a patch applied once', () => {
    fc.assert(
      fc.property(objects, objects, (original, patch) => {
        const once = patched(original, patch);
        assert.deepEqual(patched(once, patch), once);
      }),
    );
  });

  test('what the patch says is there afterwards, and what it does not speak of is still there', () => {
    fc.assert(
      fc.property(objects, objects, (original, patch) => {
        const result = patched(original, patch);
        const found = new Map(
          (result['containers'] as typeof patch.containers).map((each) => [each.name, each]),
        );
        for (const each of patch.containers) assert.deepEqual(found.get(each.name), each);
        for (const each of original.containers) assert.ok(found.has(each.name));
        assert.equal(found.size, (result['containers'] as unknown[]).length);
      }),
    );
  });

  test('an object patched with itself stays as it is', () => {
    fc.assert(fc.property(objects, (object) => assert.deepEqual(patched(object, object), object)));
  });

  test('neither argument is changed', () => {
    fc.assert(
      fc.property(objects, objects, (original, patch) => {
        const before = structuredClone([original, patch]);
        patched(original, patch);
        assert.deepEqual([original, patch], before);
      }),
    );
  });
});
