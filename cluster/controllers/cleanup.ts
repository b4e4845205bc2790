// Takes away what has outlived its time: old events, finished Jobs with a time to live, pods that nobody runs.
// Each is a controller of its own in Kubernetes, and a few lines here.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { StoreError } from '../store/errors.ts';
import { isFinished, conditionOf } from './job/tracking.ts';
import { type Job, type KindsClient, type Pod, ofKinds } from './kinds.ts';
import { isTerminal } from './pods.ts';
import { isNotFound } from './refusals.ts';
import { timeOf } from './times.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

/** Default of the API server's --event-ttl. */
const EVENT_TTL_MS = 3_600_000;
/** Old events go in batches: the oldest may be this much older than the time to live. */
const EVENT_SLACK_MS = 60_000;
/** Default of --terminated-pod-gc-threshold. */
const TERMINATED_PODS = 12_500;
/** How long a pod on a node that is gone is left alone. */
const QUARANTINE_MS = 40_000;

/**
 * Events expire by the store's own clock, as by etcd's leases: no request deletes them. A changed event begins its hour
 * anew.
 */
export function startEventExpiry(world: World): Cancel {
  const { clock, store } = world;
  let cancel: Cancel | undefined;
  const seen = new Map<string, number>();
  const wait = (ms: number) => {
    cancel ??= clock.after(ms, () => {
      cancel = undefined;
      expire();
    });
  };
  const expire = () => {
    const now = clock.now();
    let oldest = Infinity;
    for (const { metadata } of store.list('events')) {
      const key = objectKey(metadata.namespace, metadata.name);
      const since = seen.get(key) ?? timeOf(metadata.creationTimestamp) ?? now;
      if (since + EVENT_TTL_MS > now) {
        oldest = Math.min(oldest, since);
        continue;
      }
      seen.delete(key);
      try {
        store.remove('events', metadata.namespace, metadata.name);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error; // deleted while we looked
      }
    }
    if (oldest !== Infinity) wait(oldest + EVENT_TTL_MS - now + EVENT_SLACK_MS);
  };
  const unwatch = watchKinds(store, {
    events: ({ type, object }) => {
      const key = objectKey(object.metadata.namespace, object.metadata.name);
      if (type === 'DELETED') return void seen.delete(key);
      if (type === 'MODIFIED') seen.set(key, clock.now());
      wait(EVENT_TTL_MS + EVENT_SLACK_MS);
    },
  });
  // What a restored store holds may be older already.
  wait(0);
  return () => {
    unwatch();
    cancel?.();
  };
}

/** `spec.ttlSecondsAfterFinished` */
export function startTtlAfterFinished(world: World): Cancel {
  const { clock, log, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const queue: WorkQueue = new WorkQueue({
    name: 'ttl-after-finished',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const job = client.get('jobs.batch', namespace, name);
      const due = job && expiryOf(job);
      if (!job || due === undefined) return;
      if (due > clock.now()) return queue.addAfter(key, due - clock.now());
      await removed(
        client.delete('jobs.batch', namespace, name, {
          propagation: 'Foreground',
          preconditions: { uid: job.metadata.uid },
        }),
      );
    },
  });
  const unwatch = watchKinds(store, {
    'jobs.batch': ({ type, object }) => {
      if (type !== 'DELETED' && expiryOf(object) !== undefined)
        queue.add(objectKey(object.metadata.namespace, object.metadata.name));
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

function expiryOf(job: Job): number | undefined {
  const seconds = job.spec.ttlSecondsAfterFinished;
  if (seconds === undefined || job.metadata.deletionTimestamp || !isFinished(job)) return undefined;
  const end = conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed');
  const ended = timeOf(end?.lastTransitionTime);
  return ended === undefined ? undefined : ended + seconds * 1000;
}

/** Pods without a node to run or end them, and ended ones beyond what a cluster keeps. */
export function startPodGarbageCollector(world: World): Cancel {
  const { clock, log, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const queue: WorkQueue = new WorkQueue({
    name: 'pod garbage collector',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const pod = client.get('pods', namespace, name);
      if (!pod) return;
      const { nodeName } = pod.spec;
      const orphaned = nodeName !== undefined && !client.get('nodes', undefined, nodeName);
      const unassigned = !nodeName && pod.metadata.deletionTimestamp !== undefined;
      if (orphaned || unassigned || isTooMany(client, pod)) await forceDelete(client, pod);
    },
  });
  const keyOf = (pod: Pod) => objectKey(pod.metadata.namespace, pod.metadata.name);
  const unwatch = watchKinds(store, {
    nodes: ({ type, object }) => {
      if (type !== 'DELETED') return;
      for (const pod of client.list('pods'))
        if (pod.spec.nodeName === object.metadata.name) queue.addAfter(keyOf(pod), QUARANTINE_MS);
    },
    pods: ({ type, object, previous }) => {
      if (type === 'DELETED') return;
      const { nodeName } = object.spec;
      if (!nodeName) {
        if (object.metadata.deletionTimestamp) queue.add(keyOf(object));
        return;
      }
      if (previous?.spec.nodeName !== nodeName && !client.get('nodes', undefined, nodeName))
        queue.addAfter(keyOf(object), QUARANTINE_MS);
      if (isTerminal(object) && !(previous && isTerminal(previous)) && isTooMany(client, object))
        queue.add(keyOf(object));
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

function isTooMany(client: KindsClient, pod: Pod): boolean {
  // Ended pods are a part of all: the cheap count spares the dear one.
  if (!isTerminal(pod)) return false;
  const all = client.list('pods');
  return all.length > TERMINATED_PODS && all.filter(isTerminal).length > TERMINATED_PODS;
}

async function forceDelete(client: KindsClient, pod: Pod): Promise<void> {
  const { namespace, name, uid, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  // What still holds it then is a finalizer, which is not ours to take.
  if (deletionTimestamp !== undefined && !deletionGracePeriodSeconds) return;
  await removed(
    client.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } }),
  );
}

/** A deletion that somebody else was quicker with is done as well. */
async function removed(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
