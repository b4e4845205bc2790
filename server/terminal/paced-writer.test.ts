import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../config.ts';
import { PacedWriter } from './paced-writer.ts';

const bytes = (length: number) => new Uint8Array(length).fill(0x78);

test('a program that reads gets its input at once and in order', () => {
  const got: number[] = [];
  const writer = new PacedWriter((some) => {
    const taken = some.subarray(0, 3);
    got.push(...taken);
    return taken.length;
  });
  assert.ok(writer.write(Uint8Array.of(1, 2, 3, 4, 5)));
  assert.ok(writer.write(Uint8Array.of(6)));
  assert.deepEqual(got, [1, 2, 3, 4, 5, 6]);
  assert.equal(writer.queued, 0);
});

test('a program that does not read is asked a few times a second, and gets everything once it reads', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let open = false;
  let tries = 0;
  const got: number[] = [];
  const writer = new PacedWriter((some) => {
    tries++;
    if (!open) return 0;
    got.push(...some);
    return some.length;
  });
  assert.ok(writer.write(Uint8Array.of(1, 2)));
  for (let second = 0; second < 10; second++) t.mock.timers.tick(1_000);
  assert.ok(tries < 120, `${tries} tries in 10 s`);
  open = true;
  assert.ok(writer.write(Uint8Array.of(3)));
  t.mock.timers.tick(limits.inputRetryLongestMs);
  assert.deepEqual(got, [1, 2, 3]);
});

test('what does not fit is refused whole', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const writer = new PacedWriter(() => 0);
  assert.ok(writer.write(bytes(limits.inputQueueBytes - 1)));
  assert.ok(!writer.write(bytes(2)));
  assert.ok(writer.write(bytes(1)));
  assert.equal(writer.queued, limits.inputQueueBytes);
  writer.close();
});

test('a flood is slowed to the rate that one pty is allowed', async () => {
  let written = 0;
  const writer = new PacedWriter((some) => {
    written += some.length;
    return some.length;
  });
  const started = performance.now();
  while (performance.now() - started < 300) {
    writer.write(bytes(4_096));
    await new Promise((resolve) => setImmediate(resolve));
  }
  writer.close();
  const seconds = (performance.now() - started) / 1_000;
  assert.ok(written <= limits.inputQueueBytes + seconds * limits.inputBytesPerSecond, `${written}`);
  assert.ok(written >= limits.inputQueueBytes);
});

test('nothing is written after the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let tries = 0;
  const writer = new PacedWriter(() => {
    tries++;
    return 0;
  });
  writer.write(bytes(1));
  writer.close();
  t.mock.timers.tick(1_000);
  assert.ok(!writer.write(bytes(1)));
  assert.equal(tries, 1);
});
