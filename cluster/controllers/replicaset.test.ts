import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StatusError, forbidden } from '../api/status.ts';
import type { DraftOf, Pod, ReplicaSet } from './kinds.ts';
import { controllerOf } from './owners.ts';
import { startReplicaSetController } from './replicaset.ts';
import { startScheduler } from './scheduler.ts';
import { startKubeletDouble } from './testing/kubelet-double.ts';
import { nodeDraft, podDraft, podSpec } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';

function setDraft(name: string, replicas: number, minReadySeconds?: number): DraftOf<ReplicaSet> {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec() },
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
    },
  };
}

async function cluster(): Promise<TestWorld> {
  const world = testWorld();
  startReplicaSetController(world);
  startScheduler(world);
  startKubeletDouble(world);
  await world.kinds.create('nodes', nodeDraft());
  return world;
}

function podsOf(world: TestWorld): Pod[] {
  return world.kinds.list('pods').filter((pod) => !pod.metadata.deletionTimestamp);
}

async function scale(world: TestWorld, name: string, replicas: number): Promise<void> {
  await world.kinds.modify('replicasets.apps', 'default', name, (draft) => {
    draft.spec.replicas = replicas;
  });
}

test('pods are named after the set with five letters that spell no words', async () => {
  const world = await cluster();
  await world.kinds.create('replicasets.apps', setDraft('web', 3));
  await world.clock.step(100);
  for (const pod of podsOf(world)) {
    assert.match(pod.metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.equal(controllerOf(pod)?.kind, 'ReplicaSet');
  }
  assert.equal(podsOf(world).length, 3);
});

test('an orphan with matching labels is adopted instead of making another pod', async () => {
  const world = await cluster();
  await world.kinds.create('pods', podDraft('lonely', {}, { labels: { app: 'web' } }));
  await world.kinds.create('replicasets.apps', setDraft('web', 2));
  await world.clock.step(100);
  const names = podsOf(world).map((pod) => pod.metadata.name);
  assert.equal(names.length, 2);
  assert.ok(names.includes('lonely'));
  assert.ok(podsOf(world).every((pod) => controllerOf(pod)?.name === 'web'));
});

test('a pod whose labels are changed is released and replaced', async () => {
  const world = await cluster();
  await world.kinds.create('replicasets.apps', setDraft('web', 1));
  await world.clock.step(2000);
  const [pod] = podsOf(world);
  assert.ok(pod);
  await world.kinds.modify('pods', 'default', pod.metadata.name, (draft) => {
    draft.metadata.labels = { app: 'debugged' };
  });
  await world.clock.step(2000);
  const released = world.kinds.get('pods', 'default', pod.metadata.name);
  assert.equal(released && controllerOf(released), undefined);
  assert.equal(podsOf(world).length, 2);
});

test('scaling down takes the pods that are not ready first', async () => {
  const world = await cluster();
  await world.kinds.create('replicasets.apps', setDraft('web', 2));
  await world.clock.step(3000);
  const old = podsOf(world).map((pod) => pod.metadata.name);
  await scale(world, 'web', 4);
  await world.clock.step(500); // the new ones are not ready yet
  await scale(world, 'web', 2);
  await world.clock.step(3000);
  assert.deepEqual(
    podsOf(world).map((pod) => pod.metadata.name),
    old,
  );
});

test('pod-deletion-cost decides between ready pods', async () => {
  const world = await cluster();
  await world.kinds.create('replicasets.apps', setDraft('web', 3));
  await world.clock.step(3000);
  const [cheap] = podsOf(world);
  assert.ok(cheap);
  await world.kinds.modify('pods', 'default', cheap.metadata.name, (draft) => {
    draft.metadata.annotations = { 'controller.kubernetes.io/pod-deletion-cost': '-10' };
  });
  await scale(world, 'web', 2);
  await world.clock.step(3000);
  assert.ok(!podsOf(world).some((pod) => pod.metadata.name === cheap.metadata.name));
});

test('terminating pods are counted apart from the others', async () => {
  const world = await cluster();
  await world.kinds.create('replicasets.apps', setDraft('web', 2));
  await world.clock.step(3000);
  await scale(world, 'web', 0);
  await world.clock.step(200);
  assert.deepEqual(world.kinds.get('replicasets.apps', 'default', 'web')?.status, {
    replicas: 0,
    terminatingReplicas: 2,
    observedGeneration: 2,
  });
});

test('a pod counts as available only after minReadySeconds', async () => {
  const world = await cluster();
  await world.kinds.create('replicasets.apps', setDraft('web', 1, 10));
  const available = () =>
    world.kinds.get('replicasets.apps', 'default', 'web')?.status?.availableReplicas;
  await world.clock.step(10_000);
  assert.equal(available(), undefined);
  await world.clock.step(2000);
  assert.equal(available(), 1);
});

test('a refused creation is told in an event and a condition, and tried again with back-off', async () => {
  const world = await cluster();
  let asked = 0;
  world.refuse = (verb, resource): StatusError | undefined => {
    if (verb !== 'create' || resource !== 'pods') return undefined;
    asked++;
    return forbidden({ group: '', resource: 'pods' }, 'web-x', 'exceeded quota: q');
  };
  await world.kinds.create('replicasets.apps', setDraft('web', 50));
  await world.clock.step(100);
  // Slow start: one pod is tried at a time while even the first is refused.
  assert.ok(asked < 10, `${asked} requests`);
  const set = world.kinds.get('replicasets.apps', 'default', 'web');
  assert.equal(set?.status?.conditions?.[0]?.reason, 'FailedCreate');
  assert.equal(
    world.kinds.list('events')[0]?.message,
    'Error creating: pods "web-x" is forbidden: exceeded quota: q',
  );
  delete world.refuse;
  await world.clock.step(60_000);
  assert.equal(podsOf(world).length, 50);
  assert.equal(
    world.kinds.get('replicasets.apps', 'default', 'web')?.status?.conditions,
    undefined,
  );
});
