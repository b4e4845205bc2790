import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  actionsOn,
  ariaKeys,
  isPressed,
  type Key,
  platformOf,
  printed,
} from './actions.ts';

const other = actionsOn('other');
const key = (key: string, code: string, held = ''): Key => ({
  key,
  code,
  ctrlKey: held.includes('c'),
  altKey: held.includes('a'),
  shiftKey: held.includes('s'),
  metaKey: held.includes('m'),
});

test('every action has a key, and no key has two actions', () => {
  for (const platform of ['mac', 'windows', 'other'] as const) {
    const actions = actionsOn(platform);
    assert.ok(actions.every(({ keys }) => keys.length > 0));
    // Ctrl+C copies a selection and stops a program: the browser and the shell tell them apart.
    const taken = actions.flatMap(({ keys }) => keys).filter((chord) => chord !== 'Ctrl+C');
    assert.deepEqual(taken, [...new Set(taken)]);
  }
});

test('a key is known by its letter, on a French keyboard and on a Mac that types another sign', () => {
  assert.equal(actionOf(key('N', 'KeyN', 'as'), other), 'new');
  assert.equal(actionOf(key('W', 'KeyZ', 'as'), other), 'close', 'AZERTY');
  assert.equal(actionOf(key('ˆ', 'KeyN', 'as'), actionsOn('mac')), 'new', 'Option types a sign');
  assert.equal(actionOf(key('n', 'KeyN', 'a'), other), undefined, 'Alt+N is the shell’s');
  assert.equal(actionOf(key('N', 'KeyN', 'cas'), other), undefined);
});

test('plus, minus and nought work with and without what Shift makes of them', () => {
  assert.equal(actionOf(key('+', 'Equal', 'as'), other), 'larger');
  assert.equal(actionOf(key('*', 'BracketRight', 'as'), other), 'larger', 'German');
  assert.equal(actionOf(key('_', 'Minus', 'as'), other), 'smaller');
  assert.equal(actionOf(key(')', 'Digit0', 'as'), other), 'usual');
  assert.equal(actionOf(key('_', 'Digit8', 'as'), other), 'smaller', 'French');
});

test('what the shell and the browser do by themselves is left to them', () => {
  assert.equal(actionOf(key('c', 'KeyC', 'c'), other), undefined);
  assert.equal(actionOf(key('v', 'KeyV', 'c'), other), undefined);
  assert.equal(actionOf(key('C', 'KeyC', 'cs'), other), 'copy');
  assert.equal(actionOf(key('c', 'KeyC', 'm'), actionsOn('mac')), undefined);
});

test('Windows, which keeps Ctrl+Shift+Esc for itself, has another way out', () => {
  assert.equal(actionOf(key('Escape', 'Escape', 'cs'), other), 'leave');
  assert.equal(actionOf(key('Escape', 'Escape', 'cs'), actionsOn('windows')), undefined);
  assert.equal(actionOf(key('F6', 'F6', 'c'), actionsOn('windows')), 'leave');
});

test('keys are printed as the machine prints them', () => {
  assert.equal(platformOf('MacIntel'), 'mac');
  assert.equal(printed('Alt+Shift+N', 'mac'), '⌥⇧N');
  assert.equal(printed('Alt+Shift++', 'mac'), '⌥⇧+');
  assert.equal(printed('Alt+Shift+N', 'windows'), 'Alt+Shift+N');
  const keysOf = (id: string) =>
    ariaKeys(
      other.find((action) => action.id === id) ?? { id: 'go', group: 'Text', says: '', keys: [] },
    );
  assert.equal(keysOf('find'), 'Alt+Shift+F Control+Shift+F');
  assert.equal(keysOf('larger'), 'Alt+Shift+Plus');
  assert.equal(keysOf('previous'), 'Alt+Shift+ArrowLeft');
  assert.ok(isPressed(key('ArrowLeft', 'ArrowLeft', 'as'), 'Alt+Shift+←'));
});
