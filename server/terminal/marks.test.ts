import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MarkReader } from './marks.ts';

const NONCE = 'n0nce';

function marksIn(...pieces: string[]): object[] {
  const marks: object[] = [];
  const reader = new MarkReader(NONCE, (mark) => marks.push(mark));
  let offset = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    reader.scan(bytes, offset);
    offset += bytes.length;
  }
  return marks;
}

test('a command between its marks, with its status', () => {
  const output = [
    '\x1b]133;A;nonce=n0nce\x07$ \x1b]133;B;nonce=n0nce\x07',
    'false\r\n\x1b]133;C;prev=0;nonce=n0nce\x07',
    '\x1b]133;D;1;nonce=n0nce\x1b\\',
  ];
  assert.deepEqual(marksIn(...output), [
    { offset: 20, own: true, mark: 'prompt' },
    { offset: 42, own: true, mark: 'input' },
    { offset: 76, own: true, mark: 'command', previous: 0 },
    { offset: 99, own: true, mark: 'done', exit: 1 },
  ]);
});

test('a mark without our nonce is somebody else’s', () => {
  assert.deepEqual(marksIn('\x1b]133;D;0\x07'), [
    { offset: 10, own: false, mark: 'done', exit: 0 },
  ]);
  assert.deepEqual(marksIn('\x1b]133;D;0;nonce=guess\x07'), [
    { offset: 22, own: false, mark: 'done', exit: 0 },
  ]);
});

test('command lines and directories come with what OSC cannot carry', () => {
  assert.deepEqual(marksIn('\x1b]633;E;echo a\\x3b b \\\\;n0nce\x07\x1b]633;P;Cwd=/tmp/ü\x07'), [
    { offset: 30, own: true, mark: 'line', text: 'echo a; b \\' },
    { offset: 50, own: false, mark: 'cwd', path: '/tmp/ü' },
  ]);
});

test('titles, colours and unfinished or endless sequences are no marks', () => {
  const others = [
    '\x1b]0;133;A\x07',
    '\x1b[31m',
    '\x1b]1337;File=x\x07',
    '\x1b]133\x07',
    '\x1b]133;Z\x07',
    `\x1b]133;E;${'x'.repeat(10_000)}\x07`,
    '\x1b]133;A',
  ];
  assert.deepEqual(marksIn(...others), []);
});

test('a sequence that interrupts another counts', () => {
  assert.deepEqual(marksIn('\x1b]0;title\x1b]133;A\x07'), [
    { offset: 17, own: false, mark: 'prompt' },
  ]);
});

test('wherever the stream is cut, the marks and their offsets are the same', () => {
  const piece = fc.constantFrom(
    '\x1b]133;A\x07',
    '\x1b]133;D;12;n0nce\x1b\\',
    '\x1b]633;E;ls -l\x07',
    '\x1b]',
    '\x1b',
    'plain',
    '\x1b]0;t\x07',
    '\x1b]133;C;prev=2\x07',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), fc.array(fc.nat(80)), (pieces, cuts) => {
      const whole = pieces.join('');
      const at = [...new Set([0, ...cuts, whole.length])].sort((a, b) => a - b);
      assert.deepEqual(
        marksIn(...at.map((from, index) => whole.slice(from, at[index + 1]))),
        marksIn(whole),
      );
    }),
  );
});
