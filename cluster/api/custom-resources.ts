// Makes CustomResourceDefinitions served kinds: accepts their names, registers and forgets them, and clears away what is left
// of a kind that goes. Knows CRDs; what their schemas mean is the schema's.
// Source: "Extend the Kubernetes API with CustomResourceDefinitions" of the Kubernetes documentation.

import type { KubeObject, ObjectMeta } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { celRules } from '../schema/crd/cel.ts';
import { customResource, sameDefinition } from '../schema/crd/definition.ts';
import { isEstablished, statusWithNames } from '../schema/crd/names.ts';
import { at, fieldsOf, listOf, same } from '../schema/fields.ts';
import { groupResource } from '../schema/resource.ts';
import { timestamp } from '../time.ts';
import type { ApiClient } from './client.ts';
import { isConflict, isNotFound } from './status.ts';
import type { World } from './world.ts';

export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';
/** Cluster milliseconds before a cleanup that found its work undone looks again. */
const CLEANUP_RETRY_MS = 500;

export class CustomResources {
  readonly #world: World;
  readonly #client: ApiClient;
  /** CRDs by name, as they were when they were last registered. */
  readonly #registered = new Map<string, KubeObject>();
  readonly #due = new Set<string>();
  #scheduled: Cancel | undefined;
  #stop: Cancel | undefined;

  constructor(world: World, client: ApiClient) {
    this.#world = world;
    this.#client = client;
  }

  /** Serves what is stored, and follows what changes. */
  start(): void {
    const { store } = this.#world;
    for (const definition of store.list(DEFINITIONS)) {
      if (isEstablished(definition)) this.#register(definition);
      this.#later(definition.metadata.name);
    }
    this.#stop = store.onChange(({ resource, type, object }) => {
      if (resource !== DEFINITIONS) return;
      // Nobody may meet a kind whose definition has gone.
      if (type === 'DELETED') this.#unregister(object.metadata.name);
      else this.#later(object.metadata.name);
    });
  }

  close(): void {
    this.#stop?.();
    this.#scheduled?.();
  }

  #later(name: string): void {
    this.#due.add(name);
    this.#scheduled ??= this.#world.clock.after(0, () => {
      this.#scheduled = undefined;
      const names = [...this.#due];
      this.#due.clear();
      for (const each of names) void this.#sync(each);
    });
  }

  async #sync(name: string): Promise<void> {
    try {
      const definition = this.#world.store.get(DEFINITIONS, undefined, name);
      if (!definition) return;
      if (definition.metadata.deletionTimestamp !== undefined)
        return await this.#cleanUp(definition);
      const accepted = await this.#acceptNames(definition);
      if (accepted && isEstablished(accepted)) this.#register(accepted);
    } catch (error) {
      if (isNotFound(error)) return; // Gone meanwhile: its deletion has been heard of.
      if (isConflict(error)) return this.#later(name);
      const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#world.platform.log('error', `custom resource definition ${name}: ${words}`);
    }
  }

  async #acceptNames(definition: KubeObject): Promise<KubeObject | undefined> {
    const { store, clock } = this.#world;
    const others = store.list(DEFINITIONS);
    const status = statusWithNames(definition, others, timestamp(clock.now()));
    if (same(status, definition['status'])) return definition;
    return this.#client.modify(
      DEFINITIONS,
      undefined,
      definition.metadata.name,
      (draft) => {
        draft['status'] = status;
      },
      'status',
    );
  }

  #register(definition: KubeObject): void {
    const { name } = definition.metadata;
    const known = this.#registered.get(name);
    if (known && sameDefinition(known, definition)) return;
    const { registry, bundle } = this.#world;
    registry.register(customResource(definition, bundle, celRules));
    this.#registered.set(name, definition);
  }

  #unregister(name: string): void {
    const known = this.#registered.get(name);
    if (!known) return;
    this.#registered.delete(name);
    const spec = fieldsOf(known['spec']);
    this.#world.registry.unregister(String(spec['group']), String(at(spec, 'names', 'plural')));
  }

  /** Deletes every object of the kind, and lets the definition go when the last one has gone. */
  async #cleanUp(definition: KubeObject): Promise<void> {
    const { name } = definition.metadata;
    if (!definition.metadata.finalizers?.includes(CLEANUP)) return;
    const spec = fieldsOf(definition['spec']);
    const resource = groupResource(String(spec['group']), String(at(spec, 'names', 'plural')));
    const { store, clock } = this.#world;
    for (const { metadata } of store.list(resource)) {
      if (metadata.deletionTimestamp !== undefined) continue;
      try {
        await this.#client.delete(resource, metadata.namespace, metadata.name);
      } catch (error) {
        if (!isNotFound(error)) throw error; // Somebody else was faster.
      }
    }
    if (store.count(resource) > 0) {
      clock.after(CLEANUP_RETRY_MS, () => this.#later(name));
      return;
    }
    await this.#client.modify(DEFINITIONS, undefined, name, ({ metadata }) => {
      metadata.finalizers = (metadata.finalizers ?? []).filter((each) => each !== CLEANUP);
    });
  }
}

/** A definition asked to go: its objects go first, and say so in its conditions. */
export function terminatingDefinition(stored: KubeObject, metadata: ObjectMeta): KubeObject {
  const status = fieldsOf(stored['status']);
  const others = listOf(status['conditions']).filter(({ type }) => type !== 'Terminating');
  const terminating = {
    lastTransitionTime: metadata.deletionTimestamp,
    message:
      'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    reason: 'InstanceDeletionPending',
    status: 'True',
    type: 'Terminating',
  };
  return {
    ...stored,
    metadata: { ...metadata, finalizers: [...new Set([...(metadata.finalizers ?? []), CLEANUP])] },
    status: { ...status, conditions: [...others, terminating] },
  };
}
