import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ring } from './ring.ts';

const KEEP = 4_096;
const MOST = 16_384;

function contents(ring: Ring): Buffer {
  const bytes = Buffer.alloc(ring.end - ring.start);
  assert.equal(ring.copy(ring.start, bytes), bytes.length);
  return bytes;
}

test('it keeps the last bytes and counts all of them', () => {
  const ring = new Ring(KEEP, MOST);
  const all = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));
  for (let at = 0; at < all.length; at += 700)
    ring.append(all.subarray(at, at + 700), Infinity, () => {});
  assert.equal(ring.end, 10_000);
  assert.equal(ring.start, 10_000 - KEEP);
  assert.deepEqual(contents(ring), all.subarray(-KEEP));
});

test('it keeps more while a page has not drawn it, and never more than its most', () => {
  const ring = new Ring(KEEP, MOST);
  for (let index = 0; index < 12; index++) ring.append(Buffer.alloc(1_000, index), 500, () => {});
  assert.equal(ring.start, 500);
  for (let index = 0; index < 30; index++) ring.append(Buffer.alloc(1_000, index), 500, () => {});
  assert.equal(ring.end - ring.start, MOST);
});

test('whatever is appended, kept and evicted together is the whole stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ length: fc.nat(9_000), back: fc.nat(20_000) }), { maxLength: 30 }),
      fc.nat(2 ** 40),
      (steps, first) => {
        const ring = new Ring(KEEP, MOST, first);
        const evicted: Uint8Array[] = [];
        const all: Uint8Array[] = [];
        let value = 0;
        for (const { length, back } of steps) {
          const bytes = Uint8Array.from({ length }, () => value++ % 253);
          all.push(bytes);
          ring.append(bytes, Math.max(0, ring.end - back), (some) =>
            evicted.push(Buffer.from(some)),
          );
        }
        const stream = Buffer.concat(all);
        assert.equal(ring.end, first + stream.length);
        assert.ok(ring.end - ring.start >= Math.min(KEEP, stream.length));
        assert.ok(ring.end - ring.start <= MOST);
        assert.deepEqual(Buffer.concat([...evicted, contents(ring)]), stream);
      },
    ),
    { numRuns: 60 },
  );
});

test('what is discarded is gone, what follows is not', () => {
  const ring = new Ring(KEEP, MOST);
  ring.append(Buffer.from('before'), Infinity, () => {});
  ring.discard(ring.end, () => {});
  ring.append(Buffer.from('after'), Infinity, () => {});
  assert.equal(contents(ring).toString(), 'after');
  assert.throws(() => ring.copy(0, Buffer.alloc(1)), /offset 0 is outside of 6 to 11/);
});
