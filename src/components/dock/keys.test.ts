import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyBytes, withControl } from './keys.ts';

test('the key bar sends what a keyboard would', () => {
  assert.equal(keyBytes('Esc', false), '\x1b');
  assert.equal(keyBytes('Tab', false), '\t');
  assert.equal(keyBytes('↑', false), '\x1b[A');
  assert.equal(keyBytes('←', true), '\x1bOD');
});

test('Ctrl holds for letters and the signs that have a control character', () => {
  assert.equal(withControl('c'), '\x03');
  assert.equal(withControl('C'), '\x03');
  assert.equal(withControl('['), '\x1b');
  assert.equal(withControl('1'), '1');
  assert.equal(withControl('paste'), 'paste');
});
