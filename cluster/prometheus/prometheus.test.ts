import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { type TestCluster, testCluster, until } from '../api/testing/cluster.ts';
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

async function promql(it: TestCluster, query: string) {
  return it.ask('GET', `${PROXY}/api/v1/query?query=${encodeURIComponent(query)}`);
}

test('scrapes what asks for it, and answers queries by the service proxy', async (t) => {
  const it = await testCluster();
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
  await apply(it, readFileSync(MANIFEST, 'utf8'));
  await apply(it, APP);
  await until(
    'the application is scraped',
    async () => (await promql(it, 'hits_total')).body?.data?.result.length === 1,
    20_000,
  );
  const { body } = await promql(it, 'sum by (pod, version) (hits_total)');
  assert.deepEqual(body.data.result[0].metric, { pod: 'app', version: 'v1' });
  assert.equal(body.data.result[0].value[1], '7');
  const up = await promql(it, 'up');
  assert.deepEqual(
    up.body.data.result
      .map((each: { metric: Record<string, string> }) => each.metric['job'])
      .sort(),
    ['kubernetes-pods', 'prometheus'],
  );
  await it.ask('DELETE', '/api/v1/namespaces/default/pods/app?gracePeriodSeconds=0');
  await until(
    'its series end at once',
    async () => (await promql(it, 'hits_total')).body?.data?.result.length === 0,
    20_000,
  );
  assert.deepEqual(it.logged, []);
});
