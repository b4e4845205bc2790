import assert from 'node:assert/strict';
import { test } from 'node:test';
import { every } from './beat.ts';

test('what has one interval is done at one moment, each until it ends', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const done: string[] = [];
  const endFirst = every(1_000, () => done.push('first'));
  t.mock.timers.tick(600);
  const endSecond = every(1_000, () => done.push('second'));
  const endOther = every(300, () => done.push('other'));
  t.mock.timers.tick(400);
  assert.deepEqual(done, ['other', 'first', 'second']);
  endFirst();
  endFirst();
  endOther();
  t.mock.timers.tick(1_000);
  assert.deepEqual(done, ['other', 'first', 'second', 'second']);
  endSecond();
  t.mock.timers.tick(5_000);
  assert.equal(done.length, 4);
});

test('one that ends while the others are called ends alone', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const done: string[] = [];
  const end = every(50, () => {
    done.push('once');
    end();
  });
  const endLast = every(50, () => done.push('last'));
  t.mock.timers.tick(100);
  assert.deepEqual(done, ['once', 'last', 'last']);
  endLast();
});
