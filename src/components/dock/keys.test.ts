import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyBytes, wayOut, withControl } from './keys.ts';

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

test('Windows, which keeps Ctrl+Shift+Esc for itself, has another way out', () => {
  assert.equal(wayOut('Linux x86_64').name, 'Ctrl+Shift+Esc');
  assert.equal(wayOut('Win32').name, 'Ctrl+F6');
});
