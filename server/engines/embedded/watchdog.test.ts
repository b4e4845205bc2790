// Two learners' real clusters in one real worker that hangs: what the watchdog gives back.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiClient, credentialsIn } from '../../../tests/support/api-client.ts';
import { untold } from '../engine.ts';
import { EmbeddedEngine } from './engine.ts';
import { WorkerPool } from './pool.ts';

const base = mkdtempSync(join(tmpdir(), 'watchdog-'));
after(() => rmSync(base, { recursive: true, force: true }));

const PODS = '/api/v1/namespaces/default/pods';

interface Learner {
  engine: EmbeddedEngine;
  notices: string[];
  snapshot: () => string;
  client: () => ApiClient;
}

function learner(name: string, pool: WorkerPool): Learner {
  const directory = join(base, name);
  const kubeconfig = join(directory, '.meshproof/kubeconfig');
  mkdirSync(join(directory, '.meshproof'), { recursive: true });
  const notices: string[] = [];
  return {
    engine: new EmbeddedEngine({
      pool,
      workspace: { directory, kubeconfig },
      clockSpeed: 1,
      listener: { engine: () => {}, notice: (text) => notices.push(text) },
      log: () => {},
    }),
    notices,
    snapshot: () => readFileSync(join(directory, '.meshproof/embedded/snapshot.json'), 'utf8'),
    client: () => new ApiClient(credentialsIn(kubeconfig)),
  };
}

interface Pod {
  metadata: { uid: string };
  status: { phase: string; podIP?: string; conditions?: { type: string; status: string }[] };
}

async function readyPod(client: ApiClient): Promise<Pod> {
  for (;;) {
    const pod = await client.json<Pod>('GET', `${PODS}/web`);
    if (pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
      return pod;
    await wait(20);
  }
}

test('clusters of a hung worker come back with their pods, each at its address, and their learners are told', async (t) => {
  const pool = new WorkerPool({
    entry: new URL('testing/hanging-worker.ts', import.meta.url),
    log: () => {},
    bounds: { workerPingMs: 200 },
  });
  t.after(() => pool.close());
  const learners = ['one', 'two'].map((name) => learner(name, pool));
  const pods: Pod[] = [];
  for (const { engine, client, snapshot } of learners) {
    await engine.up(untold);
    const api = client();
    await api.json('POST', PODS, {
      metadata: { name: 'web' },
      spec: { containers: [{ name: 'nginx', image: 'nginx' }] },
    });
    const pod = await readyPod(api);
    pods.push(pod);
    while (!snapshot().includes(`"podIP":"${pod.status.podIP}"`)) await wait(20);
    api.close();
  }
  const [first] = learners;
  await assert.rejects(first?.engine.save('hang', untold) ?? Promise.resolve());
  for (const [index, { engine, client, notices }] of learners.entries()) {
    while (notices.length === 0) await wait(20);
    assert.match(notices[0] ?? '', /^Your cluster stopped answering and was started again/);
    assert.equal(engine.facts().state, 'ready');
    const api = client();
    const pod = await readyPod(api);
    api.close();
    assert.equal(pod.metadata.uid, pods[index]?.metadata.uid);
    assert.equal(pod.status.podIP, pods[index]?.status.podIP);
    await engine.close();
  }
});
