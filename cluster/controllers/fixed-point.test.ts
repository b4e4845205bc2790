// Whatever is in a cluster, its controllers come to rest: a controller whose output always differs would loop for ever.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startControllers } from './controllers.ts';
import type { DraftOf, Job, Pod, ReplicaSet, Service } from './kinds.ts';
import { startKubeletDouble } from './testing/kubelet-double.ts';
import { deploymentDraft, nodeDraft, podDraft, podSpec } from './testing/objects.ts';
import { apiWorld } from './testing/api-world.ts';
import type { World } from './world.ts';
import { type TestWorld, testWorld } from './testing/world.ts';

type SomeWorld = Pick<TestWorld, 'kinds' | 'logged'> & World;

/** Two names and two labels, so that things meet. */
const app = fc.constantFrom('a', 'b');

const deployment = fc
  .record({
    name: app,
    replicas: fc.integer({ min: 0, max: 5 }),
    surge: fc.constantFrom(0, 1, '25%', '100%'),
    unavailable: fc.constantFrom(0, 1, '25%'),
    recreate: fc.boolean(),
    paused: fc.boolean(),
    deadline: fc.constantFrom(60, 600, 2_147_483_647),
    minReadySeconds: fc.constantFrom(0, 5),
    image: fc.constantFrom('good', 'broken'),
    labels: app,
  })
  .map(({ name, replicas, surge, unavailable, image, labels, ...rest }) => {
    const draft = deploymentDraft(name, replicas, {
      progressDeadlineSeconds: rest.deadline,
      minReadySeconds: rest.minReadySeconds,
      ...(rest.paused ? { paused: true } : {}),
      strategy: rest.recreate
        ? { type: 'Recreate' }
        : {
            type: 'RollingUpdate',
            rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable },
          },
      selector: { matchLabels: { app: labels } },
      template: {
        metadata: { labels: { app: labels } },
        spec: podSpec({ containers: [{ name: 'c', image }] }),
      },
    });
    return (world: SomeWorld) => world.kinds.create('deployments.apps', draft);
  });

const replicaSet = fc
  .record({ labels: app, replicas: fc.integer({ min: 0, max: 4 }), image: app })
  .map(({ labels, replicas, image }) => (world: SomeWorld) => {
    const draft: DraftOf<ReplicaSet> = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { generateName: 'set-', namespace: 'default', labels: { app: labels } },
      spec: {
        replicas,
        selector: { matchLabels: { app: labels } },
        template: {
          metadata: { labels: { app: labels } },
          spec: podSpec({ containers: [{ name: 'c', image }] }),
        },
      },
    };
    return world.kinds.create('replicasets.apps', draft);
  });

const pod = fc
  .record({
    labels: app,
    cpu: fc.constantFrom('0', '1', '100'),
    nodeName: fc.constantFrom(undefined, 'mesh-lab-control-plane', 'nowhere'),
    owner: fc.constantFrom(undefined, 'nobody'),
    finalizers: fc.constantFrom<string[]>([], ['example.com/hold']),
  })
  .map(({ labels, cpu, nodeName, owner, finalizers }) => (world: SomeWorld) => {
    const draft: DraftOf<Pod> = podDraft(
      '',
      {
        containers: [{ name: 'c', image: 'good', resources: { requests: { cpu } } }],
        ...(nodeName === undefined ? {} : { nodeName }),
      },
      {
        generateName: 'pod-',
        labels: { app: labels },
        finalizers,
        ...(owner === undefined
          ? {}
          : { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: owner, uid: owner }] }),
      },
    );
    delete draft.metadata.name;
    return world.kinds.create('pods', draft);
  });

const service = fc
  .record({
    labels: app,
    target: fc.constantFrom(80, 'web'),
    headless: fc.boolean(),
    notReady: fc.boolean(),
  })
  .map(({ labels, target, headless, notReady }) => (world: SomeWorld) => {
    const draft: DraftOf<Service> = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { generateName: 'service-', namespace: 'default' },
      spec: {
        selector: { app: labels },
        ports: [{ port: 80, protocol: 'TCP', targetPort: target }],
        ...(headless ? { clusterIP: 'None' } : {}),
        publishNotReadyAddresses: notReady,
      },
    };
    return world.kinds.create('services', draft);
  });

const job = fc
  .record({
    completions: fc.constantFrom(undefined, 1, 3),
    parallelism: fc.integer({ min: 0, max: 3 }),
    indexed: fc.boolean(),
    suspend: fc.boolean(),
    deadline: fc.constantFrom(undefined, 20),
    ttl: fc.constantFrom(undefined, 30),
  })
  .map(({ completions, parallelism, indexed, suspend, deadline, ttl }) => (world: SomeWorld) => {
    const labels = { 'job-name': 'j' };
    const draft: DraftOf<Job> = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j', namespace: 'default', labels },
      spec: {
        parallelism,
        backoffLimit: 2,
        suspend,
        ...(completions === undefined ? {} : { completions }),
        ...(deadline === undefined ? {} : { activeDeadlineSeconds: deadline }),
        ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }),
        ...(indexed && completions !== undefined ? { completionMode: 'Indexed' as const } : {}),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec({ restartPolicy: 'Never' }) },
      },
    };
    return world.kinds.create('jobs.batch', draft);
  });

/** Eight objects settle in a few hundred. */
const MOST_WRITES = 5_000;

/** What people do while controllers are at work. */
const disturbance = fc.constantFrom(
  'delete a deployment',
  'delete a pod',
  'change an image',
  'scale',
  'cordon',
  'delete the namespace',
  'nothing',
);

async function disturb(world: SomeWorld, what: string): Promise<void> {
  const { kinds } = world;
  const [first] = kinds.list('deployments.apps');
  const [somePod] = kinds.list('pods');
  const change = (edit: Parameters<typeof kinds.modify<'deployments.apps'>>[3]) =>
    first && kinds.modify('deployments.apps', 'default', first.metadata.name, edit);
  switch (what) {
    case 'delete a deployment':
      if (first) await kinds.delete('deployments.apps', 'default', first.metadata.name);
      return;
    case 'delete a pod':
      if (somePod) await kinds.delete('pods', 'default', somePod.metadata.name);
      return;
    case 'change an image':
      await change((draft) => {
        draft.spec.template.spec = podSpec({ containers: [{ name: 'c', image: 'other' }] });
      });
      return;
    case 'scale':
      await change((draft) => {
        draft.spec.replicas = 3;
      });
      return;
    case 'cordon':
      await kinds.modify('nodes', undefined, 'mesh-lab-control-plane', (node) => {
        node.spec.unschedulable = true;
      });
      return;
    case 'delete the namespace':
      // The real API keeps this one.
      await kinds.delete('namespaces', undefined, 'default').catch((error: unknown) => {
        assert.match(String(error), /may not be deleted/);
      });
      return;
  }
}

interface Restless {
  world: SomeWorld;
  /** Reaches past the number of writes in which anything must have settled. */
  writes(): number;
}

/** Lets objects meet controllers, disturbs them once, and sees that nothing changes any more afterwards. */
async function comesToRest(
  { world, writes }: Restless,
  objects: readonly ((world: SomeWorld) => Promise<unknown>)[],
  disturbed: string,
): Promise<void> {
  const stop = startControllers(world);
  startKubeletDouble(world, {
    broken: (each) => each.spec.containers[0]?.image === 'broken',
  });
  const node = await world.kinds.create('nodes', nodeDraft());
  await world.kinds.modify(
    'nodes',
    undefined,
    node.metadata.name,
    (draft) => {
      draft.status = { ...nodeDraft().status, conditions: [{ type: 'Ready', status: 'True' }] };
    },
    'status',
  );
  await world.clock.step(10);
  for (const create of objects) {
    try {
      await create(world);
    } catch (error) {
      assert.match(String(error), /already exists|is invalid/);
    }
  }
  await world.clock.step(3000);
  await disturb(world, disturbed);
  // Deadlines of rollouts are ten minutes away, and events expire after an hour: neither may start anything.
  await world.clock.step(900_000);
  assert.ok(writes() < MOST_WRITES, `${writes()} writes`);
  const unrest: string[] = [];
  world.store.onChange(({ type, resource, object }) => {
    // Told again every five minutes, as long as it holds.
    if (object['reason'] === 'FailedScheduling') return;
    unrest.push(`${type} ${resource} ${object.metadata.name}`);
  });
  await world.clock.step(900_000);
  assert.deepEqual(unrest, [], 'changes in a quarter of an hour of rest');
  assert.deepEqual(world.logged, []);
  stop();
}

const objects = fc.array(fc.oneof(deployment, replicaSet, pod, service, job), { maxLength: 8 });

test('from any set of objects and any disturbance the controllers come to rest', async () => {
  await fc.assert(
    fc.asyncProperty(objects, disturbance, fc.integer(), async (creates, disturbed, seed) => {
      const world = testWorld(seed);
      // A loop without a pause would never give the clock back: past this it is stopped, and fails the test.
      world.refuse = () => {
        if (world.api.writes > MOST_WRITES) throw new Error('the controllers do not come to rest');
        return undefined;
      };
      await world.kinds.create('namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'default' },
        spec: { finalizers: ['kubernetes'] },
      });
      await comesToRest({ world, writes: () => world.api.writes }, creates, disturbed);
    }),
    { numRuns: 50 },
  );
});

test('behind the real API, which has its own form for what is written, they come to rest too', async () => {
  await fc.assert(
    fc.asyncProperty(objects, disturbance, fc.integer(), async (creates, disturbed, seed) => {
      const world = await apiWorld({ seed });
      const began = world.store.revision;
      world.store.onChange(() => {
        if (world.store.revision - began > MOST_WRITES)
          throw new Error('the controllers do not come to rest');
      });
      const writes = () => world.store.revision - began;
      await comesToRest({ world, writes }, creates, disturbed);
    }),
    { numRuns: 40 },
  );
});
