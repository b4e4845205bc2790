// Kiali's API over a simulated network: its server in one pod, a Prometheus in another, questions from a third.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { networkLab } from '../network/testing/network-lab.ts';
import { sendRequest } from '../network/http-client.ts';
import { serveHttp, textResponse } from '../network/http-server.ts';
import { nothing, readAll, textOf } from '../streams.ts';
import { forbidden } from '../api/status.ts';
import type { ObjectReader } from './inventory.ts';
import { Kiali } from './kiali.ts';
import { PrometheusClient } from './prometheus-client.ts';
import { Routes } from './routes.ts';
import { type KialiSettings, readSettings } from './settings.ts';
import {
  type TestObject,
  deployment,
  namespace,
  readerOver,
  service,
  virtualService,
} from './testing/objects.ts';

const objects: TestObject[] = [
  namespace('app', { 'istio-injection': 'enabled' }),
  namespace('istio-system'),
  service('backend'),
  ...deployment('backend', { replicas: 2 }),
  ...deployment('istiod', {
    namespace: 'istio-system',
    labels: { app: 'istiod' },
    injected: false,
  }),
  virtualService('backend', {
    hosts: ['backend'],
    http: [{ route: [{ destination: { host: 'backend', subset: 'v9' } }] }],
  }),
];

type Page = (method: string, target: string, body: string) => { status: number; text: string };

const empty: Page = () => ({
  status: 200,
  text: '{"status":"success","data":{"resultType":"vector","result":[]}}',
});

function lab(
  t: TestContext,
  prometheus: Page | undefined,
  reader: ObjectReader = readerOver(objects),
) {
  const net = networkLab();
  t.after(() => net.network.close());
  const asked: string[] = [];
  if (prometheus) {
    const pod = net.pod('10.244.0.9', { namespace: 'istio-system', hostname: 'prometheus' });
    pod.listen(9090, (connection) => {
      void serveHttp(connection, async ({ method, target, body }) => {
        const text = textOf(await readAll(body));
        asked.push(`${method} ${target}`);
        const page = prometheus(method, target, text);
        return textResponse(page.status, page.text);
      });
    });
  }
  const pod = net.pod('10.244.0.8', { namespace: 'istio-system', hostname: 'kiali' });
  const client = new PrometheusClient(pod, 'http://10.244.0.9:9090');
  const settings = readSettings('server: {web_root: /kiali}') as KialiSettings;
  const routes = new Routes(
    new Kiali({
      settings,
      reader,
      prometheus: client,
      hash: (key) => key,
      now: () => Date.parse('2026-11-29T10:00:00Z') / 1000,
    }),
  );
  pod.listen(20001, (connection) => {
    void serveHttp(connection, ({ method, target }) => routes.answer(method, target));
  });
  const caller = net.pod('10.244.0.7', { namespace: 'app', hostname: 'caller' });
  const ask = async (target: string, method = 'GET') => {
    const connection = await caller.connect('10.244.0.8', 20001);
    const response = await sendRequest(connection, {
      method,
      target,
      version: '1.1',
      headers: [['Host', 'kiali:20001']],
      body: nothing,
    });
    const text = textOf(await readAll(response.body));
    connection.close();
    const { status, headers } = response;
    return { status, headers: Object.fromEntries(headers), text };
  };
  const during = async <Value>(promise: Promise<Value>): Promise<Value> => {
    let over = false;
    const watched = promise.finally(() => (over = true));
    watched.catch(() => {});
    for (let passed = 0; !over && passed < 60_000; passed += 10) await net.clock.step(10);
    return watched;
  };
  return { asked, ask: (target: string, method?: string) => during(ask(target, method)) };
}

const bucket = { inError: [], inNotReady: [], inSuccess: [], inWarning: [], notAvailable: [] };

const json = (text: string): unknown => JSON.parse(text);

test('it is healthy, has a page of its own and sends the root there', async (t) => {
  const { ask } = lab(t, undefined);
  assert.equal((await ask('/kiali/healthz')).status, 200);
  const page = await ask('/kiali/');
  assert.match(page.text, /The graph is in your lesson/);
  assert.equal((await ask('/')).headers['Location'], '/kiali/');
  assert.equal((await ask('/elsewhere')).status, 404);
});

test('graphs, health and lists answer in the shape of the real API', async (t) => {
  const { ask, asked } = lab(t, empty);
  const graph = await ask(
    '/kiali/api/namespaces/graph?namespaces=app&duration=60s&injectServiceNodes=true',
  );
  assert.equal(graph.status, 200);
  assert.match(
    graph.text,
    /^\{\n {2}"timestamp": 1795946400,\n {2}"duration": 60,\n {2}"graphType": "workload"/,
  );
  assert.ok(asked.includes('POST /api/v1/query'));
  const namespaces = json((await ask('/kiali/api/namespaces')).text);
  assert.deepEqual(namespaces, [
    {
      name: 'app',
      cluster: 'Kubernetes',
      isAmbient: false,
      isControlPlane: false,
      labels: { 'istio-injection': 'enabled' },
      annotations: {},
      revision: 'default',
    },
    {
      name: 'istio-system',
      cluster: 'Kubernetes',
      isAmbient: false,
      isControlPlane: true,
      labels: {},
      annotations: {},
    },
  ]);
  const health = json((await ask('/kiali/api/clusters/health?namespaces=app')).text) as {
    namespaceWorkloadHealth: { app: { backend: { status: { status: string } } } };
    namespaceHealth: { app: { worstStatus: string; statusWorkload: { inSuccess: string[] } } };
  };
  assert.equal(health.namespaceWorkloadHealth.app.backend.status.status, 'Healthy');
  assert.equal(health.namespaceHealth.app.worstStatus, 'Healthy');
  assert.deepEqual(health.namespaceHealth.app.statusWorkload.inSuccess, ['backend']);
  const before = asked.length;
  const nowhere = await ask('/kiali/api/clusters/health?type=service&namespaces=app%22%7D');
  assert.deepEqual(json(nowhere.text), {
    namespaceHealth: { 'app"}': { statusService: bucket, worstStatus: 'NA' } },
    namespaceServiceHealth: { 'app"}': {} },
  });
  assert.equal(asked.length, before);
  const workloads = json((await ask('/kiali/api/clusters/workloads?namespaces=app')).text) as {
    workloads: { name: string; podCount: number; gvk: unknown }[];
  };
  assert.deepEqual(
    workloads.workloads.map(({ name, podCount }) => [name, podCount]),
    [['backend', 2]],
  );
});

test('an object is shown with what is wrong with it', async (t) => {
  const { ask } = lab(t, empty);
  const path = '/kiali/api/namespaces/app/istio/networking.istio.io/v1/VirtualService';
  const shown = json((await ask(`${path}/backend?validate=true`)).text) as {
    validation: { valid: boolean; checks: { code: string }[] };
  };
  assert.deepEqual(
    shown.validation.checks.map(({ code }) => code),
    ['KIA1107'],
  );
  assert.equal((await ask(`${path}/none`)).status, 404);
  const summaries = json((await ask('/kiali/api/istio/validations?namespaces=app')).text);
  assert.deepEqual(summaries, [
    { errors: 0, objectCount: 2, warnings: 1, namespace: 'app', cluster: 'Kubernetes' },
  ]);
});

test('without Prometheus a graph is refused in the words of the network, and the status tells', async (t) => {
  const { ask } = lab(t, undefined);
  const graph = await ask('/kiali/api/namespaces/graph?namespaces=app');
  assert.equal(graph.status, 503);
  assert.match(
    graph.text,
    /^\{"error":"Post \\"http:\/\/10\.244\.0\.9:9090\/api\/v1\/query\\": dial tcp 10\.244\.0\.9:9090: /,
  );
  const status = json((await ask('/kiali/api/istio/status')).text);
  assert.deepEqual(status, [
    { cluster: 'Kubernetes', name: 'istiod', status: 'Healthy', isCore: true },
    { cluster: 'Kubernetes', name: 'prometheus', status: 'Unreachable', isCore: true },
  ]);
});

test('a Prometheus that takes no POST is asked by GET, and what it refuses is told', async (t) => {
  const { ask, asked } = lab(t, (method) =>
    method === 'POST'
      ? { status: 405, text: '' }
      : { status: 400, text: '{"status":"error","errorType":"bad_data","error":"no"}' },
  );
  const graph = await ask('/kiali/api/namespaces/graph?namespaces=app');
  assert.deepEqual([graph.status, json(graph.text)], [503, { error: 'bad_data: no' }]);
  assert.ok(asked.some((each) => each.startsWith('GET /api/v1/query?query=')));
});

test('what its account may not read, nobody reads through it', async (t) => {
  const refused = forbidden({ group: '', resource: 'namespaces' }, '', 'not for kiali');
  const { ask } = lab(t, empty, {
    list: () => {
      throw refused;
    },
    get: () => undefined,
  });
  assert.equal((await ask('/kiali/api/namespaces')).status, 403);
});

test('it changes nothing, and says what it does not simulate', async (t) => {
  const { ask } = lab(t, empty);
  assert.equal((await ask('/kiali/api/namespaces', 'DELETE')).status, 405);
  assert.equal((await ask('/kiali/api/namespaces/app/workloads/backend/traces')).status, 501);
  assert.equal((await ask('/kiali/api/nothing')).status, 404);
});
