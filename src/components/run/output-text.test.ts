import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputText } from './output-text.ts';

const shown = (printed: string) => outputText(new TextEncoder().encode(printed));

test('lines are lines, and blanks at their ends are not shown', () => {
  assert.equal(shown('NAME      READY  \r\nbackend   3/3\r\n'), 'NAME      READY\nbackend   3/3');
  assert.equal(shown(''), '');
});

test('colours, titles, links and questions to the terminal leave nothing behind', () => {
  assert.equal(shown('\x1b[1;31mError\x1b[0m: \x1b[38;5;245mno\x1b[m'), 'Error: no');
  assert.equal(shown('\x1b]0;a title\x07a\x1b]8;;https://example.com\x1b\\b\x1b]8;;\x1b\\'), 'ab');
  assert.equal(shown('a\x1bP$q"p\x1b\\b\x1b[c\x1b[6n\x1b(B\x1b=c'), 'abc');
  assert.equal(shown('a\x07b\x00c'), 'abc');
});

test('a bar that draws itself again and again is shown as it ended', () => {
  assert.equal(shown('10%\r50%\r100% done\r\nnext'), '100% done\nnext');
  assert.equal(shown('waiting for pods\r\x1b[Kready'), 'ready');
  assert.equal(shown('abc\b\b\x1b[KX'), 'aX');
  assert.equal(shown('spin |\x1b[1D/\x1b[1D-'), 'spin -');
});

test('a program that took the whole screen leaves what was printed around it', () => {
  assert.equal(shown('before\r\n\x1b[?1049h\x1b[2Jvim\x1b[?1049lafter'), 'before\nafter');
});

test('tabs stop where a terminal stops, and signs of more bytes count as one', () => {
  assert.equal(shown('a\tb'), 'a       b');
  assert.equal(shown('✓ grün\x1b[3G≠'), '✓ ≠rün');
});

test('a sequence that never ends hides what follows it, and costs no more than that', () => {
  assert.equal(shown(`ok\r\n\x1b]0;${'x'.repeat(10_000)}`), 'ok');
  assert.equal(shown('\x1b[999999999Cx').length, 2_001);
});
