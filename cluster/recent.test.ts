import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentlyUsed } from './recent.ts';

test('what is used stays, what nobody asks for goes', () => {
  const cache = new RecentlyUsed<object, number>(3);
  const keys = Array.from({ length: 9 }, () => ({}));
  const [used = {}, unused = {}] = keys;
  keys.forEach((key, at) => {
    cache.set(key, at);
    assert.equal(cache.get(key), at);
    assert.equal(cache.get(used), 0);
  });
  assert.equal(cache.get(unused), undefined);
  assert.equal(cache.get(keys[8] ?? {}), 8);
});
