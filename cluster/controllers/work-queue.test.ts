import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notFound } from '../api/status.ts';
import { testWorld } from './testing/world.ts';
import { WorkQueue } from './work-queue.ts';

function queueOf(sync: (key: string) => Promise<void>, concurrency = 2) {
  const world = testWorld();
  const { clock, log } = world;
  return { world, queue: new WorkQueue({ name: 'test', clock, log, sync, concurrency }) };
}

test('a key added many times is worked on once', async () => {
  const seen: string[] = [];
  const { world, queue } = queueOf((key) => Promise.resolve(void seen.push(key)));
  for (let times = 0; times < 5; times++) queue.add('a');
  queue.add('b');
  await world.clock.step(0);
  assert.deepEqual(seen, ['a', 'b']);
});

test('a key that changes while it is worked on is worked on again, never twice at a time', async () => {
  let working = 0;
  let most = 0;
  let rounds = 0;
  const { world, queue } = queueOf(async () => {
    most = Math.max(most, ++working);
    rounds++;
    await world.clock.sleep(10);
    working--;
  });
  queue.add('a');
  await world.clock.step(5);
  queue.add('a');
  await world.clock.step(50);
  assert.deepEqual({ most, rounds }, { most: 1, rounds: 2 });
});

test('no more keys than the limit are worked on at a time', async () => {
  let working = 0;
  let most = 0;
  const { world, queue } = queueOf(async () => {
    most = Math.max(most, ++working);
    await world.clock.sleep(10);
    working--;
  });
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await world.clock.step(100);
  assert.equal(most, 2);
});

test('failures wait 5 ms, 10 ms, 20 ms …, and success forgets them', async () => {
  const at: number[] = [];
  let failures = 3;
  const { world, queue } = queueOf(() => {
    at.push(world.clock.now());
    return failures-- > 0
      ? Promise.reject(notFound({ group: '', resource: 'pods' }, 'x'))
      : Promise.resolve();
  });
  const began = world.clock.now();
  queue.add('a');
  await world.clock.step(1000);
  assert.deepEqual(
    at.map((time) => time - began),
    [0, 5, 15, 35],
  );
  // The API's refusals are news to the controller only.
  assert.deepEqual(world.logged, []);
});

test('a fault of ours is logged, and tried again all the same', async () => {
  let times = 0;
  const { world, queue } = queueOf(() =>
    times++ === 0 ? Promise.reject(new TypeError('oops')) : Promise.resolve(),
  );
  queue.add('a');
  await world.clock.step(100);
  assert.equal(times, 2);
  assert.match(world.logged[0] ?? '', /^test controller: TypeError: oops/);
});

test('of several waits for a key the earliest holds', async () => {
  const at: number[] = [];
  const { world, queue } = queueOf(() => Promise.resolve(void at.push(world.clock.now())));
  const began = world.clock.now();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 300);
  await world.clock.step(1000);
  assert.deepEqual(
    at.map((time) => time - began),
    [100],
  );
});

test('a closed queue starts nothing more', async () => {
  let times = 0;
  const { world, queue } = queueOf(() => Promise.resolve(void times++));
  queue.add('a');
  queue.addAfter('b', 10);
  queue.close();
  await world.clock.step(100);
  assert.equal(times, 0);
  assert.equal(queue.length, 0);
});
