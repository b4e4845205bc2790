import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerReference } from '../object.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import type { ConfigMap } from './kinds.ts';
import { type TestWorld, testWorld } from './testing/world.ts';

function cluster(): TestWorld {
  const world = testWorld();
  startGarbageCollector(world);
  return world;
}

async function map(
  world: TestWorld,
  name: string,
  owners: (ConfigMap | OwnerReference)[] = [],
  namespace = 'default',
): Promise<ConfigMap> {
  const ownerReferences = owners.map((owner) =>
    'metadata' in owner
      ? {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          blockOwnerDeletion: true,
        }
      : owner,
  );
  return world.kinds.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      ...(ownerReferences.length > 0 ? { ownerReferences } : {}),
    },
  });
}

function names(world: TestWorld): string[] {
  return world.kinds.list('configmaps').map(({ metadata }) => metadata.name);
}

test('what a deleted owner owned goes after it, down to the last', async () => {
  const world = cluster();
  const owner = await map(world, 'owner');
  const child = await map(world, 'child', [owner]);
  await map(world, 'grandchild', [child]);
  await map(world, 'stranger');
  await world.kinds.delete('configmaps', 'default', 'owner');
  await world.clock.step(100);
  assert.deepEqual(names(world), ['stranger']);
});

test('an object with another living owner stays, and forgets the one that is gone', async () => {
  const world = cluster();
  const first = await map(world, 'first');
  const second = await map(world, 'second');
  await map(world, 'child', [first, second]);
  await world.kinds.delete('configmaps', 'default', 'first');
  await world.clock.step(100);
  const child = world.kinds.get('configmaps', 'default', 'child');
  assert.deepEqual(
    child?.metadata.ownerReferences?.map(({ name }) => name),
    ['second'],
  );
});

test('in a foreground deletion the owner goes last', async () => {
  const world = cluster();
  const owner = await map(world, 'owner');
  await map(world, 'child', [owner]);
  const order: string[] = [];
  world.store.onChange(({ type, object }) => {
    if (type === 'DELETED') order.push(object.metadata.name);
  });
  await world.kinds.delete('configmaps', 'default', 'owner', { propagation: 'Foreground' });
  await world.clock.step(100);
  assert.deepEqual(order, ['child', 'owner']);
});

test('orphaned dependents stay and lose their owner', async () => {
  const world = cluster();
  const owner = await map(world, 'owner');
  await map(world, 'child', [owner]);
  await world.kinds.delete('configmaps', 'default', 'owner', { propagation: 'Orphan' });
  await world.clock.step(100);
  assert.deepEqual(names(world), ['child']);
  assert.equal(
    world.kinds.get('configmaps', 'default', 'child')?.metadata.ownerReferences,
    undefined,
  );
});

test('an object whose owner never was is deleted', async () => {
  const world = cluster();
  await map(world, 'child', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'nobody' }]);
  await world.clock.step(100);
  assert.deepEqual(names(world), []);
});

test('an owner in another namespace is none, and an event says so', async () => {
  const world = cluster();
  const owner = await map(world, 'owner', [], 'other');
  await map(world, 'child', [owner]);
  await world.clock.step(100);
  assert.deepEqual(names(world), ['owner']);
  assert.match(
    world.kinds.list('events')[0]?.message ?? '',
    /^ownerRef \[v1\/ConfigMap, namespace: default, name: owner, uid: .*\] does not exist in namespace "default"$/,
  );
});

test('a collector that starts later finds what was left behind', async () => {
  const world = testWorld();
  const owner = await map(world, 'owner');
  await map(world, 'child', [owner]);
  await world.kinds.delete('configmaps', 'default', 'owner');
  startGarbageCollector(world);
  await world.clock.step(100);
  assert.deepEqual(names(world), []);
});
