import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteStreams } from '../api/kubelet.ts';
import { StatusError } from '../api/status.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import { bytesOf, concatBytes, textOf } from '../streams.ts';
import type { NodeSnapshot } from './node.ts';
import { type NodeWorld, nodeWorld } from './testing/node-world.ts';

const never = new AbortController().signal;
const nobody: RemoteStreams = { onResize: () => {}, signal: never };

async function world(): Promise<NodeWorld> {
  const made = nodeWorld();
  await made.clock.step(100);
  await made.create(podDraft('web'));
  await made.clock.step(1000);
  return made;
}

async function logs(
  { node }: NodeWorld,
  options: { previous?: boolean; container?: string } = {},
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const all = { container: 'nginx', previous: false, follow: false, timestamps: false, ...options };
  for await (const chunk of await node.logs('default', 'web', all, never)) chunks.push(chunk);
  return textOf(concatBytes(chunks));
}

/** What the kubelet answers instead. */
async function refusal(asked: () => Promise<unknown>): Promise<string> {
  try {
    await asked();
    return 'no refusal';
  } catch (error) {
    assert.ok(error instanceof StatusError);
    return `${error.status.code} ${error.message}`;
  }
}

test('logs show what the container wrote, and with previous what the run before wrote', async () => {
  const made = await world();
  made.runtime.last('nginx').print('first run\n');
  assert.equal(await logs(made), 'first run\n');
  assert.equal(
    await refusal(() => logs(made, { previous: true })),
    '400 previous terminated container "nginx" in pod "web" not found',
  );
  made.runtime.last('nginx').exit(1);
  await made.clock.step(2000);
  made.runtime.last('nginx').print('second run\n');
  assert.equal(await logs(made), 'second run\n');
  assert.equal(await logs(made, { previous: true }), 'first run\n');
  made.runtime.last('nginx').exit(1);
  await made.clock.step(1000);
  // It waits for its next run: what it wrote last is there under both names.
  assert.equal(await logs(made), 'second run\n');
  assert.equal(await logs(made, { previous: true }), 'second run\n');
});

test('a container that has not started has no log, and the kubelet says why', async () => {
  const made = nodeWorld();
  await made.clock.step(100);
  await made.create(podDraft('web', { containers: [{ name: 'nginx', image: 'nope' }] }));
  await made.clock.step(100);
  const waiting = 'container "nginx" in pod "web" is waiting to start';
  assert.equal(await refusal(() => logs(made)), `400 ${waiting}: ContainerCreating`);
  await made.clock.step(600);
  assert.equal(await refusal(() => logs(made)), `400 ${waiting}: image can't be pulled`);
  await made.clock.step(2000);
  assert.equal(await refusal(() => logs(made)), `400 ${waiting}: trying and failing to pull image`);
  assert.equal(
    await refusal(() => logs(made, { container: 'other' })),
    '400 container other is not valid for pod web',
  );
});

test('exec and attach reach a running container and refuse one that is not', async () => {
  const made = await world();
  const { node, runtime } = made;
  const container = 'nginx';
  const command = ['ls', '/'];
  const result = await node.exec('default', 'web', { container, tty: false, command }, nobody);
  assert.deepEqual(result, { exitCode: 0 });
  assert.deepEqual(runtime.last('nginx').commands, ['ls /']);
  runtime.last('nginx').exit(1);
  await made.clock.step(10);
  assert.equal(
    await refusal(() => node.exec('default', 'web', { container, tty: false, command }, nobody)),
    '500 unable to upgrade connection: container not found ("nginx")',
  );
  assert.equal(
    await refusal(() => node.attach('default', 'web', { container, tty: true }, nobody)),
    '500 unable to upgrade connection: container nginx not found in pod web_default',
  );
  assert.equal(
    await refusal(() => node.attach('default', 'nobody', { container, tty: true }, nobody)),
    '404 pods "nobody" not found',
  );
});

test('a restored node goes on: same address, same containers, no restart counted, logs and files kept', async () => {
  const made = await worldWithVolume();
  const status = made.pod('web').status;
  made.runtime.last('nginx').print('before\n');
  const scratch = made.runtime.last('nginx').config.mounts.find(({ path }) => path === '/scratch');
  scratch?.source.files.makeDirectory('/deep');
  scratch?.source.files.writeFile('/deep/note', bytesOf('kept'), 0o600);

  const told = new Set(made.events('web'));
  const snapshot = JSON.parse(JSON.stringify(made.node.snapshot())) as NodeSnapshot;
  made.node.stop();
  const after = nodeWorld({ snapshot, world: made });
  await after.clock.step(5000);

  assert.deepEqual(after.pod('web').status, status);
  assert.equal(after.runtime.started.length, 1);
  assert.equal(await logs(after), 'before\n');
  after.runtime.last('nginx').print('after\n');
  assert.equal(await logs(after), 'before\nafter\n');
  const restored = after.runtime
    .last('nginx')
    .config.mounts.find(({ path }) => path === '/scratch');
  assert.equal(textOf(restored?.source.files.readFile('/deep/note') ?? new Uint8Array()), 'kept');
  assert.equal(restored?.source.files.stat('/deep/note')?.mode, 0o600);
  assert.deepEqual(new Set(after.events('web')), told);
});

test('a pod whose ConfigMap has gone meanwhile goes on with the files it had', async () => {
  const made = nodeWorld();
  await made.clock.step(100);
  await made.kinds.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { 'a.conf': 'one' },
  });
  await made.create(
    podDraft('web', {
      containers: [
        { name: 'nginx', image: 'nginx', volumeMounts: [{ name: 'cfg', mountPath: '/etc/cfg' }] },
      ],
      volumes: [{ name: 'cfg', configMap: { name: 'settings' } }],
    }),
  );
  await made.clock.step(1000);
  await made.kinds.delete('configmaps', 'default', 'settings');

  const snapshot = JSON.parse(JSON.stringify(made.node.snapshot())) as NodeSnapshot;
  made.node.stop();
  const after = nodeWorld({ snapshot, world: made });
  await after.clock.step(5000);

  assert.equal(after.pod('web').status?.phase, 'Running');
  const mount = after.runtime.last('nginx').config.mounts.find(({ path }) => path === '/etc/cfg');
  const file = mount?.source.files.readFile('/a.conf');
  assert.equal(textOf(file ?? new Uint8Array()), 'one');
  assert.equal(mount?.readOnly, true);
});

async function worldWithVolume(): Promise<NodeWorld> {
  const made = nodeWorld();
  await made.clock.step(100);
  await made.create(
    podDraft('web', {
      containers: [
        {
          name: 'nginx',
          image: 'nginx',
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        },
      ],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    }),
  );
  await made.clock.step(1000);
  return made;
}

test('a restored crash loop keeps its count and its wait', async () => {
  const made = await world();
  for (let crash = 0; crash < 2; crash++) {
    made.runtime.last('nginx').exit(1);
    await made.clock.step(1500);
  }
  const snapshot = JSON.parse(JSON.stringify(made.node.snapshot())) as NodeSnapshot;
  made.node.stop();
  const after = nodeWorld({ snapshot, world: made });
  await after.clock.step(5000);
  const [status] = after.pod('web').status?.containerStatuses ?? [];
  assert.equal(status?.state?.waiting?.reason, 'CrashLoopBackOff');
  assert.equal(status.restartCount, 1);
  await after.clock.step(6000);
  assert.equal(after.pod('web').status?.containerStatuses?.[0]?.restartCount, 2);
});

test('a node without a snapshot takes up what the API says was running', async () => {
  const made = await world();
  made.node.stop();
  const after = nodeWorld({ world: made });
  await after.clock.step(3000);
  assert.equal(after.pod('web').status?.phase, 'Running');
  assert.equal(after.runtime.started.length, 1);
});

test('a stopped node kills its containers and writes nothing', async () => {
  const made = await world();
  const { writes } = made.api;
  made.node.stop();
  await made.clock.step(60_000);
  assert.deepEqual(made.runtime.last('nginx').signals, ['SIGKILL']);
  assert.equal(made.api.writes, writes);
});

test('the node looks like a kind node', async () => {
  const made = await world();
  const node = made.kinds.get('nodes', undefined, 'mesh-lab-control-plane');
  assert.equal(node?.spec.podCIDR, '10.244.0.0/24');
  assert.equal(node.spec.taints, undefined);
  assert.equal(node.metadata.labels?.['node-role.kubernetes.io/control-plane'], '');
  assert.deepEqual(node.status?.addresses?.[0], { type: 'InternalIP', address: '172.18.0.2' });
  assert.equal(node.status?.capacity?.['cpu'], '4');
  assert.equal(node.status.nodeInfo?.kubeletVersion, 'v1.36.2');
  assert.deepEqual(
    node.status.conditions?.map(({ type, status }) => `${type}=${status}`),
    ['MemoryPressure=False', 'DiskPressure=False', 'PIDPressure=False', 'Ready=True'],
  );
  const lease = made.kinds.get(
    'leases.coordination.k8s.io',
    'kube-node-lease',
    'mesh-lab-control-plane',
  );
  const before = lease?.spec.renewTime;
  await made.clock.step(10_000);
  assert.notEqual(
    made.kinds.get('leases.coordination.k8s.io', 'kube-node-lease', 'mesh-lab-control-plane')?.spec
      .renewTime,
    before,
  );
});

test('usage is told for each running container', async () => {
  const made = await world();
  assert.deepEqual(made.node.usage('default', 'web'), [
    { container: 'nginx', cpuNanoseconds: 1_000_000, memoryBytes: 1_048_576 },
  ]);
});

test('a node whose object was deleted makes itself known again', async () => {
  const made = await world();
  await made.kinds.delete('nodes', undefined, 'mesh-lab-control-plane');
  await made.clock.step(10_000);
  assert.ok(made.kinds.get('nodes', undefined, 'mesh-lab-control-plane'));
  assert.equal(made.pod('web').status?.phase, 'Running');
});
