// A process with a hundred clusters in it, as the clusters' process of a class would be: what it weighs and what it costs at
// rest and asleep. Forked by clusters.ts, for its own memory and CPU are the figures; tells them and ends.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type PooledCluster, WorkerPool } from '../server/engines/embedded/pool.ts';
import { ApiClient } from '../tests/support/api-client.ts';
import { median } from './figure.ts';
import { shareOfCore } from './share.ts';

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
  /** Shares of one core, all together; asleep beyond what a Node process costs that does nothing, at the same time. */
  restShare: number;
  frozenShare: number;
}

/** Does nothing but tell its own share: what the machine counts for a process that only waits. */
const idler = fork(fileURLToPath(new URL('idler.ts', import.meta.url)));
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
  const restShare = await shareOfCore(LOOK_MS);
  const restBytes = each();
  await wait(asleepAt - Date.now());
  const told: ManyClusters = {
    readyBytes,
    restBytes,
    restShare,
    frozenShare: await lastingShare(idler),
  };
  await new Promise((sent) => process.send?.(told, sent));
} finally {
  idler.kill();
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
async function lastingShare(peer: ChildProcess): Promise<number> {
  const shares: number[] = [];
  for (let look = 0; look < 5; look++) {
    const ms = LOOK_MS / 5;
    peer.send(ms);
    const [own, [idle]] = await Promise.all([shareOfCore(ms), once(peer, 'message')]);
    shares.push(Math.max(0, own - Number(idle)));
  }
  return median(shares);
}
