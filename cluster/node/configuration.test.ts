import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Container, DraftOf, Pod, Secret } from '../controllers/kinds.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import { encodeBase64 } from '../schema/base64.ts';
import { bytesOf, textOf } from '../streams.ts';
import type { FileSystem } from './file-system.ts';
import { expand } from './kubelet/environment.ts';
import { type NodeWorld, nodeWorld } from './testing/node-world.ts';

function configMap(name: string, data: Record<string, string>): DraftOf<ConfigMap> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function secret(name: string, data: Record<string, string>): DraftOf<Secret> {
  const encoded = Object.entries(data).map(([key, text]) => [key, encodeBase64(bytesOf(text))]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    data: Object.fromEntries(encoded),
  };
}

async function run(
  made: NodeWorld,
  container: Partial<Container>,
  spec: Partial<Pod['spec']> = {},
): Promise<void> {
  await made.clock.step(100);
  const main: Container = { name: 'main', image: 'nginx', imagePullPolicy: 'IfNotPresent' };
  await made.create(
    podDraft(
      'web',
      { containers: [{ ...main, ...container }], ...spec },
      { labels: { app: 'web' }, annotations: { note: 'a "quoted" one' } },
    ),
  );
  await made.clock.step(1000);
}

function env(made: NodeWorld): Record<string, string> {
  return Object.fromEntries(made.runtime.last('main').config.env);
}

function waiting(made: NodeWorld): string {
  const state = made.pod('web').status?.containerStatuses?.[0]?.state?.waiting;
  return `${state?.reason}: ${state?.message}`;
}

/** The file system mounted at a path of the main container, and where in it the mount begins. */
function mount(made: NodeWorld, path: string): { files: FileSystem; root: string } {
  const found = made.runtime.last('main').config.mounts.find((each) => each.path === path);
  assert.ok(found, `nothing is mounted at ${path}`);
  return { files: found.source.files, root: found.subPath ? `/${found.subPath}` : '' };
}

function read(made: NodeWorld, path: string, file = ''): string {
  const { files, root } = mount(made, path);
  return textOf(files.readFile(`${root}${file}`));
}

test('$(NAME) is replaced where the name is known, $$ is a dollar sign', () => {
  const values: Record<string, string> = { A: 'one', B: '' };
  const cases: [string, string][] = [
    ['$(A)-$(A)', 'one-one'],
    ['[$(B)]', '[]'],
    ['$(C)', '$(C)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$one'],
    ['$A ${A} $', '$A ${A} $'],
  ];
  for (const [text, expected] of cases)
    assert.equal(
      expand(text, (name) => values[name]),
      expected,
    );
});

test('the environment is the image, then services, then what the container says, in that order', async () => {
  const made = nodeWorld();
  await made.kinds.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'my-db', namespace: 'default' },
    spec: { clusterIP: '10.96.0.9', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
  });
  await run(made, {
    env: [
      { name: 'GREETING', value: 'hello' },
      { name: 'BOTH', value: '$(GREETING) $(MY_DB_SERVICE_HOST) $(LATER)' },
      { name: 'LATER', value: 'x' },
      { name: 'IMAGE', value: 'overridden' },
    ],
  });
  const all = env(made);
  assert.equal(all['PATH'], '/usr/bin:/bin');
  assert.equal(all['IMAGE'], 'overridden');
  assert.equal(all['HOSTNAME'], 'web');
  assert.equal(all['HOME'], '/root');
  assert.equal(all['BOTH'], 'hello 10.96.0.9 $(LATER)');
  const links = Object.entries(all).filter(([name]) => name.startsWith('MY_DB'));
  assert.deepEqual(Object.fromEntries(links), {
    MY_DB_SERVICE_HOST: '10.96.0.9',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_SQL: '5432',
    MY_DB_PORT: 'tcp://10.96.0.9:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.96.0.9:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.96.0.9',
  });
});

test('values come from the pod, its resources, ConfigMaps and Secrets', async () => {
  const made = nodeWorld();
  await made.kinds.create('configmaps', configMap('settings', { level: 'info', color: 'red' }));
  await made.kinds.create('secrets', secret('db', { password: 'hunter2' }));
  const field = (name: string, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { fieldPath } },
  });
  await run(made, {
    resources: { limits: { memory: '64Mi' }, requests: { cpu: '250m' } },
    envFrom: [{ prefix: 'S_', configMapRef: { name: 'settings' } }, { secretRef: { name: 'db' } }],
    env: [
      field('NAME', 'metadata.name'),
      field('APP', "metadata.labels['app']"),
      field('IP', 'status.podIP'),
      field('NODE', 'spec.nodeName'),
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      {
        name: 'MILLI',
        valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } },
      },
      { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
      { name: 'PASS', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      {
        name: 'NONE',
        valueFrom: { configMapKeyRef: { name: 'nothing', key: 'x', optional: true } },
      },
    ],
  });
  const all = env(made);
  const wanted = ['NAME', 'APP', 'IP', 'NODE', 'MEMORY', 'CPU', 'MILLI', 'LEVEL', 'PASS'];
  assert.deepEqual(
    wanted.map((name) => all[name]),
    [
      'web',
      'web',
      '10.244.0.5',
      'mesh-lab-control-plane',
      '67108864',
      '4',
      '250',
      'info',
      'hunter2',
    ],
  );
  assert.equal(all['S_color'], 'red');
  assert.equal(all['password'], 'hunter2');
  assert.ok(!('NONE' in all));
});

for (const [title, container, message] of [
  [
    'a missing ConfigMap',
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'k' } } }] },
    'configmap "none" not found',
  ],
  [
    'a missing key',
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } }] },
    "couldn't find key k in ConfigMap default/settings",
  ],
  ['a missing Secret', { envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
] satisfies [string, Partial<Container>, string][])
  test(`${title} keeps a container from being made, until it is there`, async () => {
    const made = nodeWorld();
    await made.kinds.create('configmaps', configMap('settings', { level: 'info' }));
    await run(made, container);
    assert.equal(waiting(made), `CreateContainerConfigError: ${message}`);
    assert.ok(made.events('web').includes(`Failed: Error: ${message}`));
    await made.kinds.create('configmaps', configMap('none', { k: 'v' }));
    await made.kinds.create('secrets', secret('none', { k: 'v' }));
    await made.kinds.modify('configmaps', 'default', 'settings', (draft) => {
      draft.data = { k: 'v' };
    });
    await made.clock.step(11_000);
    assert.equal(made.pod('web').status?.phase, 'Running');
  });

test('runAsNonRoot refuses an image that runs as root', async () => {
  const made = nodeWorld();
  await run(made, { securityContext: { runAsNonRoot: true } });
  const { uid } = made.pod('web').metadata;
  assert.equal(
    waiting(made),
    `CreateContainerConfigError: container has runAsNonRoot and image will run as root (pod: "web_default(${uid})", container: main)`,
  );
});

test('command replaces the entrypoint and its arguments, args only those', async () => {
  for (const [container, argv] of [
    [{}, ['/entrypoint.sh', 'nginx']],
    [{ args: ['-t'] }, ['/entrypoint.sh', '-t']],
    [{ command: ['sh'] }, ['sh']],
    [
      { command: ['sh', '-c'], args: ['echo $(WHO)'], env: [{ name: 'WHO', value: 'me' }] },
      ['sh', '-c', 'echo me'],
    ],
  ] satisfies [Partial<Container>, string[]][]) {
    const made = nodeWorld();
    await run(made, container);
    assert.deepEqual(made.runtime.last('main').config.argv, argv);
  }
});

test('user, working directory and read-only root follow the security context', async () => {
  const made = nodeWorld();
  await run(
    made,
    { workingDir: '/srv', securityContext: { readOnlyRootFilesystem: true } },
    { securityContext: { runAsUser: 1000, runAsGroup: 3000 } },
  );
  const { config } = made.runtime.last('main');
  assert.deepEqual(config.user, { uid: 1000, gid: 3000 });
  assert.equal(config.workingDir, '/srv');
  assert.equal(config.readOnlyRoot, true);
});

test('a ConfigMap volume shows its keys, follows its object, and a subPath does not', async () => {
  const made = nodeWorld();
  await made.kinds.create('configmaps', configMap('settings', { 'a.conf': 'one', 'b.conf': 'b' }));
  await run(
    made,
    {
      volumeMounts: [
        { name: 'cfg', mountPath: '/etc/cfg' },
        { name: 'cfg', mountPath: '/etc/one.conf', subPath: 'a.conf' },
      ],
    },
    { volumes: [{ name: 'cfg', configMap: { name: 'settings' } }] },
  );
  const { files } = mount(made, '/etc/cfg');
  assert.deepEqual(
    files.list('/').filter((name) => !name.startsWith('..')),
    ['a.conf', 'b.conf'],
  );
  assert.equal(files.stat('/a.conf', false)?.target, '..data/a.conf');
  assert.equal(read(made, '/etc/cfg', '/a.conf'), 'one');
  assert.equal(made.runtime.last('main').config.mounts[0]?.readOnly, true);

  await made.kinds.modify('configmaps', 'default', 'settings', (draft) => {
    draft.data = { 'a.conf': 'two', 'c.conf': 'c' };
  });
  await made.clock.step(11_000);
  assert.equal(read(made, '/etc/cfg', '/a.conf'), 'two');
  assert.deepEqual(
    files.list('/').filter((name) => !name.startsWith('..')),
    ['a.conf', 'c.conf'],
  );
  assert.equal(files.list('/').filter((name) => name.startsWith('..2026')).length, 1);
  assert.equal(read(made, '/etc/one.conf'), 'one');
});

test('items choose keys, names and modes', async () => {
  const made = nodeWorld();
  await made.kinds.create('secrets', secret('tls', { key: 'private', crt: 'public' }));
  const secretName = 'tls';
  await run(
    made,
    { volumeMounts: [{ name: 'tls', mountPath: '/tls' }] },
    {
      volumes: [
        {
          name: 'tls',
          secret: { secretName, items: [{ key: 'key', path: 'in/key.pem', mode: 0o400 }] },
        },
      ],
    },
  );
  const { files } = mount(made, '/tls');
  assert.equal(read(made, '/tls', '/in/key.pem'), 'private');
  assert.equal(files.stat('/in/key.pem')?.mode, 0o400);
  assert.equal(files.stat('/crt'), undefined);
});

test('an emptyDir is shared by the containers of the pod and outlives their restarts', async () => {
  const made = nodeWorld();
  const volumeMounts = [{ name: 'scratch', mountPath: '/scratch' }];
  await run(made, { volumeMounts }, { volumes: [{ name: 'scratch', emptyDir: {} }] });
  mount(made, '/scratch').files.writeFile('/note', bytesOf('kept'));
  made.runtime.last('main').exit(1);
  await made.clock.step(2000);
  assert.equal(made.runtime.started.length, 2);
  assert.equal(read(made, '/scratch', '/note'), 'kept');
});

test('the service account volume holds certificate and namespace; downward files quote annotations', async () => {
  const made = nodeWorld();
  await made.kinds.create('configmaps', configMap('kube-root-ca.crt', { 'ca.crt': 'PEM' }));
  await run(
    made,
    { volumeMounts: [{ name: 'all', mountPath: '/all', readOnly: true }] },
    {
      volumes: [
        {
          name: 'all',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'token' } },
              {
                configMap: {
                  name: 'kube-root-ca.crt',
                  items: [{ key: 'ca.crt', path: 'ca.crt' }],
                },
              },
              {
                downwardAPI: {
                  items: [
                    { path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } },
                    { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
                  ],
                },
              },
            ],
          },
        },
      ],
    },
  );
  assert.equal(read(made, '/all', '/ca.crt'), 'PEM');
  assert.equal(read(made, '/all', '/namespace'), 'default');
  assert.equal(read(made, '/all', '/annotations'), 'note="a \\"quoted\\" one"\n');
});

for (const [title, volume, message] of [
  [
    'a missing ConfigMap',
    { configMap: { name: 'none' } },
    'MountVolume.SetUp failed for volume "v" : configmap "none" not found',
  ],
  [
    'a missing Secret',
    { secret: { secretName: 'none' } },
    'MountVolume.SetUp failed for volume "v" : secret "none" not found',
  ],
  [
    'a host path',
    { hostPath: { path: '/' } },
    'MountVolume.SetUp failed for volume "v" : hostPath is not simulated: the node of this cluster has no files of its own',
  ],
] as const)
  test(`${title} is told as a failed mount`, async () => {
    const made = nodeWorld();
    await run(made, {}, { volumes: [{ name: 'v', ...volume }] });
    assert.equal(waiting(made), 'ContainerCreating: undefined');
    assert.equal(made.events('web')[1], `FailedMount: ${message}`);
  });

test('what a container writes as its last words is the message of its end', async () => {
  const made = nodeWorld();
  await run(made, {}, { restartPolicy: 'Never' });
  const { files, root } = mount(made, '/dev/termination-log');
  files.writeFile(root, bytesOf('out of luck'));
  made.runtime.last('main').exit(2);
  await made.clock.step(100);
  const terminated = made.pod('web').status?.containerStatuses?.[0]?.state?.terminated;
  assert.equal(terminated?.message, 'out of luck');
});

test('with FallbackToLogsOnError the end of the log serves as the message', async () => {
  const made = nodeWorld();
  await run(
    made,
    { terminationMessagePolicy: 'FallbackToLogsOnError' },
    { restartPolicy: 'Never' },
  );
  made.runtime.last('main').print('first\nlast\n');
  made.runtime.last('main').exit(2);
  await made.clock.step(100);
  const terminated = made.pod('web').status?.containerStatuses?.[0]?.state?.terminated;
  assert.equal(terminated?.message, 'first\nlast\n');
});

test('an optional ConfigMap that comes later appears in the volume', async () => {
  const made = nodeWorld();
  const volumeMounts = [{ name: 'cfg', mountPath: '/etc/cfg' }];
  await run(
    made,
    { volumeMounts },
    { volumes: [{ name: 'cfg', configMap: { name: 'late', optional: true } }] },
  );
  const visible = () =>
    mount(made, '/etc/cfg')
      .files.list('/')
      .filter((name) => !name.startsWith('..'));
  assert.deepEqual(visible(), []);
  await made.kinds.create('configmaps', configMap('late', { key: 'value' }));
  await made.clock.step(11_000);
  assert.deepEqual(visible(), ['key']);
});

test('files of the downward API follow the labels of their pod', async () => {
  const made = nodeWorld();
  const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
  await run(
    made,
    { volumeMounts: [{ name: 'info', mountPath: '/info' }] },
    { volumes: [{ name: 'info', downwardAPI: { items } }] },
  );
  assert.equal(read(made, '/info', '/labels'), 'app="web"\n');
  await made.kinds.modify('pods', 'default', 'web', (draft) => {
    draft.metadata.labels = { app: 'web', version: 'v2' };
  });
  await made.clock.step(11_000);
  assert.equal(read(made, '/info', '/labels'), 'app="web"\nversion="v2"\n');
});
