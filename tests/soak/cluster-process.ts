// The cluster that is soaked, in a process of its own whose heap is looked at. Forked by soaked-cluster.ts with --expose-gc.

import { writeHeapSnapshot } from 'node:v8';
import { createIdentity } from '../../server/apiserver/certificates.ts';
import { createCluster } from '../../server/engines/embedded/cluster.ts';
import { Host } from '../../server/engines/embedded/host.ts';
import type { FromSoaked, ToSoaked } from './soaked-cluster.ts';

const say = (message: FromSoaked) => process.send?.(message);

const identity = await createIdentity();
const host = await Host.start({
  identity,
  port: 0,
  create: (init) =>
    createCluster(init, {
      clockSpeed: 1,
      seed: 1,
      limits: {
        // What is bounded shall be full after a minute, so that later growth is growth.
        historyChanges: 500,
        historyBytes: 2 * 1024 * 1024,
        // The requests come as fast as they are answered.
        requestsPerSecond: 1e6,
        requestBurst: 1e6,
      },
    }),
  log: (level, message) => {
    if (level === 'error') say({ kind: 'logged', message });
  },
  bounds: { freezeAfterMs: Infinity },
});

process.on('message', (message: ToSoaked) => {
  if (message.kind === 'weigh') {
    // Twice: what the first one's finalizers let go of goes with the second.
    globalThis.gc?.();
    setTimeout(() => {
      globalThis.gc?.();
      say({ kind: 'weight', heapBytes: process.memoryUsage().heapUsed });
    }, 100);
  }
});
process.on('message', (message: ToSoaked) => {
  if (message.kind !== 'snapshot') return;
  writeHeapSnapshot(message.file);
  say({ kind: 'snapshot-written' });
});
process.on('disconnect', () => process.exit(0));

say({
  kind: 'ready',
  credentials: {
    url: host.started.url,
    ca: identity.caCertificate,
    cert: identity.clientCertificate,
    key: identity.clientKey,
  },
});
