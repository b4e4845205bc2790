import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCluster, until } from './api/testing/cluster.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

test('a lease that is renewed is no change worth keeping; one that is changed is', async (t) => {
  const it = await testCluster();
  t.after(() => it.stop());
  const url = `${LEASE}/mesh-lab-control-plane`;
  await until('a first lease', async () => (await it.ask('GET', url)).status === 200);
  const { changes: before, revision } = it.cluster;
  const renewal = { spec: { renewTime: '2036-11-29T10:00:00.000000Z' } };
  assert.equal((await it.ask('PATCH', url, renewal)).status, 200);
  assert.equal(it.cluster.revision, revision + 1);
  assert.equal(it.cluster.changes, before);
  await it.ask('PATCH', url, { metadata: { labels: { mine: 'yes' } } });
  assert.equal(it.cluster.changes, before + 1);
  await it.ask('DELETE', url);
  assert.equal(it.cluster.changes, before + 2);
});

test('a restored cluster begins where the one before it ended, however far ahead that clock ran', async (t) => {
  const HOUR_MS = 3_600_000;
  const first = await testCluster({ clockSpeed: HOUR_MS });
  await until('an hour to pass', () =>
    Promise.resolve(first.cluster.clock.now() > Date.now() + HOUR_MS),
  );
  const snapshot = first.cluster.snapshot();
  first.stop();
  const second = await testCluster({ snapshot: JSON.parse(JSON.stringify(snapshot)) as unknown });
  t.after(() => second.stop());
  assert.ok(second.cluster.clock.now() >= snapshot.time);
  assert.ok(snapshot.time > Date.now());
});
