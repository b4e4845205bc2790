// A process with many clusters in it, as the clusters' process of a class would be. Forked by clusters.ts, which looks at what
// it weighs and costs.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type PooledCluster, WorkerPool } from '../server/engines/embedded/pool.ts';
import { ApiClient } from '../tests/support/api-client.ts';

const PODS = 6;
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

/** What it is begun with. */
export interface ManyClusters {
  clusters: number;
  /** Milliseconds from the last request to sleep. */
  freezeAfterMs: number;
}

/** What it tells when all pods are Ready. From then on it does nothing of its own, until it is told to end by any message. */
export interface AllReady {
  /** Bytes of resident memory before the first cluster. */
  emptyBytes: number;
}

const { clusters: count, freezeAfterMs } = JSON.parse(process.argv[2] ?? '') as ManyClusters;
const directory = mkdtempSync(join(tmpdir(), 'bench-'));
const pool = new WorkerPool({
  entry: new URL('../server/engines/embedded/worker.ts', import.meta.url),
  log: (level, message) => {
    if (level !== 'info') console.error(message);
  },
});

try {
  await pool.warm();
  const emptyBytes = process.memoryUsage.rss();
  const identity = await pool.newIdentity();
  const clusters: PooledCluster[] = [];
  for (let index = 0; index < count; index++)
    clusters.push(
      await pool.start(
        {
          port: 0,
          identity,
          snapshotFile: join(directory, `${index}.json`),
          fresh: true,
          revisionFloor: 0,
          clockSpeed: 1,
          freezeAfterMs,
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
  const ready: AllReady = { emptyBytes };
  process.send?.(ready);
  await once(process, 'message');
} finally {
  await pool.close();
  rmSync(directory, { recursive: true, force: true });
  process.disconnect();
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
