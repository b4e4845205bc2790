// What a Job's pods mean for it: which are active, which have ended and are not counted yet, which indexes are done. Pure.
// Source: the public documentation of Jobs ("tracking with finalizers", Indexed completion mode, pod replacement).

import type { Job, Pod } from '../kinds.ts';
import { isReady } from '../pods.ts';
import { timeOf } from '../times.ts';

export const TRACKING = 'batch.kubernetes.io/job-tracking';
export const INDEX = 'batch.kubernetes.io/job-completion-index';

export type JobStatus = NonNullable<Job['status']>;
export type JobCondition = NonNullable<JobStatus['conditions']>[number];

export function conditionOf(job: Job, type: string): JobCondition | undefined {
  return job.status?.conditions?.find(
    (condition) => condition.type === type && condition.status === 'True',
  );
}

export function isFinished(job: Job): boolean {
  return Boolean(conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed'));
}

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

export function isTracked(pod: Pod): boolean {
  return (pod.metadata.finalizers ?? []).includes(TRACKING);
}

export function hasSucceeded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded';
}

/** A pod that is going counts as failed at once, unless only what has really failed is to be replaced. */
export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return (
    job.spec.podReplacementPolicy !== 'Failed' &&
    pod.metadata.deletionTimestamp !== undefined &&
    !hasSucceeded(pod)
  );
}

export interface Tally {
  active: Pod[];
  ready: number;
  /** Leaving, and not yet ended. */
  terminating: number;
  /** Ended, tracked, and not yet in the status. */
  newlySucceeded: Pod[];
  newlyFailed: Pod[];
  completedIndexes: Set<number>;
}

/** @param pods those of the Job. */
export function tally(job: Job, pods: readonly Pod[]): Tally {
  const uncounted = job.status?.uncountedTerminatedPods;
  const known = new Set([...(uncounted?.succeeded ?? []), ...(uncounted?.failed ?? [])]);
  const fresh = (pod: Pod) => isTracked(pod) && !known.has(pod.metadata.uid);
  const active = pods.filter(
    (pod) => !hasSucceeded(pod) && !hasFailed(job, pod) && pod.status?.phase !== 'Failed',
  );
  const completedIndexes = parseIndexes(job.status?.completedIndexes);
  const succeededPods = pods.filter(hasSucceeded);
  for (const pod of succeededPods) {
    const index = indexOf(pod);
    if (index !== undefined) completedIndexes.add(index);
  }
  const newlySucceeded = succeededPods.filter(fresh);
  const newlyFailed = pods.filter((pod) => hasFailed(job, pod) && fresh(pod));
  return {
    active: active.filter((pod) => !pod.metadata.deletionTimestamp),
    ready: active.filter(isReady).length,
    terminating: pods.filter(
      (pod) =>
        pod.metadata.deletionTimestamp !== undefined &&
        pod.status?.phase !== 'Succeeded' &&
        pod.status?.phase !== 'Failed',
    ).length,
    newlySucceeded,
    newlyFailed,
    completedIndexes,
  };
}

export function indexOf(pod: Pod): number | undefined {
  const index = pod.metadata.annotations?.[INDEX];
  return index === undefined ? undefined : Number(index);
}

/** Indexes without a pod that is done or at work, lowest first. */
export function missingIndexes(job: Job, counts: Tally, count: number): number[] {
  const taken = new Set(counts.active.map(indexOf));
  const missing: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && missing.length < count; index++)
    if (!taken.has(index) && !counts.completedIndexes.has(index)) missing.push(index);
  return missing;
}

/** `0,2-4` */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let at = 0; at < sorted.length; at++) {
    const first = sorted[at] ?? 0;
    let last = first;
    while (sorted[at + 1] === last + 1) {
      last++;
      at++;
    }
    ranges.push(
      first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`,
    );
  }
  return ranges.join(',');
}

export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',').filter(Boolean)) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let index = first; index <= last; index++) indexes.add(index);
  }
  return indexes;
}

/** Failures in a row since the last success, and when the last of them ended: new pods wait longer after each. */
export function failureStreak(pods: readonly Pod[]): { count: number; lastEndedAt: number } {
  const ended = pods
    .filter((pod) => pod.status?.phase === 'Failed' || hasSucceeded(pod))
    .map((pod) => ({ at: endOf(pod), failed: !hasSucceeded(pod) }))
    .toSorted((a, b) => b.at - a.at);
  let count = 0;
  for (const { failed } of ended) {
    if (!failed) break;
    count++;
  }
  return { count, lastEndedAt: ended[0]?.at ?? 0 };
}

function endOf(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(
    ({ state }) => timeOf(state?.terminated?.finishedAt) ?? 0,
  );
  return Math.max(0, ...ends) || (timeOf(pod.metadata.creationTimestamp) ?? 0);
}
