import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, type ComparedLine, isLike } from './compare.ts';

/** Lines as text, with what differs between brackets. */
const marked = (lines: ComparedLine[]) =>
  lines.map((pieces) => pieces.map(({ text, differs }) => (differs ? `[${text}]` : text)).join(''));

test('three dots stand for any words, and blanks between words are only blanks', () => {
  assert.ok(isLike('backend   3/3   Running   ...', 'backend-x 3/3 Running 4s') === false);
  assert.ok(isLike('backend...   3/3   Running   ...', 'backend-x 3/3 Running 4s'));
  assert.ok(isLike('a.b (c)', 'a.b  (c) '));
  assert.ok(!isLike('a.b', 'axb'));
});

test('what is as expected is the same', () => {
  const { same } = compare('NAME  READY\nbackend-... 2/2', 'NAME        READY\nbackend-7f 2/2');
  assert.equal(same, true);
  assert.equal(compare('first\n...\nlast', 'first\nlast').same, true);
  assert.equal(compare('first\n...\nlast', 'first\n1\n2\n3\nlast').same, true);
  assert.equal(compare('...', '').same, true);
});

test('the words that differ are marked, on both sides', () => {
  const { same, expected, yours } = compare(
    'virtualservice.networking.istio.io/backend created',
    'error: unknown field "wieght"',
  );
  assert.equal(same, false);
  assert.deepEqual(marked(expected), ['[virtualservice.networking.istio.io/backend created]']);
  assert.deepEqual(marked(yours), ['[error: unknown field "wieght"]']);
});

test('lines that are alike stay opposite each other, and one word is one mark', () => {
  const { expected, yours } = compare(
    'NAME READY STATUS\nbackend-... 2/2 Running\nfrontend-... 2/2 Running',
    'NAME READY STATUS\nbackend-7f 1/2 Running\nfrontend-9d 2/2 Running',
  );
  assert.deepEqual(marked(expected), [
    'NAME READY STATUS',
    'backend-... [2/2] Running',
    'frontend-... 2/2 Running',
  ]);
  assert.deepEqual(marked(yours), [
    'NAME READY STATUS',
    'backend-7f [1/2] Running',
    'frontend-9d 2/2 Running',
  ]);
});

test('a line too much and a line too few are marked whole', () => {
  const { same, expected, yours } = compare('a\nb\nc', 'a\nc\nd');
  assert.equal(same, false);
  assert.deepEqual(marked(expected), ['a', '[b]', 'c']);
  assert.deepEqual(marked(yours), ['a', 'c', '[d]']);
});

test('lines that dots take are not marked, those around them are', () => {
  const { expected, yours } = compare('start\n...\ndone', 'start\n1\n2\nfailed');
  assert.deepEqual(marked(expected), ['start', '...', '[done]']);
  assert.deepEqual(marked(yours), ['start', '1', '2', '[failed]']);
});

test('of an endless output the end is compared', () => {
  const { yours } = compare('done', `${'x\n'.repeat(5_000)}done`);
  assert.equal(yours.length, 200);
  assert.deepEqual(yours.at(-1), [{ text: 'done', differs: false }]);
});
