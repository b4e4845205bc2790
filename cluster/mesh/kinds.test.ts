// Istio's kinds in a cluster: what the API says of objects of theirs, before any istiod is asked.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type TestCluster, testCluster } from '../api/testing/cluster.ts';
import { applyIstioKinds } from './testing/istio-kinds.ts';

const V1 = '/apis/networking.istio.io/v1/namespaces/default';

async function meshKinds(context: TestContext): Promise<TestCluster> {
  const cluster = await testCluster();
  context.after(() => cluster.stop());
  await applyIstioKinds(cluster);
  return cluster;
}

const virtualService = (spec: unknown) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'backend' },
  spec,
});

test('a VirtualService of v1beta1 is stored as v1', async (context) => {
  const cluster = await meshKinds(context);
  const made = await cluster.ask(
    'POST',
    '/apis/networking.istio.io/v1beta1/namespaces/default/virtualservices',
    {
      apiVersion: 'networking.istio.io/v1beta1',
      kind: 'VirtualService',
      metadata: { name: 'backend' },
      spec: { hosts: ['backend'] },
    },
  );
  assert.equal(made.status, 201, made.text);
  const { body } = await cluster.ask('GET', `${V1}/virtualservices/backend`);
  assert.equal(body.apiVersion, 'networking.istio.io/v1');
  assert.equal(body.metadata.generation, 1);
  assert.deepEqual(cluster.logged, []);
});

test('a route without a destination is refused in the words of the API server', async (context) => {
  const cluster = await meshKinds(context);
  const { status, body } = await cluster.ask(
    'POST',
    `${V1}/virtualservices`,
    virtualService({ hosts: ['a'], http: [{ route: [{ weight: 1 }] }] }),
  );
  assert.equal(status, 422);
  assert.match(
    body.message,
    /^VirtualService\.networking\.istio\.io "backend" is invalid: .*spec\.http\[0\]\.route\[0\]\.destination: Required value/,
  );
});

test('a rule in CEL refuses with its message', async (context) => {
  const cluster = await meshKinds(context);
  const { status, body } = await cluster.ask(
    'POST',
    '/apis/security.istio.io/v1/namespaces/default/peerauthentications',
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'ports' },
      spec: { portLevelMtls: { '80': { mode: 'STRICT' } } },
    },
  );
  assert.equal(status, 422);
  assert.equal(
    body.message,
    'PeerAuthentication.security.istio.io "ports" is invalid: spec: Invalid value: portLevelMtls requires selector',
  );
});
