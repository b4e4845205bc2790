// Kiali as `make kiali` installs it, in a whole cluster: with its own account, rights and configuration.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { testCluster, until } from '../api/testing/cluster.ts';
import { KINDS } from '../prometheus/testing/kinds.ts';

const MANIFEST = new URL('../../labs/01-foundation/kiali.yaml', import.meta.url);
const PROXY = '/api/v1/namespaces/istio-system/services/kiali:20001/proxy/kiali';
const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/kiali';

test('reads the cluster with its own rights and without Prometheus says what is missing', async (t) => {
  const it = await testCluster();
  t.after(() => it.stop());
  const metadata = { name: 'istio-system' };
  await it.ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
  for (const document of parseAllDocuments(readFileSync(MANIFEST, 'utf8'))) {
    const object = document.toJS() as { kind: string; metadata: { namespace?: string } };
    const path = KINDS[object.kind]?.(object.metadata.namespace ?? 'default') ?? object.kind;
    const answer = await it.ask('POST', path, object);
    assert.equal(answer.status, 201, answer.text);
  }
  const get = (path: string) => it.ask('GET', `${PROXY}/${path}`);
  await until('Kiali answers', async () => (await get('healthz')).status === 200, 20_000);
  const workloads = await get('api/clusters/workloads?namespaces=istio-system&health=true');
  assert.deepEqual(
    workloads.body.workloads.map((each: { name: string; health: { status: unknown } }) => [
      each.name,
      each.health.status,
    ]),
    [['kiali', { status: 'Healthy', errorRatio: -1 }]],
  );
  assert.deepEqual((await get('api/istio/status')).body, [
    { cluster: 'Kubernetes', name: 'istiod', status: 'NotFound', isCore: true },
    { cluster: 'Kubernetes', name: 'prometheus', status: 'Unreachable', isCore: true },
  ]);
  const graph = await get('api/namespaces/graph?namespaces=default');
  assert.equal(graph.status, 503);
  assert.equal(
    graph.body.error,
    'Post "http://prometheus.istio-system:9090/api/v1/query": dial tcp: lookup prometheus.istio-system on 10.96.0.10:53: no such host',
  );
  // Its rights are asked for each time: taken away, they are gone.
  await it.ask('PATCH', ROLE, { rules: [] });
  const refused = await get('api/namespaces');
  assert.equal(refused.status, 403);
  assert.match(
    refused.body.error,
    /^namespaces is forbidden: User "system:serviceaccount:istio-system:kiali" cannot list/,
  );
  assert.deepEqual(it.logged, []);
});
