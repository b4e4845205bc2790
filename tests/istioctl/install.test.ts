// An installation's life: asked for, repeated, changed, doubled by a revision, taken away. One cluster, in order.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiError } from '../../istioctl/api-client.ts';
import { askIstiod, istiodPods } from '../../istioctl/istiod.ts';
import { at, listOf } from '../../cluster/schema/fields.ts';
import type { KubeObject } from '../../cluster/object.ts';
import { IstioctlLab } from './lab.ts';

let lab: IstioctlLab;
before(async () => {
  lab = await IstioctlLab.start();
});
after(() => lab.stop());

const SYSTEM = '/api/v1/namespaces/istio-system';
const ISTIOD = '/apis/apps/v1/namespaces/istio-system/deployments/istiod';
const INJECTORS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

function pod(name: string, namespace: string, labels: Record<string, string> = {}) {
  return {
    path: `/api/v1/namespaces/${namespace}/pods`,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels },
      spec: { containers: [{ name: 'web', image: 'nginx:1.30' }] },
    },
  };
}

async function create(name: string, namespace: string, labels?: Record<string, string>) {
  const { path, object } = pod(name, namespace, labels);
  return (await lab.client.json('POST', path, { body: object })) as KubeObject;
}

const makeNamespace = (name: string, labels: Record<string, string>) =>
  lab.client.json('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
  });

const sidecarOf = (object: KubeObject) =>
  listOf(at(object, 'spec', 'initContainers')).find(({ name }) => name === 'istio-proxy');

test('before it is there, version says so', async () => {
  assert.deepEqual(await lab.istioctl(['version']), {
    exit: 0,
    out: 'client version: 1.30.3\n',
    err: 'Istio is not present in the cluster: no running Istio pods in namespace "istio-system"\n',
  });
});

test('without -y it asks, and a no leaves the cluster alone', async () => {
  const { exit, out, err } = await lab.istioctl(
    ['install', '--set', 'profile=demo'],
    ['what', 'n'],
  );
  assert.equal(exit, 1);
  const question =
    'This will install the Istio 1.30.3 profile "demo" into the cluster. Proceed? (y/N) ';
  assert.equal(out, question + question);
  assert.match(err, /Cancelled\.\n$/);
  assert.equal(await lab.client.find(SYSTEM), undefined);
});

test('a file that is no installation is refused before anything is made', async () => {
  const said = async (...words: string[]) => (await lab.istioctl(['install', '-y', ...words])).err;
  assert.match(
    await said('-f', 'nowhere.yaml'),
    /\nError: generate config: merge inputs: open nowhere\.yaml: no such file or directory\n$/,
  );
  assert.match(
    await said('--set', 'profile=ambient'),
    /\nError: the components cni and ztunnel \(profile ambient\) are not simulated on the embedded cluster: /,
  );
  assert.equal(await lab.client.find(SYSTEM), undefined);
});

test('it installs, tells how far it is, and answers for istio-injection', async () => {
  const { exit, err } = await lab.istioctl([
    'install',
    '--set',
    'profile=minimal',
    '--set',
    'values.global.proxy.resources.requests.cpu=10m',
    '-y',
  ]);
  assert.equal(exit, 0);
  const told = err.split('\n').filter((line) => line.startsWith('✔'));
  assert.deepEqual(told, [
    '✔ Istio core installed ⛵️',
    '✔ Istiod installed 🧠',
    '✔ Installation complete',
  ]);
  const tag = await lab.client.get(`${INJECTORS}/istio-revision-tag-default`);
  assert.equal(listOf(tag['webhooks']).length, 4);
  await makeNamespace('app', { 'istio-injection': 'enabled' });
  const sidecar = sidecarOf(await create('web', 'app'));
  assert.deepEqual(at(sidecar, 'resources', 'requests'), { cpu: '10m', memory: '128Mi' });
  assert.equal(sidecar?.['image'], 'registry.istio.io/release/proxyv2:1.30.3');
});

test('check-inject says which label decides', async () => {
  const check = async (...words: string[]) => {
    const { out } = await lab.istioctl(['x', 'check-inject', ...words]);
    return out
      .replaceAll(/\x1b\[\d*m/g, '')
      .replaceAll(/ {2,}/g, ' | ')
      .trimEnd()
      .split('\n');
  };
  assert.deepEqual(await check('web.app'), [
    'WEBHOOK | REVISION | INJECTED | REASON',
    'istio-revision-tag-default | default | ✔ | Namespace label istio-injection=enabled matches',
    'istio-sidecar-injector | default | ✘ | The injection webhook is deactivated, and will never match labels.',
  ]);
  assert.match(
    (await check('-n', 'app', '-l', 'sidecar.istio.io/inject=false'))[1] ?? '',
    /✘ \| Pod has sidecar\.istio\.io\/inject=false label, preventing injection$/,
  );
  assert.match(
    (await check('-n', 'default', '-l', 'app=web'))[1] ?? '',
    /✘ \| No matching namespace labels \(istio\.io\/rev=default, istio-injection=enabled\) or pod labels \(istio\.io\/rev=default, sidecar\.istio\.io\/inject=true\)$/,
  );
});

test('version counts the proxies that are connected', async () => {
  const { out } = await lab.until('a connected proxy', async () => {
    const said = await lab.istioctl(['version']);
    return said.out.includes('(1 proxies)') && said;
  });
  assert.equal(
    out,
    'client version: 1.30.3\ncontrol plane version: 1.30.3\ndata plane version: 1.30.3 (1 proxies)\n',
  );
});

test('a second time changes nothing that istiod runs by', async () => {
  const seen = async () => [
    (await lab.client.get(ISTIOD)).metadata.generation,
    (await lab.client.get(`${SYSTEM}/configmaps/istio`)).metadata.resourceVersion,
    (await lab.client.get(`${SYSTEM}/configmaps/istio-sidecar-injector`)).metadata.resourceVersion,
  ];
  const first = await seen();
  const again = ['--set', 'values.global.proxy.resources.requests.cpu=10m'];
  const { exit } = await lab.istioctl(['install', '--set', 'profile=minimal', ...again, '-y']);
  assert.equal(exit, 0);
  assert.deepEqual(await seen(), first);
});

test('a file changes the mesh’s settings, and istiod reads them without a restart', async () => {
  const file = join(lab.directory, 'platform.yaml');
  writeFileSync(
    file,
    `kind: IstioOperator
spec:
  profile: minimal
  meshConfig: {accessLogFile: /dev/stdout}
`,
  );
  const pods = () => istiodPods(lab.client, 'istio-system');
  const names = async () => (await pods()).map(({ metadata }) => metadata.name);
  const before = await names();
  assert.equal((await lab.istioctl(['install', '-f', file, '-y'])).exit, 0);
  assert.deepEqual(await names(), before);
  const [istiod] = await pods();
  assert.ok(istiod);
  await lab.until('the new settings', async () =>
    (await askIstiod(lab.client, istiod, '/debug/mesh')).includes('accessLogFile'),
  );
});

test('an istiod that cannot start is no installation, and the one before goes on', async () => {
  const { exit, err } = await lab.istioctl([
    'install',
    '--set',
    'profile=minimal',
    '--set',
    'hub=example.com/istio',
    '--readiness-timeout',
    '2s',
    '-y',
  ]);
  assert.equal(exit, 1);
  assert.match(
    err,
    /\nError: failed to install manifests: failed to wait for resource: resources not ready after 2s: context deadline exceeded\n {2}Deployment\/istio-system\/istiod \(container failed to start: (ErrImagePull|ImagePullBackOff): /,
  );
  assert.ok(sidecarOf(await create('meanwhile', 'app')));
  assert.equal((await lab.istioctl(['install', '--set', 'profile=minimal', '-y'])).exit, 0);
});

test('a settings’ kind of istioctl is none of the cluster’s', async () => {
  await assert.rejects(lab.client.get('/apis/install.istio.io/v1alpha1'), ApiError);
});

test('a revision runs beside, and a tag leads to it', async () => {
  const { exit } = await lab.istioctl([
    'install',
    '--set',
    'profile=minimal',
    '--revision',
    'canary',
    '-y',
  ]);
  assert.equal(exit, 0);
  const set = await lab.istioctl(['tag', 'set', 'prod', '--revision', 'canary']);
  assert.match(
    set.out,
    /^Revision tag "prod" created, referencing control plane revision "canary"\./,
  );
  await makeNamespace('shop', { 'istio.io/rev': 'prod' });
  const made = await create('web', 'shop');
  assert.equal(made.metadata.annotations?.['istio.io/rev'], 'canary');
  assert.equal(
    listOf(sidecarOf(made)?.['env']).find(({ name }) => name === 'CA_ADDR')?.['value'],
    'istiod-canary.istio-system.svc:15012',
  );
  assert.equal(
    (await lab.istioctl(['tag', 'list'])).out,
    'TAG     REVISION NAMESPACES\nprod    canary   shop\ndefault default  \n',
  );
  // The default revision still answers for its own.
  assert.equal((await create('other', 'app')).metadata.annotations?.['istio.io/rev'], 'default');
});

test('without its istiod a revision injects nobody, and the pod is refused', async () => {
  const scale = (replicas: number) =>
    lab.client.json('PATCH', `${ISTIOD}-canary`, {
      body: { spec: { replicas } },
      contentType: 'application/merge-patch+json',
    });
  await scale(0);
  await lab.until('no istiod of the revision', async () => {
    const pods = await lab.client.list(`${SYSTEM}/pods?labelSelector=istio.io%2Frev%3Dcanary`);
    return pods.length === 0;
  });
  await assert.rejects(create('late', 'shop'), {
    message:
      'Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector.istio.io": failed to call webhook: Post "https://istiod-canary.istio-system.svc:443/inject?timeout=10s": no endpoints available for service "istiod-canary"',
  });
  assert.ok(sidecarOf(await create('still', 'app')));
});

test('one revision goes, and the other stays', async () => {
  const missing = await lab.istioctl(['uninstall', '--revision', 'blue', '-y']);
  assert.deepEqual([missing.exit, missing.err], [1, 'Error: could not find target revision\n']);
  const { exit, out, err } = await lab.istioctl(['uninstall', '--revision', 'canary', '-y']);
  assert.equal(exit, 0);
  assert.match(out, /^ {2}Removed apps\/v1, Kind=Deployment\/istiod-canary\.istio-system\.$/m);
  assert.match(err, /✔ Uninstall complete\n$/);
  assert.equal(await lab.client.find(`${ISTIOD}-canary`), undefined);
  assert.ok(await lab.client.find(ISTIOD));
});

test('everything goes, and what ran goes on', async () => {
  const bare = await lab.istioctl(['uninstall']);
  assert.equal(
    bare.err,
    'Error: at least one of the --revision (or --set revision=<revision>), --filename or --purge flags must be set\n',
  );
  const { exit, out } = await lab.istioctl(['uninstall', '--purge', '-y']);
  assert.equal(exit, 0);
  assert.match(out, /^All Istio resources will be pruned from the cluster\n/);
  await lab.until('Istio’s kinds are gone', async () => {
    const kinds = await lab.client.list('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
    return kinds.length === 0;
  });
  // A tag that a person made is theirs to remove.
  const injectors = await lab.client.list(INJECTORS);
  assert.deepEqual(
    injectors.map(({ metadata }) => metadata.name),
    ['istio-revision-tag-prod'],
  );
  assert.equal(
    (await lab.istioctl(['tag', 'remove', 'prod', '-y'])).out,
    'Revision tag prod removed\n',
  );
  assert.ok(await lab.client.find(SYSTEM), 'the namespace is the user’s');
  assert.ok(await lab.client.find('/api/v1/namespaces/app/pods/web'));
  assert.equal(sidecarOf(await create('plain', 'app')), undefined);
});
