// Keeps as many pods of a ReplicaSet alive as it asks for: adopts, creates, and chooses what to delete.
// Source: the public documentation of ReplicaSets ("scaling down" gives the order of deletion); events as a real cluster's.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { timestamp } from '../time.ts';
import { conditionIn, withCondition, withoutCondition } from './conditions.ts';
import { sameStatus } from './equal.ts';
import { EventRecorder } from './events.ts';
import { type KindsClient, type Pod, type ReplicaSet, ofKinds } from './kinds.ts';
import { includesLabels, selects } from './labels.ts';
import { claimed, controllerOf, controllerReference } from './owners.ts';
import { createPod, slowStart } from './pod-control.ts';
import { isActive, isAvailable, isReady, isTerminating, readySince, restartsOf } from './pods.ts';
import { isNamespaceTerminating, isNotFound, messageOf } from './refusals.ts';
import { timeOf } from './times.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const REPLICA_SETS = 'replicasets.apps';

/** Pods created or deleted in one pass, at most: the real controller's burst. */
const BURST_REPLICAS = 500;

type Status = NonNullable<ReplicaSet['status']>;

export function startReplicaSetController(world: World): Cancel {
  const { store, clock, log, random } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const events = new EventRecorder({
    client,
    clock,
    random,
    log,
    component: 'replicaset-controller',
  });
  const queue: WorkQueue = new WorkQueue({
    name: 'replicaset',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const set = client.get(REPLICA_SETS, namespace, name);
      if (set) await new Pass(world, client, events, set).run((ms) => queue.addAfter(key, ms));
    },
  });
  const enqueueOwner = (pod: Pod): boolean => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'ReplicaSet') queue.add(objectKey(pod.metadata.namespace, owner.name));
    return owner !== undefined;
  };
  const unwatch = watchKinds(store, {
    [REPLICA_SETS]: ({ object }) =>
      queue.add(objectKey(object.metadata.namespace, object.metadata.name)),
    pods: ({ type, object, previous }) => {
      if (previous && controllerOf(previous)?.uid !== controllerOf(object)?.uid)
        enqueueOwner(previous);
      if (enqueueOwner(object) || type === 'DELETED') return;
      for (const set of client.list(REPLICA_SETS, object.metadata.namespace))
        if (selects(set.spec.selector, object.metadata.labels))
          queue.add(objectKey(set.metadata.namespace, set.metadata.name));
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

/** One look at one ReplicaSet. */
class Pass {
  readonly #world: World;
  readonly #client: KindsClient;
  readonly #events: EventRecorder;
  readonly #set: ReplicaSet;

  constructor(world: World, client: KindsClient, events: EventRecorder, set: ReplicaSet) {
    this.#world = world;
    this.#client = client;
    this.#events = events;
    this.#set = set;
  }

  async run(again: (ms: number) => void): Promise<void> {
    const set = this.#set;
    const { namespace } = set.metadata;
    const all = this.#client.list('pods', namespace);
    const terminating = all.filter(
      (pod) => controllerOf(pod)?.uid === set.metadata.uid && isTerminating(pod),
    );
    const pods = await claimed(all.filter(isActive), {
      owner: set,
      reference: controllerReference('apps/v1', 'ReplicaSet', set),
      matches: (pod) => selects(set.spec.selector, pod.metadata.labels),
      modify: (pod, change) => this.#client.modify('pods', namespace, pod.metadata.name, change),
    });
    let failure: unknown;
    if (!set.metadata.deletionTimestamp) failure = await this.#fill(pods);
    const status = this.#statusOf(pods, terminating.length, failure);
    if (!sameStatus(status, set.status))
      await this.#client.updateStatus(REPLICA_SETS, { ...set, status });
    if (failure !== undefined) throw failure;
    // Nothing tells when a ready pod becomes available: look again.
    const waiting = (status.readyReplicas ?? 0) > (status.availableReplicas ?? 0);
    if (waiting) again(this.#untilAvailable(pods));
  }

  #untilAvailable(pods: readonly Pod[]): number {
    const minReadyMs = (this.#set.spec.minReadySeconds ?? 0) * 1000;
    const now = this.#world.clock.now();
    const waits = pods
      .map((pod) => readySince(pod))
      .filter((since) => since !== undefined)
      .map((since) => since + minReadyMs - now)
      .filter((wait) => wait > 0);
    return waits.length > 0 ? Math.min(...waits) : minReadyMs;
  }

  /** Creates or deletes what is missing or too much. Returns what went wrong. */
  async #fill(pods: readonly Pod[]): Promise<unknown> {
    const surplus = pods.length - (this.#set.spec.replicas ?? 1);
    if (surplus < 0) return this.#create(Math.min(-surplus, BURST_REPLICAS));
    if (surplus > 0) return this.#remove(pods, Math.min(surplus, BURST_REPLICAS));
    return undefined;
  }

  async #create(count: number): Promise<unknown> {
    const set = this.#set;
    const reference = controllerReference('apps/v1', 'ReplicaSet', set);
    try {
      await slowStart(count, async () => {
        const pod = await createPod(this.#client, set, set.spec.template, reference);
        this.#events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      });
      return undefined;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      this.#events.event(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      return error;
    }
  }

  async #remove(pods: readonly Pod[], count: number): Promise<unknown> {
    const set = this.#set;
    let failure: unknown;
    for (const pod of this.#leastWorthKeeping(pods, count)) {
      try {
        await this.#client.delete('pods', pod.metadata.namespace, pod.metadata.name, {
          preconditions: { uid: pod.metadata.uid },
        });
        this.#events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      } catch (error) {
        if (isNotFound(error)) continue; // it went by itself
        failure ??= error;
        this.#events.event(set, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      }
    }
    return failure;
  }

  #leastWorthKeeping(pods: readonly Pod[], count: number): readonly Pod[] {
    if (count >= pods.length) return pods;
    const crowd = this.#podsOnNodes();
    const now = this.#world.clock.now();
    return pods.toSorted((a, b) => deletionOrder(a, b, crowd, now)).slice(0, count);
  }

  /** Pods on each node of all ReplicaSets with the same owner: crowded nodes give up pods first. */
  #podsOnNodes(): Map<string, number> {
    const { namespace } = this.#set.metadata;
    const owner = controllerOf(this.#set)?.uid;
    const family = new Set(
      this.#client
        .list(REPLICA_SETS, namespace)
        .filter(
          (set) =>
            set.metadata.uid === this.#set.metadata.uid ||
            (owner !== undefined && controllerOf(set)?.uid === owner),
        )
        .map((set) => set.metadata.uid),
    );
    const crowd = new Map<string, number>();
    for (const pod of this.#client.list('pods', namespace)) {
      const node = pod.spec.nodeName;
      if (node && isActive(pod) && family.has(controllerOf(pod)?.uid ?? ''))
        crowd.set(node, (crowd.get(node) ?? 0) + 1);
    }
    return crowd;
  }

  #statusOf(pods: readonly Pod[], terminating: number, failure: unknown): Status {
    const { spec, metadata, status } = this.#set;
    const now = this.#world.clock.now();
    const labels = spec.template?.metadata?.labels;
    const count = (counts: (pod: Pod) => boolean) => pods.filter(counts).length;
    const fullyLabeled = count((pod) => includesLabels(pod.metadata.labels, labels));
    const ready = count(isReady);
    const available = count((pod) => isAvailable(pod, spec.minReadySeconds ?? 0, now));
    const conditions = this.#conditionsOf(pods.length, failure, now);
    // Go leaves zeros out, but for these two.
    return {
      replicas: pods.length,
      ...(fullyLabeled > 0 ? { fullyLabeledReplicas: fullyLabeled } : {}),
      ...(ready > 0 ? { readyReplicas: ready } : {}),
      ...(available > 0 ? { availableReplicas: available } : {}),
      terminatingReplicas: terminating,
      observedGeneration: metadata.generation ?? status?.observedGeneration ?? 1,
      ...(conditions.length > 0 ? { conditions } : {}),
    };
  }

  #conditionsOf(count: number, failure: unknown, now: number) {
    const present = this.#set.status?.conditions;
    if (failure === undefined) return withoutCondition(present, 'ReplicaFailure');
    if (conditionIn(present, 'ReplicaFailure')) return present ?? [];
    const missing = count < (this.#set.spec.replicas ?? 1);
    return withCondition(present, {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: timestamp(now),
      reason: missing ? 'FailedCreate' : 'FailedDelete',
      message: messageOf(failure),
    });
  }
}

const PHASE_ORDER = { Pending: 0, Unknown: 1, Running: 2, Succeeded: 2, Failed: 2 } as const;
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** Negative when `a` should go before `b`. */
function deletionOrder(a: Pod, b: Pod, crowd: ReadonlyMap<string, number>, now: number): number {
  const either = (value: (pod: Pod) => number) => value(a) - value(b);
  const crowdOf = (pod: Pod) => crowd.get(pod.spec.nodeName ?? '') ?? 0;
  const costOf = (pod: Pod) => Number(pod.metadata.annotations?.[DELETION_COST] ?? 0);
  const createdAt = (pod: Pod) => timeOf(pod.metadata.creationTimestamp) ?? now;
  return (
    either((pod) => (pod.spec.nodeName ? 1 : 0)) ||
    either((pod) => PHASE_ORDER[pod.status?.phase ?? 'Pending']) ||
    either((pod) => (isReady(pod) ? 1 : 0)) ||
    either(costOf) ||
    crowdOf(b) - crowdOf(a) ||
    byAge(a, b, (pod) => readySince(pod) ?? now, now) ||
    restartsOf(b) - restartsOf(a) ||
    byAge(a, b, createdAt, now) ||
    (a.metadata.uid < b.metadata.uid ? -1 : 1)
  );
}

/** Younger first, but ages are compared by their order of magnitude, so that chance spreads deletions over the old. */
function byAge(a: Pod, b: Pod, since: (pod: Pod) => number, now: number): number {
  const magnitude = (pod: Pod) => Math.floor(Math.log2(Math.max(1, (now - since(pod)) / 1000)));
  return magnitude(a) - magnitude(b);
}
