import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../../protocol/lesson.ts';
import { blocksBetween, fileChanges, isProven, lastDone, stepsSkipped } from './route.ts';

const step = (id: string, ...checks: string[]): Step => ({
  id,
  number: id,
  title: `Step ${id}`,
  blocks: [
    {
      id: `${id}-block`,
      text: `make ${id}`,
      shell: 'lab',
      opensPodShell: false,
      exitCode: 0,
      file: 'a.mdx',
      line: 1,
    },
  ],
  checks: checks.map((check) => ({
    check,
    title: check,
    watch: { pods: { objects: 'Pod' } },
    rules: [],
    mistakes: [],
  })),
});
const steps = [step('one', 'a'), step('two', 'b', 'c'), step('look'), step('three', 'd')];
const known = (proven: string[], skipped: string[] = []) => ({
  proven: (check: string) => proven.includes(check),
  skipped: (check: string) => skipped.includes(check),
});

test('steps on the way that nobody has proven are skipped, and those without a check are not spoken of', () => {
  assert.deepEqual(
    stepsSkipped(steps, 2, known(['a', 'b'])).map(({ id }) => id),
    ['two'],
  );
  assert.deepEqual(stepsSkipped(steps, 2, known(['a', 'b', 'c'])), []);
});

test('a step is proven when all its checks are', () => {
  const [, two, look] = steps;
  assert.ok(two && look);
  assert.equal(isProven(two, known(['b'])), false);
  assert.equal(isProven(two, known(['b', 'c'])), true);
  assert.equal(isProven(look, known(['a', 'b', 'c', 'd'])), false);
});

test('a replay types what lies between the last step that is done and the end of the journey', () => {
  assert.equal(lastDone(steps, known([])), -1);
  assert.equal(lastDone(steps, known(['a'], ['b', 'c'])), 1);
  assert.deepEqual(
    blocksBetween(steps, 1, 3).map(({ text }) => text),
    ['make look', 'make three'],
  );
});

test('a file that a skipped step would have written is written, and one of a proven step stays as the learner has it', () => {
  const report = { path: 'labs/report.md', have: 'mine', want: 'the course’s', changedBy: [0] };
  assert.deepEqual(
    fileChanges([report], 1, () => true),
    [],
  );
  assert.deepEqual(
    fileChanges([report], 1, () => false),
    [{ path: 'labs/report.md', change: 'replaced' }],
  );
  assert.deepEqual(
    fileChanges([{ ...report, have: null }], 1, () => true),
    [{ path: 'labs/report.md', change: 'written' }],
  );
});

test('whoever does a step again begins with its files as they were before it', () => {
  const rule = { path: 'labs/rule.yaml', have: 'weight: 90', want: null, changedBy: [2] };
  assert.deepEqual(
    fileChanges([rule], 1, () => true),
    [{ path: 'labs/rule.yaml', change: 'removed' }],
  );
});

test('what only later steps write is left alone', () => {
  const rule = { path: 'labs/rule.yaml', have: 'weight: 90', want: null, changedBy: [3] };
  assert.deepEqual(
    fileChanges([rule], 1, () => true),
    [],
  );
});
