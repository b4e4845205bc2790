// A host and a cluster that only plays one: its state is a word, and its face answers what a host asks.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { administrator, identity, json } from '../../apiserver/testing/served.ts';
import { every } from './beat.ts';
import { type ClusterInit, Host, type HostedCluster } from './host.ts';
import { REVISION_GAP } from './messages.ts';

const directory = mkdtempSync(join(tmpdir(), 'host-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;

class PlayedCluster implements HostedCluster {
  word: string;
  revision: number;
  attended = true;
  /** How often somebody asked whether anything changed. */
  looks = 0;
  #changes = 0;
  readonly calls: string[] = [];
  readonly init: ClusterInit;
  /** Looks until the node is ready. */
  unready = 2;

  constructor(init: ClusterInit) {
    this.init = init;
    this.word = typeof init.snapshot === 'string' ? init.snapshot : 'new';
    this.revision = init.revisionFloor + 1;
  }

  change(word: string): void {
    this.word = word;
    this.#changes++;
    this.revision++;
    this.init.noteChange();
  }

  get changes() {
    this.looks++;
    return this.#changes;
  }

  async start() {
    this.calls.push('start');
  }
  snapshot() {
    this.calls.push('snapshot');
    return this.word;
  }
  freeze() {
    this.calls.push('freeze');
  }
  thaw() {
    this.calls.push('thaw');
  }
  stop() {
    this.calls.push('stop');
  }

  async handle({ path, signal }: Parameters<HostedCluster['handle']>[0]) {
    if (path === '/api/v1/nodes') {
      const status = this.unready-- > 0 ? 'False' : 'True';
      return json(200, { items: [{ status: { conditions: [{ type: 'Ready', status }] } }] });
    }
    if (path === '/watch') {
      const body = (async function* () {
        yield Buffer.from('event');
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      })();
      return { status: 200, headers: {}, body };
    }
    return json(200, { metadata: { uid: 'uid-1' }, word: this.word });
  }
  async upgrade() {
    return json(404, {});
  }
  authenticateToken() {
    return undefined;
  }
}

interface World {
  host: Host;
  cluster: PlayedCluster;
  file: string;
  kept(): { revision: number; snapshot: string };
  log: string[];
}

async function world(
  t: { after(fn: () => unknown): void },
  options: Partial<Parameters<typeof Host.start>[0]> = {},
): Promise<World> {
  const file = options.snapshotFile ?? join(directory, `${++count}.json`);
  const log: string[] = [];
  let cluster: PlayedCluster | undefined;
  const host = await Host.start({
    identity,
    port: 0,
    snapshotFile: file,
    log: (_level, message) => log.push(message),
    create: (init) => (cluster = new PlayedCluster(init)),
    bounds: { snapshotIntervalMs: 10, freezeAfterMs: 60_000, clusterStartMs: 2_000 },
    ...options,
  });
  t.after(() => host.stop(false));
  assert.ok(cluster);
  const kept = () =>
    JSON.parse(readFileSync(file, 'utf8')) as { revision: number; snapshot: string };
  return { host, cluster, file, kept, log };
}

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Resolves when whoever runs every `ms` milliseconds has had `count` turns. */
async function beats(ms: number, count: number): Promise<void> {
  let turns = 0;
  const end = every(ms, () => turns++);
  await until(() => turns >= count);
  end();
}

async function ask(host: Host): Promise<void> {
  const asked = get(`${host.started.url}/api`, { ...administrator, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
}

/** Open until it is destroyed. */
async function openWatch(host: Host): Promise<ClientRequest> {
  const asked = get(`${host.started.url}/watch`, { ...administrator, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => {}); // It is cut.
  return asked;
}

test('it starts when the node is ready, and says who the cluster is', async (t) => {
  const { host, cluster } = await world(t);
  assert.equal(cluster.calls[0], 'start');
  assert.ok(cluster.unready < 0);
  assert.equal(host.started.systemUid, 'uid-1');
  assert.match(host.started.url, /^https:\/\/127\.0\.0\.1:\d+$/);
});

test('a cluster whose node never becomes ready is not started, and leaves nothing behind', async () => {
  let cluster: PlayedCluster | undefined;
  const create = (init: ClusterInit) => {
    cluster = new PlayedCluster(init);
    cluster.unready = Infinity;
    return cluster;
  };
  await assert.rejects(
    Host.start({ identity, port: 0, create, log: () => {}, bounds: { clusterStartMs: 50 } }),
    /after 0\.05 s it still waits for its node/,
  );
  assert.equal(cluster?.calls.at(-1), 'stop');
});

test('its state is on disk within a tick of a change, readable by its owner alone, and not written without one', async (t) => {
  const { cluster, file, kept } = await world(t);
  await until(() => existsSync(file));
  cluster.change('one');
  await until(() => kept().snapshot === 'one');
  assert.equal(kept().revision, cluster.revision);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const written = cluster.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(cluster.calls.length, written);
});

test('heartbeats are not written, and yet revisions never catch up with the next life’s', async (t) => {
  const { host, cluster, file, kept } = await world(t, {
    bounds: { snapshotIntervalMs: 10, unattendedAfterMs: 20 },
  });
  const watch = await openWatch(host);
  await until(() => existsSync(file));
  const { revision } = kept();
  cluster.revision += 10;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(kept().revision, revision);
  cluster.revision += REVISION_GAP / 2;
  await until(() => kept().revision === cluster.revision);
  watch.destroy();
});

test('a cluster in which nothing happens is left alone, and the next change is kept all the same', async (t) => {
  const { cluster, file, kept } = await world(t);
  cluster.change('one');
  await until(() => existsSync(file) && kept().snapshot === 'one');
  // The look that kept it was the last but one.
  await beats(10, 3);
  const { looks } = cluster;
  await beats(10, 5);
  assert.equal(cluster.looks, looks);
  cluster.change('two');
  await until(() => kept().snapshot === 'two');
});

test('a cluster is attended while somebody asks or watches, and from the first request after', async (t) => {
  const { host, cluster } = await world(t, {
    bounds: { snapshotIntervalMs: 10, unattendedAfterMs: 30, freezeAfterMs: Infinity },
  });
  const watch = await openWatch(host);
  await beats(30, 3);
  assert.equal(cluster.attended, true);
  watch.destroy();
  await until(() => !cluster.attended);
  await ask(host);
  assert.equal(cluster.attended, true);
  assert.equal(host.frozen, false);
  await until(() => !cluster.attended);
});

test('the next life begins with the kept state, its revisions far above', async (t) => {
  const first = await world(t);
  first.cluster.change('kept');
  const revision = await first.host.stop(true);
  assert.equal(first.kept().snapshot, 'kept');
  const second = await world(t, { snapshotFile: first.file });
  assert.equal(second.cluster.word, 'kept');
  assert.equal(second.cluster.init.revisionFloor, revision + REVISION_GAP);
  const fresh = await world(t, { snapshotFile: first.file, fresh: true });
  assert.equal(fresh.cluster.word, 'new');
  assert.ok(fresh.cluster.revision > revision + REVISION_GAP);
});

test('a floor that is given counts when it is higher', async (t) => {
  const { cluster } = await world(t, { revisionFloor: 5_000_000 });
  assert.equal(cluster.init.revisionFloor, 5_000_000);
});

for (const [title, text, says] of [
  ['damaged', '{"format":1,', /its kept state is damaged/],
  ['from a later version', '{"format":2,"revision":1}', /from another version of Meshproof/],
] as const) {
  test(`a state that is ${title} is told, and does not matter to a fresh start`, async (t) => {
    const file = join(directory, `${++count}.json`);
    writeFileSync(file, text);
    await assert.rejects(world(t, { snapshotFile: file }), says);
    assert.equal((await world(t, { snapshotFile: file, fresh: true })).cluster.word, 'new');
  });
}

test('without clients it goes to sleep with its state kept, and wakes at the first request', async (t) => {
  const { host, cluster, kept, file } = await world(t, {
    bounds: { snapshotIntervalMs: 10, freezeAfterMs: 50 },
    onSleep: () => cluster.calls.push('slept'),
    onWake: () => cluster.calls.push('woke'),
  });
  cluster.change('before sleep');
  await until(() => host.frozen);
  await until(() => existsSync(file) && kept().snapshot === 'before sleep');
  assert.deepEqual(
    cluster.calls.filter((call) => ['freeze', 'slept', 'woke'].includes(call)),
    ['freeze', 'slept'],
  );
  assert.equal(cluster.attended, false);
  await ask(host);
  assert.equal(host.frozen, false);
  assert.equal(cluster.attended, true);
  assert.deepEqual(cluster.calls.slice(-2), ['woke', 'thaw']);
  await until(() => host.frozen);
});

test('an open watch keeps it awake, however long nothing happens', async (t) => {
  const { host } = await world(t, { bounds: { snapshotIntervalMs: 10, freezeAfterMs: 30 } });
  const watch = await openWatch(host);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(host.frozen, false);
  watch.destroy();
  await until(() => host.frozen);
});

test('a disk that is full is told, and tried again', async (t) => {
  const { host, cluster, log, file, kept } = await world(t, {
    snapshotFile: join(directory, 'blocked/state.json'),
  });
  await until(() => existsSync(file));
  rmSync(join(directory, 'blocked'), { recursive: true });
  writeFileSync(join(directory, 'blocked'), 'a file where the directory was');
  cluster.change('late');
  await until(() => log.length > 0);
  assert.match(log[0] ?? '', /state could not be kept/);
  await assert.rejects(host.save(join(directory, 'blocked/other.json')));
  rmSync(join(directory, 'blocked'));
  await until(() => existsSync(file) && kept().snapshot === 'late');
});
