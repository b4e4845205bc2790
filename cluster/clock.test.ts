import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from './clock.ts';

/** A platform whose real time is moved by hand. */
function fakePlatform() {
  let now = 1_000;
  let timers: { at: number; run: () => void }[] = [];
  return {
    platform: {
      now: () => now,
      after(ms: number, run: () => void) {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    advance(ms: number) {
      const end = now + ms;
      for (;;) {
        timers.sort((a, b) => a.at - b.at);
        const next = timers[0];
        if (!next || next.at > end) break;
        timers.shift();
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
    /** A machine too busy to run timers: real time passes, and they are late. */
    stall(ms: number) {
      now += ms;
    },
    timerCount: () => timers.length,
  };
}

test('a task runs once, when its time has come', () => {
  const { platform, advance } = fakePlatform();
  const clock = new Clock(platform);
  const ran: number[] = [];
  clock.after(500, () => ran.push(clock.now()));
  advance(499);
  assert.deepEqual(ran, []);
  advance(1);
  advance(5_000);
  assert.deepEqual(ran, [1_500]);
});

test('at speed 20 a wait of 10 s takes half a second', () => {
  const { platform, advance } = fakePlatform();
  const clock = new Clock(platform, { speed: 20 });
  let done = false;
  clock.after(10_000, () => (done = true));
  advance(499);
  assert.equal(done, false);
  advance(1);
  assert.equal(done, true);
});

test('on a busy machine a fast clock waits for what is due', () => {
  const { platform, advance, stall } = fakePlatform();
  const clock = new Clock(platform, { speed: 10, start: 0 });
  const ran: string[] = [];
  const note = (name: string) => ran.push(`${name} at ${clock.now()}`);
  // An answer that comes in two short turns, and the time-out for it.
  clock.after(100, () => {
    note('asked');
    clock.after(5, () => note('answered'));
  });
  clock.after(1_000, () => note('too late'));
  stall(500);
  assert.equal(clock.now(), 150);
  advance(0);
  assert.deepEqual(ran, ['asked at 150']);
  advance(1);
  assert.deepEqual(ran, ['asked at 150', 'answered at 155']);
  advance(200);
  assert.deepEqual(ran.at(-1), 'too late at 1000');
});

test('time does not go back where tasks waited while it stood frozen, or a cancelled one is first', () => {
  const { platform, advance, stall } = fakePlatform();
  const clock = new Clock(platform, { speed: 10, start: 0 });
  clock.after(100, () => {});
  clock.freeze();
  stall(1_000);
  assert.equal(clock.now(), 10_000);
  clock.thaw();
  assert.equal(clock.now(), 10_000);
  advance(10);
  const cancel = clock.after(10, () => {});
  cancel();
  stall(100);
  assert.equal(clock.now(), 11_100);
});

test('at the speed of life nothing is held back', () => {
  const { platform, stall } = fakePlatform();
  const clock = new Clock(platform, { start: 0 });
  clock.after(100, () => {});
  stall(5_000);
  assert.equal(clock.now(), 5_000);
});

test('a change of speed keeps the time already passed', () => {
  const { platform, advance } = fakePlatform();
  const clock = new Clock(platform);
  advance(1_000);
  clock.speed = 10;
  advance(100);
  assert.equal(clock.now(), 3_000);
});

test('an earlier task asked for later moves the timer forward', () => {
  const { platform, advance } = fakePlatform();
  const clock = new Clock(platform);
  const ran: string[] = [];
  clock.after(1_000, () => ran.push('late'));
  clock.after(10, () => ran.push('early'));
  advance(10);
  assert.deepEqual(ran, ['early']);
});

test('a cancelled task never runs', () => {
  const { platform, advance } = fakePlatform();
  const clock = new Clock(platform);
  const cancel = clock.after(10, () => assert.fail('ran'));
  cancel();
  cancel();
  advance(100);
});

test('frozen, nothing runs and no timer is held, but time goes on; thawed, what fell due runs once', () => {
  const { platform, advance, timerCount } = fakePlatform();
  const clock = new Clock(platform);
  let ran = 0;
  clock.after(100, () => ran++);
  clock.freeze();
  assert.equal(timerCount(), 0);
  advance(60_000);
  assert.equal(ran, 0);
  assert.equal(clock.now(), 61_000);
  clock.thaw();
  advance(0);
  assert.equal(ran, 1);
});

test('a task that asks for another at once does not run it in the same turn', () => {
  let turns = 0;
  const queue: (() => void)[] = [];
  const clock = new Clock({
    now: () => 0,
    after: (_ms, run) => {
      queue.push(run);
      return () => {};
    },
  });
  const again = () => {
    turns++;
    clock.after(0, again);
  };
  clock.after(0, again);
  queue.shift()?.();
  assert.equal(turns, 1);
  assert.equal(queue.length, 1);
});

test('step() runs tasks in order, each at its own time, with promises settled between', async () => {
  const { platform } = fakePlatform();
  const clock = new Clock(platform, { manual: true, start: 0 });
  const seen: string[] = [];
  const walk = async () => {
    for (let n = 1; n <= 3; n++) {
      await clock.sleep(60_000);
      seen.push(`walk ${clock.now()}`);
    }
  };
  const walking = walk();
  clock.after(90_000, () => seen.push(`task ${clock.now()}`));
  await clock.step(180_000);
  await walking;
  assert.deepEqual(seen, ['walk 60000', 'task 90000', 'walk 120000', 'walk 180000']);
  assert.equal(clock.now(), 180_000);
});

test('sleep() ends early with the reason of its signal', async () => {
  const { platform } = fakePlatform();
  const clock = new Clock(platform, { manual: true });
  const stop = new AbortController();
  const sleeping = clock.sleep(1_000, stop.signal);
  stop.abort(new Error('interrupted'));
  await assert.rejects(sleeping, /interrupted/);
});

test('ten thousand tasks leave the heap in time order', async () => {
  const { platform } = fakePlatform();
  const clock = new Clock(platform, { manual: true, start: 0 });
  const due = Array.from({ length: 10_000 }, (_, n) => (n * 7_919) % 10_007);
  const seen: number[] = [];
  for (const ms of due) clock.after(ms, () => seen.push(ms));
  await clock.step(10_007);
  assert.deepEqual(
    seen,
    due.toSorted((a, b) => a - b),
  );
});

test('time-outs that are cancelled leave the others in order, and are not kept', async () => {
  const { platform } = fakePlatform();
  const clock = new Clock(platform, { manual: true, start: 0 });
  const seen: number[] = [];
  for (let n = 0; n < 50_000; n++) {
    const cancel = clock.after(60_000, () => assert.fail('ran'));
    if (n % 1_000 === 0) clock.after(50_000 - n, () => seen.push(n));
    cancel();
    cancel();
  }
  assert.equal(clock.untilNext(), 1_000);
  await clock.step(100_000);
  assert.deepEqual(
    seen,
    Array.from({ length: 50 }, (_, n) => (49 - n) * 1_000),
  );
});

test('where nobody looks, upkeep wakes nothing; it runs along with the next thing that happens', () => {
  const { platform, advance, timerCount } = fakePlatform();
  const clock = new Clock(platform);
  const ran: string[] = [];
  clock.after(100, () => ran.push('heartbeat'), { upkeep: true });
  clock.attended = false;
  assert.equal(timerCount(), 0);
  advance(60_000);
  clock.after(1_000, () => ran.push('job'));
  advance(999);
  assert.equal(ran.length, 0);
  advance(1);
  assert.deepEqual(ran, ['heartbeat', 'job']);
});

test('who comes to look finds the upkeep that is due done, each once and in its order, and later upkeep at its time', () => {
  const { platform, advance } = fakePlatform();
  const clock = new Clock(platform);
  const ran: string[] = [];
  const beat = () => {
    ran.push('heartbeat');
    clock.after(10_000, beat, { upkeep: true });
  };
  clock.after(10_000, beat, { upkeep: true });
  clock.after(50_000, () => ran.push('look at heartbeats'), { upkeep: true });
  clock.attended = false;
  advance(3_600_000);
  assert.deepEqual(ran, []);
  clock.attended = true;
  assert.deepEqual(ran, ['heartbeat', 'look at heartbeats']);
  advance(10_000);
  assert.deepEqual(ran, ['heartbeat', 'look at heartbeats', 'heartbeat']);
});

test('a fast clock that nobody looks at is not held up by its upkeep', () => {
  const { platform, advance } = fakePlatform();
  const clock = new Clock(platform, { speed: 20, start: 0 });
  clock.after(1_000, () => {}, { upkeep: true });
  clock.attended = false;
  advance(60_000);
  assert.equal(clock.now(), 1_200_000);
  clock.attended = true;
  assert.equal(clock.now(), 1_200_000);
});

test('a speed of zero is refused by name', () => {
  const { platform } = fakePlatform();
  assert.throws(() => new Clock(platform, { speed: 0 }), /clock speed 0/);
});
