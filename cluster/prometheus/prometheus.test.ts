import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { type TestCluster, testCluster, until } from '../api/testing/cluster.ts';
import type { ClusterOptions } from '../cluster.ts';
import { KINDS } from './testing/kinds.ts';

const PROXY = '/api/v1/namespaces/istio-system/services/prometheus:9090/proxy';
const MANIFEST = new URL('../../labs/01-foundation/prometheus.yaml', import.meta.url);

async function apply(it: TestCluster, text: string): Promise<void> {
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as { kind: string; metadata: { namespace?: string } };
    const path = KINDS[object.kind]?.(object.metadata.namespace ?? 'default') ?? object.kind;
    const answer = await it.ask('POST', path, object);
    assert.equal(answer.status, 201, answer.text);
  }
}

const APP = `
apiVersion: v1
kind: Pod
metadata:
  name: app
  annotations: { prometheus.io/scrape: "true", prometheus.io/port: "80", prometheus.io/path: /metrics }
  labels: { app: shop, version: v1 }
spec:
  containers:
  - name: nginx
    image: nginx:1.30
    volumeMounts: [{ name: conf, mountPath: /etc/nginx/conf.d }]
  volumes: [{ name: conf, configMap: { name: conf } }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf }
data:
  default.conf: |
    server {
      listen 80;
      default_type text/plain;
      location /metrics { return 200 "# TYPE hits_total counter\\nhits_total{code=\\"200\\"} 7\\n"; }
    }
`;

/** Jobs as Istio's sample writes them. */
const ROLES = `scrape_configs:
    - job_name: endpoints
      kubernetes_sd_configs: [{ role: endpoints }]
      relabel_configs:
      - { action: keep, regex: true, source_labels: [__meta_kubernetes_service_annotation_prometheus_io_scrape] }
      - { action: replace, source_labels: [__meta_kubernetes_service_name], target_label: service }
    - job_name: slices
      kubernetes_sd_configs: [{ role: endpointslice, namespaces: { names: [default] } }]
      relabel_configs:
      - { action: keep, regex: app, source_labels: [__meta_kubernetes_service_name] }
    - job_name: services
      kubernetes_sd_configs: [{ role: service }]
      relabel_configs:
      - { action: keep, regex: app, source_labels: [__meta_kubernetes_service_name] }
    - job_name: nodes
      scheme: https
      kubernetes_sd_configs: [{ role: node }]
      relabel_configs:
      - { replacement: kubernetes.default.svc:443, target_label: __address__ }
      - { regex: (.+), replacement: /api/v1/nodes/$1/proxy/metrics, source_labels: [__meta_kubernetes_node_name], target_label: __metrics_path__ }
`;

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: app, annotations: { prometheus.io/scrape: "true" } }
spec: { selector: { app: shop }, ports: [{ name: http, port: 80 }] }
`;

async function promql(it: TestCluster, query: string) {
  return it.ask('GET', `${PROXY}/api/v1/query?query=${encodeURIComponent(query)}`);
}

async function monitored(
  t: TestContext,
  options: Partial<ClusterOptions> = {},
  changed = (manifest: string) => manifest,
) {
  const it = await testCluster(options);
  t.after(() => it.stop());
  await it.ask('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'istio-system' },
  });
  await until('the default account', async () => {
    const { status } = await it.ask('GET', '/api/v1/namespaces/default/serviceaccounts/default');
    return status === 200;
  });
  await apply(it, changed(readFileSync(MANIFEST, 'utf8')));
  return it;
}

/** The samples of a query, once there are so many of them. */
async function seriesOf(it: TestCluster, query: string, count: number) {
  let result: { metric: Record<string, string>; value: [number, string] }[] = [];
  await until(
    `${count} series of ${query}`,
    async () => {
      result = (await promql(it, query)).body?.data?.result ?? [];
      return result.length === count;
    },
    20_000,
  );
  return result;
}

test('scrapes what asks for it, and answers queries by the service proxy', async (t) => {
  const it = await monitored(t);
  await apply(it, APP);
  await seriesOf(it, 'hits_total', 1);
  const [sum] = await seriesOf(it, 'sum by (pod, version) (hits_total)', 1);
  assert.deepEqual(sum?.metric, { pod: 'app', version: 'v1' });
  assert.equal(sum?.value[1], '7');
  const up = await seriesOf(it, 'up', 2);
  assert.deepEqual(
    up.map(({ metric }) => metric['job'] ?? '').toSorted((a, b) => (a < b ? -1 : 1)),
    ['kubernetes-pods', 'prometheus'],
  );
  const { body } = await it.ask('GET', `${PROXY}/api/v1/targets?state=active`);
  assert.deepEqual(
    body.data.activeTargets.map((target: Record<string, string>) => [
      target['scrapePool'],
      target['health'],
      target['scrapeInterval'],
    ]),
    [
      ['prometheus', 'up', '1s'],
      ['kubernetes-pods', 'up', '1s'],
    ],
  );
  await it.ask('DELETE', '/api/v1/namespaces/default/pods/app?gracePeriodSeconds=0');
  await seriesOf(it, 'hits_total', 0);
  assert.deepEqual(it.logged, []);
});

test('a cluster that stood still leaves a gap and no failed scrape', async (t) => {
  const it = await monitored(t);
  await seriesOf(it, 'count_over_time(up{job="prometheus"}[1m]) >= 2', 1);
  it.cluster.freeze();
  // Its time goes on, and nothing in it does.
  const { clock } = it.cluster;
  for (const since = clock.now(); clock.now() < since + 2_500;) await sleep(20);
  it.cluster.thaw();
  await seriesOf(it, 'count_over_time(up{job="prometheus"}[1m]) >= 4', 1);
  const [least] = await seriesOf(it, 'min_over_time(up{job="prometheus"}[1m])', 1);
  assert.equal(least?.value[1], '1');
  const { body } = await promql(it, 'up{job="prometheus"}[1m]');
  const times = (body.data.result[0].values as [number, string][]).map(([time]) => time);
  const gaps = times.map((time, at) => time - (times[at - 1] ?? time));
  assert.ok(Math.max(...gaps) > 2, gaps.join());
});

test('after a restore it scrapes again', async (t) => {
  const before = await monitored(t);
  await apply(before, APP);
  await seriesOf(before, 'hits_total', 1);
  const snapshot = JSON.parse(JSON.stringify(before.cluster.snapshot())) as unknown;
  before.stop();
  const after = await testCluster({ snapshot, revisionFloor: before.cluster.revision + 1 });
  t.after(() => after.stop());
  const [hits] = await seriesOf(after, 'hits_total', 1);
  assert.equal(hits?.value[1], '7');
});

test('a reload changes what is scraped, and leaves the rest as it was', async (t) => {
  const it = await monitored(t);
  await apply(it, APP);
  await seriesOf(it, 'hits_total', 1);
  const map = '/api/v1/namespaces/istio-system/configmaps/prometheus';
  const { body } = await it.ask('GET', map);
  const text = String(body.data['prometheus.yml']).replace('job_name: prometheus', 'job_name: own');
  await it.ask('PATCH', map, { data: { 'prometheus.yml': text } });
  await until(
    'the job has its new name',
    async () => {
      await it.ask('POST', `${PROXY}/-/reload`);
      return (await promql(it, 'up{job="own"}')).body?.data?.result.length === 1;
    },
    20_000,
  );
  assert.deepEqual((await promql(it, 'up{job="prometheus"}')).body.data.result, []);
  // The application is scraped as before: its series were new once.
  const [added] = await seriesOf(it, 'sum_over_time(scrape_series_added{pod="app"}[5m])', 1);
  assert.equal(added?.value[1], '1');
});

test('a configuration that is none ends it with code 2 and says why', async (t) => {
  const it = await monitored(t);
  await seriesOf(it, 'up{job="prometheus"}', 1);
  await it.ask('PATCH', '/api/v1/namespaces/istio-system/configmaps/prometheus', {
    data: { 'prometheus.yml': 'scrape_config: []\n' },
  });
  const pods = '/api/v1/namespaces/istio-system/pods';
  const [pod] = (await it.ask('GET', pods)).body.items;
  await it.ask('DELETE', `${pods}/${pod.metadata.name}?gracePeriodSeconds=0`);
  const ended = async () => {
    const [item] = (await it.ask('GET', pods)).body.items;
    const status = item?.status?.containerStatuses?.[0];
    return item?.metadata.name === pod.metadata.name
      ? undefined
      : (status?.state?.terminated ?? status?.lastState?.terminated);
  };
  await until('the container has ended', async () => (await ended()) !== undefined, 20_000);
  assert.equal((await ended()).exitCode, 2);
  const [next] = (await it.ask('GET', pods)).body.items;
  const { text } = await it.ask('GET', `${pods}/${next.metadata.name}/log`);
  assert.match(
    text,
    /level=ERROR msg="Error loading config \(--config\.file=\/etc\/config\/prometheus\.yml\)" file=\/etc\/config\/prometheus\.yml err="parsing YAML file \/etc\/config\/prometheus\.yml: yaml: unmarshal errors:\\n {2}line 1: field scrape_config not found in type config\.plain"/,
  );
});

test('without the right to list pods it finds none, and its log says so', async (t) => {
  const it = await monitored(t);
  await it.ask('DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/prometheus');
  await apply(it, APP);
  // The pod is not there yet.
  const pods = '/api/v1/namespaces/istio-system/pods';
  let text = '';
  await until(
    'the log speaks of it',
    async () => {
      const [next] = (await it.ask('GET', pods)).body.items;
      text = (await it.ask('GET', `${pods}/${next?.metadata.name}/log`)).text;
      return text.includes('forbidden');
    },
    20_000,
  );
  assert.match(
    text,
    /component=k8s_client_runtime err="failed to list pods: pods is forbidden: User \\"system:serviceaccount:istio-system:prometheus\\" cannot list resource \\"pods\\" in API group \\"\\" at the cluster scope"/,
  );
});

test('finds targets of every role, and says of https that it does not scrape it', async (t) => {
  const it = await monitored(t, {}, (text) =>
    text.replace(/scrape_configs:[^]*?(?=\n---)/, ROLES.trimEnd()),
  );
  await apply(it, APP);
  await apply(it, SERVICE);
  await seriesOf(it, 'hits_total{job="endpoints",service="app"}', 1);
  await seriesOf(it, 'hits_total{job="slices"}', 1);
  await seriesOf(it, 'hits_total{job="services"}', 1);
  const nodeTarget = async () => {
    const { body } = await it.ask('GET', `${PROXY}/api/v1/targets?scrapePool=nodes`);
    return body.data.activeTargets[0];
  };
  await until('the node was tried', async () => (await nodeTarget()).health !== 'unknown');
  const node = await nodeTarget();
  assert.equal(node.health, 'down');
  assert.equal(
    node.lastError,
    'Get "https://kubernetes.default.svc:443/api/v1/nodes/mesh-lab-control-plane/proxy/metrics": the simulated Prometheus scrapes over http alone',
  );
});
