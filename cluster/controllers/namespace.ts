// Empties namespaces that are being deleted, says how far that is, and lets them go when nothing is left.
// Source: the public documentation of namespace deletion; conditions word for word as a real cluster's.

import type { ApiClient } from '../api/client.ts';
import type { Cancel } from '../platform.ts';
import { timestamp } from '../time.ts';
import { sameStatus } from './equal.ts';
import { type Namespace, ofKinds } from './kinds.ts';
import { isRefusal } from './refusals.ts';
import { timeOf } from './times.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

/** The real controller waits so long, so that other API servers have heard of the deletion and create nothing more. */
const SETTLE_MS = 5_000;
/** Between looks at a namespace whose pods are still stopping. */
const AGAIN_MS = 1_000;
const FINALIZER = 'kubernetes';

type Status = NonNullable<Namespace['status']>;
type Condition = NonNullable<Status['conditions']>[number];

export function startNamespaceController(world: World): Cancel {
  const { clock, log, store } = world;
  const raw = world.client(CONTROLLER_MANAGER);
  const client = ofKinds(raw);
  const queue: WorkQueue = new WorkQueue({
    name: 'namespace',
    clock,
    log,
    sync: async (name) => {
      const namespace = client.get('namespaces', undefined, name);
      if (!namespace?.metadata.deletionTimestamp) return;
      if (!namespace.spec.finalizers?.includes(FINALIZER)) return;
      const left = await empty(world, raw, name);
      await client.modify(
        'namespaces',
        undefined,
        name,
        (draft) => {
          const status = statusOf(draft, left, clock.now());
          if (sameStatus(status, draft.status)) return false;
          draft.status = status;
          return undefined;
        },
        'status',
      );
      if (left.counts.size > 0) return queue.addAfter(name, AGAIN_MS);
      await client.modify(
        'namespaces',
        undefined,
        name,
        (draft) => {
          draft.spec.finalizers = (draft.spec.finalizers ?? []).filter(
            (each) => each !== FINALIZER,
          );
        },
        'finalize',
      );
    },
  });
  const unwatch = watchKinds(store, {
    namespaces: ({ type, object }) => {
      const since = timeOf(object.metadata.deletionTimestamp);
      if (type === 'DELETED' || since === undefined) return;
      queue.addAfter(object.metadata.name, since + SETTLE_MS - clock.now());
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

interface Left {
  /** Objects by resource. */
  counts: Map<string, number>;
  /** Objects by finalizer that holds them. */
  finalizers: Map<string, number>;
}

/** Deletes what is in the namespace, and tells what is still there afterwards. */
async function empty(world: World, client: ApiClient, namespace: string): Promise<Left> {
  for (const resource of world.store.resources())
    for (const object of world.store.list(resource, namespace)) {
      if (object.metadata.deletionTimestamp) continue;
      try {
        await client.delete(resource, namespace, object.metadata.name, {
          propagation: 'Background',
        });
      } catch (error) {
        if (!isRefusal(error)) throw error; // gone, or refused for now: it is counted below
      }
    }
  const left: Left = { counts: new Map(), finalizers: new Map() };
  for (const resource of world.store.resources())
    for (const object of world.store.list(resource, namespace)) {
      left.counts.set(resource, (left.counts.get(resource) ?? 0) + 1);
      for (const finalizer of object.metadata.finalizers ?? [])
        left.finalizers.set(finalizer, (left.finalizers.get(finalizer) ?? 0) + 1);
    }
  return left;
}

function statusOf(namespace: Namespace, left: Left, now: number): Status {
  const present = namespace.status?.conditions;
  const condition = (
    type: string,
    status: 'True' | 'False',
    reason: string,
    message: string,
  ): Condition => {
    const old = present?.find((each) => each.type === type);
    return {
      type,
      status,
      lastTransitionTime:
        old?.status === status ? (old.lastTransitionTime ?? timestamp(now)) : timestamp(now),
      reason,
      message,
    };
  };
  const remaining = [...left.counts]
    .map(([resource, count]) => {
      const [name, ...group] = resource.split('.');
      return `${name}.${group.join('.')} has ${count} resource instances`;
    })
    .sort();
  const held = [...left.finalizers]
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .sort();
  return {
    ...namespace.status,
    phase: 'Terminating',
    conditions: [
      condition(
        'NamespaceDeletionDiscoveryFailure',
        'False',
        'ResourcesDiscovered',
        'All resources successfully discovered',
      ),
      condition(
        'NamespaceDeletionGroupVersionParsingFailure',
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ),
      condition(
        'NamespaceDeletionContentFailure',
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ),
      remaining.length > 0
        ? condition(
            'NamespaceContentRemaining',
            'True',
            'SomeResourcesRemain',
            `Some resources are remaining: ${remaining.join(', ')}`,
          )
        : condition(
            'NamespaceContentRemaining',
            'False',
            'ContentRemoved',
            'All content successfully removed',
          ),
      held.length > 0
        ? condition(
            'NamespaceFinalizersRemaining',
            'True',
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
          )
        : condition(
            'NamespaceFinalizersRemaining',
            'False',
            'ContentHasNoFinalizers',
            'All content-preserving finalizers finished',
          ),
    ],
  };
}
