import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, NEW, parsed, shown, type Skill } from './skill.ts';

const course = (...ran: boolean[]): Skill => ran.reduce(after, NEW);

test('two successes in a row take a part of the command away, and two more all of it', () => {
  assert.equal(course(true).level, 0);
  assert.equal(course(true, true).level, 1);
  assert.equal(course(true, true, true, true).level, 2);
  assert.equal(course(true, true, true, true, true, true).level, 2);
});

test('two failures in a row bring words back, one is a slip', () => {
  assert.equal(course(true, true, false, true).level, 1);
  assert.equal(course(true, true, false, false).level, 0);
});

test('who asks to see the command sees more of the next ones, too', () => {
  assert.equal(shown({ level: 2, run: 1 }).level, 1);
  assert.equal(shown(NEW).level, 0);
});

test('what a browser kept is read back, and damage begins anew', () => {
  assert.deepEqual(parsed(JSON.stringify({ level: 2, run: -1 })), { level: 2, run: -1 });
  assert.deepEqual(parsed('{"level":7}'), NEW);
  assert.deepEqual(parsed('no json'), NEW);
  assert.deepEqual(parsed(undefined), NEW);
});
