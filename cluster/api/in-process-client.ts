// The API for the cluster's own components: the same steps as for anybody, without HTTP and JSON in between.

import { copyOf } from '../copy.ts';
import type { KubeObject } from '../object.ts';
import { apiVersionOf } from '../schema/resource.ts';
import type { ApiClient, DeleteOptions, Draft } from './client.ts';
import type { Deletions } from './deletion.ts';
import type { Objects } from './objects.ts';
import { inVersion } from './representation.ts';
import { badRequest, isNotFound, notFound } from './status.ts';
import { bind } from './subresources/pods.ts';
import { MASTERS, type Caller, type ServedKind, type World } from './world.ts';

export class InProcessClient implements ApiClient {
  readonly #world: World;
  readonly #objects: Objects;
  readonly #deletions: Deletions;
  readonly #caller: Caller;
  /** Served kinds by resource and version, for this generation of the registry. */
  #kinds = new Map<string, ServedKind>();
  #generation = -1;

  constructor(world: World, objects: Objects, deletions: Deletions, name: string) {
    this.#world = world;
    this.#objects = objects;
    this.#deletions = deletions;
    this.#caller = {
      user: { name: `system:${name}`, groups: [MASTERS, 'system:authenticated'] },
      fieldManager: name,
      dryRun: false,
      warn: () => {},
    };
  }

  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const kind = this.#kind(resource);
    const stored = this.#world.store.get(kind.definition.storedAs, namespace, name);
    return stored && inVersion(kind, stored);
  }

  list(resource: string, namespace?: string): KubeObject[] {
    const kind = this.#kind(resource);
    const stored = this.#world.store.list(kind.definition.storedAs, namespace);
    return kind.definition.storageVersion === kind.version.version
      ? stored
      : stored.map((object) => inVersion(kind, object));
  }

  async create(resource: string, draft: Draft): Promise<KubeObject> {
    if (resource === 'bindings') return this.#bind(draft);
    const kind = this.#kind(resource, draft.apiVersion);
    const object = this.#conformed(kind, draft);
    return this.#objects.create(kind, draft.metadata.namespace, object, this.#caller);
  }

  async update(resource: string, object: KubeObject): Promise<KubeObject> {
    return this.#update(resource, object, undefined);
  }

  async updateStatus(resource: string, object: KubeObject): Promise<KubeObject> {
    return this.#update(resource, object, 'status');
  }

  async #update(
    resource: string,
    object: KubeObject,
    subresource: string | undefined,
  ): Promise<KubeObject> {
    const kind = this.#kind(resource, object.apiVersion);
    const { namespace, name } = object.metadata;
    const written = await this.#objects.update(
      kind,
      { namespace, name, subresource },
      () => ({ object: this.#conformed(kind, object) }),
      this.#caller,
    );
    return written.object;
  }

  async modify(
    resource: string,
    namespace: string | undefined,
    name: string,
    change: (draft: KubeObject) => void | false,
    subresource?: string,
  ): Promise<KubeObject | undefined> {
    const kind = this.#kind(resource);
    try {
      const written = await this.#objects.update(
        kind,
        { namespace, name, subresource },
        (current) => {
          if (!current) throw notFound(kind.definition, name);
          const draft = copyOf(current);
          if (change(draft) === false) return { object: undefined };
          return { object: this.#conformed(kind, draft) };
        },
        this.#caller,
        { retry: true },
      );
      return written.object;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async delete(
    resource: string,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { propagation, gracePeriodSeconds, preconditions } = options;
    await this.#deletions.delete(
      this.#kind(resource),
      namespace,
      name,
      {
        ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        ...(preconditions === undefined ? {} : { preconditions }),
      },
      this.#caller,
    );
  }

  #bind(draft: Draft): KubeObject {
    const { namespace, name = '' } = draft.metadata;
    // A binding is answered, never stored: only its target and annotations are looked at.
    const binding = draft as unknown as KubeObject;
    bind(this.#world, namespace, name, binding, false);
    return binding;
  }

  /** By group resource, in the version asked for or the one stored. */
  #kind(resource: string, apiVersion?: string): ServedKind {
    const { registry } = this.#world;
    if (this.#generation !== registry.generation) {
      this.#kinds = new Map();
      this.#generation = registry.generation;
    }
    const key = `${resource} ${apiVersion ?? ''}`;
    let kind = this.#kinds.get(key);
    if (kind) return kind;
    const dot = resource.indexOf('.');
    const definition =
      dot === -1
        ? registry.find('', resource)
        : registry.find(resource.slice(dot + 1), resource.slice(0, dot));
    const version = definition?.versions.find(({ version: each }) =>
      apiVersion === undefined
        ? each === definition.storageVersion
        : apiVersionOf(definition.group, each) === apiVersion,
    );
    if (!definition || !version)
      throw badRequest(`no resource ${resource} is served${apiVersion ? ` in ${apiVersion}` : ''}`);
    kind = { definition, version };
    this.#kinds.set(key, kind);
    return kind;
  }

  /** The object in its normal form; what the writer still holds stays as it is. */
  #conformed({ definition, version }: ServedKind, value: unknown): KubeObject {
    const conformed = version.conform(value, 'fields');
    if ('error' in conformed)
      throw badRequest(`${definition.kind} in version "${version.version}": ${conformed.error}`);
    return conformed.object;
  }
}
