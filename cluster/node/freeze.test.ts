import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../clock.ts';
import { startControllers } from '../controllers/controllers.ts';
import { apiWorld } from '../controllers/testing/api-world.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import { START } from '../controllers/testing/world.ts';
import { defaultLimits } from '../limits.ts';
import { ClusterNetwork } from '../network/cluster-network.ts';
import { Node } from './node.ts';
import { RuntimeDouble, imagesDouble } from './testing/runtime-double.ts';

/** Real time, in the test's hands: a clock that can be frozen follows it. */
class HandTime {
  ms = START;
  #timers: { due: number; run: () => void; cancelled: boolean }[] = [];

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.ms + Math.max(0, ms), run, cancelled: false };
    this.#timers.push(timer);
    return () => (timer.cancelled = true);
  }

  async pass(ms: number): Promise<void> {
    const end = this.ms + ms;
    for (;;) {
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      this.#timers = this.#timers.filter(({ cancelled }) => !cancelled);
      const next = this.#timers.toSorted((a, b) => a.due - b.due)[0];
      if (!next || next.due > end) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.ms = Math.max(this.ms, next.due);
      next.run();
    }
    this.ms = end;
  }
}

async function nodeWithPod() {
  const time = new HandTime();
  const clock = new Clock({ now: () => time.ms, after: (ms, run) => time.after(ms, run) });
  const world = await apiWorld({ clock });
  const { store, random, log } = world;
  const runtime = new RuntimeDouble();
  const node = new Node({
    store,
    client: world.client('kubelet'),
    clock,
    network: new ClusterNetwork({ store, clock, limits: defaultLimits, random }),
    runtime,
    images: imagesDouble,
    limits: defaultLimits,
    random,
    log,
  });
  startControllers(world);
  node.start();
  await time.pass(1000);
  const readinessProbe = { exec: { command: ['ready'] }, periodSeconds: 5 };
  const containers = [{ name: 'nginx', image: 'nginx', readinessProbe }];
  await world.kinds.create('pods', podDraft('web', { containers }));
  await time.pass(5000);
  assert.equal(world.kinds.get('pods', 'default', 'web')?.status?.phase, 'Running');
  return { time, clock, world, runtime };
}

/** As if nothing had been: the node ready, its pod never restarted, nothing logged. */
function isAsBefore({ world, runtime }: Awaited<ReturnType<typeof nodeWithPod>>): void {
  const [, , , ready] =
    world.kinds.get('nodes', undefined, 'mesh-lab-control-plane')?.status?.conditions ?? [];
  assert.equal(ready?.status, 'True');
  assert.equal(
    world.kinds.get('nodes', undefined, 'mesh-lab-control-plane')?.spec.taints,
    undefined,
  );
  const [status] = world.kinds.get('pods', 'default', 'web')?.status?.containerStatuses ?? [];
  assert.equal(status?.ready, true);
  assert.equal(status.restartCount, 0);
  assert.equal(runtime.started.length, 1);
  assert.deepEqual(world.logged, []);
}

test('after a freeze of hours the node is ready, its pods run on, and nothing was restarted', async () => {
  const it = await nodeWithPod();
  it.clock.freeze();
  const { revision } = it.world.store;
  await it.time.pass(8 * 3_600_000);
  assert.equal(it.world.store.revision, revision);
  it.clock.thaw();
  await it.time.pass(5000);
  isAsBefore(it);
});

test('a node that nobody looked at for half an hour did not beat, and is ready for who comes', async () => {
  const it = await nodeWithPod();
  await it.world.kinds.delete('pods', 'default', 'web');
  await it.time.pass(60_000);
  it.clock.attended = false;
  const { revision } = it.world.store;
  await it.time.pass(30 * 60_000);
  assert.equal(it.world.store.revision, revision);
  it.clock.attended = true;
  await it.time.pass(0);
  const lease = it.world.kinds.get(
    'leases.coordination.k8s.io',
    'kube-node-lease',
    'mesh-lab-control-plane',
  );
  assert.equal(Date.parse(lease?.spec.renewTime ?? ''), it.time.ms);
  await it.time.pass(5000);
  const node = it.world.kinds.get('nodes', undefined, 'mesh-lab-control-plane');
  assert.equal(node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
  assert.equal(node?.spec.taints, undefined);
});
