// Deletes stored objects: grace, finalizers, what becomes of dependents, preconditions. Knows what all kinds share and the
// ways of namespaces. Source: "Garbage Collection", "Finalizers" and "Pod Lifecycle" of the Kubernetes documentation.

import type { KubeObject, ObjectMeta } from '../object.ts';
import { notSupported, invalid as invalidField } from '../schema/field-errors.ts';
import type { FieldError } from '../schema/resource.ts';
import { timestamp } from '../time.ts';
import type { Admission } from './admission/admission.ts';
import { arranged } from './arrange.ts';
import { DEFINITIONS, terminatingDefinition } from './custom-resources.ts';
import { isDeletable, laterBy } from './objects.ts';
import { conflict, fromStoreError, invalid, isConflict, notFound } from './status.ts';
import type { Caller, ServedKind, World } from './world.ts';

/** The DeleteOptions of a request, as they were decoded. */
export interface Deletion {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
}

export interface Deleted {
  /** As it was removed, or as it now waits to be. */
  object: KubeObject;
  /** False while something still holds it. */
  gone: boolean;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
const WRITE_ATTEMPTS = 5;

export class Deletions {
  readonly #world: World;
  readonly #admission: Admission;

  constructor(world: World, admission: Admission) {
    this.#world = world;
    this.#admission = admission;
  }

  async delete(
    kind: ServedKind,
    namespace: string | undefined,
    name: string,
    options: Deletion,
    caller: Caller,
  ): Promise<Deleted> {
    const { definition, version } = kind;
    refuseInvalid(options);
    for (let attempt = 1; ; attempt++) {
      const stored = this.#world.store.get(definition.storedAs, namespace, name);
      // Admission speaks first even of what is not there: a protected namespace is protected by its name.
      const admitting = this.#admission.validate({
        operation: 'DELETE',
        kind,
        namespace,
        name,
        subresource: undefined,
        object: undefined,
        old: stored && definition.fromStored(stored, version.version),
        caller,
      });
      if (admitting) await admitting;
      if (!stored) throw notFound(definition, name);
      checkPreconditions(definition.group, definition.kind, stored.metadata, options);
      try {
        return this.#delete(kind, stored, options, caller);
      } catch (error) {
        if (!isConflict(error) || attempt === WRITE_ATTEMPTS) throw error;
      }
    }
  }

  #delete(
    { definition }: ServedKind,
    stored: KubeObject,
    options: Deletion,
    caller: Caller,
  ): Deleted {
    const now = timestamp(this.#world.clock.now());
    const next =
      definition.storedAs === 'namespaces'
        ? terminatingNamespace(stored, options, now)
        : definition.storedAs === DEFINITIONS
          ? terminatingKind(stored, options, now)
          : this.#marked(definition.strategy.gracePeriodSeconds?.(stored), stored, options, now);
    const { namespace, name, resourceVersion } = stored.metadata;
    if (caller.dryRun) return { object: next ?? stored, gone: next === undefined };
    const { store } = this.#world;
    try {
      if (next === undefined) {
        const object = store.remove(definition.storedAs, namespace, name, resourceVersion);
        return { object, gone: true };
      }
      if (next === stored) return { object: stored, gone: false };
      const marked = store.update(
        definition.storedAs,
        arranged(next, definition.custom),
        resourceVersion,
      );
      // Without grace and without finalizers the mark is all that watchers see before the end.
      if (!isDeletable(marked)) return { object: marked, gone: false };
      return { object: store.remove(definition.storedAs, namespace, name), gone: true };
    } catch (error) {
      throw fromStoreError(error, definition);
    }
  }

  /** The object with its mark of deletion; the same object when nothing changes; undefined when it goes at once. */
  #marked(
    ownGrace: number | undefined,
    stored: KubeObject,
    options: Deletion,
    now: string,
  ): KubeObject | undefined {
    const { metadata } = stored;
    const finalizers = finalizersAfter(metadata, options);
    const held = finalizers.length > 0;
    const wanted =
      options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0
        ? 1 // What a real server makes of a negative grace.
        : options.gracePeriodSeconds;
    if (metadata.deletionTimestamp !== undefined) {
      const current = metadata.deletionGracePeriodSeconds ?? 0;
      if (current === 0) return held ? stored : undefined;
      // Once asked to go, an object may only be asked to go sooner.
      if (wanted === undefined || wanted >= current) return stored;
      const began = laterBy(metadata.deletionTimestamp, -current);
      return withMark(stored, finalizers, laterBy(began, wanted), wanted, false);
    }
    if (ownGrace === undefined) {
      return held ? withMark(stored, finalizers, now, 0, true) : undefined;
    }
    // Its strategy gives 0 to what has nothing to wind down: a pod that was never started, or has ended.
    const grace = ownGrace === 0 ? 0 : (wanted ?? ownGrace);
    return withMark(stored, finalizers, laterBy(now, grace), grace, true);
  }
}

function withMark(
  stored: KubeObject,
  finalizers: readonly string[],
  deletionTimestamp: string,
  deletionGracePeriodSeconds: number,
  first: boolean,
): KubeObject {
  const metadata: ObjectMeta = {
    ...stored.metadata,
    deletionTimestamp,
    deletionGracePeriodSeconds,
  };
  // From its first mark on, controllers must look at it anew.
  if (first && metadata.generation) metadata.generation++;
  if (finalizers.length > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
  return { ...stored, metadata };
}

/** A namespace goes when its content has gone: the namespace controller takes the last finalizer away. */
function terminatingNamespace(
  stored: KubeObject,
  options: Deletion,
  now: string,
): KubeObject | undefined {
  if (stored.metadata.deletionTimestamp !== undefined)
    return isDeletable(stored) ? undefined : stored;
  const finalizers = finalizersAfter(stored.metadata, options);
  const metadata: ObjectMeta = { ...stored.metadata, deletionTimestamp: now };
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  const status = stored['status'];
  return {
    ...stored,
    metadata,
    status: { ...(typeof status === 'object' ? status : {}), phase: 'Terminating' },
  };
}

/** A kind goes when its objects have gone. */
function terminatingKind(
  stored: KubeObject,
  options: Deletion,
  now: string,
): KubeObject | undefined {
  if (stored.metadata.deletionTimestamp !== undefined)
    return isDeletable(stored) ? undefined : stored;
  const metadata: ObjectMeta = { ...stored.metadata, deletionTimestamp: now };
  const finalizers = finalizersAfter(stored.metadata, options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  return terminatingDefinition(stored, metadata);
}

/** The finalizers that the garbage collector works by follow from what the request says of dependents. */
function finalizersAfter(metadata: ObjectMeta, options: Deletion): string[] {
  const present = metadata.finalizers ?? [];
  const asked = options.propagationPolicy !== undefined || options.orphanDependents !== undefined;
  const orphan = asked
    ? options.propagationPolicy === 'Orphan' || options.orphanDependents === true
    : present.includes(ORPHAN);
  const foreground = asked
    ? options.propagationPolicy === 'Foreground'
    : present.includes(FOREGROUND);
  const others = present.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  return [...others, ...(orphan ? [ORPHAN] : []), ...(foreground ? [FOREGROUND] : [])];
}

function checkPreconditions(
  group: string,
  kind: string,
  { name, uid, resourceVersion }: ObjectMeta,
  { preconditions }: Deletion,
): void {
  const where = { group, resource: kind };
  if (preconditions?.uid !== undefined && preconditions.uid !== uid)
    throw conflict(
      where,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (
    preconditions?.resourceVersion !== undefined &&
    preconditions.resourceVersion !== resourceVersion
  )
    throw conflict(
      where,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
}

const POLICIES = ['Background', 'Foreground', 'Orphan'];

function refuseInvalid(options: Deletion): void {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    errors.push(
      invalidField(
        'propagationPolicy',
        propagationPolicy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}
