// A worker without clusters, for tests of the pool and the engine: it does what the name of the file to save to says.

import { createServer, type Server } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerData } from '../messages.ts';

const { running } = workerData as WorkerData;
const say = (message: FromWorker) => parentPort?.postMessage(message);
const servers = new Map<number, Server>();

parentPort?.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'ping':
      return say({ kind: 'pong' });
    case 'start':
      return start(message.start);
    case 'stop':
      servers.get(message.cluster)?.close();
      return say({ kind: 'stopped', cluster: message.cluster, revision: 7 });
    case 'save':
      return save(message.cluster, message.file);
  }
});

function start({
  cluster,
  port,
  snapshotFile,
  fresh,
  revisionFloor,
}: Extract<ToWorker, { kind: 'start' }>['start']): void {
  running[0] = cluster;
  if (contentOf(snapshotFile) === 'broken' && !fresh)
    return say({ kind: 'not started', cluster, reason: 'the snapshot cannot be read' });
  say({ kind: 'stage', cluster, stage: 'Waiting for nothing' });
  const server = createServer();
  server.on('error', (error: NodeJS.ErrnoException) =>
    say({
      kind: 'not started',
      cluster,
      reason: error.message,
      ...(error.code && { code: error.code }),
    }),
  );
  server.listen(port, '127.0.0.1', () => {
    servers.set(cluster, server);
    const address = server.address();
    const bound = typeof address === 'object' && address ? address.port : 0;
    // What a life began with, where the test can read it.
    writeFileSync(
      snapshotFile,
      JSON.stringify({ revisionFloor, before: fresh ? '' : contentOf(snapshotFile) }),
    );
    say({
      kind: 'started',
      cluster,
      started: {
        port: bound,
        url: `https://127.0.0.1:${bound}`,
        systemUid: `uid-${threadId}-${cluster}`,
      },
    });
  });
}

function save(cluster: number, file: string): void {
  running[0] = cluster;
  if (file.endsWith('hang-after-rest.json')) {
    // A request wakes it and hangs it.
    say({ kind: 'resting' });
    return void setTimeout(() => {
      say({ kind: 'awake' });
      for (;;);
    }, 20);
  }
  if (file.endsWith('block-at-rest.json')) {
    // Longer than the watchdog's patience, which has no reason to look.
    say({ kind: 'saved', cluster });
    say({ kind: 'resting' });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    return;
  }
  if (file.endsWith('hang.json')) for (;;);
  if (file.endsWith('crash.json')) throw new Error('crash');
  if (file.endsWith('refuse.json')) return say({ kind: 'saved', cluster, error: 'no room' });
  writeFileSync(file, `saved in ${threadId}`);
  say({ kind: 'saved', cluster });
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Nothing was kept.
  }
}

if (!process.env['PLAYED_WORKER_NEVER_WARM']) say({ kind: 'warm' });
