import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEventExpiry, startPodGarbageCollector } from './cleanup.ts';
import { EventRecorder } from './events.ts';
import { nodeDraft, podDraft } from './testing/objects.ts';
import { testWorld } from './testing/world.ts';

test('events are gone an hour after they were last told', async () => {
  const world = testWorld();
  startEventExpiry(world);
  const pod = await world.kinds.create('pods', podDraft('web'));
  const events = new EventRecorder({
    client: world.kinds,
    clock: world.clock,
    random: world.random,
    log: world.log,
    component: 'kubelet',
    host: 'n',
  });
  events.event(pod, 'Normal', 'Once', 'told once');
  events.event(pod, 'Normal', 'Twice', 'told twice');
  await world.clock.step(1_800_000);
  events.event(pod, 'Normal', 'Twice', 'told twice');
  await world.clock.step(2_000_000);
  assert.deepEqual(
    world.kinds.list('events').map(({ reason, count }) => `${reason} ${count}`),
    ['Twice 2'],
  );
  await world.clock.step(2_000_000);
  assert.deepEqual(world.kinds.list('events'), []);
});

test('pods of a node that is gone are removed after a while, unassigned ones at once', async () => {
  const world = testWorld();
  startPodGarbageCollector(world);
  await world.kinds.create('nodes', nodeDraft('n'));
  await world.kinds.create('pods', podDraft('left', { nodeName: 'n' }));
  await world.kinds.delete('nodes', undefined, 'n');
  await world.clock.step(30_000);
  assert.ok(world.kinds.get('pods', 'default', 'left'));
  await world.clock.step(11_000);
  assert.equal(world.kinds.get('pods', 'default', 'left'), undefined);
});
