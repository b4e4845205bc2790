// Creates and changes stored objects: everything between a decoded object and the store. HTTP and the cluster's own
// components come through here alike. Knows what all kinds share; what is a kind's own is in its definition.
// Source: "API Concepts" and "Kubernetes API conventions"; the order of steps as errors of a real server reveal it.

import type { KubeObject, ObjectMeta } from '../object.ts';
import { same } from '../schema/fields.ts';
import { groupResource } from '../schema/resource.ts';
import { parseTimestamp, timestamp } from '../time.ts';
import type { Admission, Attributes } from './admission/admission.ts';
import { arranged } from './arrange.ts';
import { managedAfterUpdate, sameOwnership } from './fields/managed-fields.ts';
import { managementOf } from './fields/management.ts';
import { generatedName, newUid } from './identity.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  fromStoreError,
  invalid,
  isAlreadyExists,
  isConflict,
  notFound,
  plainError,
} from './status.ts';
import type { Caller, ServedKind, World } from './world.ts';

/** Generated names that are taken are generated anew this often: a real server's bound. */
const NAME_ATTEMPTS = 8;
/** A change made from a version that is not the newest any more is made again this often. */
const WRITE_ATTEMPTS = 5;

export interface Place {
  namespace: string | undefined;
  name: string;
  subresource?: string | undefined;
}

/** What a writer makes of the present object, in the version of the request. */
export interface Change {
  /** Not yet defaulted. Undefined: nothing is to change. */
  object: KubeObject | undefined;
  /** Worked out by an apply; without them they are worked out from the change. */
  managedFields?: ObjectMeta['managedFields'];
}

export interface UpdateOptions {
  /** Creates the object where there is none: apply, and the few kinds that may be put where nothing is. */
  create?: boolean;
  /** The change starts again from the newest object when somebody else was faster. False for a PUT with a resourceVersion. */
  retry?: boolean;
}

export interface Written {
  /** As stored. */
  object: KubeObject;
  created: boolean;
}

export class Objects {
  readonly #world: World;
  readonly #admission: Admission;
  /** Reserves what new objects of a kind need (addresses, ports). Throws StatusError. */
  readonly #allocate: (kind: ServedKind, object: KubeObject, old: KubeObject | undefined) => void;

  constructor(
    world: World,
    admission: Admission,
    allocate: (kind: ServedKind, object: KubeObject, old: KubeObject | undefined) => void,
  ) {
    this.#world = world;
    this.#admission = admission;
    this.#allocate = allocate;
  }

  /** The stored object. Throws NotFound. */
  get({ definition }: ServedKind, namespace: string | undefined, name: string): KubeObject {
    const found = this.#world.store.get(definition.storedAs, namespace, name);
    if (!found) throw notFound(definition, name);
    return found;
  }

  /** `draft` is conformed, in the kind's version, and the caller's to give away. Resolves with the stored object. */
  async create(
    kind: ServedKind,
    namespace: string | undefined,
    draft: KubeObject,
    caller: Caller,
    managedFields?: ObjectMeta['managedFields'],
  ): Promise<KubeObject> {
    const { definition, version } = kind;
    placeIn(draft, definition.namespaced ? namespace : undefined);
    definition.strategy.default(draft, version.version);
    const entries =
      managedFields ??
      managedAfterUpdate(managementOf(kind, undefined), undefined, draft, {
        manager: caller.fieldManager,
        subresource: undefined,
        time: timestamp(this.#world.clock.now()),
      });
    setManagedFields(draft.metadata, entries);
    const attributes: Attributes = {
      operation: 'CREATE',
      kind,
      namespace: draft.metadata.namespace,
      name: draft.metadata.name ?? '',
      subresource: undefined,
      object: draft,
      old: undefined,
      caller,
    };
    const mutating = this.#admission.mutate(attributes);
    if (mutating) await mutating;
    const generated = !draft.metadata.name && Boolean(draft.metadata.generateName);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#store(kind, draft, generated, attributes, caller);
      } catch (error) {
        if (!generated || !isAlreadyExists(error) || attempt === NAME_ATTEMPTS) throw error;
      }
    }
  }

  async #store(
    kind: ServedKind,
    draft: KubeObject,
    generated: boolean,
    attributes: Attributes,
    caller: Caller,
  ): Promise<KubeObject> {
    const { definition } = kind;
    const { store, random, clock } = this.#world;
    let object = definition.toStored({ ...draft, metadata: { ...draft.metadata } });
    const givenVersion = object.metadata.resourceVersion;
    const metadata = object.metadata;
    metadata.uid = newUid(random);
    metadata.creationTimestamp = timestamp(clock.now());
    metadata.resourceVersion = '';
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    if (generated) metadata.name = generatedName(metadata.generateName ?? '', random);
    definition.strategy.prepareForCreate(object);
    this.#allocate(kind, object, undefined);
    const errors = definition.strategy.validateCreate(object);
    if (errors.length > 0) throw invalid(definition, metadata.name ?? '', errors);
    for (const warning of definition.strategy.warnings?.(object, undefined) ?? [])
      caller.warn(warning);
    const checked = { ...attributes, name: metadata.name, object: this.#shown(kind, object) };
    const validating = this.#admission.validate(checked);
    if (validating) await validating;
    if (givenVersion)
      throw plainError('resourceVersion should not be set on objects to be created');
    object = arranged(object, definition.custom);
    if (caller.dryRun) {
      if (store.get(definition.storedAs, metadata.namespace, metadata.name))
        throw alreadyExists(definition, metadata.name);
      const { resourceVersion: _none, ...rest } = object.metadata;
      // An object that was never stored has no version: the one place where the field is absent.
      return { ...object, metadata: rest as ObjectMeta };
    }
    try {
      return store.create(definition.storedAs, object);
    } catch (error) {
      throw fromStoreError(error, definition);
    }
  }

  #shown({ definition, version }: ServedKind, stored: KubeObject): KubeObject {
    return definition.fromStored(stored, version.version);
  }

  /** Changes a stored object, or one of its subresources. Throws StatusError. */
  async update(
    kind: ServedKind,
    place: Place,
    change: (current: KubeObject | undefined) => Change,
    caller: Caller,
    options: UpdateOptions = {},
  ): Promise<Written> {
    const { definition } = kind;
    for (let attempt = 1; ; attempt++) {
      const stored = this.#world.store.get(definition.storedAs, place.namespace, place.name);
      if (!stored) {
        if (!options.create || place.subresource !== undefined)
          throw notFound(definition, place.name);
        const { object, managedFields } = change(undefined);
        if (!object) throw notFound(definition, place.name);
        if (object.metadata.uid)
          throw conflict(
            definition,
            place.name,
            `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`,
          );
        const made = await this.create(kind, place.namespace, object, caller, managedFields);
        return { object: made, created: true };
      }
      try {
        return { object: await this.#change(kind, place, stored, change, caller), created: false };
      } catch (error) {
        if (!options.retry || !isConflict(error) || attempt === WRITE_ATTEMPTS) throw error;
        // Only somebody else's write is a reason to try again; a conflict of its own making would come again.
        const newest = this.#world.store.get(definition.storedAs, place.namespace, place.name);
        if (newest === stored) throw error;
      }
    }
  }

  async #change(
    kind: ServedKind,
    place: Place,
    stored: KubeObject,
    change: (current: KubeObject) => Change,
    caller: Caller,
  ): Promise<KubeObject> {
    const { definition, version } = kind;
    const { strategy } = definition;
    const current = this.#shown(kind, stored);
    const { object: draft, managedFields } = change(current);
    if (!draft) return stored;
    placeIn(draft, definition.namespaced ? place.namespace : undefined);
    this.#checkPreconditions(kind, draft, stored);
    draft.metadata.resourceVersion = stored.metadata.resourceVersion;
    if (!draft.metadata.uid) draft.metadata.uid = stored.metadata.uid;
    strategy.default(draft, version.version);
    const writer = {
      manager: caller.fieldManager,
      subresource: place.subresource,
      time: timestamp(this.#world.clock.now()),
    };
    const entries =
      managedFields ??
      managedAfterUpdate(managementOf(kind, place.subresource), current, draft, writer);
    setManagedFields(draft.metadata, entries);
    const attributes: Attributes = {
      operation: 'UPDATE',
      kind,
      namespace: place.namespace,
      name: place.name,
      subresource: place.subresource,
      object: draft,
      old: current,
      caller,
    };
    const mutating = this.#admission.mutate(attributes);
    if (mutating) await mutating;

    const next = definition.toStored(draft);
    keepSystemFields(next.metadata, stored.metadata);
    strategy.prepareForUpdate(next, stored, place.subresource);
    if (place.subresource === undefined) this.#allocate(kind, next, stored);
    const errors = strategy.validateUpdate(next, stored, place.subresource);
    if (errors.length > 0) throw invalid(definition, next.metadata.name, errors);
    for (const warning of strategy.warnings?.(next, stored) ?? []) caller.warn(warning);
    const validating = this.#admission.validate({
      ...attributes,
      object: this.#shown(kind, next),
    });
    if (validating) await validating;
    return this.#replace(kind, next, stored, caller);
  }

  #checkPreconditions({ definition }: ServedKind, draft: KubeObject, stored: KubeObject): void {
    const { uid, resourceVersion } = draft.metadata;
    const { name } = stored.metadata;
    if (uid && uid !== stored.metadata.uid)
      throw conflict(
        definition,
        name,
        `StorageError: invalid object, Code: 4, Key: ${storageKey(definition, stored.metadata)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`,
      );
    if (resourceVersion) {
      if (resourceVersion !== stored.metadata.resourceVersion) throw conflict(definition, name);
    } else if (!allowsUnconditionalUpdate(definition)) {
      throw invalid(definition, name, [
        {
          type: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          message: 'Invalid value: 0: must be specified for an update',
        },
      ]);
    }
  }

  #replace(
    { definition }: ServedKind,
    next: KubeObject,
    stored: KubeObject,
    caller: Caller,
  ): KubeObject {
    const { store } = this.#world;
    if (sameOwnership(next.metadata.managedFields, stored.metadata.managedFields))
      setManagedFields(next.metadata, stored.metadata.managedFields ?? []);
    const object = arranged(next, definition.custom);
    if (same(object, stored)) return stored;
    if (caller.dryRun) return object;
    try {
      const { namespace, name, resourceVersion } = stored.metadata;
      if (isDeletable(object)) {
        store.remove(definition.storedAs, namespace, name, resourceVersion);
        return object;
      }
      return store.update(definition.storedAs, object, resourceVersion);
    } catch (error) {
      throw fromStoreError(error, definition);
    }
  }
}

/** An object says in which namespace it is, or leaves it to the request; it cannot be in another one. */
function placeIn(draft: KubeObject, namespace: string | undefined): void {
  const given = draft.metadata.namespace;
  if (given && given !== namespace)
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  if (namespace !== undefined) draft.metadata.namespace = namespace;
}

function setManagedFields(
  metadata: ObjectMeta,
  entries: NonNullable<ObjectMeta['managedFields']>,
): void {
  if (entries.length > 0) metadata.managedFields = entries;
  else delete metadata.managedFields;
}

/** What a writer cannot change, whatever it sends. */
function keepSystemFields(next: ObjectMeta, stored: ObjectMeta): void {
  next.creationTimestamp = stored.creationTimestamp;
  if (stored.deletionTimestamp !== undefined) next.deletionTimestamp = stored.deletionTimestamp;
  if (
    stored.deletionGracePeriodSeconds !== undefined &&
    next.deletionGracePeriodSeconds === undefined
  )
    next.deletionGracePeriodSeconds = stored.deletionGracePeriodSeconds;
}

/** Marked for deletion, and nothing and nobody holds it any more. */
export function isDeletable(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds) return false;
  if (finalizers && finalizers.length > 0) return false;
  if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') return true;
  const spec = object['spec'];
  const own =
    typeof spec === 'object' && spec !== null && 'finalizers' in spec ? spec.finalizers : undefined;
  return !Array.isArray(own) || own.length === 0;
}

/** Kinds whose writers must say which version they change. Source: their API reference and recorded refusals. */
const CONDITIONAL = new Set([
  'leases.coordination.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
]);

function allowsUnconditionalUpdate(definition: ServedKind['definition']): boolean {
  const name = groupResource(definition.group, definition.resource);
  return !definition.custom && !CONDITIONAL.has(name);
}

/** Where etcd would hold an object: errors name the key. */
export function storageKey(
  definition: ServedKind['definition'],
  { namespace, name }: Pick<ObjectMeta, 'namespace' | 'name'>,
): string {
  const qualified = definition.custom || definition.group === 'apiextensions.k8s.io';
  const folder =
    OLD_FOLDERS[groupResource(definition.group, definition.resource)] ??
    (qualified ? `${definition.group}/${definition.resource}` : definition.resource);
  return `/registry/${[folder, namespace, name].filter(Boolean).join('/')}`;
}

const OLD_FOLDERS: Readonly<Record<string, string>> = {
  services: 'services/specs',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  'ingresses.networking.k8s.io': 'ingress',
};

/** RFC 3339 text moved by seconds. */
export function laterBy(text: string, seconds: number): string {
  return timestamp((parseTimestamp(text) ?? 0) + seconds * 1000);
}
