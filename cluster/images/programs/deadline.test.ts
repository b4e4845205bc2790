import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unlessAborted } from './deadline.ts';

test('what comes before the signal is passed on', async () => {
  const { signal } = new AbortController();
  assert.equal(await unlessAborted(signal, Promise.resolve('here')), 'here');
});

test('a signal that comes first rejects with its reason', async () => {
  const stop = new AbortController();
  const waiting = unlessAborted(stop.signal, new Promise<never>(() => {}));
  stop.abort(new Error('too late'));
  await assert.rejects(waiting, /too late/);
});

test('what fails after its time was over is nobody’s failure, and does not end the process', async () => {
  const stop = new AbortController();
  stop.abort(new Error('too late'));
  let fail: (error: Error) => void = () => {};
  const late = new Promise<never>((_resolve, reject) => (fail = reject));
  await assert.rejects(unlessAborted(stop.signal, late), /too late/);
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  fail(new Error('the server closed without an answer'));
  // Node tells of it after the microtasks of this turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});
