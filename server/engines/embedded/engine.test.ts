// The engine's own part, with workers that only play clusters. With real ones: tests beside host.ts.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { EngineFacts } from '../../../protocol/lab.ts';
import type { Progress } from '../engine.ts';
import { EmbeddedEngine } from './engine.ts';
import { WorkerPool } from './pool.ts';

const base = mkdtempSync(join(tmpdir(), 'embedded-'));
after(() => rmSync(base, { recursive: true, force: true }));
let count = 0;

interface Told {
  facts: EngineFacts[];
  notices: string[];
  lines: string[];
  progress: Progress;
  /** Resolves when the engine shows this state. */
  until(state: EngineFacts['state']): Promise<void>;
  noticed(): Promise<string>;
}

function told(): Told & {
  listener: { engine(facts: EngineFacts): void; notice(text: string): void };
} {
  const facts: EngineFacts[] = [];
  const notices: string[] = [];
  const lines: string[] = [];
  const wake: (() => void)[] = [];
  const changed = () => new Promise<void>((resolve) => wake.push(resolve));
  const ring = () => {
    for (const each of wake.splice(0)) each();
  };
  return {
    facts,
    notices,
    lines,
    progress: { title: (text) => lines.push(text), stage: (name) => lines.push(` ${name}`) },
    listener: {
      engine: (fact) => {
        facts.push(fact);
        ring();
      },
      notice: (text) => {
        notices.push(text);
        ring();
      },
    },
    async until(state) {
      while (facts.at(-1)?.state !== state) await changed();
    },
    async noticed() {
      while (notices.length === 0) await changed();
      return notices.shift() ?? '';
    },
  };
}

interface Process extends Told {
  engine: EmbeddedEngine;
  /** As at kill -9: nothing is kept that was not on disk. */
  kill(): Promise<void>;
}

function place() {
  const directory = join(base, String(++count));
  mkdirSync(join(directory, '.meshproof'), { recursive: true });
  const kubeconfig = join(directory, '.meshproof/kubeconfig');
  const snapshot = join(directory, '.meshproof/embedded/snapshot.json');
  return {
    directory,
    kubeconfig,
    clusterFile: join(directory, '.meshproof/cluster.json'),
    server: () => /server: (\S+)/.exec(readFileSync(kubeconfig, 'utf8'))?.[1],
    /** What the present life began with. */
    life: () =>
      JSON.parse(readFileSync(snapshot, 'utf8')) as { revisionFloor: number; before: string },
  };
}

function processIn(
  t: { after(fn: () => unknown): void },
  { directory, kubeconfig }: ReturnType<typeof place>,
): Process {
  const pool = new WorkerPool({
    entry: new URL('testing/played-worker.ts', import.meta.url),
    log: () => {},
    bounds: { workerPingMs: 50, workerPingMisses: 4 },
  });
  t.after(() => pool.close());
  const hears = told();
  const engine = new EmbeddedEngine({
    pool,
    workspace: { directory, kubeconfig },
    clockSpeed: 1,
    listener: hears.listener,
    log: () => {},
  });
  return { ...hears, engine, kill: () => pool.close() };
}

test('up ends with a kubeconfig for its owner alone and the cluster’s name card; down takes both away', async (t) => {
  const at = place();
  const { engine, progress, lines, facts } = processIn(t, at);
  assert.equal(engine.facts().state, 'none');
  assert.deepEqual(await engine.up(progress), {
    say: 'Cluster "mesh-lab" is ready. Try: kubectl get nodes',
    running: true,
  });
  assert.equal(lines[0], 'Creating cluster "mesh-lab" (embedded, Kubernetes v1.36.2) ...');
  assert.deepEqual(lines.slice(1), [
    ' Starting the control plane',
    ' Waiting for nothing',
    ' Writing its kubeconfig',
  ]);
  assert.equal(statSync(at.kubeconfig).mode & 0o777, 0o600);
  assert.match(String(at.server()), /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.match(
    readFileSync(at.clusterFile, 'utf8'),
    /^\{"uid":"uid-\d+-1","engine":"embedded"\}\n$/,
  );
  assert.equal(engine.facts().state, 'ready');
  assert.deepEqual(engine.facts().versions, { Kubernetes: 'v1.36.2' });

  assert.deepEqual(await engine.down(progress), {
    say: 'Deleted cluster "mesh-lab".',
    running: false,
  });
  assert.equal(existsSync(at.kubeconfig), false);
  assert.equal(existsSync(at.clusterFile), false);
  assert.deepEqual(
    facts.map(({ state }) => state),
    ['starting', 'starting', 'starting', 'ready', 'stopping', 'none'],
  );
});

test('each verb may be said twice', async (t) => {
  const at = place();
  const { engine, progress } = processIn(t, at);
  assert.deepEqual(await engine.down(progress), { say: 'There is no cluster.', running: false });
  await engine.up(progress);
  const server = at.server();
  const again = await engine.up(progress);
  assert.match(again.say, /is already running\. Nothing to do\./);
  assert.equal(at.server(), server);
  await engine.down(progress);
  assert.equal((await engine.down(progress)).say, 'There is no cluster.');
});

test('up puts right what was deleted by hand, and leaves what the learner chose', async (t) => {
  const at = place();
  const { engine, progress } = processIn(t, at);
  await engine.up(progress);
  const card = readFileSync(at.clusterFile, 'utf8');
  rmSync(at.clusterFile);
  const mine = readFileSync(at.kubeconfig, 'utf8').replace(
    'user: mesh-lab',
    'user: mesh-lab\n    namespace: staging',
  );
  writeFileSync(at.kubeconfig, mine);
  await engine.up(progress);
  assert.equal(readFileSync(at.clusterFile, 'utf8'), card);
  assert.equal(readFileSync(at.kubeconfig, 'utf8'), mine);
  writeFileSync(at.kubeconfig, 'apiVersion: v1\nkind: Config\n');
  await engine.up(progress);
  assert.match(String(at.server()), /^https:/);
});

test('two commands at once make one cluster', async (t) => {
  const { engine, progress } = processIn(t, place());
  const says = (await Promise.all([engine.up(progress), engine.up(progress)])).map(
    ({ say }) => say,
  );
  assert.match(says[0] ?? '', /is ready/);
  assert.match(says[1] ?? '', /already running/);
});

test('a reset is a new cluster at the same address, with revisions above the old one’s', async (t) => {
  const at = place();
  const { engine, progress } = processIn(t, at);
  await engine.up(progress);
  const [server, card] = [at.server(), readFileSync(at.clusterFile, 'utf8')];
  const before = at.life().revisionFloor;
  await engine.reset(progress);
  assert.equal(at.server(), server);
  assert.notEqual(readFileSync(at.clusterFile, 'utf8'), card);
  assert.equal(at.life().before, '');
  assert.ok(at.life().revisionFloor > before);
});

test('no life goes back in revisions: after down, after kill -9, after a reset', async (t) => {
  const at = place();
  const floors: number[] = [];
  let { engine, progress, kill } = processIn(t, at);
  await engine.up(progress);
  floors.push(at.life().revisionFloor);
  await engine.down(progress);
  await engine.up(progress);
  floors.push(at.life().revisionFloor);
  await kill();
  ({ engine, progress, kill } = processIn(t, at));
  await engine.resume();
  floors.push(at.life().revisionFloor);
  await engine.reset(progress);
  floors.push(at.life().revisionFloor);
  assert.deepEqual(
    [...new Set(floors)].sort((a, b) => a - b),
    floors,
  );
});

test('a cluster that ran when the process was killed is there again, at its address, from its snapshot', async (t) => {
  const at = place();
  const first = processIn(t, at);
  await first.engine.up(first.progress);
  const server = at.server();
  const life = JSON.stringify(at.life());
  await first.kill();
  const second = processIn(t, at);
  await second.engine.resume();
  assert.equal(second.engine.facts().state, 'ready');
  assert.equal(at.server(), server);
  assert.equal(at.life().before, life);
});

test('what was taken down stays down', async (t) => {
  const at = place();
  const first = processIn(t, at);
  await first.engine.up(first.progress);
  await first.engine.down(first.progress);
  const second = processIn(t, at);
  await second.engine.resume();
  assert.equal(second.engine.facts().state, 'none');
});

test('a cluster that hangs is started again at its address from its snapshot, and the learner is told', async (t) => {
  const at = place();
  const { engine, progress, noticed } = processIn(t, at);
  await engine.up(progress);
  const server = at.server();
  await assert.rejects(engine.save('hang', progress));
  assert.match(await noticed(), /^Your cluster stopped answering and was started again/);
  assert.equal(engine.facts().state, 'ready');
  assert.equal(at.server(), server);
  assert.notEqual(at.life().before, '');
});

test('a cluster that hangs again and again stays stopped until it is reset', async (t) => {
  const at = place();
  const { engine, progress, noticed } = processIn(t, at);
  await engine.up(progress);
  const said: string[] = [];
  for (let time = 0; time < 3; time++) {
    await assert.rejects(engine.save('hang', progress));
    said.push(await noticed());
  }
  assert.match(
    said[2] ?? '',
    /hung 3 times within 10 minutes and stays stopped\. `meshproof cluster reset` gives you a new one\./,
  );
  assert.equal(engine.facts().state, 'failed');
  const { say, running } = await engine.status();
  assert.equal(running, false);
  assert.match(say, /hung 3 times/);
  await engine.reset(progress);
  assert.equal(engine.facts().state, 'ready');
});

test('a state can be saved under a name and gone back to', async (t) => {
  const at = place();
  const { engine, progress } = processIn(t, at);
  await assert.rejects(engine.save('a', progress), /There is no cluster\. Start it first/);
  await engine.up(progress);
  await engine.save('a', progress);
  await assert.rejects(
    engine.restore('b', progress),
    /There is no saved state "b"\. Save it first/,
  );
  const server = at.server();
  await engine.restore('a', progress);
  assert.match(at.life().before, /^saved in \d+$/);
  assert.equal(at.server(), server);
});

test('a snapshot that cannot be read is told with the next move, and a reset helps', async (t) => {
  const at = place();
  const first = processIn(t, at);
  await first.engine.up(first.progress);
  await first.kill();
  writeFileSync(join(at.directory, '.meshproof/embedded/snapshot.json'), 'broken');
  const { engine, progress } = processIn(t, at);
  await engine.resume();
  assert.equal(engine.facts().state, 'failed');
  await assert.rejects(
    engine.up(progress),
    /did not start: the snapshot cannot be read\. Try again; if it stays so, `meshproof cluster reset`/,
  );
  await engine.reset(progress);
  assert.equal(engine.facts().state, 'ready');
});

test('when its port is somebody else’s now, the cluster moves and the kubeconfig follows', async (t) => {
  const at = place();
  const first = processIn(t, at);
  await first.engine.up(first.progress);
  const server = at.server();
  await first.kill();
  const stranger = createServer().listen(Number(new URL(String(server)).port), '127.0.0.1');
  t.after(() => stranger.close());
  await once(stranger, 'listening');
  const { engine } = processIn(t, at);
  await engine.resume();
  assert.equal(engine.facts().state, 'ready');
  assert.notEqual(at.server(), server);
});

test('a workspace that cannot be written is told as such', async (t) => {
  const at = place();
  const { engine, progress } = processIn(t, at);
  writeFileSync(join(at.directory, '.meshproof/embedded'), 'a file where a directory should be');
  await assert.rejects(
    engine.up(progress),
    /The workspace cannot be written: .*Make room or mend the rights/,
  );
});
