// Deletes what no living owner owns any more, and carries out foreground and orphaning deletions.
// Knows owner references of every kind, and no kind by name. Source: "Garbage Collection" in the Kubernetes documentation.

import type { ApiClient } from '../api/client.ts';
import type { KubeObject, OwnerReference } from '../object.ts';
import type { Cancel } from '../platform.ts';
import type { Change } from '../store/store.ts';
import { EventRecorder } from './events.ts';
import { ofKinds } from './kinds.ts';
import { isConflict, isNotFound } from './refusals.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
/** Told of too often, and owned by nobody. */
const IGNORED = 'events';

interface Place {
  resource: string;
  namespace: string | undefined;
  name: string;
}

export function startGarbageCollector(world: World): Cancel {
  const collector = new GarbageCollector(world);
  for (const resource of world.store.resources())
    for (const object of world.store.list(resource))
      collector.note({ type: 'ADDED', resource, object, revision: 0 });
  const unwatch = world.store.onChange((change) => collector.note(change));
  return () => {
    unwatch();
    collector.queue.close();
  };
}

class GarbageCollector {
  readonly queue: WorkQueue;
  readonly #client: ApiClient;
  readonly #events: EventRecorder;
  readonly #places = new Map<string, Place>();
  /** Uids of owned objects, by their owner's uid. An owner may be gone, or not there yet. */
  readonly #dependents = new Map<string, Set<string>>();

  constructor(world: World) {
    const { clock, log, random } = world;
    this.#client = world.client(CONTROLLER_MANAGER);
    this.#events = new EventRecorder({
      client: ofKinds(this.#client),
      clock,
      random,
      log,
      component: 'garbage-collector-controller',
    });
    this.queue = new WorkQueue({
      name: 'garbage collector',
      clock,
      log,
      sync: (uid) => this.#sync(uid),
      concurrency: 20,
    });
  }

  note({ type, resource, object, previous }: Change): void {
    if (resource === IGNORED) return;
    const { uid, namespace, name } = object.metadata;
    for (const { uid: owner } of previous?.metadata.ownerReferences ?? []) {
      const siblings = this.#dependents.get(owner);
      siblings?.delete(uid);
      if (siblings?.size === 0) this.#dependents.delete(owner);
    }
    if (type === 'DELETED') {
      this.#places.delete(uid);
      for (const dependent of this.#dependents.get(uid) ?? []) this.queue.add(dependent);
      // An owner that waits for its dependents may go now.
      for (const { uid: owner } of object.metadata.ownerReferences ?? []) this.queue.add(owner);
      return;
    }
    this.#places.set(uid, { resource, namespace, name });
    const owners = object.metadata.ownerReferences ?? [];
    for (const { uid: owner } of owners) {
      let siblings = this.#dependents.get(owner);
      if (!siblings) this.#dependents.set(owner, (siblings = new Set()));
      siblings.add(uid);
    }
    if (owners.some((owner) => this.#stateOf(owner, namespace) !== 'solid') || isHeld(object))
      this.queue.add(uid);
  }

  async #sync(uid: string): Promise<void> {
    const place = this.#places.get(uid);
    const object = place && this.#client.get(place.resource, place.namespace, place.name);
    if (!place || object?.metadata.uid !== uid) return;
    if (object.metadata.deletionTimestamp) {
      if (object.metadata.finalizers?.includes(ORPHAN)) await this.#orphan(place, object);
      else if (object.metadata.finalizers?.includes(FOREGROUND))
        await this.#deleteDependents(place, object);
      return;
    }
    await this.#collect(place, object);
  }

  /** Deletes an object whose owners are gone, or tells it so if some are left. */
  async #collect(place: Place, object: KubeObject): Promise<void> {
    const owners = object.metadata.ownerReferences ?? [];
    const states = owners.map((owner) => this.#stateOf(owner, place.namespace));
    if (owners.length === 0 || states.every((state) => state === 'solid')) return;
    if (states.includes('solid')) {
      await this.#modify(place, object, (metadata) => {
        metadata.ownerReferences = (metadata.ownerReferences ?? []).filter(
          (owner) => this.#stateOf(owner, place.namespace) === 'solid',
        );
      });
      return;
    }
    for (const [at, owner] of owners.entries())
      if (states[at] === 'elsewhere')
        this.#events.event(
          object,
          'Warning',
          'OwnerRefInvalidNamespace',
          `ownerRef [${owner.apiVersion}/${owner.kind}, namespace: ${place.namespace ?? ''}, name: ${owner.name}, uid: ${owner.uid}] does not exist in namespace "${place.namespace ?? ''}"`,
        );
    // What an owner waits for goes in the same way, if it has dependents of its own to wait for.
    const waited = states.includes('waiting') && this.#dependents.has(object.metadata.uid);
    const { finalizers = [] } = object.metadata;
    const propagation = finalizers.includes(ORPHAN)
      ? 'Orphan'
      : waited || finalizers.includes(FOREGROUND)
        ? 'Foreground'
        : 'Background';
    try {
      await this.#client.delete(place.resource, place.namespace, place.name, {
        propagation,
        preconditions: { uid: object.metadata.uid },
      });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or another of the same name
    }
  }

  async #deleteDependents(place: Place, owner: KubeObject): Promise<void> {
    const { uid } = owner.metadata;
    let blocked = false;
    for (const dependent of this.#dependentsOf(uid)) {
      const reference = dependent.metadata.ownerReferences?.find((each) => each.uid === uid);
      if (reference?.blockOwnerDeletion) blocked = true;
      this.queue.add(dependent.metadata.uid);
    }
    if (!blocked) await this.#modify(place, owner, (metadata) => drop(metadata, FOREGROUND));
  }

  async #orphan(place: Place, owner: KubeObject): Promise<void> {
    const { uid } = owner.metadata;
    for (const dependent of this.#dependentsOf(uid)) {
      const at = this.#places.get(dependent.metadata.uid);
      if (!at) continue;
      await this.#modify(at, dependent, (metadata) => {
        const others = (metadata.ownerReferences ?? []).filter((each) => each.uid !== uid);
        if (others.length > 0) metadata.ownerReferences = others;
        else delete metadata.ownerReferences;
      });
    }
    await this.#modify(place, owner, (metadata) => drop(metadata, ORPHAN));
  }

  #dependentsOf(uid: string): KubeObject[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => {
      const place = this.#places.get(dependent);
      const object = place && this.#client.get(place.resource, place.namespace, place.name);
      return object ? [object] : [];
    });
  }

  async #modify(
    { resource, namespace, name }: Place,
    { metadata: { uid } }: KubeObject,
    change: (metadata: KubeObject['metadata']) => void,
  ): Promise<void> {
    try {
      await this.#client.modify(resource, namespace, name, ({ metadata }) => {
        if (metadata.uid !== uid) return false;
        change(metadata);
        return undefined;
      });
    } catch (error) {
      if (!isNotFound(error)) throw error; // it went meanwhile
    }
  }

  #stateOf(
    { uid }: OwnerReference,
    namespace: string | undefined,
  ): 'solid' | 'waiting' | 'gone' | 'elsewhere' {
    const place = this.#places.get(uid);
    const owner = place && this.#client.get(place.resource, place.namespace, place.name);
    if (!place || owner?.metadata.uid !== uid) return 'gone';
    // Owners are cluster-wide or in the same namespace.
    if (place.namespace !== undefined && place.namespace !== namespace) return 'elsewhere';
    const { deletionTimestamp, finalizers } = owner.metadata;
    return deletionTimestamp && finalizers?.includes(FOREGROUND) ? 'waiting' : 'solid';
  }
}

function isHeld({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).some((finalizer) => [FOREGROUND, ORPHAN].includes(finalizer))
  );
}

function drop(metadata: KubeObject['metadata'], finalizer: string): void {
  const others = (metadata.finalizers ?? []).filter((each) => each !== finalizer);
  if (others.length > 0) metadata.finalizers = others;
  else delete metadata.finalizers;
}
