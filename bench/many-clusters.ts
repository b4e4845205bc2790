// A process with a hundred clusters in it, as the clusters' process of a class would be: what it weighs and what it costs at
// rest and asleep. Forked by clusters.ts, for its own memory and CPU are the figures; tells them and ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type PooledCluster, WorkerPool } from '../server/engines/embedded/pool.ts';
import { ApiClient } from '../tests/support/api-client.ts';
import { median } from './figure.ts';

const CLUSTERS = 100;
const PODS = 6;
/** Milliseconds from the last request: to the look at a cluster at rest, how long it lasts, and to sleep. */
const REST_MS = 60_000;
const LOOK_MS = 20_000;
const FREEZE_MS = REST_MS + LOOK_MS + 5_000;
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

/** What `clusters.ts` hears. */
export interface ManyClusters {
  /** Bytes of resident memory, each: just after the pods are Ready, and at rest. */
  readyBytes: number;
  restBytes: number;
  /** Shares of one core, all together. */
  restShare: number;
  frozenShare: number;
}

const directory = mkdtempSync(join(tmpdir(), 'bench-'));
const pool = new WorkerPool({
  entry: new URL('../server/engines/embedded/worker.ts', import.meta.url),
  log: (level, message) => {
    if (level !== 'info') console.error(message);
  },
});

try {
  await pool.warm();
  const empty = process.memoryUsage.rss();
  const identity = await pool.newIdentity();
  const clusters: PooledCluster[] = [];
  for (let index = 0; index < CLUSTERS; index++)
    clusters.push(
      await pool.start(
        {
          port: 0,
          identity,
          snapshotFile: join(directory, `${index}.json`),
          fresh: true,
          revisionFloor: 0,
          clockSpeed: 1,
          freezeAfterMs: FREEZE_MS,
        },
        {
          onStage: () => {},
          onLost: ({ reason }) => {
            throw new Error(`cluster ${index} was lost: ${reason}`);
          },
        },
      ),
    );
  const clients = clusters.map(
    ({ started: { url } }) =>
      new ApiClient({
        url,
        ca: identity.caCertificate,
        cert: identity.clientCertificate,
        key: identity.clientKey,
      }),
  );
  for (const client of clients) await client.json('POST', DEPLOYMENTS, web());
  for (const client of clients) await untilAvailable(client);
  for (const client of clients) client.close();
  const each = () => (process.memoryUsage.rss() - empty) / CLUSTERS;
  const readyBytes = each();
  const asleepAt = Date.now() + FREEZE_MS + LOOK_MS / 2;
  await wait(REST_MS);
  const restShare = await shareOfCore();
  const restBytes = each();
  await wait(asleepAt - Date.now());
  const told: ManyClusters = {
    readyBytes,
    restBytes,
    restShare,
    frozenShare: await lastingShare(),
  };
  await new Promise((sent) => process.send?.(told, sent));
} finally {
  await pool.close();
  rmSync(directory, { recursive: true, force: true });
}

function web() {
  const labels = { app: 'web' };
  return {
    metadata: { name: 'web' },
    spec: {
      replicas: PODS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'nginx', image: 'nginx' }] },
      },
    },
  };
}

async function untilAvailable(client: ApiClient): Promise<void> {
  for (;;) {
    const { status } = await client.json<{ status: { availableReplicas?: number } }>(
      'GET',
      `${DEPLOYMENTS}/web`,
    );
    if (status.availableReplicas === PODS) return;
    await wait(50);
  }
}

/** Of several looks, so that V8's last tidying up after a long run is not taken for a cost that stays. */
async function lastingShare(): Promise<number> {
  const shares: number[] = [];
  for (let look = 0; look < 5; look++) shares.push(await shareOfCore(LOOK_MS / 5));
  return median(shares);
}

/** All threads of this process, over a while. */
async function shareOfCore(ms = LOOK_MS): Promise<number> {
  const began = performance.now();
  const before = process.cpuUsage();
  await wait(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - began);
}
