import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mark } from '../../../protocol/terminal.ts';
import { type RunnableBlock, RunRecord } from './run-record.ts';

const lab: RunnableBlock = { shell: 'lab', opensPodShell: false, exitCode: 0 };
const pod: RunnableBlock = { ...lab, shell: 'pod' };

type Said =
  | { mark: 'line'; text: string }
  | { mark: 'command'; previous?: number }
  | { mark: 'done'; exit?: number }
  | { mark: 'prompt' };
const own = (at: number, said: Said): Mark => ({ offset: at, at, own: true, ...said });
const foreign = (at: number, said: Said): Mark => ({ offset: at, at, own: false, ...said });

function run(block: RunnableBlock, ...marks: Mark[]): RunRecord['outcome'] {
  const record = new RunRecord(block, 1_000);
  for (const mark of marks) record.mark(mark);
  return record.outcome;
}

test('a command runs from its first mark to its last, and its exit code is the shell’s', () => {
  assert.deepEqual(
    run(lab, own(1_010, { mark: 'command' }), own(1_420, { mark: 'done', exit: 0 })),
    {
      state: 'ended',
      passed: true,
      exitCode: 0,
      commands: [{ text: '', exitCode: 0, ms: 410, from: 1_010, to: 1_420 }],
      ms: 410,
      at: 1_420,
    },
  );
});

test('a block fails when any of its commands did', () => {
  const outcome = run(
    lab,
    own(1_010, { mark: 'command', previous: 130 }),
    own(1_020, { mark: 'command', previous: 0 }),
    own(1_030, { mark: 'command', previous: 2 }),
    own(1_040, { mark: 'done', exit: 0 }),
  );
  assert.equal(outcome.state === 'ended' && outcome.passed, false);
  assert.deepEqual(
    outcome.state === 'ended' && outcome.commands.map(({ exitCode }) => exitCode),
    [0, 2, 0],
  );
});

test('each command has its own words, time and output', () => {
  const outcome = run(
    lab,
    own(1_000, { mark: 'line', text: 'make up' }),
    own(1_010, { mark: 'command' }),
    own(1_090, { mark: 'line', text: 'ls' }),
    own(1_100, { mark: 'command', previous: 0 }),
    own(1_150, { mark: 'done', exit: 2 }),
  );
  assert.deepEqual(outcome.state === 'ended' && outcome.commands, [
    { text: 'make up', exitCode: 0, ms: 90, from: 1_010, to: 1_100 },
    { text: 'ls', exitCode: 2, ms: 50, from: 1_100, to: 1_150 },
  ]);
});

test('marks of before it was typed are not its own, however late they are heard', () => {
  const record = new RunRecord(lab, 1_000, 1_500);
  record.mark(own(1_400, { mark: 'command' }));
  record.mark(own(1_500, { mark: 'done', exit: 1 }));
  assert.equal(record.outcome.state, 'running');
  record.mark(own(1_600, { mark: 'command' }));
  record.mark(own(1_700, { mark: 'done', exit: 0 }));
  assert.equal(record.outcome.state, 'ended');
});

test('the status that stood before the block is not the block’s', () => {
  const outcome = run(
    lab,
    own(1_010, { mark: 'command', previous: 1 }),
    own(1_020, { mark: 'done', exit: 0 }),
  );
  assert.equal(outcome.state === 'ended' && outcome.passed, true);
});

test('a failure that the lesson means to show has passed, and success there has not', () => {
  const meant = { ...lab, exitCode: 1 };
  const ends = (exit: number) => {
    const outcome = run(meant, own(1_010, { mark: 'command' }), own(1_020, { mark: 'done', exit }));
    return outcome.state === 'ended' && outcome.passed;
  };
  assert.equal(ends(1), true);
  assert.equal(ends(0), false);
});

test('a command that opens a pod’s shell is inside once that shell has its prompt, and ends with ours', () => {
  const opens = { ...lab, opensPodShell: true };
  const inside = [own(1_010, { mark: 'command' }), foreign(1_500, { mark: 'prompt' })];
  assert.deepEqual(run(opens, ...inside), { state: 'running', inside: true });
  assert.equal(run(opens, ...inside, own(9_000, { mark: 'done', exit: 0 })).state, 'ended');
});

test('a command in a pod’s shell is followed by that shell’s marks', () => {
  const outcome = run(
    pod,
    foreign(1_010, { mark: 'command' }),
    foreign(1_060, { mark: 'done', exit: 0 }),
  );
  assert.equal(outcome.state === 'ended' && outcome.passed, true);
});

test('leaving a pod’s shell ends with the mark of the shell it was opened from', () => {
  const outcome = run(
    pod,
    foreign(1_010, { mark: 'command' }),
    own(1_060, { mark: 'done', exit: 0 }),
  );
  assert.equal(outcome.state === 'ended' && outcome.passed, true);
});

test('marks without our nonce say nothing about our shell', () => {
  const outcome = run(
    lab,
    foreign(1_010, { mark: 'command' }),
    foreign(1_020, { mark: 'done', exit: 0 }),
  );
  assert.deepEqual(outcome, { state: 'running', inside: false });
});

test('a shell that says nothing has had the command sent, and nothing more is claimed', () => {
  const silent = new RunRecord(pod, 1_000);
  silent.silence(2_500);
  assert.deepEqual(silent.outcome, { state: 'sent', at: 2_500 });
  silent.mark(foreign(2_600, { mark: 'command' }));
  silent.mark(foreign(2_700, { mark: 'done', exit: 0 }));
  assert.equal(silent.outcome.state, 'sent');
});

test('a command that began in time may take as long as it likes', () => {
  const slow = new RunRecord(lab, 1_000);
  slow.mark(own(1_010, { mark: 'command' }));
  slow.silence(2_500);
  assert.equal(slow.outcome.state, 'running');
});
