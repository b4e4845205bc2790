import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiWorld } from '../controllers/testing/api-world.ts';
import { at } from '../schema/fields.ts';
import { meshAuthority } from './certificate-authority.ts';
import { distributeRootCertificate } from './root-certificates.ts';

async function world() {
  const made = await apiWorld();
  const client = made.client('istiod');
  await made.kinds.create('namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'istio-system' },
    spec: {},
  });
  let authorities = 0;
  const platform = {
    ...made.parts.platform,
    authority: (organization: string) =>
      Promise.resolve({ certificate: `${organization} ${++authorities}`, key: 'a key' }),
  };
  const { store } = made;
  return { ...made, options: { store, client, platform, otherwise: 'the cluster’s' } };
}

test('the first istiod makes an authority, later ones find it in its Secret', async () => {
  const { options, store } = await world();
  assert.equal(await meshAuthority(options), 'cluster.local 1');
  assert.equal(await meshAuthority(options), 'cluster.local 1');
  const secret = store.get('secrets', 'istio-system', 'istio-ca-secret');
  assert.equal(secret?.['type'], 'istio.io/ca-root');
});

test('two at once agree on one, and without a platform that makes any it is the cluster’s', async () => {
  const { options } = await world();
  const both = await Promise.all([meshAuthority(options), meshAuthority(options)]);
  assert.equal(both[0], both[1]);
  const { options: other } = await world();
  const { authority: _, ...bare } = other.platform;
  assert.equal(await meshAuthority({ ...other, platform: bare }), 'the cluster’s');
});

test('its certificate stands in every namespace, again where somebody wrote another', async () => {
  const { store, options, kinds, step } = await world();
  const faults: unknown[] = [];
  const stop = distributeRootCertificate({
    ...options,
    certificate: 'ours',
    fault: (error) => faults.push(error),
  });
  await step(10);
  const text = () =>
    at(store.get('configmaps', 'default', 'istio-ca-root-cert'), 'data', 'root-cert.pem');
  assert.equal(text(), 'ours');
  await kinds.modify('configmaps', 'default', 'istio-ca-root-cert', (draft) => {
    draft.data = { 'root-cert.pem': 'theirs' };
  });
  await step(10);
  assert.equal(text(), 'ours');
  stop();
  assert.deepEqual(faults, []);
});
