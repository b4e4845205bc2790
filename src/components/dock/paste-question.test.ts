import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pasteQuestion } from './paste-question.ts';

test('one line is pasted without a question, several are shown first', () => {
  assert.equal(pasteQuestion('kubectl get pods', 'shell 1'), undefined);
  assert.deepEqual(pasteQuestion('cd /tmp\r\nls\n', 'shell 1'), {
    title: 'Paste 2 lines into shell 1?',
    text: 'cd /tmp\nls',
    yes: 'Paste',
  });
  assert.equal(pasteQuestion('reboot\n', 'x')?.title, 'Paste a line and Enter into x?');
});

test('what cannot be seen is named', () => {
  const shown = pasteQuestion('a\x1b[201~\nrm\u202e-x\tb', 'x')?.text;
  assert.equal(shown, 'a␛[201~\nrm‹U+202E›-x\tb');
});

test('of a long paste the beginning is shown, and how much more there is', () => {
  const question = pasteQuestion('x\n'.repeat(1_000), 'x');
  assert.equal(question?.title, 'Paste 1000 lines into x?');
  assert.ok(question.text?.endsWith('\nx\n… 800 more lines'));
});
