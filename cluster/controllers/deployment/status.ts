// What a Deployment says of itself: counts and conditions, worked out from its ReplicaSets. Pure.
// Source: reasons and messages as the public API shows them; progress and its deadline as Deployments' documentation has them.

import { timestamp } from '../../time.ts';
import { conditionIn, withCondition, withoutCondition } from '../conditions.ts';
import type { Deployment, ReplicaSet } from '../kinds.ts';
import { timeOf } from '../times.ts';
import { maxUnavailable, replicasOf, sumReplicas, sumStatus } from './replica-sets.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
type Condition = NonNullable<DeploymentStatus['conditions']>[number];

/** The API's way of saying "no deadline". */
const NO_DEADLINE = 2_147_483_647;

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

export function progressOf(status: DeploymentStatus | undefined): Condition | undefined {
  return conditionIn(status?.conditions, 'Progressing');
}

export function deploymentCondition(
  now: number,
  type: string,
  status: string,
  reason: string,
  message: string,
): Condition {
  const time = timestamp(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

/** Counts as Go writes them: zeros are left out, but for terminating replicas. */
export function countsOf(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = sumStatus(all, 'availableReplicas');
  const unavailable = Math.max(0, sumReplicas(all) - available);
  const updated = newSet ? sumStatus([newSet], 'replicas') : 0;
  const status: DeploymentStatus = {
    ...(deployment.metadata.generation
      ? { observedGeneration: deployment.metadata.generation }
      : {}),
    ...unlessZero('replicas', sumStatus(all, 'replicas')),
    ...unlessZero('updatedReplicas', updated),
    ...unlessZero('readyReplicas', sumStatus(all, 'readyReplicas')),
    ...unlessZero('availableReplicas', available),
    ...unlessZero('unavailableReplicas', unavailable),
    terminatingReplicas: sumStatus(all, 'terminatingReplicas'),
  };
  if (deployment.status?.collisionCount !== undefined)
    status.collisionCount = deployment.status.collisionCount;
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  status.conditions = withCondition(
    deployment.status?.conditions,
    enough
      ? deploymentCondition(
          now,
          'Available',
          'True',
          'MinimumReplicasAvailable',
          'Deployment has minimum availability.',
        )
      : deploymentCondition(
          now,
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
        ),
  );
  return status;
}

function unlessZero<Name extends string>(name: Name, value: number): { [N in Name]?: number } {
  return value === 0 ? {} : ({ [name]: value } as { [N in Name]?: number });
}

/** Counts, and how the rollout goes. */
export function rolloutStatusOf(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = countsOf(deployment, all, newSet, now);
  const subject = newSet
    ? `ReplicaSet "${newSet.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  let conditions = status.conditions ?? [];
  if (!hasProgressDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');

  const present = progressOf(deployment.status);
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) &&
    present?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !settled) {
    const condition = (value: string, reason: string, message: string) =>
      deploymentCondition(now, 'Progressing', value, reason, `${subject} ${message}`);
    if (isComplete(deployment, status)) {
      conditions = withCondition(
        conditions,
        condition('True', 'NewReplicaSetAvailable', 'has successfully progressed.'),
      );
    } else if (isProgressing(deployment, status)) {
      const progressing = condition('True', 'ReplicaSetUpdated', 'is progressing.');
      if (present?.status === 'True' && present.lastTransitionTime)
        progressing.lastTransitionTime = present.lastTransitionTime;
      // Removed first, so that the time of the last update moves although status and reason stay.
      conditions = [...withoutCondition(conditions, 'Progressing'), progressing];
    } else if (hasTimedOut(deployment, { ...status, conditions }, now)) {
      conditions = withCondition(
        conditions,
        condition('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'),
      );
    }
  }

  const failure = replicaFailureOf(all, newSet);
  conditions = failure
    ? withCondition(conditions, failure)
    : withoutCondition(conditions, 'ReplicaFailure');
  return { ...status, conditions };
}

function replicaFailureOf(
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): Condition | undefined {
  for (const set of newSet ? [newSet, ...all] : all) {
    const failure = conditionIn(set.status?.conditions, 'ReplicaFailure');
    if (failure) {
      return {
        type: 'ReplicaFailure',
        status: failure.status,
        ...(failure.lastTransitionTime
          ? {
              lastTransitionTime: failure.lastTransitionTime,
              lastUpdateTime: failure.lastTransitionTime,
            }
          : {}),
        ...(failure.reason ? { reason: failure.reason } : {}),
        ...(failure.message ? { message: failure.message } : {}),
      };
    }
  }
  return undefined;
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const old = deployment.status ?? {};
  const oldPods = (of: DeploymentStatus) => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    oldPods(status) < oldPods(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const progress = progressOf(status);
  if (!progress || progress.reason === 'NewReplicaSetAvailable') return false;
  if (progress.reason === 'ProgressDeadlineExceeded') return true;
  const since = timeOf(progress.lastUpdateTime);
  const seconds = deployment.spec.progressDeadlineSeconds ?? NO_DEADLINE;
  return since !== undefined && since + seconds * 1000 < now;
}

/** Milliseconds until the deadline must be looked at again; undefined when there is nothing to wait for. */
export function untilDeadline(
  deployment: Deployment,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const progress = progressOf(deployment.status);
  if (!hasProgressDeadline(deployment) || !progress) return undefined;
  if (isComplete(deployment, status) || progress.reason === 'ProgressDeadlineExceeded')
    return undefined;
  const since = timeOf(progress.lastUpdateTime) ?? now;
  const deadline = since + (deployment.spec.progressDeadlineSeconds ?? NO_DEADLINE) * 1000;
  // One second more, for times are kept in whole seconds.
  return Math.max(0, deadline - now) + 1000;
}
