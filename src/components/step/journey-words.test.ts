import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TravelPlan } from '../../../protocol/travel.ts';
import { differenceWords, planWords } from './journey-words.ts';

const plan: TravelPlan = {
  to: 'start:canary-rule',
  how: 'restore',
  cluster: 'replaced',
  files: [
    { path: 'labs/02-service-mesh-value-proposition/rule.yaml', change: 'removed' },
    { path: 'reports/costs.md', change: 'written' },
  ],
  skipped: [
    { id: 'a', number: '6.1', title: 'A' },
    { id: 'b', number: '6.2', title: 'B' },
  ],
  blocks: [],
  fromScratch: false,
  canReturn: true,
};

test('a journey says what happens to the cluster, to each file and to each step, and that there is a way back', () => {
  assert.deepEqual(planWords(plan), [
    'Your cluster is replaced by one in the state of that moment.',
    '2 files of the lab will change: rule.yaml is removed, reports/costs.md is written.',
    'Steps 6.1 and 6.2 will count as skipped, not as proven. You can do them later.',
    'What you have now is kept: one button brings it back.',
  ]);
});

test('where no states are kept, it says that it types, how much, and what is lost', () => {
  const block = { step: 'a', text: 'ls', shell: 'lab' as const, opensPodShell: false, exitCode: 0 };
  const replay: TravelPlan = {
    ...plan,
    how: 'replay',
    files: [],
    skipped: [],
    blocks: [block],
    fromScratch: true,
    canReturn: false,
  };
  assert.deepEqual(planWords(replay), [
    'This cluster keeps no states, so the way there is to do the steps.',
    'It cannot go backwards: it is replaced by an empty one first, and what you have in it is gone.',
    '1 block will be typed into your terminal, one after another, while you watch.',
  ]);
});

test('differences name the thing, the field and both values', () => {
  assert.equal(
    differenceWords({
      what: 'Deployment backend in default',
      is: 'other',
      where: 'spec.replicas',
      yours: '1',
      should: '3',
    }),
    'Deployment backend in default: spec.replicas is 1, and should be 3.',
  );
  assert.equal(differenceWords({ what: 'labs/a.md', is: 'missing' }), 'labs/a.md is missing.');
});
