import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asKind } from '../controllers/kinds.ts';
import { isReady } from '../controllers/pods.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import { nodeWorld } from './testing/node-world.ts';

test('as delivered, pods are ready about a second after their creation, and not all in one instant', async () => {
  const world = nodeWorld({ timing: {} });
  await world.clock.step(100);
  for (let at = 0; at < 20; at++) await world.create(podDraft(`web-${at}`));
  const began = world.clock.now();
  const readyAt = new Map<string, number>();
  world.store.onChange(({ resource, object }) => {
    if (resource === 'pods' && isReady(asKind('pods', object)) && !readyAt.has(object.metadata.uid))
      readyAt.set(object.metadata.uid, world.clock.now() - began);
  });
  await world.clock.step(3000);
  const times = [...readyAt.values()];
  assert.equal(times.length, 20);
  assert.ok(Math.min(...times) > 900 && Math.max(...times) < 1600, times.join(' '));
  assert.ok(new Set(times).size > 10);
});

test('a pod is scheduled, pulled, started and running, each step told in an event', async () => {
  const world = nodeWorld();
  await world.clock.step(100);
  await world.create(podDraft('web'));
  await world.clock.step(1000);

  const pod = world.pod('web');
  assert.equal(pod.status?.phase, 'Running');
  assert.equal(pod.status?.podIP, '10.244.0.5');
  assert.deepEqual(
    pod.status?.conditions?.map(({ type, status }) => `${type}=${status}`),
    [
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ],
  );
  assert.deepEqual(world.events('web'), [
    'Scheduled: Successfully assigned default/web to mesh-lab-control-plane',
    'Pulling: Pulling image "nginx"',
    'Pulled: Successfully pulled image "nginx" in 280ms (280ms including waiting). Image size: 25000000 bytes.',
    'Created: Container created',
    'Started: Container started',
  ]);
  assert.deepEqual(world.logged, []);
});
