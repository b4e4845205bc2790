// Every object of one cluster, at one revision: what etcd is to Kubernetes.
// Knows names, revisions and history; nothing of kinds, validation, time or HTTP.

import { type KubeObject, keyOf, objectKey } from '../object.ts';
import type { ClusterLimits } from '../limits.ts';
import type { Cancel } from '../platform.ts';
import { StoreError } from './errors.ts';
import { jsonBytes } from './serialized.ts';

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Group resource: `pods`, `deployments.apps`. */
  resource: string;
  /** The object after the change. A deleted object carries the revision of its deletion. */
  object: KubeObject;
  /** The object before the change, unless it was added. */
  previous?: KubeObject;
  revision: number;
}

/** Plain data: survives structuredClone and JSON. Objects are shared with the store, not copied. */
export interface StoreSnapshot {
  revision: number;
  objects: Record<string, KubeObject[]>;
}

export type StoreLimits = Pick<
  ClusterLimits,
  'objects' | 'objectBytes' | 'storeBytes' | 'historyChanges' | 'historyBytes'
>;

interface Table {
  byKey: Map<string, KubeObject>;
  /** Keys in list order; undefined after a change until somebody lists. */
  sorted: string[] | undefined;
}

export class Store {
  readonly #limits: StoreLimits;
  readonly #tables = new Map<string, Table>();
  readonly #listeners = new Set<(change: Change) => void>();
  #history: Change[] = [];
  #historyBytes = 0;
  /** Changes at or below this revision can no longer be told. */
  #forgotten: number;
  #revision: number;
  #count = 0;
  #bytes = 0;
  /** Changes committed while listeners were being told of an earlier one: told next, so that all see one order. */
  #untold: Change[] = [];
  #telling = false;

  /** @param revision where this life of the cluster starts. A cluster's revisions never go back, so a reset passes the last one. */
  constructor(limits: StoreLimits, revision = 1) {
    this.#limits = limits;
    this.#revision = revision;
    this.#forgotten = revision;
  }

  /** One counter for all kinds: a client resumes a watch by this number alone. */
  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision a watch may start from. */
  get oldestRevision(): number {
    return this.#forgotten;
  }

  get objectCount(): number {
    return this.#count;
  }

  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#tables.get(resource)?.byKey.get(objectKey(namespace, name));
  }

  /** Objects in key order, of one namespace or of all. */
  list(resource: string, namespace?: string): KubeObject[] {
    const table = this.#tables.get(resource);
    if (!table) return [];
    table.sorted ??= [...table.byKey.keys()].sort();
    const found: KubeObject[] = [];
    for (const key of table.sorted) {
      const object = table.byKey.get(key);
      if (object && (!namespace || object.metadata.namespace === namespace)) found.push(object);
    }
    return found;
  }

  /** Resources that have or had objects, in no order. */
  resources(): string[] {
    return [...this.#tables.keys()];
  }

  count(resource: string): number {
    return this.#tables.get(resource)?.byKey.size ?? 0;
  }

  /** Stores a new object and returns it with its resourceVersion. Throws StoreError `exists` or `full`. */
  create(resource: string, object: KubeObject): KubeObject {
    const table = this.#table(resource);
    const key = keyOf(object);
    if (table.byKey.has(key)) throw new StoreError('exists', resource, object.metadata.name);
    if (this.#count >= this.#limits.objects)
      throw new StoreError('full', resource, object.metadata.name);
    const stored = this.#versioned(resource, object, 0);
    table.byKey.set(key, stored);
    table.sorted = undefined;
    this.#count++;
    this.#commit({ type: 'ADDED', resource, object: stored, revision: this.#revision });
    return stored;
  }

  /**
   * Replaces an object. `expected` is the resourceVersion the writer has read; without it the last writer wins.
   * Throws StoreError `missing`, `conflict` or `full`.
   */
  update(resource: string, object: KubeObject, expected?: string): KubeObject {
    const previous = this.#existing(
      resource,
      object.metadata.namespace,
      object.metadata.name,
      expected,
    );
    const stored = this.#versioned(resource, object, jsonBytes(previous));
    this.#table(resource).byKey.set(keyOf(stored), stored);
    this.#commit({
      type: 'MODIFIED',
      resource,
      object: stored,
      previous,
      revision: this.#revision,
    });
    return stored;
  }

  /** Removes an object for good and returns its last state. Throws StoreError `missing` or `conflict`. */
  remove(
    resource: string,
    namespace: string | undefined,
    name: string,
    expected?: string,
  ): KubeObject {
    const previous = this.#existing(resource, namespace, name, expected);
    const table = this.#table(resource);
    table.byKey.delete(objectKey(namespace, name));
    table.sorted = undefined;
    this.#count--;
    this.#bytes -= jsonBytes(previous);
    this.#revision++;
    const object = withVersion(previous, this.#revision);
    this.#commit({ type: 'DELETED', resource, object, previous, revision: this.#revision });
    return object;
  }

  /** Changes after `revision`, oldest first. Throws StoreError `gone` if some are forgotten. */
  changesSince(revision: number, resource?: string): Change[] {
    if (revision < this.#forgotten) throw new StoreError('gone', resource ?? '', String(revision));
    let from = this.#history.length;
    while (from > 0 && (this.#history[from - 1] as Change).revision > revision) from--;
    const changes = this.#history.slice(from);
    return resource === undefined
      ? changes
      : changes.filter((change) => change.resource === resource);
  }

  /**
   * Tells `listener` of each change from now on, in order, before the commit returns. A listener notes what it must do
   * and does it in a turn of its own; what it commits at once is told after the present change.
   */
  onChange(listener: (change: Change) => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Cheap: copies references, not objects. */
  snapshot(): StoreSnapshot {
    const objects: Record<string, KubeObject[]> = {};
    for (const resource of this.#tables.keys()) {
      const list = this.list(resource);
      if (list.length > 0) objects[resource] = list;
    }
    return { revision: this.#revision, objects };
  }

  /**
   * Puts a snapshot's objects in place of the present ones. The revision goes up all the same, and what was before is
   * forgotten: every open watch must be ended by the caller, and a resumed one gets `gone`.
   */
  restore(snapshot: StoreSnapshot): void {
    this.#tables.clear();
    this.#count = 0;
    this.#bytes = 0;
    for (const [resource, objects] of Object.entries(snapshot.objects)) {
      const table = this.#table(resource);
      for (const object of objects) {
        table.byKey.set(keyOf(object), object);
        this.#count++;
        this.#bytes += jsonBytes(object);
      }
    }
    this.#revision = Math.max(this.#revision, snapshot.revision) + 1;
    this.#history = [];
    this.#historyBytes = 0;
    this.#forgotten = this.#revision;
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (!table) this.#tables.set(resource, (table = { byKey: new Map(), sorted: undefined }));
    return table;
  }

  #existing(
    resource: string,
    namespace: string | undefined,
    name: string,
    expected: string | undefined,
  ): KubeObject {
    const object = this.get(resource, namespace, name);
    if (!object) throw new StoreError('missing', resource, name);
    if (expected !== undefined && expected !== object.metadata.resourceVersion) {
      throw new StoreError('conflict', resource, name);
    }
    return object;
  }

  /** The object at the next revision, if there is room for it. Nothing is changed when it throws. */
  #versioned(resource: string, object: KubeObject, replacedBytes: number): KubeObject {
    const stored = withVersion(object, this.#revision + 1);
    const bytes = jsonBytes(stored);
    if (bytes > this.#limits.objectBytes)
      throw new StoreError('too large', resource, object.metadata.name);
    const total = this.#bytes + bytes - replacedBytes;
    if (total > this.#limits.storeBytes)
      throw new StoreError('full', resource, object.metadata.name);
    this.#bytes = total;
    this.#revision++;
    return stored;
  }

  /** In batches, to the limit when it is twice that, so that the cost is constant for each change. */
  #trimHistory(): void {
    const { historyChanges, historyBytes } = this.#limits;
    if (this.#history.length <= 2 * historyChanges && this.#historyBytes <= 2 * historyBytes)
      return;
    let drop = Math.max(0, this.#history.length - historyChanges);
    let bytes = this.#historyBytes;
    for (const change of this.#history.slice(0, drop)) bytes -= jsonBytes(change.object);
    for (; bytes > historyBytes && drop < this.#history.length; drop++)
      bytes -= jsonBytes((this.#history[drop] as Change).object);
    const dropped = this.#history.splice(0, drop);
    this.#historyBytes = bytes;
    this.#forgotten = (dropped.at(-1) as Change).revision;
  }

  #commit(change: Change): void {
    this.#history.push(change);
    this.#historyBytes += jsonBytes(change.object);
    this.#trimHistory();
    this.#untold.push(change);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#untold.shift(); next; next = this.#untold.shift()) {
        for (const listener of this.#listeners) listener(next);
      }
    } finally {
      this.#telling = false;
    }
  }
}

function withVersion(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
