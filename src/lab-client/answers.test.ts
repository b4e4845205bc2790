import assert from 'node:assert/strict';
import { test } from 'node:test';
import headless from '@xterm/headless'; // CommonJS: its names cannot be imported one by one
import { isAnswer } from './answers.ts';

const of = (text: string) => isAnswer(new TextEncoder().encode(text));

test('everything that xterm answers is an answer', async () => {
  const terminal = new headless.Terminal({ cols: 40, rows: 6, allowProposedApi: true });
  terminal.options.windowOptions = { getWinSizeChars: true };
  const answers: string[] = [];
  terminal.onData((text) => answers.push(text));
  const asked =
    '\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1b[?6n\x1b[?1$p\x1b[4$p\x1bP$qm\x1b\\\x1bP$q"p\x1b\\\x1b[18t';
  await new Promise<void>((resolve) => terminal.write(asked, resolve));
  assert.ok(answers.length >= 8, answers.map((text) => JSON.stringify(text)).join());
  for (const answer of answers) assert.ok(of(answer), JSON.stringify(answer));
  assert.ok(of(answers.join('')));
});

test('what a browser’s xterm answers besides is one, too', () => {
  for (const answer of [
    '\x1b]10;rgb:ffff/ffff/ffff\x1b\\',
    '\x1b]4;1;rgb:cdcd/0000/0000\x07',
    '\x1b[I',
    '\x1b[O',
    '\x1bP>|xterm.js(6.0.0)\x1b\\',
  ])
    assert.ok(of(answer), JSON.stringify(answer));
});

test('what a person types or pastes is none', () => {
  for (const typed of [
    '',
    'c',
    'ls\r',
    '\x03',
    '\x1b',
    '\x1b[A',
    '\x1bOP',
    '\x1b[15~',
    '\x1b[1;5C',
    '\x1b[200~echo\x1b[201~\r',
    '\x1b[<0;3;4M',
    'ünï',
    '\x1b[cls\r',
  ])
    assert.ok(!of(typed), JSON.stringify(typed));
});
