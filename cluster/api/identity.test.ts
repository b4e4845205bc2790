import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seedOf, seededRandom } from '../random.ts';
import { generatedName, newUid, randomSuffix } from './identity.ts';

const chance = (seed: number) => seededRandom(seedOf(seed, () => new Uint8Array()));
const seeds = fc.integer({ min: 0 }).map(chance);

test('suffixes spell no words: five letters and digits without vowels and without 0, 1 and 3', () => {
  fc.assert(
    fc.property(seeds, (random) => /^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(randomSuffix(random))),
  );
});

test('a generated name keeps its base and fits a label, however long the base is', () => {
  fc.assert(
    fc.property(seeds, fc.stringMatching(/^[a-z-]{0,80}$/), (random, base) => {
      const name = generatedName(base, random);
      return name.length <= 63 && name.startsWith(base.slice(0, 58));
    }),
  );
});

test('uids are version 4 UUIDs, and a seed repeats them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), (seed) => {
      const uid = newUid(chance(seed));
      assert.match(uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(newUid(chance(seed)), uid);
    }),
  );
});
