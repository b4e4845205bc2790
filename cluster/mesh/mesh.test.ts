import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkLab } from '../network/testing/network-lab.ts';
import type { KubeObject } from '../object.ts';
import { Mesh, type Pushed } from './mesh.ts';
import { pod, rule, service } from './testing/mesh-lab.ts';

const stored = (object: unknown) => object as KubeObject;

function world() {
  const { store, clock } = networkLab();
  const mesh = new Mesh({ store, clock });
  const client = pod({ name: 'client', ip: '10.244.0.5', labels: { app: 'client' } });
  const shop = pod({ name: 'shop', ip: '10.244.0.6', labels: { app: 'shop' } });
  const ports = service('shop', ['http:80'], [shop]);
  store.create('pods', stored(client));
  store.create('pods', stored(shop));
  store.create('services', stored(ports.service));
  store.create('endpointslices.discovery.k8s.io', stored(ports.slice));
  const istiod = service('istiod', ['http:15010'], [pod({ name: 'istiod', ip: '10.244.0.2' })], {
    namespace: 'istio-system',
  });
  const startIstiod = () => store.create('endpointslices.discovery.k8s.io', stored(istiod.slice));
  const virtualService = (name: string) =>
    store.create(
      'virtualservices.networking.istio.io',
      stored(
        rule('VirtualService', name, {
          hosts: ['shop'],
          http: [
            { fault: { abort: { httpStatus: 418 } }, route: [{ destination: { host: 'shop' } }] },
          ],
        }),
      ),
    );
  return { store, clock, mesh, startIstiod, virtualService };
}

test('a proxy gets its configuration a moment after it asks, and each change a moment after it', async () => {
  const { clock, mesh, startIstiod, virtualService } = world();
  startIstiod();
  const pushes: Pushed[] = [];
  mesh.connect('app', 'client', (pushed) => pushes.push(pushed));
  await clock.step(99);
  assert.equal(pushes.length, 0);
  await clock.step(1);
  assert.equal(pushes.length, 1);
  assert.equal(pushes[0]?.identity.workload.name, 'client');
  virtualService('one');
  await clock.step(50);
  virtualService('two');
  await clock.step(99);
  assert.equal(pushes.length, 1);
  await clock.step(1);
  // Changes that follow each other closely are pushed together.
  assert.equal(pushes.length, 2);
  const routes = pushes[1]?.config.outbound.routes.get('80');
  assert.equal(routes?.virtualHosts[0]?.routes[0]?.virtualService, 'one.app');
});

test('without a ready istiod nothing is pushed, and what a proxy knows stays', async () => {
  const { clock, mesh, startIstiod, virtualService, store } = world();
  const pushes: Pushed[] = [];
  mesh.connect('app', 'client', (pushed) => pushes.push(pushed));
  await clock.step(1_000);
  assert.equal(pushes.length, 0);
  startIstiod();
  await clock.step(1_000);
  assert.equal(pushes.length, 1);
  store.remove('endpointslices.discovery.k8s.io', 'istio-system', 'istiod-abcde');
  virtualService('late');
  await clock.step(1_000);
  assert.equal(pushes.length, 1);
});

test('a proxy that left hears nothing more', async () => {
  const { clock, mesh, startIstiod, virtualService } = world();
  startIstiod();
  const pushes: Pushed[] = [];
  const disconnect = mesh.connect('app', 'client', (pushed) => pushes.push(pushed));
  await clock.step(100);
  disconnect();
  assert.deepEqual(mesh.connected, []);
  virtualService('one');
  await clock.step(1_000);
  assert.equal(pushes.length, 1);
});

test('the mesh ConfigMap is read again when it changes', async () => {
  const { clock, mesh, startIstiod, store } = world();
  startIstiod();
  const pushes: Pushed[] = [];
  mesh.connect('app', 'client', (pushed) => pushes.push(pushed));
  await clock.step(100);
  assert.equal(pushes[0]?.config.accessLog, undefined);
  store.create(
    'configmaps',
    stored({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'istio',
        namespace: 'istio-system',
        uid: 'x',
        resourceVersion: '',
        creationTimestamp: '2026-11-22T10:00:00Z',
      },
      data: { mesh: 'accessLogFile: /dev/stdout' },
    }),
  );
  await clock.step(100);
  assert.equal(pushes[1]?.config.accessLog?.file, '/dev/stdout');
});

test('a proxy of another revision asks that revision’s istiod, and has its mesh settings', async () => {
  const { store, clock, mesh, startIstiod } = world();
  const canary = pod({
    name: 'canary',
    ip: '10.244.0.8',
    annotations: { 'istio.io/rev': 'canary' },
  });
  store.create('pods', stored(canary));
  store.create(
    'configmaps',
    stored({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio-canary', namespace: 'istio-system', uid: '1', resourceVersion: '' },
      data: { mesh: 'accessLogFile: /dev/stdout\n' },
    }),
  );
  startIstiod();
  const pushes: Pushed[] = [];
  mesh.connect('app', 'canary', (pushed) => pushes.push(pushed));
  await clock.step(200);
  assert.equal(pushes.length, 0);
  const { slice } = service(
    'istiod-canary',
    ['http:15010'],
    [pod({ name: 'istiod-canary', ip: '10.244.0.9' })],
    { namespace: 'istio-system' },
  );
  store.create('endpointslices.discovery.k8s.io', stored(slice));
  await clock.step(200);
  assert.equal(pushes.length, 1);
  assert.equal(mesh.environment('canary').mesh.accessLogFile, '/dev/stdout');
  assert.equal(mesh.environment().mesh.accessLogFile, '');
});

test('a Service of a tag is no istiod of its own', () => {
  const { mesh } = world();
  assert.equal(mesh.isIstiod('istio-system', 'istiod-canary'), true);
  assert.equal(mesh.isIstiod('istio-system', 'istiod-revision-tag-default'), false);
});

test('istiod may be told to wait longer, and the usual wait comes back with the next one', async () => {
  const { clock, mesh, startIstiod } = world();
  startIstiod();
  let pushes = 0;
  const usual = mesh.debounce(2_000);
  mesh.connect('app', 'client', () => pushes++);
  await clock.step(1_999);
  assert.equal(pushes, 0);
  await clock.step(1);
  assert.equal(pushes, 1);
  usual();
  mesh.connect('app', 'shop', () => pushes++);
  await clock.step(100);
  assert.equal(pushes, 2);
});
