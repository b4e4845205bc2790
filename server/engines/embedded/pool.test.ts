import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { identity } from '../../apiserver/testing/served.ts';
import { type Loss, StartFailure, WorkerPool } from './pool.ts';

const directory = mkdtempSync(join(tmpdir(), 'pool-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const entry = new URL('testing/played-worker.ts', import.meta.url);
let count = 0;

function pool(t: { after(fn: () => unknown): void }, bounds = {}) {
  const log: string[] = [];
  const it = new WorkerPool({
    entry,
    log: (_level, message) => log.push(message),
    bounds: { workerPingMs: 50, workerPingMisses: 4, clustersPerWorker: 2, ...bounds },
  });
  t.after(() => it.close());
  const start = (
    options: {
      port?: number;
      fresh?: boolean;
      snapshotFile?: string;
      onLost?: (loss: Loss) => void;
    } = {},
  ) =>
    it.start(
      {
        port: options.port ?? 0,
        identity,
        snapshotFile: options.snapshotFile ?? join(directory, `${++count}.json`),
        fresh: options.fresh ?? false,
        revisionFloor: 0,
        clockSpeed: 1,
      },
      { onStage: () => {}, onLost: options.onLost ?? (() => assert.fail('lost')) },
    );
  return { it, log, start };
}

const file = (name: string) => join(directory, `${name}.json`);

/** The thread that wrote it. */
async function threadOf(cluster: { save(path: string): Promise<void> }): Promise<string> {
  const path = file(`thread-${++count}`);
  await cluster.save(path);
  return readFileSync(path, 'utf8');
}

test('clusters share a worker until it is full, and the next finds another one', async (t) => {
  const { it, start } = pool(t);
  await it.warm();
  const [first, second] = [await start(), await start()];
  await it.warm(); // There is one again, before anybody asked.
  const third = await start();
  assert.equal(await threadOf(first), await threadOf(second));
  assert.notEqual(await threadOf(first), await threadOf(third));
});

test('a place that is left can be taken', async (t) => {
  const { start } = pool(t, { clustersPerWorker: 1 });
  const first = await start();
  const thread = await threadOf(first);
  assert.equal(await first.stop(true), 7);
  assert.equal(await threadOf(await start()), thread);
});

test('a worker that hangs is ended, its clusters hear of it, and the one that had the thread is blamed', async (t) => {
  const { start, log } = pool(t);
  const losses = new Map<string, Loss>();
  let both = () => {};
  const heard = new Promise<void>((resolve) => (both = resolve));
  const lost = (name: string) => (loss: Loss) => {
    losses.set(name, loss);
    if (losses.size === 2) both();
  };
  const hanging = await start({ onLost: lost('hanging') });
  const beside = await start({ onLost: lost('beside') });
  const port = beside.started.port;
  await assert.rejects(hanging.save(file('hang')), /its worker has gone/);
  await heard;
  assert.equal(losses.get('hanging')?.blamed, true);
  assert.equal(losses.get('beside')?.blamed, false);
  assert.match(
    log.join('\n'),
    /a worker with 2 clusters was ended: it has not answered for 4 pings/,
  );
  assert.equal(await beside.stop(true), 0, 'what has gone needs no stopping');
  // Its port is free at once.
  const again = await start({ port });
  assert.equal(again.started.port, port);
});

test('a worker at rest is not looked at, and is again from the moment it wakes', async (t) => {
  const { it, start, log } = pool(t, { clustersPerWorker: 1 });
  const resting = await start();
  await resting.save(file('block-at-rest'));
  // Its thread answers only once it is no longer blocked.
  await threadOf(resting);
  assert.deepEqual(log, []);
  let hear = (_loss: Loss) => {};
  const heard = new Promise<Loss>((resolve) => (hear = resolve));
  await it.warm();
  const waking = await start({ onLost: (loss) => hear(loss) });
  await assert.rejects(waking.save(file('hang-after-rest')));
  assert.equal((await heard).blamed, true);
});

test('a worker that crashes takes only its own clusters along', async (t) => {
  const { it, start } = pool(t, { clustersPerWorker: 1 });
  let hear = (_loss: Loss) => {};
  const heard = new Promise<Loss>((resolve) => (hear = resolve));
  const crashing = await start({ onLost: (loss) => hear(loss) });
  await it.warm();
  const beside = await start();
  await assert.rejects(crashing.save(file('crash')));
  assert.match((await heard).reason, /Error: crash/);
  await threadOf(beside);
});

test('a cluster that cannot start says why and leaves its place', async (t) => {
  const { start } = pool(t, { clustersPerWorker: 1 });
  const snapshotFile = file('broken');
  writeFileSync(snapshotFile, 'broken');
  await assert.rejects(
    start({ snapshotFile }),
    (error) => error instanceof StartFailure && error.message === 'the snapshot cannot be read',
  );
  const { started } = await start();
  await assert.rejects(
    start({ port: started.port }),
    (error) => error instanceof StartFailure && error.code === 'EADDRINUSE',
  );
});

test('a save that fails is told to who asked', async (t) => {
  const { start } = pool(t);
  await assert.rejects((await start()).save(file('refuse')), /no room/);
});

test('a worker that never loads is given up', async (t) => {
  process.env['PLAYED_WORKER_NEVER_WARM'] = '1';
  t.after(() => delete process.env['PLAYED_WORKER_NEVER_WARM']);
  const { it, start } = pool(t, { workerStartMs: 300 });
  const waiting = start();
  delete process.env['PLAYED_WORKER_NEVER_WARM'];
  await assert.rejects(waiting, /ended while it loaded/);
  await it.warm();
  await start(); // The next one is a good one.
});
