import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startControllers } from '../controllers/controllers.ts';
import { type ApiWorld, apiWorld } from '../controllers/testing/api-world.ts';
import { defaultLimits } from '../limits.ts';
import { ClusterNetwork } from '../network/cluster-network.ts';
import { Node } from './node.ts';
import { RuntimeDouble, imagesDouble } from './testing/runtime-double.ts';

async function cluster(): Promise<ApiWorld & { node: Node; runtime: RuntimeDouble }> {
  const world = await apiWorld();
  const { store, clock, random, log } = world;
  const runtime = new RuntimeDouble();
  const node = new Node({
    store,
    client: world.client('kubelet'),
    clock,
    network: new ClusterNetwork({ store, clock, limits: defaultLimits, random }),
    runtime,
    images: imagesDouble,
    limits: defaultLimits,
    random,
    log,
  });
  startControllers(world);
  node.start();
  await world.step(100);
  return { ...world, node, runtime };
}

test('a deployment as kubectl makes it comes up behind the real API, and then nothing more is written', async () => {
  const world = await cluster();
  await world.kinds.create('deployments.apps', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'frontend', namespace: 'default', labels: { app: 'frontend' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'frontend' } },
      template: {
        metadata: { labels: { app: 'frontend' } },
        spec: { containers: [{ name: 'nginx', image: 'nginx' }] },
      },
    },
  });
  await world.step(3000);
  const changes: string[] = [];
  world.store.onChange(({ type, resource, object }) =>
    changes.push(`${type} ${resource} ${object.metadata.name}`),
  );
  assert.deepEqual(world.logged, []);
  assert.equal(
    world.kinds.get('deployments.apps', 'default', 'frontend')?.status?.availableReplicas,
    2,
  );
  await world.step(9000);
  assert.deepEqual(
    changes.filter((change) => !change.includes('leases')),
    [],
  );
});
