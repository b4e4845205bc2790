// @kubernetes/client-node against a real embedded cluster over HTTPS: what programs do, where kubectl is what people do.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import {
  ApiException,
  ApisApi,
  AppsV1Api,
  Attach,
  AuthorizationV1Api,
  AutoscalingV1Api,
  CoreV1Api,
  Cp,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  Log,
  Metrics,
  PatchStrategy,
  PortForward,
  RbacAuthorizationV1Api,
  type V1ConfigMap,
  type V1Deployment,
  type V1Status,
  VersionApi,
  Watch,
  loadAllYaml,
  makeInformer,
  setHeaderOptions,
  topNodes,
  topPods,
} from '@kubernetes/client-node';
import { made } from '../../scripts/products.ts';
import { TestCluster } from '../support/cluster.ts';

const directory = mkdtempSync(join(tmpdir(), 'client-node-'));
const config = new KubeConfig();
let cluster: TestCluster;
let core: CoreV1Api;

before(async () => {
  await made('schemas');
  cluster = await TestCluster.start({ directory, clockSpeed: 5 });
  config.loadFromFile(cluster.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});

after(async () => {
  await cluster.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A namespace of its own for each test: they run in any order. */
async function namespace(name: string): Promise<string> {
  await core.createNamespace({ body: { metadata: { name } } });
  return name;
}

async function configMap(ns: string, name: string, data: Record<string, string> = {}, labels = {}) {
  const body: V1ConfigMap = { metadata: { name, labels }, data };
  return core.createNamespacedConfigMap({ namespace: ns, body });
}

async function runningPod(ns: string, name: string, command: string[], image = 'busybox') {
  await core.createNamespacedPod({
    namespace: ns,
    body: {
      metadata: { name },
      spec: {
        containers: [{ name: 'main', image, command, stdin: true }],
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 0,
      },
    },
  });
  await until(`pod ${name} is running`, async () => {
    const { status } = await core.readNamespacedPod({ namespace: ns, name });
    return status?.phase === 'Running' || status?.phase === 'Succeeded';
  });
}

/** Milliseconds a fact may take to come true. */
const LIMIT_MS = 20_000;

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const late = Date.now() + LIMIT_MS;
  while (!(await isTrue())) {
    if (Date.now() > late) assert.fail(`${what}: not so after ${LIMIT_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What the API refused, as client-node hands it on. */
async function refusal(request: Promise<unknown>): Promise<{ code: number; status: V1Status }> {
  try {
    await request;
  } catch (error) {
    assert.ok(error instanceof ApiException, String(error));
    const body: unknown = error.body;
    return {
      code: error.code,
      status: (typeof body === 'string' ? JSON.parse(body) : body) as V1Status,
    };
  }
  return assert.fail('it was accepted');
}

test('lists page by page, and by labels and fields', async () => {
  const ns = await namespace('lists');
  for (let at = 0; at < 7; at++)
    await configMap(ns, `map-${at}`, {}, { parity: at % 2 === 0 ? 'even' : 'odd' });
  const names: string[] = [];
  let _continue: string | undefined;
  let pages = 0;
  do {
    const page = await core.listNamespacedConfigMap({
      namespace: ns,
      limit: 3,
      ...(_continue === undefined ? {} : { _continue }),
    });
    names.push(...page.items.map(({ metadata }) => metadata?.name ?? ''));
    _continue = page.metadata?._continue;
    pages++;
  } while (_continue);
  assert.equal(pages, 3);
  assert.deepEqual(names, ['kube-root-ca.crt', ...[0, 1, 2, 3, 4, 5, 6].map((at) => `map-${at}`)]);
  const odd = await core.listNamespacedConfigMap({
    namespace: ns,
    labelSelector: 'parity in (odd)',
  });
  assert.equal(odd.items.length, 3);
  const one = await core.listNamespacedConfigMap({
    namespace: ns,
    fieldSelector: 'metadata.name=map-2',
  });
  assert.equal(one.items[0]?.metadata?.name, 'map-2');
});

test('an informer knows what is there, and hears of every change', async () => {
  const ns = await namespace('informed');
  await configMap(ns, 'before', { a: '1' });
  const heard: string[] = [];
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${ns}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace: ns }),
  );
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, ({ metadata }) => heard.push(`${verb} ${metadata?.name}`));
  await informer.start();
  await configMap(ns, 'later', { a: '1' });
  await core.replaceNamespacedConfigMap({
    namespace: ns,
    name: 'later',
    body: { metadata: { name: 'later' }, data: { a: '2' } },
  });
  await core.deleteNamespacedConfigMap({ namespace: ns, name: 'before' });
  await until('the informer has heard it all', () => heard.includes('delete before'));
  await informer.stop();
  assert.deepEqual(heard, [
    'add before',
    'add kube-root-ca.crt',
    'add later',
    'update later',
    'delete before',
  ]);
  assert.equal(informer.get('later', ns)?.data?.['a'], '2');
  assert.deepEqual(
    new Set(informer.list(ns).map(({ metadata }) => metadata?.name)),
    new Set(['kube-root-ca.crt', 'later']),
  );
});

test('a watch begins with what is there, and a bookmark says where that ends', async () => {
  const ns = await namespace('watched');
  const initial: string[] = [];
  let ended = () => {};
  const bookmark = new Promise<void>((resolve) => (ended = resolve));
  const watching = await new Watch(config).watch(
    `/api/v1/namespaces/${ns}/configmaps`,
    {
      allowWatchBookmarks: true,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
    },
    (type: string, { metadata }: KubernetesObject) => {
      const last = metadata?.annotations?.['k8s.io/initial-events-end'];
      initial.push(last === undefined ? `${type} ${metadata?.name}` : `${type} ${last}`);
      if (last !== undefined) ended();
    },
    () => {},
  );
  await bookmark;
  watching.abort();
  assert.deepEqual(initial, ['ADDED kube-root-ca.crt', 'BOOKMARK true']);
});

const deployment = (replicas: number): V1Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { tier: 'front' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'nginx', image: 'nginx:1.29' },
          { name: 'side', image: 'busybox', command: ['sleep', '1000'] },
        ],
      },
    },
  },
});

test('four kinds of patch, each with its own way to merge', async () => {
  const ns = await namespace('patched');
  const apps = config.makeApiClient(AppsV1Api);
  await apps.createNamespacedDeployment({ namespace: ns, body: deployment(0) });
  const patch = (strategy: PatchStrategy, body: object, more = {}) =>
    apps.patchNamespacedDeployment(
      { namespace: ns, name: 'web', body, ...more },
      setHeaderOptions('Content-Type', strategy),
    );
  const images = (patched: V1Deployment) =>
    patched.spec?.template.spec?.containers.map(({ name, image }) => `${name}=${image}`);
  const container = { name: 'nginx', image: 'nginx:1.28' };
  const template = { spec: { template: { spec: { containers: [container] } } } };

  const strategic = await patch(PatchStrategy.StrategicMergePatch, template);
  assert.deepEqual(images(strategic), ['nginx=nginx:1.28', 'side=busybox']);
  const merged = await patch(PatchStrategy.MergePatch, {
    ...template,
    metadata: { labels: { tier: null } },
  });
  assert.deepEqual(images(merged), ['nginx=nginx:1.28']);
  assert.deepEqual(merged.metadata?.labels ?? {}, {});
  const json = await patch(PatchStrategy.JsonPatch, [
    { op: 'test', path: '/spec/replicas', value: 0 },
    { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'nginx:1.27' },
  ]);
  assert.deepEqual(images(json), ['nginx=nginx:1.27']);
  const untrue = await refusal(
    patch(PatchStrategy.JsonPatch, [{ op: 'test', path: '/spec/replicas', value: 9 }]),
  );
  assert.equal(untrue.code, 422);

  const applied = { apiVersion: 'apps/v1', kind: 'Deployment', ...template };
  const conflict = await refusal(
    patch(PatchStrategy.ServerSideApply, applied, { fieldManager: 'tests' }),
  );
  assert.equal(conflict.code, 409);
  assert.match(
    conflict.status.message ?? '',
    /conflict with "[^"]+" using apps\/v1: \.spec\.template\.spec\.containers\[name="nginx"\]\.image/,
  );
  const forced = await patch(PatchStrategy.ServerSideApply, applied, {
    fieldManager: 'tests',
    force: true,
  });
  assert.deepEqual(images(forced), ['nginx=nginx:1.28']);
  assert.ok(
    forced.metadata?.managedFields?.some(
      ({ manager, operation }) => manager === 'tests' && operation === 'Apply',
    ),
  );
});

test('objects of any kind are created, read, applied and deleted from YAML', async () => {
  await namespace('objects');
  const client = KubernetesObjectApi.makeApiClient(config);
  const [definition, ...objects] = loadAllYaml(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: cups.tests.meshproof.example }
spec:
  group: tests.meshproof.example
  scope: Namespaced
  names: { kind: Cup, plural: cups, singular: cup }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { size: { type: integer, minimum: 1 } } }
            status: { type: object, properties: { full: { type: boolean } } }
---
apiVersion: tests.meshproof.example/v1
kind: Cup
metadata: { name: mine, namespace: objects }
spec: { size: 3, colour: red }
---
apiVersion: v1
kind: Service
metadata: { name: cups, namespace: objects }
spec: { ports: [{ port: 80 }], selector: { app: cups } }
`) as KubernetesObject[];
  assert.ok(definition);
  await client.create(definition);
  await until('the new kind is served', async () => {
    const { groups } = await config.makeApiClient(ApisApi).getAPIVersions();
    return groups.some(({ name }) => name === 'tests.meshproof.example');
  });
  for (const object of objects) await client.create(object);
  for (const { apiVersion, kind, metadata } of objects) {
    const applied = {
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(kind === undefined ? {} : { kind }),
      metadata: { name: metadata?.name ?? '', namespace: 'objects', labels: { applied: 'yes' } },
    };
    const { ServerSideApply } = PatchStrategy;
    await client.patch(applied, undefined, undefined, 'tests', true, ServerSideApply);
  }
  const cups = config.makeApiClient(CustomObjectsApi);
  const group = {
    group: 'tests.meshproof.example',
    version: 'v1',
    namespace: 'objects',
    plural: 'cups',
  };
  const cup = (await cups.getNamespacedCustomObject({ ...group, name: 'mine' })) as {
    metadata: { labels: Record<string, string>; generation: number };
    spec: Record<string, unknown>;
  };
  assert.deepEqual(cup.spec, { size: 3 }); // what the schema does not know is pruned
  assert.deepEqual(cup.metadata.labels, { applied: 'yes' });
  await cups.patchNamespacedCustomObjectStatus(
    { ...group, name: 'mine', body: { status: { full: true } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  const after = (await cups.getNamespacedCustomObjectStatus({ ...group, name: 'mine' })) as {
    metadata: { generation: number };
    status: { full: boolean };
  };
  assert.equal(after.status.full, true);
  assert.equal(after.metadata.generation, cup.metadata.generation);
  const small = await refusal(
    cups.createNamespacedCustomObject({
      ...group,
      body: {
        apiVersion: 'tests.meshproof.example/v1',
        kind: 'Cup',
        metadata: { name: 'no' },
        spec: { size: 0 },
      },
    }),
  );
  assert.equal(small.code, 422);
  assert.match(
    small.status.message ?? '',
    /spec\.size: Invalid value: 0: spec\.size in body should be greater than or equal to 1/,
  );
  for (const object of [...objects, definition]) await client.delete(object);
  const gone = await refusal(
    client.read({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'cups', namespace: 'objects' },
    }),
  );
  assert.equal(gone.code, 404);
});

test('refusals come as Status objects with the reason', async () => {
  const ns = await namespace('refused');
  await configMap(ns, 'one', { a: '1' });
  const cases: [Promise<unknown>, number, string, RegExp][] = [
    [
      core.readNamespacedPod({ namespace: ns, name: 'no' }),
      404,
      'NotFound',
      /^pods "no" not found$/,
    ],
    [configMap(ns, 'one'), 409, 'AlreadyExists', /^configmaps "one" already exists$/],
    [
      core.replaceNamespacedConfigMap({
        namespace: ns,
        name: 'one',
        body: { metadata: { name: 'one', resourceVersion: '1' } },
      }),
      409,
      'Conflict',
      /the object has been modified; please apply your changes to the latest version and try again$/,
    ],
    [
      core.createNamespacedPod({
        namespace: ns,
        body: { metadata: { name: 'p' }, spec: { containers: [] } },
      }),
      422,
      'Invalid',
      /^Pod "p" is invalid: spec\.containers: Required value$/,
    ],
  ];
  for (const [request, code, reason, message] of cases) {
    const { code: told, status } = await refusal(request);
    assert.equal(told, code);
    assert.equal(status.reason, reason);
    assert.match(status.message ?? '', message);
  }
});

test('dry runs change nothing; scale and eviction are asked as subresources', async () => {
  const ns = await namespace('sub');
  const apps = config.makeApiClient(AppsV1Api);
  const dry = await apps.createNamespacedDeployment({
    namespace: ns,
    body: deployment(1),
    dryRun: 'All',
  });
  assert.equal(dry.spec?.progressDeadlineSeconds, 600);
  assert.deepEqual((await apps.listNamespacedDeployment({ namespace: ns })).items, []);
  await apps.createNamespacedDeployment({ namespace: ns, body: deployment(1) });
  await apps.replaceNamespacedDeploymentScale({
    namespace: ns,
    name: 'web',
    body: { metadata: { name: 'web', namespace: ns }, spec: { replicas: 2 } },
  });
  await until('both replicas are ready', async () => {
    const { status } = await apps.readNamespacedDeployment({ namespace: ns, name: 'web' });
    return status?.readyReplicas === 2;
  });
  const [pod] = (await core.listNamespacedPod({ namespace: ns })).items;
  const name = pod?.metadata?.name ?? '';
  await core.createNamespacedPodEviction({ namespace: ns, name, body: { metadata: { name } } });
  await until('the evicted pod is replaced', async () => {
    const names = (await core.listNamespacedPod({ namespace: ns })).items.map(
      (one) => one.metadata?.name,
    );
    return names.length === 2 && !names.includes(name);
  });
  await config.makeApiClient(AutoscalingV1Api).getAPIResources();
});

test('exec with a terminal knows its size, and Ctrl-C reaches the program', async () => {
  const ns = await namespace('exec');
  await runningPod(ns, 'shell', ['sleep', '1000']);
  const stdin = new PassThrough();
  const stdout = Object.assign(new PassThrough(), { columns: 91, rows: 17 });
  let text = '';
  stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  const over = new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(ns, 'shell', 'main', ['sh'], stdout, null, stdin, true, resolve)
      .catch(reject);
  });
  // The shell marks its prompts, commands and outputs for terminals that know such marks.
  const seen = () => text.replace(/\u001b\](?:133|633);[^\u0007]*\u0007/g, '');
  await until('there is a prompt', () => text.includes('# '));
  stdin.write('stty size\n');
  await until('the size is told', () => text.includes('17 91'));
  stdin.write('sleep 1000\n');
  await until('it sleeps', () => seen().endsWith('sleep 1000\r\n'));
  stdin.write('\u0003');
  await until('there is a prompt again', () => /\^C\r?\n.*# $/.test(seen()));
  stdin.write('exit 7\n');
  const status = await over;
  assert.equal(status.details?.causes?.[0]?.message, '7');
});

test('attach joins a running program', async () => {
  const ns = await namespace('attached');
  await runningPod(ns, 'reader', ['sh', '-c', 'while read line; do echo "heard $line"; done']);
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const socket = await new Attach(config).attach(ns, 'reader', 'main', stdout, null, stdin, false);
  stdin.write('you\n');
  const [first] = (await once(stdout, 'data')) as [Buffer];
  assert.equal(first.toString(), 'heard you\n');
  socket.close();
});

test('logs: the tail, timestamps, and following to the end', async () => {
  const ns = await namespace('logs');
  await runningPod(ns, 'talker', ['sh', '-c', 'for i in 1 2 3 4; do echo line $i; sleep 1; done']);
  const all = new PassThrough();
  await new Log(config).log(ns, 'talker', 'main', all, { follow: true });
  let text = '';
  for await (const bytes of all as AsyncIterable<Buffer>) text += bytes.toString();
  assert.equal(text, 'line 1\nline 2\nline 3\nline 4\n');
  const tail = await core.readNamespacedPodLog({
    namespace: ns,
    name: 'talker',
    tailLines: 2,
    timestamps: true,
  });
  assert.match(tail, /^\d{4}-\d\d-\d\dT[\d:.]+Z line 3\n\d{4}-\d\d-\d\dT[\d:.]+Z line 4\n$/);
  assert.equal(
    await core.readNamespacedPodLog({ namespace: ns, name: 'talker', limitBytes: 6 }),
    'line 1',
  );
});

test('a port is forwarded for one request after another', async () => {
  const ns = await namespace('forwarded');
  await runningPod(ns, 'web', ['nginx', '-g', 'daemon off;'], 'nginx');
  const forward = new PortForward(config);
  for (let at = 0; at < 3; at++) {
    const input = new PassThrough();
    const output = new PassThrough();
    const socket = await forward.portForward(ns, 'web', [80], output, null, input);
    input.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
    const [answer] = (await once(output, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 OK/);
    if ('close' in socket) socket.close();
  }
});

test('files are copied into a pod and out of it', async () => {
  const ns = await namespace('copied');
  await runningPod(ns, 'box', ['sleep', '1000']);
  const sent = mkdtempSync(join(directory, 'sent-'));
  writeFileSync(join(sent, 'sent.txt'), 'from the test\n');
  const copy = new Cp(config);
  await copy.cpToPod(ns, 'box', 'main', sent, '/tmp');
  await until('the file is in the pod', async () => {
    const stdout = new PassThrough();
    const command = ['cat', '/tmp/sent.txt'];
    const over = new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec(ns, 'box', 'main', command, stdout, null, null, false, resolve)
        .catch(reject);
    });
    await over;
    return String(stdout.read()) === 'from the test\n';
  });
  const target = mkdtempSync(join(directory, 'received-'));
  await copy.cpFromPod(ns, 'box', 'main', 'sent.txt', target, '/tmp');
  await until('the file has come', () => {
    try {
      return readFileSync(join(target, 'sent.txt'), 'utf8') === 'from the test\n';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
});

test('metrics tell what nodes and pods use', async () => {
  const ns = await namespace('measured');
  await runningPod(ns, 'web', ['nginx', '-g', 'daemon off;'], 'nginx');
  const metrics = new Metrics(config);
  await until('the pod is measured', async () => {
    const { items } = await metrics.getPodMetrics(ns);
    return items.some(({ metadata }) => metadata.name === 'web');
  });
  const [pod] = await topPods(core, metrics, ns);
  assert.ok(Number(pod?.Memory.CurrentUsage) > 0);
  assert.equal((await topNodes(core)).length, 1);
  assert.equal((await metrics.getNodeMetrics()).items.length, 1);
});

test('a service account’s token may do what its role says, and no more', async () => {
  const ns = await namespace('accounts');
  await core.createNamespacedServiceAccount({
    namespace: ns,
    body: { metadata: { name: 'reader' } },
  });
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  await rbac.createNamespacedRole({
    namespace: ns,
    body: {
      metadata: { name: 'reads' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
    },
  });
  await rbac.createNamespacedRoleBinding({
    namespace: ns,
    body: {
      metadata: { name: 'reads' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reads' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: ns }],
    },
  });
  const { status } = await core.createNamespacedServiceAccountToken({
    namespace: ns,
    name: 'reader',
    body: { spec: { audiences: [], expirationSeconds: 600 } },
  });
  const other = new KubeConfig();
  const known = config.getCurrentCluster();
  assert.ok(known);
  other.loadFromClusterAndUser(known, { name: 'reader', token: status?.token ?? '' });
  const reader = other.makeApiClient(CoreV1Api);
  assert.equal((await reader.listNamespacedConfigMap({ namespace: ns })).items.length, 1);
  const { code, status: refused } = await refusal(reader.listNamespacedSecret({ namespace: ns }));
  assert.equal(code, 403);
  assert.equal(
    refused.message,
    `secrets is forbidden: User "system:serviceaccount:${ns}:reader" cannot list resource "secrets" in API group "" in the namespace "${ns}"`,
  );
  const review = await other.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
    body: {
      spec: { resourceAttributes: { namespace: ns, verb: 'get', resource: 'configmaps' } },
    },
  });
  assert.equal(review.status?.allowed, true);
});

test('the version and the groups are told', async () => {
  const { gitVersion } = await config.makeApiClient(VersionApi).getCode();
  assert.match(gitVersion, /^v1\.36\./);
  const { groups } = await config.makeApiClient(ApisApi).getAPIVersions();
  assert.ok(groups.some(({ name }) => name === 'apps'));
});
