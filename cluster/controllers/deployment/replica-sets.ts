// The ReplicaSets of one Deployment: which is new, which are old, how many replicas each may have, and the annotations
// that carry revisions and proportions. Pure arithmetic over objects; nothing is written here.
// Source: the public documentation of Deployments (rollover, proportional scaling, revision history).

import { equal } from '../equal.ts';
import type { Deployment, PodTemplate, ReplicaSet } from '../kinds.ts';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** Characters of the revision-history annotation, as upstream bounds it. */
const REVISION_HISTORY_CHARS = 2_000;

/** Annotations of the Deployment that say nothing of its ReplicaSets. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

export function replicasOf(object: Deployment | ReplicaSet): number {
  return object.spec.replicas ?? 1;
}

export function sumReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

export function sumStatus(
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}

/** Those with replicas wanted. */
export function active(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0);
}

export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  return (
    compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
    compare(a.metadata.name, b.metadata.name)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function revisionOf(set: ReplicaSet): number {
  const revision = Number(set.metadata.annotations?.[REVISION] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

/** The same template but for the hash label: the new ReplicaSet of the Deployment, the oldest if there are several. */
export function findNew(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  return sets
    .toSorted(byCreation)
    .find(
      (set) =>
        set.spec.template !== undefined &&
        equal(withoutHash(set.spec.template), withoutHash(deployment.spec.template)),
    );
}

function withoutHash(template: PodTemplate): PodTemplate {
  const labels = { ...template.metadata?.labels };
  delete labels[HASH_LABEL];
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function isRolling(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate';
}

/** An absolute number, or a percentage of `total` rounded up or down. */
export function resolved(
  value: string | number | undefined,
  total: number,
  round: (value: number) => number,
): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value ?? '0%')?.[1];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

/** Pods above the wanted number that a rollout may have, and those below it that it may lack. */
export function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  if (!isRolling(deployment)) return { surge: 0, unavailable: 0 };
  const total = replicasOf(deployment);
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const surge = resolved(rolling?.maxSurge ?? '25%', total, Math.ceil);
  const unavailable = resolved(rolling?.maxUnavailable ?? '25%', total, Math.floor);
  // Both at zero would stop every rollout.
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function maxSurge(deployment: Deployment): number {
  return fenceposts(deployment).surge;
}

export function maxUnavailable(deployment: Deployment): number {
  if (!isRolling(deployment) || replicasOf(deployment) === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicasOf(deployment));
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicas(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSetReplicas: number,
): number {
  const wanted = replicasOf(deployment);
  if (!isRolling(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - sumReplicas(all);
  if (room <= 0) return newSetReplicas;
  return newSetReplicas + Math.min(room, wanted - newSetReplicas);
}

/** Sets the annotations of proportions. True if one changed. */
export function annotateReplicas(
  annotations: Record<string, string>,
  deployment: Deployment,
): boolean {
  const wanted = replicasOf(deployment);
  return setAll(annotations, {
    [DESIRED_REPLICAS]: String(wanted),
    [MAX_REPLICAS]: String(wanted + maxSurge(deployment)),
  });
}

/** Brings a ReplicaSet's annotations to what its Deployment and revision say. True if one changed. */
export function annotateNew(
  annotations: Record<string, string>,
  deployment: Deployment,
  revision: number,
  exists: boolean,
): boolean {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([name]) => !NOT_COPIED.has(name),
  );
  let changed = setAll(annotations, Object.fromEntries(copied));
  const old = annotations[REVISION];
  if (Number(old ?? 0) < revision) {
    annotations[REVISION] = String(revision);
    changed = true;
    // A ReplicaSet that becomes new again remembers the revisions it had.
    if (old !== undefined) {
      const history = annotations[REVISION_HISTORY];
      const longer = history ? `${history},${old}` : old;
      annotations[REVISION_HISTORY] =
        longer.length <= REVISION_HISTORY_CHARS
          ? longer
          : longer.slice(longer.indexOf(',', longer.length - REVISION_HISTORY_CHARS) + 1);
    }
  }
  if (!exists && annotateReplicas(annotations, deployment)) changed = true;
  return changed;
}

function setAll(annotations: Record<string, string>, wanted: Record<string, string>): boolean {
  let changed = false;
  for (const [name, value] of Object.entries(wanted)) {
    if (annotations[name] === value) continue;
    annotations[name] = value;
    changed = true;
  }
  return changed;
}

/**
 * New sizes when the Deployment is scaled in the middle of a rollout: each active ReplicaSet changes by its share, and what
 * rounding leaves goes to the largest.
 */
export function proportions(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): Map<ReplicaSet, number> {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const toAdd = allowed - sumReplicas(sets);
  const newest = (a: ReplicaSet, b: ReplicaSet) => byCreation(b, a);
  const ordered = sets.toSorted(
    (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? newest(a, b) : byCreation(a, b)),
  );
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of ordered) {
    const share = toAdd === 0 ? 0 : shareOf(deployment, set, toAdd, added);
    sizes.set(set, replicasOf(set) + share);
    added += share;
  }
  const largest = ordered[0];
  if (largest && toAdd !== 0)
    sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return sizes;
}

function shareOf(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  const size = replicasOf(set);
  if (size === 0 || toAdd === added) return 0;
  const wanted = replicasOf(deployment);
  const annotated = Number(set.metadata.annotations?.[MAX_REPLICAS]);
  const before = annotated > 0 ? annotated : (deployment.status?.replicas ?? 0);
  const share =
    wanted === 0 || before === 0
      ? -size
      : Math.round((size * (wanted + maxSurge(deployment))) / before) - size;
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}
