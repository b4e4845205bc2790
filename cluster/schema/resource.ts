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
  /** From a CustomResourceDefinition: no strategic merge patch, discovery repeats group and version. */
  custom: boolean;
  /** Answered by the API itself (reviews, bindings, metrics): nothing of the kind is ever stored. */
  virtual: boolean;
  /** A deletion that is done at once answers with the object; for other kinds with a Status. */
  returnsDeleted: boolean;
  /** The store's name for its objects. Differs from the kind's own only where two groups show the same objects: events. */
  storedAs: GroupResource;
  /**
   * The stored form of an object of any served version, and back. The same object where nothing changes.
   * Strategies, selectable fields and tables work on the stored form; defaults and schemas on a version's own.
   */
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject, version: string): KubeObject;
  /** How the scale subresource reads and writes; present when `subresources` has one. */
  scale?: ScaleDefinition;
  /** False for kinds that discovery lists but this cluster does not simulate: they are empty, and a write says so. */
  simulated: boolean;
  /** Fields a field selector may name, beside metadata.name and metadata.namespace, and how to read each. */
  selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  /**
   * Whether metadata.generation counts changes of what is wanted. `strategy.prepareForCreate` and `prepareForUpdate` set the
   * number (each kind has its own rule for what counts); the API writes nothing there itself.
   */
  hasGeneration: boolean;
  strategy: Strategy;
  table: TableDefinition;
}

export interface VersionDefinition {
  version: string;
  served: boolean;
  deprecationWarning?: string;
  schema: Schema;
  /** Columns of this version where they are not the kind's own (CRDs declare them by version). */
  table?: TableDefinition;
  /**
   * Makes any JSON value an object of this version: unknown fields are dropped and told of, wrong types are an error, empty
   * values are left out or filled in as the real server's types do. Bodies and the results of patches both go through it.
   */
  conform(value: unknown, source: ConformSource): Conformed;
}

/** `json`: a body or the result of a JSON or merge patch. `fields`: an already decoded tree (strategic merge, apply); the words differ. */
export type ConformSource = 'json' | 'fields';

export type Conformed =
  | {
      object: KubeObject;
      /** `unknown field "spec.foo"`, in order of the fields. */ problems: string[];
    }
  /** `json: cannot unmarshal string into Go struct field …`, without a prefix. */
  | { error: string };

/** Where the scale subresource finds its numbers, on the stored form. */
export interface ScaleDefinition {
  replicas(object: KubeObject): number;
  /** Changes the given draft. */
  setReplicas(draft: KubeObject, replicas: number): void;
  statusReplicas(object: KubeObject): number;
  /** A label selector as text; empty where the kind has none. */
  selector(object: KubeObject): string;
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
  /** The `conditions` of a row: `Completed` for pods that have ended. Absent where a kind has none. */
  conditions?(object: KubeObject): readonly RowCondition[];
}

export interface RowCondition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

export interface TableColumn {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format: string;
  description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  priority: number;
}

/** The columns by which a version shows a kind. */
export function tableOf(definition: ResourceDefinition, version: string): TableDefinition {
  return definition.versions.find((each) => each.version === version)?.table ?? definition.table;
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
