import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BRACKETED_PASTE, PrivateModes } from './private-modes.ts';

function after(...pieces: string[]): PrivateModes {
  const modes = new PrivateModes();
  for (const piece of pieces) modes.scan(new TextEncoder().encode(piece));
  return modes;
}

test('a fresh terminal needs no sequences', () => {
  assert.equal(after('plain text, \x1b[1;31mred\x1b[0m').sequences(), '');
});

test('vim leaves its mark until it leaves', () => {
  const modes = after('\x1b[?1049h\x1b[?1h\x1b[?2004h\x1b[?25l');
  assert.ok(modes.alternateScreen);
  assert.equal(modes.sequences(), '\x1b[?1049h\x1b[?1h\x1b[?2004h\x1b[?25l');
  modes.scan(new TextEncoder().encode('\x1b[?1049l\x1b[?1l\x1b[?25h'));
  assert.ok(!modes.alternateScreen);
  assert.equal(modes.sequences(), '\x1b[?2004h');
});

test('several modes in one sequence all count', () => {
  const modes = after('\x1b[?1002;1006;2004h');
  assert.equal(modes.sequences(), '\x1b[?1002h\x1b[?1006h\x1b[?2004h');
  assert.ok(modes.has(BRACKETED_PASTE));
});

test('a full reset forgets them', () => {
  assert.equal(after('\x1b[?2004h\x1b[?25l', '\x1bc').sequences(), '');
});

test('a soft reset brings the cursor back and keeps the screen', () => {
  assert.equal(after('\x1b[?1049h\x1b[?25l\x1b[!p').sequences(), '\x1b[?1049h');
});

test('wherever the stream is cut, the modes are the same', () => {
  const piece = fc.constantFrom(
    '\x1b[?2004h',
    '\x1b[?2004l',
    '\x1b[?1049;25l',
    '\x1b[?25h',
    '\x1b[',
    '\x1b',
    '\x1b[?',
    '\x1bc',
    '\x1b[!p',
    'text',
    '\x1b]0;title\x07',
    '\x1b[?99999h',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(60)), (pieces, cuts) => {
      const whole = pieces.join('');
      const at = [...new Set([0, ...cuts, whole.length])].sort((a, b) => a - b);
      const parts = at.map((from, index) => whole.slice(from, at[index + 1]));
      assert.equal(after(...parts).sequences(), after(whole).sequences());
    }),
  );
});

test('a parameter list without end is left alone', () => {
  assert.equal(after(`\x1b[?${'1;'.repeat(10_000)}2004h`).sequences(), '');
});
