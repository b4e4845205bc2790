import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '../api/world.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import { metricsReadings } from './metrics.ts';
import { nodeWorld } from './testing/node-world.ts';

test('CPU is told as a rate since the last reading, memory as it is', async () => {
  const made = nodeWorld();
  await made.clock.step(100);
  await made.create(podDraft('web'));
  await made.clock.step(1500);
  const container = made.runtime.last('nginx');
  const world = { store: made.store, clock: made.clock } as unknown as World;
  const readings = metricsReadings(() => made.node);
  const usage = () => {
    const [pod] = readings['pods.metrics.k8s.io']?.(world, 'default') ?? [];
    return pod?.['containers'];
  };
  assert.deepEqual(usage(), [{ name: 'nginx', usage: { cpu: '0n', memory: '1024Ki' } }]);
  container.usage = () => ({ cpuNanoseconds: 251_000_000, memoryBytes: 2_097_152 });
  await made.clock.step(5000);
  assert.deepEqual(usage(), [{ name: 'nginx', usage: { cpu: '50000000n', memory: '2048Ki' } }]);
  const [node] = readings['nodes.metrics.k8s.io']?.(world, undefined) ?? [];
  assert.equal(node?.metadata.name, 'mesh-lab-control-plane');
  assert.deepEqual(node['usage'], { cpu: '50000000n', memory: '2048Ki' });
});

test('a pod without running containers has no reading', async () => {
  const made = nodeWorld();
  await made.clock.step(100);
  await made.create(podDraft('web'));
  const world = { store: made.store, clock: made.clock } as unknown as World;
  assert.deepEqual(metricsReadings(() => made.node)['pods.metrics.k8s.io']?.(world, 'default'), []);
});
