import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNamespaceController } from './namespace.ts';
import { startRootCaPublisher, startServiceAccountController } from './service-account.ts';
import { podDraft } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';

async function cluster(): Promise<TestWorld> {
  const world = testWorld();
  world.rootCertificate = 'PEM';
  startNamespaceController(world);
  startServiceAccountController(world);
  startRootCaPublisher(world);
  await world.kinds.create('namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'staging' },
    spec: { finalizers: ['kubernetes'] },
  });
  await world.clock.step(10);
  return world;
}

test('every namespace gets its service account and the certificate of the API server', async () => {
  const world = await cluster();
  assert.ok(world.kinds.get('serviceaccounts', 'staging', 'default'));
  assert.deepEqual(world.kinds.get('configmaps', 'staging', 'kube-root-ca.crt')?.data, {
    'ca.crt': 'PEM',
  });
  await world.kinds.delete('serviceaccounts', 'staging', 'default');
  await world.clock.step(10);
  assert.ok(world.kinds.get('serviceaccounts', 'staging', 'default'));
});

test('a deleted namespace goes with all that is in it', async () => {
  const world = await cluster();
  await world.kinds.delete('namespaces', undefined, 'staging');
  await world.clock.step(4000);
  assert.equal(world.kinds.get('namespaces', undefined, 'staging')?.status?.phase, 'Terminating');
  await world.clock.step(2000);
  assert.equal(world.kinds.get('namespaces', undefined, 'staging'), undefined);
  assert.deepEqual(world.kinds.list('configmaps', 'staging'), []);
  assert.deepEqual(world.logged, []);
});

test('while something remains the namespace says what', async () => {
  const world = await cluster();
  await world.kinds.create('pods', podDraft('web', { nodeName: 'n' }, { namespace: 'staging' }));
  await world.kinds.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', namespace: 'staging', finalizers: ['example.com/wait'] },
  });
  await world.kinds.delete('namespaces', undefined, 'staging');
  await world.clock.step(6000);
  const messages = world.kinds
    .get('namespaces', undefined, 'staging')
    ?.status?.conditions?.filter(({ status }) => status === 'True')
    .map(({ type, message }) => `${type}: ${message}`);
  assert.deepEqual(messages, [
    'NamespaceContentRemaining: Some resources are remaining: configmaps. has 1 resource instances, pods. has 1 resource instances',
    'NamespaceFinalizersRemaining: Some content in the namespace has finalizers remaining: example.com/wait in 1 resource instances',
  ]);
  await world.kinds.delete('pods', 'staging', 'web', { gracePeriodSeconds: 0 });
  await world.kinds.modify('configmaps', 'staging', 'held', (draft) => {
    delete draft.metadata.finalizers;
  });
  await world.clock.step(3000);
  assert.equal(world.kinds.get('namespaces', undefined, 'staging'), undefined);
});
