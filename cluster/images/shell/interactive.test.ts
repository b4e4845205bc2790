// The marks of an interactive shell in a simulated container: receipts of what is typed there are cut by them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageRegistry } from '../registry.ts';
import { Session } from '../testing/session.ts';

async function shell(image: string, argv: readonly string[]): Promise<Session> {
  const found = imageRegistry.resolve(image);
  assert.ok(!('error' in found));
  return Session.start(found.image, argv);
}

/** The marks in order, without their escape sequences. */
function marks(text: string): string[] {
  return [...text.matchAll(/\x1b\](133|633);([^\x07]*)\x07/g)].map((mark) => mark[2] ?? '');
}

test('sh marks its prompt, and a command with its text and status', async () => {
  const sh = await shell('busybox', ['sh']);
  assert.deepEqual(marks(sh.screen), ['A', 'B']);
  const typed = await sh.type('ls /nope; false\r');
  assert.deepEqual(marks(typed), ['E;ls /nope\\x3b false', 'C;prev=0', 'D;1', 'A', 'B']);
});

test('a block typed into sh line by line is over with its last line, and each line has its status', async () => {
  const sh = await shell('busybox', ['sh']);
  const typed = await sh.type(
    'true\rcat /nope\rfor i in 1 2\rdo echo $i\rdone\rexec 3>&1\r(exit 7)\r',
  );
  assert.deepEqual(
    marks(typed).filter((mark) => /^[ECD]/.test(mark)),
    [
      'E;true',
      'C;prev=0',
      'E;cat /nope',
      'C;prev=0',
      'E;for i in 1 2\\x0ado echo $i\\x0adone',
      'C;prev=1',
      'E;exec 3>&1',
      'C;prev=0',
      'E;(exit 7)',
      'C;prev=0',
      'D;7',
    ],
  );
});

test('what is typed ahead of a command and is no whole line yet keeps nobody waiting', async () => {
  const sh = await shell('busybox', ['sh']);
  assert.deepEqual(marks(await sh.type('true\rech')), ['E;true', 'C;prev=0', 'D;0', 'A', 'B']);
  assert.match(await sh.type('o ok\r'), /ok/);
});

test('bash takes a pasted block at once, and marks each command of it', async () => {
  const bash = await shell('nicolaka/netshoot', ['bash', '--norc']);
  const typed = await bash.type('\x1b[200~true\nfalse\nls /nope\x1b[201~\r');
  assert.deepEqual(marks(typed), [
    'E;true',
    'C;prev=0',
    'E;false',
    'C;prev=0',
    'E;ls /nope',
    'C;prev=1',
    'D;1',
    'A',
    'B',
  ]);
});

test('Ctrl-C in a command ends it with 130', async () => {
  const sh = await shell('busybox', ['sh']);
  assert.deepEqual(marks(await sh.type('sleep 60\r')), ['E;sleep 60', 'C;prev=0']);
  assert.deepEqual(marks(await sh.type('\x03')), ['D;130', 'A', 'B']);
});

test('a mistake is a command with status 2', async () => {
  const sh = await shell('busybox', ['sh']);
  assert.deepEqual(marks(await sh.type('fi\r')), ['E;fi', 'C;prev=0', 'D;2', 'A', 'B']);
});
