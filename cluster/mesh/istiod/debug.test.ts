import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkLab } from '../../network/testing/network-lab.ts';
import type { KubeObject } from '../../object.ts';
import { at, fieldsOf, listOf } from '../../schema/fields.ts';
import { readAll, textOf } from '../../streams.ts';
import { Mesh } from '../mesh.ts';
import { client, rule, service, shop, shopV1, shopV2 } from '../testing/mesh-lab.ts';
import { answerIstiod } from './debug.ts';

const stored = (object: unknown) => object as KubeObject;

/** A mesh with one proxy, served by `istiod-1`. */
function world() {
  const { store, clock } = networkLab();
  const mesh = new Mesh({ store, clock });
  for (const each of [client, shopV1, shopV2]) store.create('pods', stored(each));
  store.create('services', stored(shop.service));
  store.create('endpointslices.discovery.k8s.io', stored(shop.slice));
  const { slice } = service('istiod', ['http:15010'], [], { namespace: 'istio-system' });
  const endpoint = (name: string) => ({
    ...slice,
    endpoints: [{ addresses: ['10.244.0.2'], targetRef: { kind: 'Pod', name } }],
  });
  store.create('endpointslices.discovery.k8s.io', stored(endpoint('istiod-1')));
  const ask = async (target: string, { pod = 'istiod-1', local = true } = {}) => {
    const answer = answerIstiod(target, { mesh, pod, version: '1.30.3', local });
    return { status: answer.status, text: textOf(await readAll(answer.body)) };
  };
  const syncz = async (pod?: string) =>
    listOf(JSON.parse((await ask('/debug/syncz', pod === undefined ? {} : { pod })).text));
  const replaceIstiod = (name: string) =>
    store.update('endpointslices.discovery.k8s.io', stored(endpoint(name)));
  const change = (spec: number) =>
    store.create(
      'virtualservices.networking.istio.io',
      stored(
        rule('VirtualService', `rule-${spec}`, {
          hosts: ['shop'],
          http: [{ route: [{ destination: { host: 'shop' } }] }],
        }),
      ),
    );
  return { clock, mesh, ask, syncz, replaceIstiod, change };
}

test('a proxy is in step with all four types a moment after it has come', async () => {
  const { clock, mesh, syncz } = world();
  mesh.connect('app', 'client', () => {}, '1.30.3');
  assert.deepEqual(await syncz(), []);
  await clock.step(100);
  const [status] = await syncz();
  assert.equal(status?.['proxy'], 'client.app');
  assert.equal(status['istio_version'], '1.30.3');
  for (const type of ['cluster', 'listener', 'route', 'endpoint'])
    assert.equal(status[`${type}_sent`], status[`${type}_acked`]);
});

test('a gateway without listeners takes no routes', async () => {
  const { clock, mesh, syncz } = world();
  mesh.connect('app', 'client', () => {}, '1.30.3', 'router');
  await clock.step(100);
  const [status] = await syncz();
  assert.equal(status?.['proxy_type'], 'router');
  assert.equal(status['route_sent'], undefined);
  assert.equal(Object.keys(fieldsOf(status['resources'])).length, 3);
});

test('a rule is sent by the types that it changes, and no other', async () => {
  const { clock, mesh, syncz, change } = world();
  mesh.connect('app', 'client', () => {});
  await clock.step(100);
  const [before] = await syncz();
  change(1);
  await clock.step(100);
  const [after] = await syncz();
  assert.notEqual(after?.['route_sent'], before?.['route_sent']);
  assert.equal(after?.['cluster_sent'], before?.['cluster_sent']);
});

test('a new istiod has its proxies, and the old one has none', async () => {
  const { clock, mesh, syncz, replaceIstiod, change } = world();
  mesh.connect('app', 'client', () => {});
  await clock.step(100);
  replaceIstiod('istiod-2');
  change(1);
  await clock.step(200);
  assert.deepEqual(await syncz('istiod-1'), []);
  assert.equal((await syncz('istiod-2')).length, 1);
});

test('debug pages are for the pod itself, readiness and metrics for everybody', async () => {
  const { ask } = world();
  assert.equal((await ask('/debug/syncz', { local: false })).status, 401);
  assert.equal((await ask('/ready', { local: false })).status, 200);
  assert.match((await ask('/metrics', { local: false })).text, /^pilot_services 1$/m);
  assert.equal((await ask('//version')).text, '1.30.3-simulated-Clean');
});

test('services, endpoints and rules are listed', async () => {
  const { ask, change } = world();
  change(1);
  const [known] = listOf(JSON.parse((await ask('/debug/registryz')).text));
  assert.equal(known?.['hostname'], 'shop.app.svc.cluster.local');
  const shards = fieldsOf(JSON.parse((await ask('/debug/endpointz')).text));
  const endpoints = listOf(
    at(shards, 'shop.app.svc.cluster.local', 'app', 'Shards', 'Kubernetes/Kubernetes'),
  );
  assert.deepEqual(
    endpoints.map(({ Addresses }) => Addresses),
    [['10.244.0.6'], ['10.244.0.7']],
  );
  const rules = listOf(JSON.parse((await ask('/debug/configz')).text));
  assert.deepEqual(
    rules.map(({ kind }) => kind),
    ['VirtualService'],
  );
});

test('istiod shows what it would send a proxy of its own', async () => {
  const { clock, mesh, ask } = world();
  mesh.connect('app', 'client', () => {});
  await clock.step(100);
  const { text } = await ask('/debug/config_dump?proxyID=client.app');
  const types = listOf(fieldsOf(JSON.parse(text))['configs']).map((part) => part['@type']);
  assert.equal(types.length, 3);
  assert.equal((await ask('/debug/config_dump?proxyID=nobody.app')).status, 404);
});

test('istiod writes down who comes and what is pushed', async () => {
  const { clock, mesh, change } = world();
  const lines: string[] = [];
  const stop = mesh.onLog(({ text }) => lines.push(text));
  mesh.connect('app', 'client', () => {});
  await clock.step(100);
  assert.match(lines[0] ?? '', /^ADS: new delta connection for node:client\.app-1$/);
  change(1);
  await clock.step(100);
  assert.ok(
    lines.some((line) =>
      line.startsWith('Push debounce stable[1] for config VirtualService/app/rule-1'),
    ),
  );
  assert.ok(lines.includes('RDS: PUSH for node:client.app resources:1'));
  stop();
});
