// Makes a CustomResourceDefinition object a ResourceDefinition: all its versions, with conversion None.
// Rules in CEL (x-kubernetes-validations) are evaluated by what is handed in (cel.ts), or not at all: this file knows no CEL.
// Source: the CustomResourceDefinition section of the Kubernetes API reference.

import type { KubeObject } from '../../object.ts';
import type { SchemaBundle } from '../bundle.ts';
import { resolveNode } from '../bundle.ts';
import {
  at,
  ensured,
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  same,
  stringOf,
  stringsOf,
} from '../fields.ts';
import { findValues, type JsonPath, parseJsonPath } from '../json-path.ts';
import type { Schema, SchemaNode } from '../openapi.ts';
import {
  apiVersionOf,
  type Conformed,
  type ConformSource,
  type FieldError,
  groupResource,
  type ResourceDefinition,
  type ScaleDefinition,
  type SubresourceDefinition,
  type VersionDefinition,
} from '../resource.ts';
import { type KindRules, strategyOf } from '../strategy.ts';
import { META_PACKAGE } from '../type-names.ts';
import { conformTyped } from '../typed.ts';
import { customTable } from './columns.ts';
import { applyDefaults, dropNulls, hasRules, prune } from './structural.ts';
import { isBlocking, RULES_NOT_CHECKED, validateAgainst, validateListTypes } from './validation.ts';
import { compareVersions } from './versions.ts';

/** Evaluates the rules of a schema on a value. `old` is the value before, for rules about changes. */
export interface RuleEvaluator {
  evaluate(value: unknown, old: unknown, schema: SchemaNode): FieldError[];
}

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

/** A definition for the Registry. The CRD must be valid: rules/crd.ts has said so. */
export function customResource(
  crd: KubeObject,
  bundle: SchemaBundle,
  rules?: RuleEvaluator,
): ResourceDefinition {
  const spec = fieldsOf(crd['spec']);
  const group = stringOf(spec['group']);
  const accepted = fieldsOf(at(crd, 'status', 'acceptedNames'));
  const names = stringOf(accepted['plural']) === '' ? fieldsOf(spec['names']) : accepted;
  const kind = stringOf(names['kind']);
  const resource = stringOf(names['plural']);
  const declared = listOf(spec['versions']).toSorted((a, b) =>
    compareVersions(stringOf(a['name']), stringOf(b['name'])),
  );
  const storage = declared.find((version) => version['storage'] === true) ?? declared[0] ?? {};
  const storageVersion = stringOf(storage['name']);
  const versions = declared.map((version) => versionOf(version, group, kind, bundle));
  const subresources = subresourcesOf(storage, kind);
  const hasStatus = subresources.some((each) => each.name === 'status');
  const scale = scaleOf(storage);
  const namespaced = spec['scope'] !== 'Cluster';
  const storageApiVersion = apiVersionOf(group, storageVersion);
  const schemas = new Map(declared.map((each) => [stringOf(each['name']), structuralOf(each)]));
  const convert = (object: KubeObject, version: string): KubeObject =>
    object.apiVersion === apiVersionOf(group, version)
      ? object
      : { ...object, apiVersion: apiVersionOf(group, version) };
  return {
    group,
    resource,
    singular: stringOf(names['singular']),
    kind,
    listKind: stringOf(names['listKind']) || `${kind}List`,
    shortNames: stringsOf(names['shortNames']),
    categories: stringsOf(names['categories']),
    namespaced,
    versions,
    storageVersion,
    verbs: VERBS,
    subresources,
    custom: true,
    virtual: false,
    storedAs: groupResource(group, resource),
    toStored: (object) =>
      object.apiVersion === storageApiVersion ? object : convert(object, storageVersion),
    fromStored: convert,
    ...(scale ? { scale } : {}),
    returnsDeleted: false,
    simulated: true,
    selectableFields: selectableFieldsOf(storage),
    hasGeneration: true,
    strategy: strategyOf(
      { namespaced, hasStatus, hasGeneration: true, emptyStatus: () => undefined },
      customRules(schemas.get(storageVersion) ?? {}, hasStatus, rules),
    ),
    table: customTable(storage, bundle.columns),
  };
}

function structuralOf(version: Fields): SchemaNode {
  // The door: a CRD's schema is the OpenAPI subset that SchemaNode describes, or its validation has refused it.
  const schema = at(version, 'schema', 'openAPIV3Schema');
  return (
    isFields(schema) ? schema : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  ) as SchemaNode;
}

function versionOf(
  version: Fields,
  group: string,
  kind: string,
  bundle: SchemaBundle,
): VersionDefinition {
  const name = stringOf(version['name']);
  const apiVersion = apiVersionOf(group, name);
  const structural = structuralOf(version);
  const definition: VersionDefinition = {
    version: name,
    served: version['served'] === true,
    schema: schemaWithMetadata(structural, bundle),
    table: customTable(version, bundle.columns),
    conform: (value, source) =>
      conformCustom(value, source, structural, { apiVersion, kind }, bundle),
  };
  if (version['deprecated'] === true)
    definition.deprecationWarning =
      stringOf(version['deprecationWarning']) || `${apiVersion} ${kind} is deprecated`;
  return definition;
}

/** The CRD's own schema, with what every object has. */
function schemaWithMetadata(structural: SchemaNode, bundle: SchemaBundle): Schema {
  const root: SchemaNode = {
    ...structural,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...structural.properties,
      metadata: { $ref: `#/components/schemas/${META_PACKAGE}.ObjectMeta` },
    },
  };
  return { root, resolve: (node) => resolveNode(bundle, node) };
}

function conformCustom(
  value: unknown,
  source: ConformSource,
  structural: SchemaNode,
  type: { apiVersion: string; kind: string },
  bundle: SchemaBundle,
): Conformed {
  if (!isFields(value))
    return {
      error: `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`,
    };
  const { apiVersion: _apiVersion, kind: _kind, metadata: given, ...rest } = value;
  const metadata = conformTyped(bundle, `${META_PACKAGE}.ObjectMeta`, given, source, 'metadata');
  if ('error' in metadata) return metadata;
  const body = structuredClone(rest);
  const dropped = prune(body, structural);
  applyDefaults(body, structural);
  dropNulls(body, structural);
  // The type has made sure of the metadata's shape; name and namespace may still be missing.
  const object = { ...type, metadata: metadata.value, ...body } as unknown as KubeObject;
  const problems = dropped.map((path) => `unknown field ${JSON.stringify(path)}`);
  return { object, problems: [...metadata.problems, ...problems] };
}

function subresourcesOf(version: Fields, kind: string): SubresourceDefinition[] {
  const declared = fieldsOf(version['subresources']);
  const subresources: SubresourceDefinition[] = [];
  if (isFields(declared['status']))
    subresources.push({ name: 'status', kind, verbs: SUBRESOURCE_VERBS });
  if (isFields(declared['scale']))
    subresources.push({
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: SUBRESOURCE_VERBS,
    });
  return subresources;
}

function scaleOf(version: Fields): ScaleDefinition | undefined {
  const declared = at(version, 'subresources', 'scale');
  if (!isFields(declared)) return undefined;
  const path = (field: string) =>
    stringOf(declared[field])
      .split('.')
      .filter((part) => part !== '');
  const [specPath, statusPath, selectorPath] = [
    path('specReplicasPath'),
    path('statusReplicasPath'),
    path('labelSelectorPath'),
  ];
  return {
    replicas: (object) => numberOf(at(object, ...specPath)) ?? 0,
    setReplicas(draft, replicas) {
      let here: Fields = draft;
      for (const part of specPath.slice(0, -1)) here = ensured(here, part);
      const last = specPath.at(-1);
      if (last !== undefined) here[last] = replicas;
    },
    statusReplicas: (object) => numberOf(at(object, ...statusPath)) ?? 0,
    selector: (object) => (selectorPath.length === 0 ? '' : stringOf(at(object, ...selectorPath))),
  };
}

function selectableFieldsOf(version: Fields): Record<string, (object: KubeObject) => string> {
  const fields: Record<string, (object: KubeObject) => string> = {};
  for (const declared of listOf(version['selectableFields'])) {
    const text = stringOf(declared['jsonPath']);
    const path = parseJsonPath(text);
    if (!('error' in path)) fields[text.replace(/^\./, '')] = (object) => selected(path, object);
  }
  return fields;
}

function selected(path: JsonPath, object: KubeObject): string {
  const [value] = findValues(path, object);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
}

function customRules(
  schema: SchemaNode,
  hasStatus: boolean,
  evaluator: RuleEvaluator | undefined,
): KindRules {
  const ruled = hasRules(schema);
  const validate = (object: KubeObject, old?: KubeObject): FieldError[] => {
    const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...body } = object;
    const errors = [...validateAgainst(body, schema), ...validateListTypes(body, schema)];
    if (!ruled) return errors;
    if (errors.some(isBlocking)) return [...errors, RULES_NOT_CHECKED];
    return [...errors, ...(evaluator?.evaluate(object, old, schema) ?? [])];
  };
  return {
    prepareForStatusUpdate(draft, old) {
      // Only the status is taken; of the metadata, only what the API itself keeps there.
      const { managedFields, resourceVersion } = draft.metadata;
      draft.metadata = { ...old.metadata, resourceVersion };
      if (managedFields === undefined) delete draft.metadata.managedFields;
      else draft.metadata.managedFields = managedFields;
    },
    validateCreate: (object) => validate(object),
    validateUpdate: validate,
    validateStatusUpdate: validate,
    wants(object) {
      const { metadata: _metadata, apiVersion: _apiVersion, ...rest } = object;
      if (!hasStatus) return rest;
      const { status: _status, ...wanted } = rest;
      return wanted;
    },
  };
}

/** Whether two CRDs give the same definition: their specs and accepted names are equal. */
export function sameDefinition(a: KubeObject, b: KubeObject): boolean {
  return (
    same(a['spec'], b['spec']) &&
    same(at(a, 'status', 'acceptedNames'), at(b, 'status', 'acceptedNames'))
  );
}
