// What the API machinery must know of a kind. One definition a kind, built in or from a CRD; nobody else knows kinds by name.

import type { KubeObject } from '../object.ts';
import type { Schema } from './openapi.ts';

/** `pods`, `deployments.apps`: how errors and the store name a resource. */
export type GroupResource = string;

export function groupResource(group: string, resource: string): GroupResource {
  return group === '' ? resource : `${resource}.${group}`;
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export interface ResourceDefinition {
  group: string;
  /** Plural, lower case: `pods`. */
  resource: string;
  singular: string;
  kind: string;
  listKind: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  /** In order of discovery; the first served one is preferred. */
  versions: readonly VersionDefinition[];
  storageVersion: string;
  verbs: readonly string[];
  subresources: readonly SubresourceDefinition[];
  /** False for kinds that discovery lists but this cluster does not simulate: they are empty, and a write says so. */
  simulated: boolean;
  /** Fields a field selector may name, beside metadata.name and metadata.namespace, and how to read each. */
  selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Counts metadata.generation: true for kinds with a spec whose status is a subresource. */
  hasGeneration: boolean;
  strategy: Strategy;
  table: TableDefinition;
}

export interface VersionDefinition {
  version: string;
  served: boolean;
  deprecationWarning?: string;
  schema: Schema;
}

export interface SubresourceDefinition {
  /** `status`, `scale`, `log`, `exec` … */
  name: string;
  kind: string;
  group?: string;
  version?: string;
  verbs: readonly string[];
}

/** How objects of the kind are made ready for the store. Pure: what it needs of the cluster is handed in. */
export interface Strategy {
  /** Fills in what the API documents as defaults. Changes the given draft. */
  default(draft: KubeObject, version: string): void;
  /** Drops what a writer may not set (status on create, spec on a status update …). Changes the given draft. */
  prepareForCreate(draft: KubeObject): void;
  prepareForUpdate(draft: KubeObject, old: KubeObject, subresource: string | undefined): void;
  /** Problems in the order in which a real API server lists them; none means valid. */
  validateCreate(object: KubeObject): FieldError[];
  validateUpdate(
    object: KubeObject,
    old: KubeObject,
    subresource: string | undefined,
  ): FieldError[];
  /** Warnings for the client (deprecated fields, doubtful values), as the real server words them. */
  warnings?(object: KubeObject, old: KubeObject | undefined): string[];
  /** Seconds of grace for a deletion without one; undefined deletes at once. */
  gracePeriodSeconds?(object: KubeObject): number | undefined;
}

/** Source: k8s.io/apimachinery's field.Error, as its messages appear in public Status objects. */
export interface FieldError {
  type:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldValueNotFound';
  /** `spec.template.spec.containers[0].image` */
  field: string;
  /** The whole sentence of the cause's message, without the field: `Invalid value: "x": must be …`. */
  message: string;
}

export interface TableDefinition {
  columns: readonly TableColumn[];
  /** The cells of one row, in the order of columns. `now` is cluster time in milliseconds: ages are worked out here. */
  cells(object: KubeObject, now: number): (string | number | boolean | null)[];
}

export interface TableColumn {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format: string;
  description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  priority: number;
}

/** All kinds of one cluster: the built-in ones, shared and frozen, and those its CRDs add. */
export interface Registry {
  all(): readonly ResourceDefinition[];
  find(group: string, resource: string): ResourceDefinition | undefined;
  findKind(group: string, kind: string): ResourceDefinition | undefined;
  /** Adds or replaces the kind of a CRD. */
  register(definition: ResourceDefinition): void;
  unregister(group: string, resource: string): void;
  /** Grows with each register and unregister: caches of discovery and OpenAPI compare it. */
  readonly generation: number;
}
