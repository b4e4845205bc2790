// Watches over nodes: greets new ones, marks the silent ones, keeps their taints, and evicts pods that do not tolerate them.
// Source: the public documentation of node conditions, leases, taints and tolerations.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { timestamp } from '../time.ts';
import { EventRecorder } from './events.ts';
import { type KindsClient, type Node, type Pod, ofKinds } from './kinds.ts';
import { isTerminal } from './pods.ts';
import { isNotFound } from './refusals.ts';
import { toleratesTaint } from './scheduler/filters.ts';
import { timeOf } from './times.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const LEASES = 'leases.coordination.k8s.io';
const LEASE_NAMESPACE = 'kube-node-lease';
/** Default of --node-monitor-grace-period. */
const GRACE_MS = 50_000;
/** After a long freeze the node's own renewal is due too: it gets this much time before it is called silent. */
const SECOND_LOOK_MS = 2_000;
/** A node older than this was greeted in an earlier life of the cluster. */
const NEW_MS = 60_000;

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const OWN_TAINTS = new Set([UNSCHEDULABLE, NOT_READY, UNREACHABLE]);

type Taint = NonNullable<Node['spec']['taints']>[number];

export function startNodeLifecycleController(world: World): Cancel {
  const { clock, log, random, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const events = new EventRecorder({ client, clock, random, log, component: 'node-controller' });
  const greeted = new Set<string>();
  /** Nodes that will be looked at again when their lease could have run out. */
  const looksDue = new Set<string>();
  const queue: WorkQueue = new WorkQueue({
    name: 'node lifecycle',
    clock,
    log,
    sync: async (name) => {
      looksDue.delete(name);
      const node = client.get('nodes', undefined, name);
      if (!node) return;
      greet(node);
      const silentIn = silenceOf(client, node, clock.now());
      if (silentIn <= 0) {
        await markSilent(client, node, clock.now());
      } else if (silentIn !== Infinity) {
        looksDue.add(name);
        // Where nobody looks, the node's renewal waits, and so does this.
        queue.addAfter(name, silentIn + SECOND_LOOK_MS, { upkeep: true });
      }
      await keepTaints(client, name, clock.now());
    },
  });
  const greet = (node: Node) => {
    const { name, uid, creationTimestamp } = node.metadata;
    if (greeted.has(uid)) return;
    greeted.add(uid);
    if (clock.now() - (timeOf(creationTimestamp) ?? 0) > NEW_MS) return;
    const message = `Node ${name} event: Registered Node ${name} in Controller`;
    events.event(node, 'Normal', 'RegisteredNode', message);
  };
  const evictions = startTaintEviction(world, client);
  const unwatch = watchKinds(store, {
    nodes: ({ object }) => queue.add(object.metadata.name),
    // A look at a node that speaks is already due; its beats between need no other.
    [LEASES]: ({ object: { metadata } }) => {
      if (metadata.namespace === LEASE_NAMESPACE && !looksDue.has(metadata.name))
        queue.add(metadata.name);
    },
  });
  return () => {
    unwatch();
    evictions();
    queue.close();
  };
}

/** Milliseconds until the node counts as silent; not above 0 when it does; Infinity for a node that never spoke. */
function silenceOf(client: KindsClient, node: Node, now: number): number {
  const lease = client.get(LEASES, LEASE_NAMESPACE, node.metadata.name);
  const renewed = timeOf(lease?.spec.renewTime);
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (renewed === undefined && !ready) return Infinity;
  const last = renewed ?? timeOf(ready?.lastHeartbeatTime) ?? now;
  return last + GRACE_MS - now;
}

async function markSilent(client: KindsClient, node: Node, now: number): Promise<void> {
  await client.modify(
    'nodes',
    undefined,
    node.metadata.name,
    (draft) => {
      const conditions = draft.status?.conditions ?? [];
      if (conditions.every(({ status }) => status === 'Unknown')) return false;
      draft.status = {
        ...draft.status,
        conditions: conditions.map((condition) => ({
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: timestamp(now),
        })),
      };
      return undefined;
    },
    'status',
  );
}

async function keepTaints(client: KindsClient, name: string, now: number): Promise<void> {
  await client.modify('nodes', undefined, name, (node) => {
    const present = node.spec.taints ?? [];
    const wanted = taintsFor(node);
    const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
    const kept = present.filter(
      (taint) => !OWN_TAINTS.has(taint.key) || wanted.some((each) => same(each, taint)),
    );
    const added = wanted.filter((taint) => !present.some((each) => same(each, taint)));
    if (added.length === 0 && kept.length === present.length) return false;
    const taints = [...kept, ...added.map((taint) => ({ ...taint, timeAdded: timestamp(now) }))];
    if (taints.length > 0) node.spec.taints = taints;
    else delete node.spec.taints;
    return undefined;
  });
}

/** The taints that follow from a node's conditions and its cordon. */
function taintsFor(node: Node): Taint[] {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const key = ready === 'True' ? undefined : ready === 'Unknown' ? UNREACHABLE : NOT_READY;
  return [
    ...(key
      ? [
          { key, effect: 'NoSchedule' as const },
          { key, effect: 'NoExecute' as const },
        ]
      : []),
    ...(node.spec.unschedulable ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' as const }] : []),
  ];
}

/** Deletes pods from nodes with NoExecute taints: at once, or when what they tolerate is over. */
function startTaintEviction(world: World, client: KindsClient): Cancel {
  const { clock, log, random, store } = world;
  const events = new EventRecorder({
    client,
    clock,
    random,
    log,
    component: 'taint-eviction-controller',
  });
  /** When each pod's time on a tainted node began. */
  const since = new Map<string, number>();
  const queue: WorkQueue = new WorkQueue({
    name: 'taint eviction',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const pod = client.get('pods', namespace, name);
      const node = pod?.spec.nodeName && client.get('nodes', undefined, pod.spec.nodeName);
      const wait =
        !pod || !node || pod.metadata.deletionTimestamp || isTerminal(pod)
          ? Infinity
          : toleranceOf(pod, node, (since.get(key) ?? clock.now()) - clock.now());
      if (!pod || wait === Infinity) return void since.delete(key);
      if (wait > 0) {
        if (!since.has(key)) since.set(key, clock.now());
        return queue.addAfter(key, wait);
      }
      since.delete(key);
      events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
      await evict(client, pod, clock.now());
    },
  });
  const hasNoExecute = (node: Node | undefined) =>
    (node?.spec.taints ?? []).some(({ effect }) => effect === 'NoExecute');
  const add = (pod: Pod) => queue.add(objectKey(pod.metadata.namespace, pod.metadata.name));
  const unwatch = watchKinds(store, {
    nodes: ({ object, type }) => {
      if (type === 'DELETED') return;
      if (!hasNoExecute(object) && since.size === 0) return;
      for (const pod of client.list('pods'))
        if (pod.spec.nodeName === object.metadata.name) add(pod);
    },
    pods: ({ object, previous, type }) => {
      if (type === 'DELETED')
        since.delete(objectKey(object.metadata.namespace, object.metadata.name));
      if (type === 'DELETED' || !object.spec.nodeName) return;
      if (previous?.spec.nodeName === object.spec.nodeName) return;
      if (hasNoExecute(client.get('nodes', undefined, object.spec.nodeName))) add(object);
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

/**
 * Milliseconds that the pod may stay; Infinity if it tolerates every taint for good.
 * @param began when its time began, in milliseconds from now: not above 0.
 */
function toleranceOf(pod: Pod, node: Node, began: number): number {
  let least = Infinity;
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== 'NoExecute') continue;
    const tolerations = (pod.spec.tolerations ?? []).filter((each) => toleratesTaint(each, taint));
    if (tolerations.length === 0) return 0;
    for (const { tolerationSeconds } of tolerations)
      if (tolerationSeconds !== undefined)
        least = Math.min(least, Math.max(0, tolerationSeconds) * 1000 + began);
  }
  return least;
}

async function evict(client: KindsClient, pod: Pod, now: number): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  try {
    await client.modify(
      'pods',
      namespace,
      name,
      (draft) => {
        if (draft.metadata.uid !== uid) return false;
        draft.status = {
          ...draft.status,
          conditions: [
            ...(draft.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget'),
            {
              type: 'DisruptionTarget',
              status: 'True',
              lastProbeTime: null,
              lastTransitionTime: timestamp(now),
              reason: 'DeletionByTaintManager',
              message: 'Taint manager: deleting due to NoExecute taint',
            },
          ],
        };
        return undefined;
      },
      'status',
    );
    await client.delete('pods', namespace, name, { preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error; // it went by itself
  }
}
