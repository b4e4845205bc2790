import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeploymentController } from './deployment.ts';
import type { Deployment } from './kinds.ts';
import { startReplicaSetController } from './replicaset.ts';
import { startScheduler } from './scheduler.ts';
import { startKubeletDouble } from './testing/kubelet-double.ts';
import { deploymentDraft, nodeDraft } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';
import { REVISION } from './deployment/replica-sets.ts';
import { templateHash } from './names.ts';
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

async function setImage(world: TestWorld, name: string, image: string): Promise<void> {
  await world.kinds.modify('deployments.apps', 'default', name, (draft) => {
    const [container] = draft.spec.template.spec?.containers ?? [];
    if (container) container.image = image;
  });
}

function setsOf(world: TestWorld): Record<string, number> {
  const sets = world.kinds.list('replicasets.apps');
  return Object.fromEntries(
    sets.map((set) => [set.metadata.annotations?.[REVISION] ?? '', set.spec.replicas ?? 0]),
  );
}

function progress(world: TestWorld, name: string): string {
  const condition = deploymentOf(world, name).status?.conditions?.find(
    ({ type }) => type === 'Progressing',
  );
  return `${condition?.status} ${condition?.reason}: ${condition?.message}`;
}

test('a rolling update goes one pod at a time, in the steps a real cluster reports', async () => {
  const world = await cluster();
  await world.kinds.create('deployments.apps', deploymentDraft('backend', 3));
  await world.clock.step(3000);
  const [first] = world.kinds.list('replicasets.apps');
  await setImage(world, 'backend', 'nginx:1.28');
  await world.clock.step(10_000);
  const second = world.kinds
    .list('replicasets.apps')
    .find(({ metadata }) => metadata.name !== first?.metadata.name);
  const [old, young] = [first?.metadata.name, second?.metadata.name];
  assert.deepEqual(messages(world, 'Deployment').slice(1), [
    `Scaled up replica set ${young} from 0 to 1`,
    `Scaled down replica set ${old} from 3 to 2`,
    `Scaled up replica set ${young} from 1 to 2`,
    `Scaled down replica set ${old} from 2 to 1`,
    `Scaled up replica set ${young} from 2 to 3`,
    `Scaled down replica set ${old} from 1 to 0`,
  ]);
  assert.deepEqual(setsOf(world), { 1: 0, 2: 3 });
  assert.equal(deploymentOf(world, 'backend').metadata.annotations?.[REVISION], '2');
  assert.deepEqual(world.logged, []);
});

test('an undo comes back to the same hash, with a new revision and the old one in its history', async () => {
  const world = await cluster();
  await world.kinds.create('deployments.apps', deploymentDraft('web', 2));
  await world.clock.step(3000);
  const [first] = world.kinds.list('replicasets.apps');
  await setImage(world, 'web', 'nginx:1.28');
  await world.clock.step(10_000);
  await setImage(world, 'web', 'nginx');
  await world.clock.step(10_000);

  const sets = world.kinds.list('replicasets.apps');
  assert.equal(sets.length, 2);
  const again = sets.find(({ metadata }) => metadata.name === first?.metadata.name);
  assert.equal(again?.spec.replicas, 2);
  assert.equal(again.metadata.annotations?.[REVISION], '3');
  assert.equal(again.metadata.annotations['deployment.kubernetes.io/revision-history'], '1');
});

test('annotations go with the template to the replica set, those of tools stay behind', async () => {
  const world = await cluster();
  const draft = deploymentDraft('web', 1);
  draft.metadata.annotations = {
    'kubernetes.io/change-cause': 'initial',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
  };
  await world.kinds.create('deployments.apps', draft);
  await world.clock.step(3000);
  assert.deepEqual(world.kinds.list('replicasets.apps')[0]?.metadata.annotations, {
    'kubernetes.io/change-cause': 'initial',
    'deployment.kubernetes.io/desired-replicas': '1',
    'deployment.kubernetes.io/max-replicas': '2',
    'deployment.kubernetes.io/revision': '1',
  });
});

test('scaling in the middle of a rollout keeps the proportions of old and new', async () => {
  const world = await cluster({ broken: (pod) => pod.spec.containers[0]?.image === 'bad' });
  await world.kinds.create('deployments.apps', deploymentDraft('web', 10));
  await world.clock.step(5000);
  await setImage(world, 'web', 'bad');
  await world.clock.step(10_000);
  // 25 % of 10: three more pods, two fewer that serve.
  assert.deepEqual(setsOf(world), { 1: 8, 2: 5 });
  await world.kinds.modify('deployments.apps', 'default', 'web', (draft) => {
    draft.spec.replicas = 20;
  });
  await world.clock.step(10_000);
  assert.deepEqual(setsOf(world), { 1: 15, 2: 10 });
});

test('a paused deployment scales but does not roll, and goes on when resumed', async () => {
  const world = await cluster();
  await world.kinds.create('deployments.apps', deploymentDraft('web', 2));
  await world.clock.step(3000);
  await world.kinds.modify('deployments.apps', 'default', 'web', (draft) => {
    draft.spec.paused = true;
  });
  await setImage(world, 'web', 'nginx:1.28');
  await world.clock.step(3000);
  assert.equal(progress(world, 'web'), 'Unknown DeploymentPaused: Deployment is paused');
  assert.deepEqual(setsOf(world), { 1: 2 });
  await world.kinds.modify('deployments.apps', 'default', 'web', (draft) => {
    delete draft.spec.paused;
  });
  await world.clock.step(10_000);
  assert.deepEqual(setsOf(world), { 1: 0, 2: 2 });
  assert.match(progress(world, 'web'), /^True NewReplicaSetAvailable/);
});

test('a rollout that stands still past its deadline says so, and only then', async () => {
  const world = await cluster({ broken: () => true });
  await world.kinds.create(
    'deployments.apps',
    deploymentDraft('web', 1, { progressDeadlineSeconds: 60 }),
  );
  await world.clock.step(55_000);
  assert.match(progress(world, 'web'), /^True ReplicaSetUpdated: ReplicaSet "web-\w+" is progress/);
  await world.clock.step(10_000);
  assert.match(
    progress(world, 'web'),
    /^False ProgressDeadlineExceeded: ReplicaSet "web-\w+" has timed out progressing\.$/,
  );
});

test('Recreate waits for the last old pod before it makes the first new one', async () => {
  const world = await cluster({ stopMs: 5000 });
  const strategy = { type: 'Recreate' as const };
  await world.kinds.create('deployments.apps', deploymentDraft('web', 2, { strategy }));
  await world.clock.step(3000);
  await setImage(world, 'web', 'nginx:1.28');
  await world.clock.step(3000);
  assert.equal(world.kinds.list('replicasets.apps').length, 1);
  assert.equal(world.kinds.list('pods').length, 2);
  await world.clock.step(10_000);
  assert.deepEqual(setsOf(world), { 1: 0, 2: 2 });
});

test('old replica sets beyond the history limit are deleted, the oldest first', async () => {
  const world = await cluster();
  await world.kinds.create(
    'deployments.apps',
    deploymentDraft('web', 1, { revisionHistoryLimit: 1 }),
  );
  await world.clock.step(3000);
  for (const tag of ['1.26', '1.27', '1.28']) {
    await setImage(world, 'web', `nginx:${tag}`);
    await world.clock.step(6000);
  }
  assert.deepEqual(setsOf(world), { 3: 0, 4: 1 });
});

test('a replica set of the same name with another template makes the next hash differ', async () => {
  const world = await cluster();
  const draft = deploymentDraft('web', 1);
  const hash = templateHash(draft.spec.template, undefined);
  await world.kinds.create('replicasets.apps', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `web-${hash}`, namespace: 'default', labels: { other: 'yes' } },
    spec: { replicas: 0, selector: { matchLabels: { other: 'yes' } } },
  });
  await world.kinds.create('deployments.apps', draft);
  await world.clock.step(3000);
  assert.equal(deploymentOf(world, 'web').status?.collisionCount, 1);
  assert.equal(deploymentOf(world, 'web').status?.availableReplicas, 1);
});

test('after ten similar events the rest are combined into one that counts', async () => {
  const world = await cluster();
  await world.kinds.create('deployments.apps', deploymentDraft('web', 1));
  await world.clock.step(3000);
  for (let replicas = 2; replicas <= 13; replicas++) {
    await world.kinds.modify('deployments.apps', 'default', 'web', (draft) => {
      draft.spec.replicas = replicas;
    });
    await world.clock.step(1000);
  }
  const about = world.kinds
    .list('events')
    .filter((event) => event.involvedObject.kind === 'Deployment');
  assert.equal(about.length, 10);
  const combined = about.find((event) => event.message?.startsWith('(combined'));
  assert.match(
    combined?.message ?? '',
    /^\(combined from similar events\): Scaled up replica set web-\w+ from 12 to 13$/,
  );
  assert.equal(combined?.count, 4);
});
