import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeploymentController } from './deployment.ts';
import type { Deployment } from './kinds.ts';
import { startReplicaSetController } from './replicaset.ts';
import { startScheduler } from './scheduler.ts';
import { startKubeletDouble } from './testing/kubelet-double.ts';
import { deploymentDraft, nodeDraft } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';
import { isReady } from './pods.ts';

async function cluster(options: Parameters<typeof startKubeletDouble>[1] = {}): Promise<TestWorld> {
  const world = testWorld();
  startDeploymentController(world);
  startReplicaSetController(world);
  startScheduler(world);
  startKubeletDouble(world, options);
  await world.kinds.create('nodes', nodeDraft());
  return world;
}

function deploymentOf(world: TestWorld, name: string): Deployment {
  const deployment = world.kinds.get('deployments.apps', 'default', name);
  assert.ok(deployment);
  return deployment;
}

function messages(world: TestWorld, kind: string): string[] {
  return world.kinds
    .list('events')
    .filter((event) => event.involvedObject.kind === kind)
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map((event) => event.message ?? '');
}

test('a deployment makes a replica set, that makes pods, and all become available', async () => {
  const world = await cluster();
  await world.kinds.create('deployments.apps', deploymentDraft('frontend', 2));
  await world.clock.step(2000);

  const [set] = world.kinds.list('replicasets.apps');
  assert.match(set?.metadata.name ?? '', /^frontend-[bcdf4-9]{6,10}$/);
  assert.equal(world.kinds.list('pods').filter(isReady).length, 2);
  assert.deepEqual(deploymentOf(world, 'frontend').status, {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    terminatingReplicas: 0,
    conditions: [
      {
        type: 'Available',
        status: 'True',
        lastUpdateTime: '2026-11-22T10:53:45Z',
        lastTransitionTime: '2026-11-22T10:53:45Z',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
      {
        type: 'Progressing',
        status: 'True',
        lastUpdateTime: '2026-11-22T10:53:45Z',
        lastTransitionTime: '2026-11-22T10:53:44Z',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
      },
    ],
  });
  assert.deepEqual(messages(world, 'Deployment'), [
    `Scaled up replica set ${set?.metadata.name} from 0 to 2`,
  ]);
  assert.deepEqual(world.logged, []);
});
