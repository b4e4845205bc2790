// An ApiClient over a bare store, for unit tests of controllers: metadata, generations, optimistic concurrency, graceful
// deletion and finalizers as the API has them. No defaulting, validation or managedFields: those are the API's own tests.

import type { ApiClient, DeleteOptions, Draft } from '../../api/client.ts';
import {
  type StatusError,
  conflict,
  forbidden,
  fromStoreError,
  notFound,
} from '../../api/status.ts';
import type { Clock } from '../../clock.ts';
import type { KubeObject, ObjectMeta } from '../../object.ts';
import { eventToCore } from '../../schema/events.ts';
import type { Store } from '../../store/store.ts';
import { timestamp } from '../../time.ts';
import { randomSuffix } from '../../api/identity.ts';

/** Stored as core events, as the API does. */
const SERIES_EVENTS = 'events.events.k8s.io';

/** Renaming looks at nothing that only a stored object has. */
const asCoreEvent = (draft: Draft) =>
  eventToCore(draft as unknown as KubeObject) as unknown as Draft;

interface World {
  store: Store;
  clock: Clock;
  random: () => number;
  /** Asked before each write: returns the refusal to give, for tests of failures. */
  refuse?: (verb: string, resource: string, object: Draft | KubeObject) => StatusError | undefined;
}

export class ApiDouble implements ApiClient {
  readonly #world: World;
  /** Writes that came through, for tests that count them. */
  writes = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#world.store.get(resource, namespace, name);
  }

  list(resource: string, namespace?: string): KubeObject[] {
    return this.#world.store.list(resource, namespace);
  }

  async create(resource: string, draft: Draft): Promise<KubeObject> {
    this.#refuseIfAsked('create', resource, draft);
    if (resource === 'bindings') return this.#bind(draft);
    const { store, clock, random } = this.#world;
    if (resource === SERIES_EVENTS) return this.create('events', asCoreEvent(draft));
    const given = structuredClone(draft);
    const { namespace } = given.metadata;
    if (namespace && resource !== 'namespaces') {
      const home = store.get('namespaces', undefined, namespace);
      if (home?.metadata.deletionTimestamp)
        throw forbidden(
          { group: '', resource },
          given.metadata.name ?? '',
          `unable to create new content in namespace ${namespace} because it is being terminated`,
          [{ reason: 'NamespaceTerminating' }],
        );
    }
    const name =
      given.metadata.name ?? `${given.metadata.generateName ?? ''}${randomSuffix(random)}`;
    const object = {
      ...given,
      metadata: {
        ...given.metadata,
        name,
        uid: uuid(random),
        resourceVersion: '',
        creationTimestamp: timestamp(clock.now()),
        ...('spec' in given ? { generation: 1 } : {}),
      } satisfies ObjectMeta,
    } as KubeObject;
    if (resource === 'pods') object['status'] ??= { phase: 'Pending', qosClass: 'BestEffort' };
    this.writes++;
    return this.#told(() => store.create(resource, object));
  }

  async update(resource: string, object: KubeObject): Promise<KubeObject> {
    this.#refuseIfAsked('update', resource, object);
    const old = this.#existing(resource, object);
    const changed = JSON.stringify(old['spec']) !== JSON.stringify(object['spec']);
    const next: KubeObject = {
      ...structuredClone(object),
      ...('status' in old ? { status: old['status'] } : {}),
      metadata: {
        ...structuredClone(object.metadata),
        uid: old.metadata.uid,
        creationTimestamp: old.metadata.creationTimestamp,
        ...(old.metadata.generation === undefined
          ? {}
          : { generation: old.metadata.generation + (changed ? 1 : 0) }),
      },
    };
    return this.#commit(resource, next, object.metadata.resourceVersion);
  }

  async updateStatus(resource: string, object: KubeObject): Promise<KubeObject> {
    this.#refuseIfAsked('status', resource, object);
    const old = this.#existing(resource, object);
    const next = {
      ...old,
      status: structuredClone(object['status']),
      metadata: { ...old.metadata, annotations: object.metadata.annotations },
    } as KubeObject;
    return this.#commit(resource, next, object.metadata.resourceVersion);
  }

  async modify(
    resource: string,
    namespace: string | undefined,
    name: string,
    change: (draft: KubeObject) => void | false,
    subresource?: 'status' | 'finalize',
  ): Promise<KubeObject | undefined> {
    // A series has the same field in both groups.
    if (resource === SERIES_EVENTS) return this.modify('events', namespace, name, change);
    const old = this.get(resource, namespace, name);
    if (!old) return undefined;
    const draft = structuredClone(old);
    if (change(draft) === false) return old;
    return subresource === 'status'
      ? this.updateStatus(resource, draft)
      : this.update(resource, draft);
  }

  async delete(
    resource: string,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { store, clock } = this.#world;
    const old = store.get(resource, namespace, name);
    if (!old) throw notFound({ group: '', resource }, name);
    this.#refuseIfAsked('delete', resource, old);
    const wanted = options.preconditions?.uid;
    if (wanted !== undefined && wanted !== old.metadata.uid)
      throw conflict({ group: '', resource }, name, 'Precondition failed: UID in precondition');
    const finalizers = (old.metadata.finalizers ?? []).filter(
      (finalizer) => !['foregroundDeletion', 'orphan'].includes(finalizer),
    );
    if (options.propagation === 'Foreground') finalizers.push('foregroundDeletion');
    if (options.propagation === 'Orphan') finalizers.push('orphan');
    const grace = graceOf(resource, old, options);
    if (resource === 'namespaces') {
      if (old.metadata.deletionTimestamp) return;
      await this.#commit(resource, {
        ...old,
        metadata: { ...old.metadata, deletionTimestamp: timestamp(clock.now()) },
        status: { phase: 'Terminating' },
      });
      return;
    }
    const waits = finalizers.length > 0 || grace > 0;
    const present = old.metadata.deletionGracePeriodSeconds;
    if (old.metadata.deletionTimestamp !== undefined && waits && grace >= (present ?? 0)) return;
    this.writes++;
    if (!waits) return void store.remove(resource, namespace, name);
    const metadata: ObjectMeta = {
      ...old.metadata,
      finalizers,
      deletionTimestamp: timestamp(clock.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
    };
    if (finalizers.length === 0) delete metadata.finalizers;
    store.update(resource, { ...old, metadata });
  }

  #bind(draft: Draft): KubeObject {
    const { store, clock } = this.#world;
    const name = draft.metadata.name ?? '';
    const pod = store.get('pods', draft.metadata.namespace, name);
    if (!pod) throw notFound({ group: '', resource: 'pods' }, name);
    const status = (pod['status'] ?? {}) as { conditions?: { type: string }[] };
    this.writes++;
    store.update('pods', {
      ...pod,
      spec: { ...(pod['spec'] as object), nodeName: (draft['target'] as { name: string }).name },
      status: {
        ...status,
        conditions: [
          ...(status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled'),
          {
            type: 'PodScheduled',
            status: 'True',
            lastProbeTime: null,
            lastTransitionTime: timestamp(clock.now()),
          },
        ],
      },
    });
    return { ...draft, metadata: pod.metadata };
  }

  #existing(resource: string, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    const old = this.#world.store.get(resource, namespace, name);
    if (!old) throw notFound({ group: '', resource }, name);
    return old;
  }

  async #commit(resource: string, object: KubeObject, expected?: string): Promise<KubeObject> {
    const { store } = this.#world;
    this.writes++;
    const { metadata } = object;
    const finalizing = (object['spec'] as { finalizers?: string[] } | undefined)?.finalizers ?? [];
    const gone =
      metadata.deletionTimestamp !== undefined &&
      (metadata.finalizers ?? []).length === 0 &&
      !metadata.deletionGracePeriodSeconds &&
      (resource !== 'namespaces' || finalizing.length === 0);
    if (gone) return store.remove(resource, metadata.namespace, metadata.name, expected);
    return this.#told(() => store.update(resource, object, expected));
  }

  #told(write: () => KubeObject): KubeObject {
    try {
      return write();
    } catch (error) {
      throw fromStoreError(error, { group: '', resource: '' });
    }
  }

  #refuseIfAsked(verb: string, resource: string, object: Draft | KubeObject): void {
    const refusal = this.#world.refuse?.(verb, resource, object);
    if (refusal) throw refusal;
  }
}

function graceOf(resource: string, object: KubeObject, options: DeleteOptions): number {
  if (resource !== 'pods') return 0;
  const spec = object['spec'] as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const { phase } = (object['status'] ?? {}) as { phase?: string };
  if (!spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
}

function uuid(random: () => number): string {
  const hex = (count: number) =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}
