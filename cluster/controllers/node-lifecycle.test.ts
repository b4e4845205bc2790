import assert from 'node:assert/strict';
import { test } from 'node:test';
import { microTimestamp } from '../time.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { nodeDraft, podDraft } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';

const NAME = 'mesh-lab-control-plane';
const LEASES = 'leases.coordination.k8s.io';

async function cluster(): Promise<TestWorld> {
  const world = testWorld();
  startNodeLifecycleController(world);
  const node = await world.kinds.create('nodes', nodeDraft());
  await world.kinds.updateStatus('nodes', {
    ...node,
    status: { ...node.status, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  await world.kinds.create(LEASES, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: NAME, namespace: 'kube-node-lease' },
    spec: { renewTime: microTimestamp(world.clock.now()) },
  });
  await world.clock.step(10);
  return world;
}

async function renew(world: TestWorld): Promise<void> {
  await world.kinds.modify(LEASES, 'kube-node-lease', NAME, (lease) => {
    lease.spec.renewTime = microTimestamp(world.clock.now());
  });
}

function taints(world: TestWorld): string[] {
  const node = world.kinds.get('nodes', undefined, NAME);
  return (node?.spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
}

test('a new node is greeted', async () => {
  const world = await cluster();
  assert.equal(
    world.kinds.list('events')[0]?.message,
    `Node ${NAME} event: Registered Node ${NAME} in Controller`,
  );
});

test('a cordoned node has a taint for as long as it is cordoned', async () => {
  const world = await cluster();
  await world.kinds.modify('nodes', undefined, NAME, (node) => {
    node.spec.unschedulable = true;
  });
  await world.clock.step(10);
  assert.deepEqual(taints(world), ['node.kubernetes.io/unschedulable:NoSchedule']);
  await world.kinds.modify('nodes', undefined, NAME, (node) => {
    delete node.spec.unschedulable;
  });
  await world.clock.step(10);
  assert.deepEqual(taints(world), []);
});

test('a node that renews its lease stays ready; one that falls silent is unknown and tainted', async () => {
  const world = await cluster();
  for (let renewals = 0; renewals < 12; renewals++) {
    await world.clock.step(10_000);
    await renew(world);
  }
  assert.deepEqual(taints(world), []);
  await world.clock.step(60_000);
  const [ready] = world.kinds.get('nodes', undefined, NAME)?.status?.conditions ?? [];
  assert.equal(ready?.status, 'Unknown');
  assert.equal(ready.reason, 'NodeStatusUnknown');
  assert.deepEqual(taints(world), [
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
});

test('a NoExecute taint drives out pods that do not tolerate it, and others when their time is over', async () => {
  const world = await cluster();
  const nodeName = NAME;
  await world.kinds.create('pods', podDraft('intolerant', { nodeName }));
  const patient = { key: 'k', operator: 'Exists' as const, tolerationSeconds: 30 };
  await world.kinds.create('pods', podDraft('patient', { nodeName, tolerations: [patient] }));
  const calm = { key: 'k', operator: 'Exists' as const };
  await world.kinds.create('pods', podDraft('calm', { nodeName, tolerations: [calm] }));
  await world.kinds.modify('nodes', undefined, NAME, (node) => {
    node.spec.taints = [{ key: 'k', value: 'v', effect: 'NoExecute' }];
  });
  const leaving = () =>
    world.kinds
      .list('pods')
      .filter(({ metadata }) => metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name);
  await world.clock.step(100);
  assert.deepEqual(leaving(), ['intolerant']);
  const pod = world.kinds.get('pods', 'default', 'intolerant');
  assert.equal(pod?.status?.conditions?.[0]?.reason, 'DeletionByTaintManager');
  await world.clock.step(31_000);
  assert.deepEqual(leaving(), ['intolerant', 'patient']);
});
