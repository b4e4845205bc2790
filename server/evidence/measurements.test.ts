import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckSpec } from '../../protocol/check.ts';
import type { Evidence, Measure } from '../../protocol/evidence.ts';
import type { Judgement } from '../checks/board.ts';
import { LearnerRecord } from '../learners/learner-record.ts';
import { Measurements } from './measurements.ts';

const failed: Measure = {
  measure: 'failed',
  title: 'Failed requests',
  pair: 'failed-requests',
  side: 'without',
  unit: 'requests',
  how: 'Counted by the callers’ proxies.',
  value: 'total(failures)',
};
const undone: Measure = {
  measure: 'undone',
  title: 'Time to take the release back',
  unit: 'seconds',
  how: 'From the command until the old build was back.',
  from: { receipt: 'kubectl rollout undo' },
  to: { rule: 2 },
};
const searched: Measure = {
  measure: 'searched',
  title: 'Time to find the slow service',
  unit: 'seconds',
  how: 'From the check before.',
  from: { check: 'customers' },
};
const friday: CheckSpec = {
  check: 'friday',
  title: 'Friday',
  mode: 'history',
  watch: { failures: { promql: 'sum(errors)' } },
  rules: [],
  mistakes: [],
  measures: [failed, undone, searched],
};

/** A learner whose timers go off when the test says so. */
class Learner {
  readonly record = new LearnerRecord(':memory:');
  readonly published: Evidence[][] = [];
  readonly timers = new Set<() => void>();
  readonly measurements: Measurements;

  constructor(check: CheckSpec = friday, provenAt = new Map<string, number>()) {
    this.measurements = new Measurements({
      checks: [check],
      record: {
        evidence: () => this.record.evidence('me'),
        keepEvidence: (evidence) => this.record.keepEvidence('me', evidence),
        forgetEvidence: (measure) => this.record.forgetEvidence('me', measure),
      },
      provenAt,
      engine: () => ({ name: 'Test engine', simulated: true }),
      publish: (evidence) => this.published.push(evidence),
      after: (_ms, run) => {
        this.timers.add(run);
        return () => this.timers.delete(run);
      },
    });
  }

  judged(judgement: Partial<Judgement>): void {
    this.measurements.judged({
      check: 'friday',
      at: 0,
      before: 0,
      progress: 0,
      settled: false,
      inputs: { failures: [] },
      ...judgement,
    });
  }

  get values(): Record<string, number> {
    return Object.fromEntries(
      this.measurements.evidence.map(({ measure, value }) => [measure, value]),
    );
  }
}

const failures = (value: number) => ({ failures: [{ metric: {}, value }] });

test('a counter is read when its check is settled, and kept with how, when and on what', () => {
  const learner = new Learner();
  learner.judged({ at: 4_000, settled: true, inputs: failures(41) });
  const { value: _expression, ...declared } = failed;
  assert.deepEqual(learner.measurements.evidence, [
    { ...declared, value: 41, at: 4_000, engine: 'Test engine', simulated: true },
  ]);
  assert.equal(learner.published.length, 1);
});

test('without Prometheus nothing is measured, which is not zero', () => {
  const learner = new Learner();
  learner.judged({ settled: true, inputs: { failures: null } });
  assert.deepEqual(learner.values, {});
});

test('a span begins with the newest such command, whose receipt may come after its effect', () => {
  const learner = new Learner();
  learner.measurements.receipt({
    command: 'kubectl rollout undo deployment/frontend',
    at: 1_000,
    ms: 200,
  });
  learner.judged({ at: 9_500, before: 1, progress: 2 });
  assert.deepEqual(learner.values, {}, 'a command is still running');
  learner.measurements.receipt({
    command: 'kubectl rollout undo deployment/backend',
    at: 7_000,
    ms: 300,
  });
  assert.deepEqual(learner.values, {}, 'the next one still is');
  learner.measurements.receipt({
    command: 'kubectl rollout status deployment/backend',
    at: 7_300,
    ms: 2_400,
  });
  assert.deepEqual(learner.values, { undone: 2.5 });
  assert.equal(learner.timers.size, 0);
});

test('a command that ended before its effect could be seen is waited for no longer', () => {
  const learner = new Learner({ ...friday, measures: [{ ...undone, to: { rule: 3 }, less: 5 }] });
  learner.judged({ at: 2_000, before: 0, progress: 1 });
  learner.judged({ at: 20_100, before: 1, progress: 2 });
  learner.measurements.receipt({
    command: 'kubectl rollout undo deployment/backend',
    at: 20_000,
    ms: 400,
  });
  learner.judged({ at: 29_000, before: 2, progress: 3 });
  assert.deepEqual(learner.values, { undone: 4 });
});

test('a command that nobody gave makes no span', () => {
  const learner = new Learner();
  learner.measurements.receipt({ command: 'kubectl apply -f backend.yaml', at: 7_000, ms: 300 });
  learner.judged({ at: 9_500, before: 1, progress: 2 });
  for (const timer of learner.timers) timer();
  assert.deepEqual(learner.values, {});
});

test('what has to hold for a while is not counted for that while', () => {
  const learner = new Learner({ ...friday, measures: [{ ...undone, less: 5 }] });
  learner.judged({ at: 12_000, before: 1, progress: 2 });
  learner.measurements.receipt({
    command: 'kubectl rollout undo deployment/backend',
    at: 6_000,
    ms: 7_000,
  });
  assert.deepEqual(learner.values, { undone: 1 });
});

test('what is shorter than can be told counts as the shortest that can', () => {
  const learner = new Learner({ ...friday, measures: [{ ...undone, less: 5, atLeast: 2 }] });
  learner.judged({ at: 12_000, before: 1, progress: 2 });
  learner.measurements.receipt({
    command: 'kubectl rollout undo deployment/backend',
    at: 6_500,
    ms: 7_000,
  });
  assert.deepEqual(learner.values, { undone: 2 });
});

test('a span from another check’s proof survives a restart, and a lunch break makes none', () => {
  const soon = new Learner(friday, new Map([['customers', 60_000]]));
  soon.judged({ at: 180_000, settled: true });
  assert.equal(soon.values['searched'], 120);
  const late = new Learner(friday, new Map([['customers', 60_000]]));
  late.judged({ at: 60_000 + 3 * 3_600_000, settled: true });
  assert.equal(late.values['searched'], undefined);
});

test('the first measurement stays until it is deleted', () => {
  const learner = new Learner();
  learner.judged({ at: 1_000, settled: true, inputs: failures(41) });
  learner.judged({ at: 2_000, settled: true, inputs: failures(3) });
  assert.equal(learner.values['failed'], 41);
  assert.equal(learner.measurements.forget('failed'), 'friday', 'who can measure it again');
  assert.deepEqual(learner.published.at(-1), []);
  learner.judged({ at: 3_000, settled: true, inputs: failures(3) });
  assert.equal(learner.values['failed'], 3);
});
