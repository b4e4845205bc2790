import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pasted, pastedByHand } from './paste.ts';

test('a block is one input for a shell that takes pastes, and ends with Enter', () => {
  assert.equal(pasted('ls\npwd', true), '\x1b[200~ls\rpwd\x1b[201~\r');
  assert.equal(pasted('ls\r\npwd\n', false), 'ls\rpwd\r');
});

test('T18: a text cannot end its paste early, nor press a key', () => {
  const text = 'echo safe\x1b[201~\rrm -rf ~\r\x03\x1b[A\x7f\x9b201~\x00\t# "quoted" ü';
  assert.equal(pasted(text, true), '\x1b[200~echo safe\rrm -rf ~\r[A201~\t# "quoted" ü\x1b[201~\r');
});

test('T18: whatever the text, one paste begins and ends, and what is between holds no control but tab and Enter', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\x1b[201~', '\x1b[20', '1~', '\x1b', '\n', '\x9b201~', '\x1b[20\x1b[201~1~'),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const typed = pasted(pieces.join(''), true);
      assert.ok(typed.startsWith('\x1b[200~') && typed.endsWith('\x1b[201~\r'));
      assert.match(typed.slice(6, -7), /^[^\p{Cc}]*$|^(?:[^\p{Cc}]|[\t\r])*$/u);
    }),
  );
});

test('T18: what a learner pastes gets no Enter, and hides nothing either', () => {
  assert.equal(pastedByHand('ls -l', true), '\x1b[200~ls -l\x1b[201~');
  assert.equal(pastedByHand('one\r\ntwo\n', false), 'one\rtwo\r');
  assert.equal(pastedByHand('ls\x1b[201~\x03rm', true), '\x1b[200~lsrm\x1b[201~');
});
