import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podDraft } from '../controllers/testing/objects.ts';
import { nodeWorld } from './testing/node-world.ts';

test('a pod is scheduled, pulled, started and ready about a second after its creation', async () => {
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
