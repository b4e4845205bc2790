import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unheard } from './unheard.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (all: Uint8Array[]) => all.map((one) => new TextDecoder().decode(one));

test('what the lab has not heard is typed again, in order, a piece cut where it stopped', () => {
  const unheard = new Unheard();
  for (const text of ['abc', 'def', 'ghi']) unheard.add(bytes(text), 0);
  const { again, isLost } = unheard.settle(4, 1_000);
  assert.deepEqual(texts(again), ['ef', 'ghi']);
  assert.equal(isLost, false);
});

test('after that what is typed counts from what was heard', () => {
  const unheard = new Unheard();
  unheard.add(bytes('abc'), 0);
  for (const piece of unheard.settle(1, 10).again) unheard.add(piece, 10);
  unheard.add(bytes('d'), 20);
  assert.deepEqual(texts(unheard.settle(3, 30).again), ['d']);
  assert.deepEqual(texts(unheard.settle(3, 40).again), []);
});

test('what was typed too long ago is lost as a whole, with what came after it', () => {
  const unheard = new Unheard();
  unheard.add(bytes('rm -r '), 0);
  unheard.add(bytes('/tmp/x\r'), 15_000);
  assert.deepEqual(unheard.settle(0, 20_001), { again: [], isLost: true });
});

test('a lab whose keys were with another page since gets nothing twice, and nothing is called lost', () => {
  const unheard = new Unheard();
  unheard.add(bytes('abc'), 0);
  assert.deepEqual(unheard.settle(-1, 60_000), { again: [], isLost: false });
  unheard.add(bytes('d'), 60_000);
  assert.deepEqual(texts(unheard.settle(0, 60_010).again), ['d']);
});

test('a lab that counts otherwise gets nothing twice', () => {
  const unheard = new Unheard();
  unheard.add(bytes('abc'), 0);
  assert.deepEqual(unheard.settle(7, 10), { again: [], isLost: false });
  unheard.add(bytes('d'), 20);
  assert.deepEqual(texts(unheard.settle(7, 30).again), ['d']);
});

test('no more is kept than one input may hold', () => {
  const unheard = new Unheard();
  const kilobyte = new Uint8Array(1_024);
  for (let piece = 0; piece < 100; piece++) unheard.add(kilobyte, 0);
  assert.equal(unheard.settle(36 * 1_024, 0).again.length, 64);
  for (let piece = 0; piece < 100; piece++) unheard.add(kilobyte, 0);
  assert.deepEqual(unheard.settle(36 * 1_024, 0).again, []);
});
