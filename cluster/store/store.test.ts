import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../object.ts';
import { Store, type Change, type StoreLimits } from './store.ts';
import { StoreError, type StoreRefusal } from './errors.ts';

const limits: StoreLimits = {
  objects: 100,
  objectBytes: 2_000,
  storeBytes: 100_000,
  historyChanges: 50,
  historyBytes: 100_000,
};

function pod(
  name: string,
  fields: Record<string, unknown> = {},
  namespace = 'default',
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: '',
      creationTimestamp: '2026-11-22T10:00:00Z',
    },
    ...fields,
  };
}

const refuses = (refusal: StoreRefusal) => (error: unknown) =>
  error instanceof StoreError && error.refusal === refusal;

describe('objects', () => {
  test('a created object comes back with the next revision as its resourceVersion', () => {
    const store = new Store(limits, 7);
    const created = store.create('pods', pod('a'));
    assert.equal(created.metadata.resourceVersion, '8');
    assert.equal(store.revision, 8);
    assert.equal(store.get('pods', 'default', 'a'), created);
  });

  test('a second object of one name is refused', () => {
    const store = new Store(limits);
    store.create('pods', pod('a'));
    assert.throws(() => store.create('pods', pod('a')), refuses('exists'));
  });

  test('one name may stand in two namespaces and two resources', () => {
    const store = new Store(limits);
    store.create('pods', pod('a'));
    store.create('pods', pod('a', {}, 'staging'));
    store.create('services', pod('a'));
    assert.equal(store.objectCount, 3);
  });

  test('lists are in order of namespace and name, whatever the order of creation', () => {
    const store = new Store(limits);
    for (const [name, namespace] of [
      ['b', 'default'],
      ['z', 'alpha'],
      ['a', 'default'],
    ] as const) {
      store.create('pods', pod(name, {}, namespace));
    }
    assert.deepEqual(
      store.list('pods').map((p) => p.metadata.name),
      ['z', 'a', 'b'],
    );
    assert.deepEqual(
      store.list('pods', 'default').map((p) => p.metadata.name),
      ['a', 'b'],
    );
  });

  test('an update against a stale resourceVersion is a conflict and changes nothing', () => {
    const store = new Store(limits);
    const first = store.create('pods', pod('a'));
    store.update('pods', pod('a', { spec: 1 }), first.metadata.resourceVersion);
    const revision = store.revision;
    assert.throws(
      () => store.update('pods', pod('a', { spec: 2 }), first.metadata.resourceVersion),
      refuses('conflict'),
    );
    assert.equal(store.get('pods', 'default', 'a')?.['spec'], 1);
    assert.equal(store.revision, revision);
  });

  test('an update or removal of what is not there says so', () => {
    const store = new Store(limits);
    assert.throws(() => store.update('pods', pod('a')), refuses('missing'));
    assert.throws(() => store.remove('pods', 'default', 'a'), refuses('missing'));
  });

  test('a removed object carries the revision of its removal', () => {
    const store = new Store(limits, 10);
    store.create('pods', pod('a'));
    assert.equal(store.remove('pods', 'default', 'a').metadata.resourceVersion, '12');
    assert.equal(store.get('pods', 'default', 'a'), undefined);
  });
});

describe('bounds', () => {
  test('the object past the count is refused and the store stays as it was', () => {
    const store = new Store({ ...limits, objects: 1 });
    store.create('pods', pod('a'));
    assert.throws(() => store.create('pods', pod('b')), refuses('full'));
    assert.equal(store.objectCount, 1);
  });

  test('an object over its size is refused by size', () => {
    const store = new Store(limits);
    assert.throws(
      () => store.create('pods', pod('a', { data: 'x'.repeat(2_000) })),
      refuses('too large'),
    );
  });

  test('removing makes room again', () => {
    const store = new Store({ ...limits, storeBytes: 1_500 });
    store.create('pods', pod('a', { data: 'x'.repeat(1_000) }));
    assert.throws(
      () => store.create('pods', pod('b', { data: 'x'.repeat(1_000) })),
      refuses('full'),
    );
    store.remove('pods', 'default', 'a');
    store.create('pods', pod('b', { data: 'x'.repeat(1_000) }));
  });
});

describe('changes', () => {
  test('a listener hears each change in order, with what was before', () => {
    const store = new Store(limits);
    const heard: string[] = [];
    store.onChange((c) =>
      heard.push(`${c.type} ${c.object.metadata.name} ${c.previous ? 'had one' : 'new'}`),
    );
    store.create('pods', pod('a'));
    store.update('pods', pod('a', { spec: 1 }));
    store.remove('pods', 'default', 'a');
    assert.deepEqual(heard, ['ADDED a new', 'MODIFIED a had one', 'DELETED a had one']);
  });

  test('what a listener commits is told to all after the change that caused it', () => {
    const store = new Store(limits);
    const heard: string[] = [];
    store.onChange((c) => {
      if (c.object.metadata.name === 'cause') store.create('pods', pod('effect'));
    });
    store.onChange((c) => heard.push(c.object.metadata.name));
    store.create('pods', pod('cause'));
    assert.deepEqual(heard, ['cause', 'effect']);
  });

  test('a cancelled listener hears nothing more', () => {
    const store = new Store(limits);
    const cancel = store.onChange(() => assert.fail('heard'));
    cancel();
    store.create('pods', pod('a'));
  });

  test('changes since a revision come back, of one resource if asked', () => {
    const store = new Store(limits);
    store.create('pods', pod('a'));
    const from = store.revision;
    store.create('services', pod('s'));
    store.create('pods', pod('b'));
    assert.deepEqual(
      store.changesSince(from).map((c) => c.object.metadata.name),
      ['s', 'b'],
    );
    assert.deepEqual(
      store.changesSince(from, 'pods').map((c) => c.object.metadata.name),
      ['b'],
    );
    assert.deepEqual(store.changesSince(store.revision), []);
  });

  test('a revision older than the history is gone', () => {
    const store = new Store({ ...limits, historyChanges: 2 });
    const start = store.revision;
    for (const name of ['a', 'b', 'c', 'd', 'e']) store.create('pods', pod(name));
    assert.throws(() => store.changesSince(start), refuses('gone'));
    assert.equal(store.changesSince(store.oldestRevision).length, 2);
  });
});

describe('snapshots', () => {
  test('a restored snapshot has the same objects at a higher revision, and the past is gone', () => {
    const store = new Store(limits);
    const a = store.create('pods', pod('a'));
    const snapshot = store.snapshot();
    store.remove('pods', 'default', 'a');
    store.create('pods', pod('b'));
    const before = store.revision;
    store.restore(snapshot);
    assert.deepEqual(store.list('pods'), [a]);
    assert.ok(store.revision > before);
    assert.throws(() => store.changesSince(before), refuses('gone'));
  });

  test('a snapshot is plain data and does not change with the store', () => {
    const store = new Store(limits);
    store.create('pods', pod('a'));
    const snapshot = store.snapshot();
    const text = JSON.stringify(snapshot);
    store.update('pods', pod('a', { spec: 1 }));
    assert.equal(JSON.stringify(snapshot), text);
    const other = new Store(limits);
    other.restore(JSON.parse(text) as typeof snapshot);
    assert.equal(other.list('pods').length, 1);
  });
});

test('any sequence of writes: replaying the changes onto an empty map gives the store', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd');
  const operation = fc.oneof(
    fc.record({ do: fc.constant('create' as const), name: names }),
    fc.record({ do: fc.constant('update' as const), name: names, value: fc.integer() }),
    fc.record({ do: fc.constant('remove' as const), name: names }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const store = new Store({ ...limits, historyChanges: 1_000 });
      const start = store.revision;
      const heard: Change[] = [];
      store.onChange((c) => heard.push(c));
      for (const operation of operations) {
        try {
          if (operation.do === 'create') store.create('pods', pod(operation.name));
          else if (operation.do === 'update')
            store.update('pods', pod(operation.name, { spec: operation.value }));
          else store.remove('pods', 'default', operation.name);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
        }
      }
      assert.deepEqual(store.changesSince(start), heard);
      const replayed = new Map<string, KubeObject>();
      let last = start;
      for (const change of heard) {
        assert.equal(change.revision, ++last);
        assert.equal(change.object.metadata.resourceVersion, String(change.revision));
        if (change.type === 'DELETED') replayed.delete(change.object.metadata.name);
        else replayed.set(change.object.metadata.name, change.object);
      }
      assert.deepEqual(
        [...replayed.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
        store.list('pods'),
      );
    }),
  );
});
