// One pass over one Deployment: finds its ReplicaSets, moves their sizes a step, and writes down how far it is.
// Source: the public documentation of Deployments (rolling update, recreate, pausing, rollover, clean-up policy).

import { conditionIn, withCondition } from '../conditions.ts';
import { equal, sameStatus } from '../equal.ts';
import type { EventRecorder } from '../events.ts';
import type { Deployment, KindsClient, ReplicaSet } from '../kinds.ts';
import { selects } from '../labels.ts';
import { templateHash } from '../names.ts';
import { claimed, controllerOf, controllerReference, isControlledBy } from '../owners.ts';
import { isTerminal } from '../pods.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound, messageOf } from '../refusals.ts';
import type { World } from '../world.ts';
import {
  DESIRED_REPLICAS,
  HASH_LABEL,
  REVISION,
  active,
  annotateNew,
  annotateReplicas,
  byCreation,
  findNew,
  isRolling,
  maxUnavailable,
  newReplicas,
  proportions,
  replicasOf,
  revisionOf,
  sumReplicas,
  sumStatus,
} from './replica-sets.ts';
import {
  type DeploymentStatus,
  countsOf,
  deploymentCondition,
  hasProgressDeadline,
  isComplete,
  progressOf,
  rolloutStatusOf,
  untilDeadline,
} from './status.ts';

const DEPLOYMENTS = 'deployments.apps';
const REPLICA_SETS = 'replicasets.apps';

/** One pass over one Deployment. Works on what it read at its start, and leaves what it caused to the next pass. */
export class Rollout {
  readonly #world: World;
  readonly #client: KindsClient;
  readonly #events: EventRecorder;
  #deployment: Deployment;

  constructor(world: World, client: KindsClient, events: EventRecorder, deployment: Deployment) {
    this.#world = world;
    this.#client = client;
    this.#events = events;
    this.#deployment = deployment;
  }

  get #now(): number {
    return this.#world.clock.now();
  }

  async run(again: (ms: number) => void): Promise<void> {
    const sets = await this.#claim();
    if (this.#deployment.metadata.deletionTimestamp) return this.#writeCounts(sets);
    await this.#notePause();
    if (this.#deployment.spec.paused) return this.#scaleOnly(sets);
    if (this.#wasScaled(sets)) return this.#scaleOnly(sets);
    if (isRolling(this.#deployment)) await this.#roll(sets, again);
    else await this.#recreate(sets, again);
  }

  async #claim(): Promise<ReplicaSet[]> {
    const deployment = this.#deployment;
    const { namespace } = deployment.metadata;
    return claimed(this.#client.list(REPLICA_SETS, namespace), {
      owner: deployment,
      reference: controllerReference('apps/v1', 'Deployment', deployment),
      matches: (set) => selects(deployment.spec.selector, set.metadata.labels),
      modify: (set, change) =>
        this.#client.modify(REPLICA_SETS, namespace, set.metadata.name, change),
    });
  }

  /** Pausing stops the clock of the progress deadline; resuming starts it again. */
  async #notePause(): Promise<void> {
    if (!hasProgressDeadline(this.#deployment)) return;
    const present = progressOf(this.#deployment.status);
    if (present?.reason === 'ProgressDeadlineExceeded') return;
    const paused = this.#deployment.spec.paused ?? false;
    const noted = present?.reason === 'DeploymentPaused';
    if (paused === noted) return;
    const reason = paused ? 'DeploymentPaused' : 'DeploymentResumed';
    const message = paused ? 'Deployment is paused' : 'Deployment is resumed';
    await this.#setCondition('Progressing', 'Unknown', reason, message);
  }

  /** The Deployment's size differs from the one its ReplicaSets were last told. */
  #wasScaled(sets: readonly ReplicaSet[]): boolean {
    return active(sets).some((set) => {
      const told = set.metadata.annotations?.[DESIRED_REPLICAS];
      return told !== undefined && Number(told) !== replicasOf(this.#deployment);
    });
  }

  async #scaleOnly(sets: ReplicaSet[]): Promise<void> {
    const { newSet, old, all } = await this.#revise(sets, false);
    await this.#scaleAll(newSet, old);
    if (this.#deployment.spec.paused) await this.#cleanUp(old);
    await this.#writeStatus(countsOf(this.#deployment, all, newSet, this.#now));
  }

  async #roll(sets: ReplicaSet[], again: (ms: number) => void): Promise<void> {
    const { newSet, old, all } = await this.#revise(sets, true);
    const moved =
      (newSet !== undefined && (await this.#growNew(newSet, all))) ||
      (await this.#shrinkOld(all, active(old), newSet));
    if (!moved && isComplete(this.#deployment, this.#deployment.status ?? {}))
      await this.#cleanUp(old);
    await this.#writeRollout(all, newSet, again);
  }

  async #recreate(sets: ReplicaSet[], again: (ms: number) => void): Promise<void> {
    let { newSet, old, all } = await this.#revise(sets, false);
    const running = active(old);
    for (const set of running) await this.#scale(set, 0);
    if (running.length === 0 && !this.#oldPodsRun(newSet, old)) {
      if (!newSet) ({ newSet, old, all } = await this.#revise(sets, true));
      if (newSet) await this.#scale(newSet, replicasOf(this.#deployment));
      if (isComplete(this.#deployment, this.#deployment.status ?? {})) await this.#cleanUp(old);
    }
    await this.#writeRollout(all, newSet, again);
  }

  #oldPodsRun(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): boolean {
    if (sumStatus(old, 'replicas') > 0) return true;
    const owners = new Set(old.map((set) => set.metadata.uid));
    return this.#client
      .list('pods', this.#deployment.metadata.namespace)
      .some(
        (pod) =>
          owners.has(controllerOf(pod)?.uid ?? '') &&
          !(newSet && isControlledBy(pod, newSet)) &&
          !isTerminal(pod),
      );
  }

  /** Finds the new ReplicaSet, or makes it, and brings revisions up to date. */
  async #revise(
    sets: ReplicaSet[],
    create: boolean,
  ): Promise<{ newSet: ReplicaSet | undefined; old: ReplicaSet[]; all: ReplicaSet[] }> {
    const found = findNew(this.#deployment, sets);
    const old = sets.filter((set) => set !== found);
    const revision = 1 + Math.max(0, ...old.map(revisionOf));
    const newSet = found
      ? await this.#renew(found, revision)
      : create
        ? await this.#create(old, revision)
        : undefined;
    return { newSet, old, all: newSet ? [...old, newSet] : old };
  }

  async #renew(set: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const annotations = { ...set.metadata.annotations };
    const annotated = annotateNew(annotations, this.#deployment, revision, true);
    const minReady = this.#deployment.spec.minReadySeconds ?? 0;
    if (annotated || (set.spec.minReadySeconds ?? 0) !== minReady) {
      const renewed = await this.#client.update(REPLICA_SETS, {
        ...set,
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec, ...(minReady === 0 ? {} : { minReadySeconds: minReady }) },
      });
      return renewed;
    }
    const { status } = this.#deployment;
    let conditions = status?.conditions;
    if (hasProgressDeadline(this.#deployment) && !progressOf(status))
      conditions = withCondition(
        conditions,
        deploymentCondition(
          this.#now,
          'Progressing',
          'True',
          'FoundNewReplicaSet',
          `Found new replica set "${set.metadata.name}"`,
        ),
      );
    await this.#writeRevision(annotations[REVISION] ?? String(revision), conditions);
    return set;
  }

  async #create(old: ReplicaSet[], revision: number): Promise<ReplicaSet | undefined> {
    const deployment = this.#deployment;
    const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
    const { namespace } = deployment.metadata;
    const name = `${deployment.metadata.name}-${hash}`;
    const template = structuredClone(deployment.spec.template);
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    template.metadata = { ...template.metadata, labels };
    const replicas = newReplicas(deployment, old, 0);
    const annotations: Record<string, string> = {};
    annotateNew(annotations, deployment, revision, false);
    const minReady = deployment.spec.minReadySeconds ?? 0;
    let created: ReplicaSet;
    let existed = false;
    try {
      created = await this.#client.create(REPLICA_SETS, {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name,
          ...(namespace === undefined ? {} : { namespace }),
          labels,
          annotations,
          ownerReferences: [controllerReference('apps/v1', 'Deployment', deployment)],
        },
        spec: {
          replicas,
          ...(minReady === 0 ? {} : { minReadySeconds: minReady }),
          selector: {
            ...deployment.spec.selector,
            matchLabels: { ...deployment.spec.selector.matchLabels, [HASH_LABEL]: hash },
          },
          template,
        },
      });
    } catch (error) {
      const present = isAlreadyExists(error)
        ? this.#client.get(REPLICA_SETS, namespace, name)
        : undefined;
      if (present && isControlledBy(present, deployment) && findNew(deployment, [present])) {
        created = present;
        existed = true;
      } else if (isAlreadyExists(error)) {
        // Another template has this hash: the count makes the next one differ.
        await this.#modifyStatus((status) => {
          status.collisionCount = (status.collisionCount ?? 0) + 1;
        });
        throw error;
      } else {
        if (isNamespaceTerminating(error)) return undefined;
        await this.#noteFailedCreate(name, error);
        throw error;
      }
    }
    if (!existed && replicas > 0) this.#tellScaled(created, 0, replicas);
    const conditions =
      !existed && hasProgressDeadline(deployment)
        ? withCondition(
            deployment.status?.conditions,
            deploymentCondition(
              this.#now,
              'Progressing',
              'True',
              'NewReplicaSetCreated',
              `Created new replica set "${created.metadata.name}"`,
            ),
          )
        : deployment.status?.conditions;
    await this.#writeRevision(String(revision), conditions);
    return created;
  }

  async #noteFailedCreate(name: string, error: unknown): Promise<void> {
    const message = `Failed to create new replica set "${name}": ${messageOf(error)}`;
    if (hasProgressDeadline(this.#deployment))
      await this.#setCondition('Progressing', 'False', 'ReplicaSetCreateError', message);
    this.#events.event(this.#deployment, 'Warning', 'ReplicaSetCreateError', message);
  }

  /** Spreads a changed size over the ReplicaSets, without moving the rollout on. */
  async #scaleAll(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): Promise<void> {
    const running = active(newSet ? [newSet, ...old] : old);
    const newest = newSet ?? old.toSorted(byCreation).at(-1);
    const only = running.length === 0 ? newest : running.length === 1 ? running[0] : undefined;
    const wanted = replicasOf(this.#deployment);
    if (only) {
      await this.#scale(only, wanted);
      return;
    }
    const saturated =
      newSet !== undefined &&
      replicasOf(newSet) === wanted &&
      Number(newSet.metadata.annotations?.[DESIRED_REPLICAS]) === wanted &&
      (newSet.status?.availableReplicas ?? 0) === wanted;
    if (saturated) {
      for (const set of active(old)) await this.#scale(set, 0);
    } else if (isRolling(this.#deployment)) {
      for (const [set, size] of proportions(this.#deployment, running))
        await this.#scale(set, size);
    }
  }

  async #growNew(newSet: ReplicaSet, all: readonly ReplicaSet[]): Promise<boolean> {
    const wanted = replicasOf(this.#deployment);
    const size = replicasOf(newSet);
    if (size === wanted) return false;
    return this.#scale(newSet, size > wanted ? wanted : newReplicas(this.#deployment, all, size));
  }

  async #shrinkOld(
    all: readonly ReplicaSet[],
    old: readonly ReplicaSet[],
    newSet: ReplicaSet | undefined,
  ): Promise<boolean> {
    if (sumReplicas(old) === 0) return false;
    const least = replicasOf(this.#deployment) - maxUnavailable(this.#deployment);
    const newUnavailable = newSet
      ? replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0)
      : 0;
    const most = sumReplicas(all) - least - newUnavailable;
    if (most <= 0) return false;
    const ordered = old.toSorted(byCreation);

    // Pods that do not serve go first: they cost no availability.
    const sizes = new Map(ordered.map((set) => [set, replicasOf(set)]));
    let unhealthy = 0;
    for (const set of ordered) {
      const available = set.status?.availableReplicas ?? 0;
      const taken = Math.min(most - unhealthy, replicasOf(set) - available);
      if (taken <= 0) continue;
      unhealthy += taken;
      sizes.set(set, replicasOf(set) - taken);
    }
    let spare = sumStatus(all, 'availableReplicas') - least;
    let scaled = false;
    for (const set of ordered) {
      const size = sizes.get(set) ?? 0;
      if (size !== replicasOf(set)) scaled = (await this.#scale(set, size)) || scaled;
    }
    for (const set of ordered) {
      if (spare <= 0) break;
      const size = sizes.get(set) ?? 0;
      const taken = Math.min(size, spare);
      if (taken === 0) continue;
      spare -= taken;
      const present = this.#client.get(REPLICA_SETS, set.metadata.namespace, set.metadata.name);
      if (present) scaled = (await this.#scale(present, size - taken)) || scaled;
    }
    return scaled;
  }

  /** True if the size changed. Proportions are noted even where it did not. */
  async #scale(set: ReplicaSet, size: number): Promise<boolean> {
    const before = replicasOf(set);
    const annotations = { ...set.metadata.annotations };
    const annotated = annotateReplicas(annotations, this.#deployment);
    if (before === size && !annotated) return false;
    await this.#client.update(REPLICA_SETS, {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas: size },
    });
    if (before === size) return false;
    this.#tellScaled(set, before, size);
    return true;
  }

  #tellScaled(set: ReplicaSet, from: number, to: number): void {
    const direction = to > from ? 'up' : 'down';
    this.#events.event(
      this.#deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${to}`,
    );
  }

  /** Deletes what the revision history has no room for. */
  async #cleanUp(old: readonly ReplicaSet[]): Promise<void> {
    const limit = this.#deployment.spec.revisionHistoryLimit;
    if (limit === undefined) return;
    const alive = old.filter((set) => !set.metadata.deletionTimestamp);
    const surplus = alive.length - limit;
    if (surplus <= 0) return;
    const byRevision = alive.toSorted((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b));
    for (const set of byRevision.slice(0, surplus)) {
      const busy =
        (set.status?.replicas ?? 0) > 0 ||
        replicasOf(set) > 0 ||
        (set.metadata.generation ?? 0) > (set.status?.observedGeneration ?? 0);
      if (busy) continue;
      try {
        await this.#client.delete(REPLICA_SETS, set.metadata.namespace, set.metadata.name);
      } catch (error) {
        if (!isNotFound(error)) throw error; // somebody else was quicker
      }
    }
  }

  async #writeCounts(sets: ReplicaSet[]): Promise<void> {
    const newSet = findNew(this.#deployment, sets);
    await this.#writeStatus(countsOf(this.#deployment, sets, newSet, this.#now));
  }

  async #writeRollout(
    all: readonly ReplicaSet[],
    newSet: ReplicaSet | undefined,
    again: (ms: number) => void,
  ): Promise<void> {
    const status = rolloutStatusOf(this.#deployment, all, newSet, this.#now);
    if (await this.#writeStatus(status)) return;
    const wait = untilDeadline(this.#deployment, status, this.#now);
    if (wait !== undefined) again(wait);
  }

  /** True if it had to be written. */
  async #writeStatus(status: DeploymentStatus): Promise<boolean> {
    if (sameStatus(status, this.#deployment.status)) return false;
    this.#deployment = await this.#client.updateStatus(DEPLOYMENTS, {
      ...this.#deployment,
      status,
    });
    return true;
  }

  /** The revision is an annotation, yet is written with the status, as the real controller does. */
  async #writeRevision(
    revision: string,
    conditions: DeploymentStatus['conditions'],
  ): Promise<void> {
    const { metadata, status } = this.#deployment;
    const present = conditionIn(status?.conditions, 'Progressing');
    const wanted = conditionIn(conditions, 'Progressing');
    if (metadata.annotations?.[REVISION] === revision && equal(present, wanted)) return;
    this.#deployment = await this.#client.updateStatus(DEPLOYMENTS, {
      ...this.#deployment,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } },
      status: { ...status, ...(conditions ? { conditions } : {}) },
    });
  }

  async #setCondition(type: string, value: string, reason: string, message: string): Promise<void> {
    await this.#modifyStatus((status) => {
      status.conditions = withCondition(
        status.conditions,
        deploymentCondition(this.#now, type, value, reason, message),
      );
    });
  }

  async #modifyStatus(change: (status: DeploymentStatus) => void): Promise<void> {
    const status = structuredClone(this.#deployment.status ?? {});
    change(status);
    await this.#writeStatus(status);
  }
}
