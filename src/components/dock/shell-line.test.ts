import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mark } from '../../../protocol/terminal.ts';
import { ShellLine } from './shell-line.ts';

const at = { offset: 0, at: 0 };
const own = (said: { mark: 'prompt' | 'command' | 'done' }): Mark => ({
  ...at,
  own: true,
  ...said,
});
const foreign = (said: { mark: 'prompt' | 'command' | 'done' }): Mark => ({
  ...at,
  own: false,
  ...said,
});
const line = (text: string): Mark => ({ ...at, own: true, mark: 'line', text });

function after(...marks: Mark[]): ShellLine['phase'] {
  const shell = new ShellLine('shell 1', {
    session: 's',
    printed: () => ({ bytes: new Uint8Array(), missing: 0 }),
  });
  for (const mark of marks) shell.mark(mark);
  return shell.phase;
}

test('who cannot be heard is not silent: a line that breaks begins the wait anew', () => {
  const shell = new ShellLine('shell 1', {
    session: 's',
    printed: () => ({ bytes: new Uint8Array(), missing: 0 }),
  });
  assert.equal(shell.audibleFor(1_000, 5_000), 0);
  shell.reached(500);
  shell.reached(900); // it was open already
  assert.equal(shell.audibleFor(1_000, 5_000), 4_000);
  shell.reached(undefined);
  assert.equal(shell.audibleFor(1_000, 5_000), 0);
  shell.reached(4_000);
  assert.equal(shell.audibleFor(1_000, 5_000), 1_000);
});

test('a shell is silent until it marks its prompt', () => {
  assert.deepEqual(after(), { kind: 'silent' });
  assert.deepEqual(after(own({ mark: 'prompt' })), { kind: 'prompt' });
});

test('a busy shell names the first line of what it runs', () => {
  assert.deepEqual(after(line('kubectl get pods --watch\nls'), own({ mark: 'command' })), {
    kind: 'busy',
    program: 'kubectl get pods --watch',
    since: 0,
  });
});

test('a pod’s shell inside a command has a prompt of its own', () => {
  const inside = [
    line('kubectl run debug -it'),
    own({ mark: 'command' }),
    foreign({ mark: 'prompt' }),
  ];
  assert.deepEqual(after(...inside), {
    kind: 'inside',
    program: 'kubectl run debug -it',
    busy: false,
  });
  assert.deepEqual(after(...inside, foreign({ mark: 'command' })), {
    kind: 'inside',
    program: 'kubectl run debug -it',
    busy: true,
  });
  assert.deepEqual(after(...inside, own({ mark: 'done' })), { kind: 'prompt' });
});

test('a program that prints marks at our prompt changes nothing', () => {
  assert.deepEqual(after(own({ mark: 'prompt' }), foreign({ mark: 'command' })), {
    kind: 'prompt',
  });
});

test('those who listen hear each mark until they stop', () => {
  const shell = new ShellLine('shell 1', {
    session: 's',
    printed: () => ({ bytes: new Uint8Array(), missing: 0 }),
  });
  const heard: string[] = [];
  const stop = shell.on(({ mark }) => heard.push(`${mark} ${shell.phase.kind}`));
  shell.mark(own({ mark: 'prompt' }));
  stop();
  shell.mark(own({ mark: 'command' }));
  assert.deepEqual(heard, ['prompt prompt']);
});
