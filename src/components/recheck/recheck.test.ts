import assert from 'node:assert/strict';
import { test } from 'node:test';
import { due } from './due.ts';
import { asked, Chance, questions } from './questions.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;

test('a lesson is asked again after a week, then after three, then after two months, and then no more', () => {
  const ago = (days: number, again = 0) => new Map([['q', { at: NOW - days * DAY, again }]]);
  assert.deepEqual(due(ago(6), NOW), []);
  assert.deepEqual(due(ago(7), NOW), ['q']);
  assert.deepEqual(due(ago(20, 1), NOW), []);
  assert.deepEqual(due(ago(21, 1), NOW), ['q']);
  assert.deepEqual(due(ago(60, 2), NOW), ['q']);
  assert.deepEqual(due(ago(99, 3), NOW), []);
});

test('what has waited longest comes first', () => {
  const quizzes = new Map([
    ['young', { at: NOW - 8 * DAY, again: 0 }],
    ['old', { at: NOW - 30 * DAY, again: 0 }],
  ]);
  assert.deepEqual(due(quizzes, NOW), ['old', 'young']);
});

test('each question works its own answer out, within what can be so', () => {
  for (const { make } of questions) {
    for (let at = 0; at < 50; at++) {
      const { ask, answer, within } = make(new Chance(() => at / 50));
      assert.ok(ask.endsWith('?'), ask);
      assert.ok(Number.isFinite(answer) && within >= 0, ask);
    }
  }
});

test('names and numbers are others the next time', () => {
  const first = asked(['canary-quiz'], 1, () => 0.1)[0]?.ask;
  const second = asked(['canary-quiz'], 1, () => 0.9)[0]?.ask;
  assert.notEqual(first, second);
});

test('four questions are of four lessons where there are as many', () => {
  const all = [...new Set(questions.map(({ quiz }) => quiz))];
  const chosen = asked(all, 4, () => 0.5).map(({ quiz }) => quiz);
  assert.equal(new Set(chosen).size, 4);
  assert.equal(asked(['planes-quiz'], 4, () => 0.5).length, 1);
});

test('of three v1 pods and one v2 pod, a quarter of the requests reach v2', () => {
  const values = [0, 0, 0.26, 0, 0.1, 0, 0];
  const chance = new Chance(() => values.shift() ?? 0);
  const [, share] = questions.filter(
    ({ quiz }) => quiz.startsWith('canary') || quiz === 'proxy-quiz',
  );
  const { ask, answer } = share?.make(chance) ?? { ask: '', answer: -1 };
  assert.match(ask, /2 pods of \w+ run v1 and 1 run v2.* Of 100 requests/);
  assert.equal(answer, 33);
});
