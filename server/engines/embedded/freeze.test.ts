// A real cluster that nobody uses: it does nothing, and is there again with the first request. What a long sleep does to
// leases and ages: cluster/node/freeze.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiClient } from '../../../tests/support/api-client.ts';
import { identity } from '../../apiserver/testing/served.ts';
import { createCluster } from './cluster.ts';
import { Host, type HostedCluster } from './host.ts';

const PODS = '/api/v1/namespaces/default/pods';

interface Pod {
  status: { phase: string; conditions?: { type: string; status: string }[] };
}

test('a cluster without clients stands still, and the first request wakes it with all it had', async (t) => {
  let cluster: HostedCluster | undefined;
  const host = await Host.start({
    identity,
    port: 0,
    // Fast, so that something would fall due in the little time the test waits.
    create: (init) => (cluster = createCluster(init, { clockSpeed: 20 })),
    log: () => {},
    bounds: { freezeAfterMs: 200, snapshotIntervalMs: 20 },
  });
  const client = new ApiClient({
    url: host.started.url,
    ca: identity.caCertificate,
    cert: identity.clientCertificate,
    key: identity.clientKey,
  });
  t.after(async () => {
    client.close();
    await host.stop(false);
  });
  const command = ['sh', '-c', 'while true; do date; sleep 1; done'];
  await client.json('POST', PODS, {
    metadata: { name: 'clock' },
    spec: { containers: [{ name: 'main', image: 'busybox', command }] },
  });
  const log = async () => (await client.ask('GET', `${PODS}/clock/log`)).text;
  while (!(await log()).includes('UTC')) await wait(20);
  const before = await log();
  while (!host.frozen) await wait(20);
  const asleep = { changes: cluster?.changes, revision: cluster?.revision };
  await wait(1_000); // Twenty seconds of the cluster's: two renewals of its lease, twenty lines of the log.
  assert.ok(host.frozen);
  assert.deepEqual({ changes: cluster?.changes, revision: cluster?.revision }, asleep);

  const pod = await client.json<Pod>('GET', `${PODS}/clock`);
  assert.equal(host.frozen, false);
  assert.equal(pod.status.phase, 'Running');
  const [node] = (await client.json<{ items: Pod[] }>('GET', '/api/v1/nodes')).items;
  assert.equal(node?.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
  const lines = before.split('\n').length;
  while ((await log()).split('\n').length < lines + 3) await wait(20);
});
