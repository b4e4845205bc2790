// All kinds of one cluster: the built-in ones, made once a bundle and shared, and those its CRDs add.

import { builtInDefinitions } from './built-in.ts';
import type { SchemaBundle } from './bundle.ts';
import { groupResource, type Registry, type ResourceDefinition } from './resource.ts';

/** Definitions have no state: clusters of one process share them. */
const sharedDefinitions = new WeakMap<SchemaBundle, readonly ResourceDefinition[]>();

function definitionsOf(bundle: SchemaBundle): readonly ResourceDefinition[] {
  let definitions = sharedDefinitions.get(bundle);
  if (!definitions) sharedDefinitions.set(bundle, (definitions = builtInDefinitions(bundle)));
  return definitions;
}

export function createRegistry(bundle: SchemaBundle): Registry {
  return new KindRegistry(definitionsOf(bundle));
}

class KindRegistry implements Registry {
  readonly #builtIn: readonly ResourceDefinition[];
  readonly #byResource = new Map<string, ResourceDefinition>();
  readonly #byKind = new Map<string, ResourceDefinition>();
  #custom: ResourceDefinition[] = [];
  #all: readonly ResourceDefinition[] | undefined;
  #generation = 1;

  constructor(builtIn: readonly ResourceDefinition[]) {
    this.#builtIn = builtIn;
    for (const definition of builtIn) this.#index(definition);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Built-in groups in their order, then custom ones by name, metrics last: the order of discovery. */
  all(): readonly ResourceDefinition[] {
    if (!this.#all) {
      const isMetrics = (each: ResourceDefinition) => each.group === 'metrics.k8s.io';
      this.#all = [
        ...this.#builtIn.filter((each) => !isMetrics(each)),
        ...this.#custom,
        ...this.#builtIn.filter(isMetrics),
      ];
    }
    return this.#all;
  }

  find(group: string, resource: string): ResourceDefinition | undefined {
    return this.#byResource.get(groupResource(group, resource));
  }

  findKind(group: string, kind: string): ResourceDefinition | undefined {
    return this.#byKind.get(groupResource(group, kind));
  }

  register(definition: ResourceDefinition): void {
    this.unregister(definition.group, definition.resource);
    this.#custom = [...this.#custom, definition].sort(byName);
    this.#index(definition);
    this.#changed();
  }

  unregister(group: string, resource: string): void {
    const known = this.#custom.find((each) => each.group === group && each.resource === resource);
    if (!known) return;
    this.#custom = this.#custom.filter((each) => each !== known);
    this.#byResource.delete(groupResource(group, resource));
    if (this.findKind(group, known.kind) === known)
      this.#byKind.delete(groupResource(group, known.kind));
    this.#changed();
  }

  #index(definition: ResourceDefinition): void {
    this.#byResource.set(groupResource(definition.group, definition.resource), definition);
    this.#byKind.set(groupResource(definition.group, definition.kind), definition);
  }

  #changed(): void {
    this.#all = undefined;
    this.#generation++;
  }
}

function byName(a: ResourceDefinition, b: ResourceDefinition): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  return a.resource < b.resource ? -1 : 1;
}
