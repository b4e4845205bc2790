// Gives pods without a node one that fits, the most important first, and says why when none does.
// Source: the public documentation of kube-scheduler: filtering, priorities, retries. Preemption is not simulated.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { timestamp } from '../time.ts';
import { equal } from './equal.ts';
import { SeriesRecorder } from './events.ts';
import { type KindsClient, type Node, type Pod, type PodCondition, ofKinds } from './kinds.ts';
import { conditionOf, isTerminal } from './pods.ts';
import { podResources, quantity } from './quantity.ts';
import { isRefusal } from './refusals.ts';
import { type NodeView, rejectionOf, unschedulableMessage } from './scheduler/filters.ts';
import { watchKinds } from './watch.ts';
import { SCHEDULER, type World } from './world.ts';

const COMPONENT = 'default-scheduler';

/** From a pod's arrival to its turn: what a real scheduler's watch and queue take. */
const ARRIVAL_MS = 10;
/** First wait after a pod did not fit and something changed; doubles up to the next one. The real queue's defaults. */
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 10_000;
/** A pod that did not fit is looked at again after so long even if nothing changed. */
const UNSCHEDULABLE_MS = 300_000;

interface Waiting {
  attempts: number;
  /** Cluster time from which it may be tried; Infinity until something changes. */
  notBefore: number;
  order: number;
}

export function startScheduler(world: World): Cancel {
  const scheduler = new Scheduler(world);
  const unwatch = watchKinds(world.store, {
    pods: ({ type, object, previous }) => {
      const key = objectKey(object.metadata.namespace, object.metadata.name);
      const mine = wantsNode(object);
      if (type === 'DELETED' || !mine) scheduler.forget(key);
      if (type === 'DELETED' || (isTerminal(object) && previous && !isTerminal(previous)))
        scheduler.somethingChanged();
      else if (mine && (!previous || !scheduler.knows(key) || changesPlacing(previous, object)))
        scheduler.add(key);
    },
    nodes: ({ object, previous }) => {
      // Heartbeats change nothing that matters here.
      if (previous && schedulingFacts(previous) === schedulingFacts(object)) return;
      scheduler.somethingChanged();
    },
  });
  return () => {
    unwatch();
    scheduler.stop();
  };
}

function wantsNode(pod: Pod): boolean {
  return (
    !pod.spec.nodeName &&
    !pod.metadata.deletionTimestamp &&
    !isTerminal(pod) &&
    (pod.spec.schedulerName ?? COMPONENT) === COMPONENT
  );
}

/** Status is not looked at: it is the scheduler itself that writes there why a pod did not fit. */
function changesPlacing(before: Pod, after: Pod): boolean {
  return !equal(before.spec, after.spec) || !equal(before.metadata.labels, after.metadata.labels);
}

function schedulingFacts(node: Node): string {
  const { metadata, spec, status } = node;
  return JSON.stringify([metadata.labels, spec.taints, spec.unschedulable, status?.allocatable]);
}

class Scheduler {
  readonly #world: World;
  readonly #client: KindsClient;
  readonly #events: SeriesRecorder;
  readonly #waiting = new Map<string, Waiting>();
  #order = 0;
  #turn: { due: number; cancel: Cancel } | undefined;
  #busy = false;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    this.#client = ofKinds(world.client(SCHEDULER));
    this.#events = new SeriesRecorder({
      client: this.#client,
      clock: world.clock,
      random: world.random,
      log: world.log,
      component: COMPONENT,
      host: 'mesh-lab-control-plane',
    });
  }

  knows(key: string): boolean {
    return this.#waiting.has(key);
  }

  add(key: string): void {
    const now = this.#world.clock.now();
    const attempts = this.#waiting.get(key)?.attempts ?? 0;
    this.#waiting.set(key, { attempts, notBefore: now + ARRIVAL_MS, order: this.#order++ });
    this.#plan();
  }

  forget(key: string): void {
    this.#waiting.delete(key);
  }

  /** Pods that did not fit may fit now. */
  somethingChanged(): void {
    const now = this.#world.clock.now();
    for (const waiting of this.#waiting.values()) {
      if (waiting.attempts === 0) continue;
      const backoff = Math.min(BACKOFF_MS * 2 ** (waiting.attempts - 1), MAX_BACKOFF_MS);
      waiting.notBefore = Math.min(waiting.notBefore, now + backoff);
    }
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#turn?.cancel();
    this.#waiting.clear();
  }

  /** One turn is planned, for the earliest pod. */
  #plan(): void {
    if (this.#busy || this.#stopped) return;
    let due = Infinity;
    for (const { notBefore } of this.#waiting.values()) due = Math.min(due, notBefore);
    if (this.#turn && this.#turn.due <= due) return;
    this.#turn?.cancel();
    this.#turn = undefined;
    if (due === Infinity) return;
    const cancel = this.#world.clock.after(due - this.#world.clock.now(), () => {
      this.#turn = undefined;
      void this.#run();
    });
    this.#turn = { due, cancel };
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      const now = this.#world.clock.now();
      const ready = [...this.#waiting]
        .filter(([, { notBefore }]) => notBefore <= now)
        .map(([key, { order }]) => ({ key, order, pod: this.#podOf(key) }));
      ready.sort(
        (a, b) => (b.pod?.spec.priority ?? 0) - (a.pod?.spec.priority ?? 0) || a.order - b.order,
      );
      const views = this.#views();
      for (const { key, pod } of ready) {
        if (this.#stopped) return;
        if (!pod || !wantsNode(pod)) this.forget(key);
        else await this.#place(key, pod, views);
      }
    } catch (error) {
      this.#world.log(
        'error',
        `scheduler: ${error instanceof Error ? error.stack : String(error)}`,
      );
    } finally {
      this.#busy = false;
      this.#plan();
    }
  }

  #podOf(key: string): Pod | undefined {
    const [namespace, name] = key.split('/') as [string, string];
    return this.#client.get('pods', namespace, name);
  }

  #views(): { node: Node; pods: Pod[] }[] {
    const views = this.#client.list('nodes').map((node) => ({ node, pods: [] as Pod[] }));
    const byName = new Map(views.map((view) => [view.node.metadata.name, view]));
    for (const pod of this.#client.list('pods'))
      if (pod.spec.nodeName && !isTerminal(pod)) byName.get(pod.spec.nodeName)?.pods.push(pod);
    return views;
  }

  async #place(key: string, pod: Pod, views: { node: Node; pods: Pod[] }[]): Promise<void> {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    waiting.notBefore = Infinity;
    if ((pod.spec.schedulingGates ?? []).length > 0)
      return this.#note(pod, {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      });
    const missing = this.#missingClaim(pod);
    const rejections = views.map((view) => rejectionOf(pod, view, { views }));
    const fitting = missing ? [] : views.filter((_, at) => !rejections[at]);
    const chosen = fitting.toSorted((a, b) => load(a) - load(b))[0];
    if (!chosen) {
      const message = missing
        ? `0/${views.length} nodes are available: ${missing}. not found`
        : unschedulableMessage(rejections.filter((rejection) => rejection !== undefined));
      waiting.attempts++;
      waiting.notBefore = this.#world.clock.now() + UNSCHEDULABLE_MS;
      this.#events.event(pod, 'Warning', 'FailedScheduling', 'Scheduling', message);
      return this.#note(pod, {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
      });
    }
    await this.#bind(key, pod, chosen);
  }

  #missingClaim(pod: Pod): string | undefined {
    for (const volume of pod.spec.volumes ?? []) {
      const name = volume.persistentVolumeClaim?.claimName;
      if (name === undefined) continue;
      if (!this.#world.store.get('persistentvolumeclaims', pod.metadata.namespace, name))
        return `persistentvolumeclaim "${name}" not found`;
    }
    return undefined;
  }

  async #bind(key: string, pod: Pod, view: { node: Node; pods: Pod[] }): Promise<void> {
    const { namespace, name } = pod.metadata;
    const node = view.node.metadata.name;
    try {
      await this.#world.client(SCHEDULER).create('bindings', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: {
          name,
          ...(namespace === undefined ? {} : { namespace }),
          uid: pod.metadata.uid,
        },
        target: { kind: 'Node', name: node },
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // It was deleted or changed meanwhile: if it is still there, its next change brings it back.
      const waiting = this.#waiting.get(key);
      if (waiting) {
        waiting.attempts++;
        waiting.notBefore = this.#world.clock.now() + BACKOFF_MS;
      }
      return;
    }
    this.forget(key);
    view.pods.push(pod);
    this.#events.event(
      pod,
      'Normal',
      'Scheduled',
      'Binding',
      `Successfully assigned ${objectKey(namespace, name)} to ${node}`,
    );
  }

  async #note(pod: Pod, condition: PodCondition): Promise<void> {
    const present = conditionOf(pod, condition.type);
    const same =
      present?.status === condition.status &&
      present.reason === condition.reason &&
      present.message === condition.message;
    if (same) return;
    const now = timestamp(this.#world.clock.now());
    const { namespace, name } = pod.metadata;
    try {
      await this.#client.modify(
        'pods',
        namespace,
        name,
        (draft) => {
          const since =
            present?.status === condition.status ? present.lastTransitionTime : undefined;
          draft.status = {
            ...draft.status,
            conditions: [
              ...(draft.status?.conditions ?? []).filter(({ type }) => type !== condition.type),
              { ...condition, lastProbeTime: null, lastTransitionTime: since ?? now },
            ],
          };
        },
        'status',
      );
    } catch (error) {
      if (!isRefusal(error)) throw error; // the pod is gone or the cluster full: nothing to note
    }
  }
}

/** The share of a node that is asked for: the emptier one is taken. */
function load({ node, pods }: NodeView): number {
  const allocatable = node.status?.allocatable ?? {};
  const share = (name: string) =>
    pods.reduce((sum, pod) => sum + (podResources(pod, 'requests')[name] ?? 0), 0) /
    (quantity(allocatable[name]) || 1);
  return share('cpu') + share('memory');
}
