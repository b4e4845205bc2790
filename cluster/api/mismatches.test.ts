// Bodies that speak of another object than their path: refused before anything is changed.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { testCluster, until } from './testing/cluster.ts';
import { endlessImages } from './testing/images.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';

async function withPod(t: TestContext) {
  const given = await testCluster({ images: endlessImages });
  t.after(() => given.stop());
  await until('the default account', async () => {
    const { status } = await given.ask('GET', '/api/v1/namespaces/default/serviceaccounts/default');
    return status === 200;
  });
  const { status } = await given.ask('POST', PODS, {
    metadata: { name: 'p' },
    spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'nginx' }] },
  });
  assert.equal(status, 201);
  return given;
}

test('an eviction of another pod is refused, and the pod stays', async (t) => {
  const { ask } = await withPod(t);
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'q' } };
  const { status, body } = await ask('POST', `${PODS}/p/eviction`, eviction);
  assert.equal(status, 400);
  assert.equal(body.message, 'name in URL does not match name in Eviction object');
  assert.equal((await ask('GET', `${PODS}/p`)).body.metadata.deletionTimestamp, undefined);
});

test('a binding of another pod, or to no node, is refused', async (t) => {
  const { ask } = await withPod(t);
  const binding = (name: string, target: object) =>
    ask('POST', `${PODS}/p/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target,
    });
  const other = await binding('q', { kind: 'Node', name: 'mesh-lab-control-plane' });
  assert.equal(other.status, 400);
  assert.equal(other.body.message, 'name in URL does not match name in Binding object');
  const nowhere = await binding('p', { kind: 'Node' });
  assert.equal(nowhere.status, 500);
  assert.equal(nowhere.body.message, 'target.name: Required value');
  assert.equal((await ask('GET', `${PODS}/p`)).body.spec.nodeName, undefined);
});

test('a configuration of another kind is not applied', async (t) => {
  const { ask } = await withPod(t);
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  const apply = (yaml: string) => ask('PATCH', `${MAPS}/s?fieldManager=me`, yaml, { headers });
  const { status, body } = await apply('apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n');
  assert.equal(status, 400);
  assert.equal(body.message, 'invalid object type: /v1, Kind=Secret');
  const older = await apply('apiVersion: apps/v1\nkind: ConfigMap\nmetadata: {name: s}\n');
  assert.equal(older.body.message, 'invalid object type: apps/v1, Kind=ConfigMap');
  assert.equal((await ask('GET', `${MAPS}/s`)).status, 404);
});
