import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Node, Pod } from './kinds.ts';
import { startScheduler } from './scheduler.ts';
import { nodeDraft, podDraft } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';

async function cluster(change: (node: Node) => void = () => {}): Promise<TestWorld> {
  const world = testWorld();
  startScheduler(world);
  await world.kinds.create('nodes', nodeDraft());
  await changeNode(world, change);
  return world;
}

async function changeNode(world: TestWorld, change: (node: Node) => void): Promise<void> {
  await world.kinds.modify('nodes', undefined, 'mesh-lab-control-plane', change);
}

function requests(cpu: string, memory = '1Mi'): Partial<Pod['spec']> {
  return { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu, memory } } }] };
}

/** Why the pod has no node, or the node it has. */
function placeOf(world: TestWorld, name: string): string {
  const pod = world.kinds.get('pods', 'default', name);
  const condition = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return pod?.spec.nodeName ?? `${condition?.reason}: ${condition?.message}`;
}

function events(world: TestWorld): Event[] {
  return world.kinds.list('events');
}

test('a pod is bound and told so in an event of the new kind', async () => {
  const world = await cluster();
  await world.kinds.create('pods', podDraft('web'));
  await world.clock.step(100);
  assert.equal(placeOf(world, 'web'), 'mesh-lab-control-plane');
  const [event] = events(world);
  assert.equal(event?.message, 'Successfully assigned default/web to mesh-lab-control-plane');
  assert.equal(event.reason, 'Scheduled');
  assert.equal(event.action, 'Binding');
  assert.equal(event.reportingComponent, 'default-scheduler');
  assert.match(event.eventTime ?? '', /\.\d{6}Z$/);
});

const NO_VICTIMS =
  'no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
const NO_HELP =
  'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';

test('a pod that asks for more than is left waits, and is placed when something goes', async () => {
  const world = await cluster();
  await world.kinds.create('pods', podDraft('big', requests('3')));
  await world.clock.step(100);
  await world.kinds.create('pods', podDraft('second', requests('2')));
  await world.clock.step(100);
  assert.equal(
    placeOf(world, 'second'),
    `Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. ${NO_VICTIMS}`,
  );
  await world.kinds.delete('pods', 'default', 'big', { gracePeriodSeconds: 0 });
  await world.clock.step(2000);
  assert.equal(placeOf(world, 'second'), 'mesh-lab-control-plane');
});

test('a pod that no node could ever hold is told that preemption would not help', async () => {
  const world = await cluster();
  await world.kinds.create('pods', podDraft('huge', requests('100', '1Ti')));
  await world.clock.step(100);
  assert.equal(
    placeOf(world, 'huge'),
    `Unschedulable: 0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${NO_HELP}`,
  );
  const [event] = events(world);
  assert.equal(event?.type, 'Warning');
  assert.equal(event.reason, 'FailedScheduling');
});

for (const [title, prepare, spec, reason] of [
  [
    'a cordoned node',
    (node: Node) => (node.spec.unschedulable = true),
    {},
    'node(s) were unschedulable',
  ],
  [
    'a taint',
    (node: Node) => (node.spec.taints = [{ key: 'k', value: 'v', effect: 'NoSchedule' }]),
    {},
    'node(s) had untolerated taint(s)',
  ],
  [
    'a node selector',
    () => {},
    { nodeSelector: { disk: 'ssd' } },
    "node(s) didn't match Pod's node affinity/selector",
  ],
] as const)
  test(`${title} keeps pods away, in the scheduler's words`, async () => {
    const world = await cluster((node) => void prepare(node));
    await world.kinds.create('pods', podDraft('web', spec));
    await world.clock.step(100);
    assert.equal(
      placeOf(world, 'web'),
      `Unschedulable: 0/1 nodes are available: 1 ${reason}. ${NO_HELP}`,
    );
  });

test('an uncordoned node takes the waiting pods', async () => {
  const world = await cluster((node) => {
    node.spec.unschedulable = true;
  });
  await world.kinds.create('pods', podDraft('web'));
  await world.clock.step(5000);
  await changeNode(world, (node) => {
    delete node.spec.unschedulable;
  });
  await world.clock.step(11_000);
  assert.equal(placeOf(world, 'web'), 'mesh-lab-control-plane');
});

test('a tolerated taint does not keep a pod away', async () => {
  const world = await cluster((node) => {
    node.spec.taints = [{ key: 'k', value: 'v', effect: 'NoSchedule' }];
  });
  const tolerations = [{ key: 'k', operator: 'Equal' as const, value: 'v' }];
  await world.kinds.create('pods', podDraft('web', { tolerations }));
  await world.clock.step(100);
  assert.equal(placeOf(world, 'web'), 'mesh-lab-control-plane');
});

test('the node takes as many pods as it says, and not one more', async () => {
  const world = testWorld();
  startScheduler(world);
  await world.kinds.create('nodes', nodeDraft('n', 1));
  await world.kinds.create('pods', podDraft('first'));
  await world.clock.step(50);
  await world.kinds.create('pods', podDraft('second'));
  await world.clock.step(50);
  assert.match(placeOf(world, 'second'), /1 Too many pods\. no new claims/);
});

test('of pods that wait together the more important one goes first', async () => {
  const world = await cluster((node) => {
    node.spec.unschedulable = true;
  });
  await world.kinds.create('pods', podDraft('low', { ...requests('3'), priority: 0 }));
  await world.kinds.create('pods', podDraft('high', { ...requests('3'), priority: 1000 }));
  await world.clock.step(100);
  await changeNode(world, (node) => {
    delete node.spec.unschedulable;
  });
  await world.clock.step(15_000);
  assert.equal(placeOf(world, 'high'), 'mesh-lab-control-plane');
  assert.match(placeOf(world, 'low'), /Insufficient cpu/);
});

test('pods that must not share a node do not', async () => {
  const world = await cluster((node) => {
    node.metadata.labels = { 'kubernetes.io/hostname': 'n' };
  });
  const apart = {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { app: 'web' } },
          },
        ],
      },
    },
  };
  for (const name of ['first', 'second']) {
    await world.kinds.create('pods', podDraft(name, apart, { labels: { app: 'web' } }));
    await world.clock.step(100);
  }
  assert.match(placeOf(world, 'second'), /1 node\(s\) didn't match pod anti-affinity rules/);
});

test('without any node the message says so', async () => {
  const world = testWorld();
  startScheduler(world);
  await world.kinds.create('pods', podDraft('web'));
  await world.clock.step(100);
  assert.equal(placeOf(world, 'web'), 'Unschedulable: no nodes available to schedule pods');
});

test('a pod that cannot be placed is asked about again only when something changes', async () => {
  const world = await cluster();
  await world.kinds.create('pods', podDraft('huge', requests('100')));
  await world.clock.step(60_000);
  const writes = world.api.writes;
  await world.clock.step(120_000);
  assert.equal(world.api.writes, writes);
});
