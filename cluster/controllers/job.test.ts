import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTtlAfterFinished } from './cleanup.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobController } from './job.ts';
import type { DraftOf, Job, Pod } from './kinds.ts';
import { podSpec } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';
import { timestamp } from '../time.ts';

function cluster(): TestWorld {
  const world = testWorld();
  startJobController(world);
  startTtlAfterFinished(world);
  startGarbageCollector(world);
  return world;
}

function jobDraft(spec: Partial<Job['spec']> = {}): DraftOf<Job> {
  const labels = { 'job-name': 'j' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default', labels },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec({ restartPolicy: 'Never' }) },
      ...spec,
    },
  };
}

function pods(world: TestWorld, phase?: string): Pod[] {
  return world.kinds
    .list('pods')
    .filter((pod) => phase === undefined || pod.status?.phase === phase);
}

/** Ends every pod that is at work. */
async function end(world: TestWorld, phase: 'Succeeded' | 'Failed'): Promise<void> {
  for (const pod of pods(world, 'Pending')) {
    const finishedAt = timestamp(world.clock.now());
    const terminated = { exitCode: phase === 'Succeeded' ? 0 : 1, finishedAt };
    const status = { name: 'c', image: '', imageID: '', ready: false, restartCount: 0 };
    await world.kinds.updateStatus('pods', {
      ...pod,
      status: { phase, containerStatuses: [{ ...status, state: { terminated } }] },
    });
  }
  await world.clock.step(100);
}

function jobOf(world: TestWorld): Job {
  const job = world.kinds.get('jobs.batch', 'default', 'j');
  assert.ok(job);
  return job;
}

function conditions(world: TestWorld): string[] {
  return (jobOf(world).status?.conditions ?? []).map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  );
}

function events(world: TestWorld): string[] {
  return world.kinds
    .list('events')
    .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map((event) => `${event.reason}: ${event.message?.replace(/j-\w+$/, 'j-x')}`);
}

test('a job runs its pod, counts it once, and is complete', async () => {
  const world = cluster();
  await world.kinds.create('jobs.batch', jobDraft());
  await world.clock.step(100);
  assert.equal(jobOf(world).status?.active, 1);
  assert.deepEqual(pods(world)[0]?.metadata.finalizers, ['batch.kubernetes.io/job-tracking']);
  await world.clock.step(2900);
  await end(world, 'Succeeded');

  assert.deepEqual(jobOf(world).status, {
    startTime: '2026-11-22T10:53:44Z',
    completionTime: '2026-11-22T10:53:47Z',
    succeeded: 1,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: [
      {
        type: 'SuccessCriteriaMet',
        status: 'True',
        lastProbeTime: '2026-11-22T10:53:47Z',
        lastTransitionTime: '2026-11-22T10:53:47Z',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      },
      {
        type: 'Complete',
        status: 'True',
        lastProbeTime: '2026-11-22T10:53:47Z',
        lastTransitionTime: '2026-11-22T10:53:47Z',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      },
    ],
  });
  assert.equal(pods(world)[0]?.metadata.finalizers, undefined);
  assert.deepEqual(events(world), [
    'SuccessfulCreate: Created pod: j-x',
    'Completed: Job completed',
  ]);
  assert.deepEqual(world.logged, []);
});

test('five completions two at a time take three rounds', async () => {
  const world = cluster();
  await world.kinds.create('jobs.batch', jobDraft({ completions: 5, parallelism: 2 }));
  const active: (number | undefined)[] = [];
  for (let round = 0; round < 3; round++) {
    await world.clock.step(100);
    active.push(jobOf(world).status?.active);
    await end(world, 'Succeeded');
  }
  assert.deepEqual(active, [2, 2, 1]);
  assert.equal(jobOf(world).status?.succeeded, 5);
  assert.equal(pods(world).length, 5);
});

test('failed pods are replaced after 10 s, 20 s …, until the limit is passed', async () => {
  const world = cluster();
  await world.kinds.create('jobs.batch', jobDraft({ backoffLimit: 2 }));
  await world.clock.step(100);
  await end(world, 'Failed');
  await world.clock.step(9000);
  assert.equal(pods(world).length, 1);
  await world.clock.step(2000);
  assert.equal(pods(world).length, 2);
  await end(world, 'Failed');
  await world.clock.step(15_000);
  assert.equal(pods(world).length, 2);
  await world.clock.step(10_000);
  await end(world, 'Failed');
  assert.deepEqual(conditions(world), [
    'FailureTarget=True BackoffLimitExceeded',
    'Failed=True BackoffLimitExceeded',
  ]);
  assert.equal(jobOf(world).status?.failed, 3);
  assert.equal(
    events(world).at(-1),
    'BackoffLimitExceeded: Job has reached the specified backoff limit',
  );
});

test('a job that runs past its deadline is ended', async () => {
  const world = cluster();
  await world.kinds.create('jobs.batch', jobDraft({ activeDeadlineSeconds: 30 }));
  await world.clock.step(31_000);
  assert.deepEqual(conditions(world), [
    'FailureTarget=True DeadlineExceeded',
    'Failed=True DeadlineExceeded',
  ]);
});

test('an indexed job gives each index its own pod and lists the completed ones', async () => {
  const world = cluster();
  await world.kinds.create(
    'jobs.batch',
    jobDraft({ completions: 4, parallelism: 4, completionMode: 'Indexed' }),
  );
  await world.clock.step(100);
  const names = pods(world).map(({ metadata }) => metadata.name.replace(/\w{5}$/, 'x'));
  assert.deepEqual(names.toSorted(), ['j-0-x', 'j-1-x', 'j-2-x', 'j-3-x']);
  await end(world, 'Succeeded');
  assert.equal(jobOf(world).status?.completedIndexes, '0-3');
  assert.equal(jobOf(world).status?.succeeded, 4);
});

test('a suspended job has no pods, and starts anew when resumed', async () => {
  const world = cluster();
  await world.kinds.create('jobs.batch', jobDraft({ suspend: true }));
  await world.clock.step(100);
  assert.deepEqual(pods(world), []);
  assert.deepEqual(conditions(world), ['Suspended=True JobSuspended']);
  await world.kinds.modify('jobs.batch', 'default', 'j', (draft) => {
    draft.spec.suspend = false;
  });
  await world.clock.step(100);
  assert.equal(pods(world).length, 1);
  assert.deepEqual(conditions(world), ['Suspended=False JobResumed']);
});

test('a finished job goes with its pods when its time to live is over', async () => {
  const world = cluster();
  await world.kinds.create('jobs.batch', jobDraft({ ttlSecondsAfterFinished: 60 }));
  await world.clock.step(100);
  await end(world, 'Succeeded');
  await world.clock.step(58_000);
  assert.ok(world.kinds.get('jobs.batch', 'default', 'j'));
  await world.clock.step(3000);
  assert.equal(world.kinds.get('jobs.batch', 'default', 'j'), undefined);
  assert.deepEqual(pods(world), []);
});

test('pods of a job deleted at work are let go', async () => {
  const world = cluster();
  await world.kinds.create('jobs.batch', jobDraft());
  await world.clock.step(100);
  await world.kinds.delete('jobs.batch', 'default', 'j');
  await world.clock.step(1000);
  assert.deepEqual(pods(world), []);
});
