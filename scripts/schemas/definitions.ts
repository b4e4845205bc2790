// Joins names, formats and our own tables into OpenAPI v3 type definitions, with descriptions apart.
// Knows the shape of the bundle (cluster/schema/bundle.ts); knows nothing of files but those of the two readers it is given.

import type { BundleDescriptions } from '../../cluster/schema/bundle.ts';
import type { SchemaNode } from '../../cluster/schema/openapi.ts';
import { builtInKinds } from '../../cluster/schema/kinds.ts';
import { type FieldShape, fieldShapeOf, shapeName, shapeOf } from '../../cluster/schema/shape.ts';
import { packageOf } from '../../cluster/schema/type-names.ts';
import type { Model, ModelType } from './models.ts';

const REF = '#/components/schemas/';

/** Types that an API server speaks of beside its kinds: bodies and answers of discovery, deletion, scaling, eviction. */
const ALSO = [
  'io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup',
  'io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList',
  'io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList',
  'io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions',
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent',
  'io.k8s.apimachinery.pkg.version.Info',
];

/** Types whose JSON is not what their fields say. Source: the custom JSON forms that the API reference documents for them. */
const SPECIAL: Readonly<Record<string, SchemaNode>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: 'string', format: 'date-time' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': { type: 'string', format: 'date-time' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': { type: 'object' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': { type: 'object' },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object' },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus': {
    type: 'object',
  },
};

/** Fields that the declarations spell out in place instead of naming their type. */
const SPELLED_OUT: Readonly<Record<string, string>> = {
  'io.k8s.api.apps.v1.StatefulSetSpec.volumeClaimTemplates':
    'io.k8s.api.core.v1.PersistentVolumeClaim',
};

export interface Definitions {
  types: Record<string, SchemaNode>;
  descriptions: BundleDescriptions;
}

export function joinDefinitions(
  models: ReadonlyMap<string, Model>,
  formatsOf: (typeName: string) => Map<string, string>,
): Definitions {
  const byName = new Map([...models.values()].map((model) => [model.name, model]));
  const types: Record<string, SchemaNode> = {};
  const descriptions: BundleDescriptions = {};
  const visit = (name: string, compactName = name) => {
    if (types[name]) return;
    const model = byName.get(name);
    if (!model) throw new Error(`${compactName}: kubernetes-models has no such type`);
    const node = (types[name] = typeNode(model, formatsOf(name), models));
    descriptions[name] = describe(model, typeMetaDescriptions(byName));
    for (const reference of referencesOf(node)) visit(reference);
  };
  for (const name of rootTypes(byName)) visit(name);
  markKinds(types);
  return { types: sorted(types), descriptions: sorted(descriptions) };
}

/** Columns of bindings repeat the text of v1beta1, which had no such sentence. */
const NEWER_SENTENCE = / This field is immutable\.$/;

/** The descriptions that table columns repeat, without the list of enum values that OpenAPI appends. */
export function columnDescriptions(
  descriptions: BundleDescriptions,
  references: readonly string[],
): Record<string, string> {
  const byShape = new Map(
    Object.entries(descriptions).map(([name, each]) => [shapeName(name), each.fields]),
  );
  return Object.fromEntries(
    references.map((reference) => {
      const at = reference.lastIndexOf('.');
      const text = byShape.get(reference.slice(0, at))?.[reference.slice(at + 1)];
      if (text === undefined) throw new Error(`table column: no description of ${reference}`);
      const prose = text.split('\n\nPossible enum values:')[0] ?? '';
      return [reference, prose.replace(NEWER_SENTENCE, '')];
    }),
  );
}

function rootTypes(byName: ReadonlyMap<string, Model>): string[] {
  const roots = [...ALSO];
  for (const kind of builtInKinds()) {
    for (const version of kind.versions) {
      const pkg = packageOf(kind.group, version);
      for (const name of [
        kind.kind,
        `${kind.kind}List`,
        ...kind.subresources.map((sub) => sub.kind),
      ])
        if (byName.has(`${pkg}.${name}`)) roots.push(`${pkg}.${name}`);
      for (const sub of kind.subresources)
        if (sub.group !== undefined && sub.version !== undefined)
          roots.push(`${packageOf(sub.group, sub.version)}.${sub.kind}`);
    }
  }
  return [...new Set(roots)];
}

function typeNode(
  model: Model,
  formats: ReadonlyMap<string, string>,
  models: ReadonlyMap<string, Model>,
): SchemaNode {
  const special = SPECIAL[model.name];
  if (special) return structuredClone(special);
  const shape = shapeOf(model.name);
  const isKind = model.fields.get('apiVersion')?.type.kind === 'enum';
  const properties: Record<string, SchemaNode> = {};
  const required: string[] = [];
  for (const [name, field] of [...model.fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const spelledOut = SPELLED_OUT[`${model.name}.${name}`];
    const node: SchemaNode = spelledOut
      ? { type: 'array', items: { $ref: REF + spelledOut } }
      : fieldNode(field.type, formats.get(name), models);
    properties[name] = withShape(node, fieldShapeOf(model.name, name));
    const typeMeta = isKind && (name === 'apiVersion' || name === 'kind');
    if (field.required && !typeMeta) required.push(name);
    if (typeMeta) properties[name] = { type: 'string' };
  }
  // Lists have no shapes: they are never written, and their metadata is always there.
  if (model.name.endsWith('List') && properties['items'] && properties['metadata']?.$ref)
    properties['metadata'].default = {};
  const node: SchemaNode = { type: 'object' };
  if (required.length > 0) node.required = inDeclarationOrder(required, model.name);
  if (Object.keys(properties).length > 0) node.properties = properties;
  if (shape?.atomic) node['x-kubernetes-map-type'] = 'atomic';
  return node;
}

/** The order of field numbers is that of the declarations, in which documents list required fields. */
function inDeclarationOrder(names: string[], typeName: string): string[] {
  const number = (name: string) => fieldShapeOf(typeName, name)?.number ?? 0;
  return names.toSorted((a, b) => number(a) - number(b));
}

function fieldNode(
  type: ModelType,
  format: string | undefined,
  models: ReadonlyMap<string, Model>,
): SchemaNode {
  switch (type.kind) {
    case 'number':
      return format === 'double'
        ? { type: 'number', format }
        : { type: 'integer', format: format ?? 'int32' };
    case 'string':
      return format === undefined ? { type: 'string' } : { type: 'string', format };
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      return { type: 'string', enum: type.values };
    case 'reference': {
      const name = models.get(type.name)?.name;
      if (name === undefined) throw new Error(`${type.name}: referred to, but not declared`);
      return { $ref: REF + name };
    }
    case 'array':
      return { type: 'array', items: fieldNode(type.items, format, models) };
    case 'map':
      return { type: 'object', additionalProperties: fieldNode(type.values, format, models) };
    case 'any':
      return { type: 'object' };
  }
}

/** Adds what shapes/*.ts know: list types, merge keys, and the empty values that are written anyway. */
function withShape(node: SchemaNode, field: FieldShape | undefined): SchemaNode {
  if (!field) return node;
  if (field.listType) node['x-kubernetes-list-type'] = field.listType;
  if (field.listMapKeys) node['x-kubernetes-list-map-keys'] = field.listMapKeys;
  if (field.mapType) node['x-kubernetes-map-type'] = field.mapType;
  if (field.patchStrategy) node['x-kubernetes-patch-strategy'] = field.patchStrategy;
  if (field.patchMergeKey) node['x-kubernetes-patch-merge-key'] = field.patchMergeKey;
  if (field.default !== undefined) node.default = statedDefault(field.default, node);
  else if (field.always && !field.pointer) {
    const empty = emptyValue(node);
    if (empty !== undefined) node.default = empty;
  }
  return node;
}

function statedDefault(text: string, node: SchemaNode): unknown {
  if (node.type === 'integer') return Number(text);
  if (node.type === 'boolean') return text === 'true';
  return text === '""' ? '' : text;
}

function emptyValue(node: SchemaNode): unknown {
  if (node.$ref !== undefined) return SPECIAL[node.$ref.slice(REF.length)] ? undefined : {};
  if (node.type === 'string') return '';
  if (node.type === 'integer' || node.type === 'number') return 0;
  if (node.type === 'boolean') return false;
  return undefined;
}

/** Kinds fix their apiVersion and kind without a description; other types describe these two fields. */
function typeMetaDescriptions(byName: ReadonlyMap<string, Model>): ReadonlyMap<string, string> {
  const fields = byName.get('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')?.fields;
  return new Map(
    ['apiVersion', 'kind'].map((name) => [name, fields?.get(name)?.description ?? '']),
  );
}

function describe(model: Model, typeMeta: ReadonlyMap<string, string>): BundleDescriptions[string] {
  const fields: Record<string, string> = {};
  for (const [name, field] of [...model.fields].sort(([a], [b]) => (a < b ? -1 : 1)))
    fields[name] = field.description || (typeMeta.get(name) ?? '');
  for (const [name, text] of Object.entries(fields)) if (text === '') delete fields[name];
  return { type: model.description, fields };
}

function markKinds(types: Record<string, SchemaNode>): void {
  for (const { group, versions, kind, subresources } of builtInKinds()) {
    for (const version of versions) {
      const pkg = packageOf(group, version);
      for (const name of [kind, `${kind}List`]) mark(types, { group, version, kind: name }, pkg);
      for (const sub of subresources)
        if (sub.group !== undefined && sub.version !== undefined)
          mark(
            types,
            { group: sub.group, version: sub.version, kind: sub.kind },
            packageOf(sub.group, sub.version),
          );
    }
  }
}

function mark(
  types: Record<string, SchemaNode>,
  gvk: { group: string; version: string; kind: string },
  pkg: string,
): void {
  const node = types[`${pkg}.${gvk.kind}`];
  if (node)
    node['x-kubernetes-group-version-kind'] = [
      { group: gvk.group, kind: gvk.kind, version: gvk.version },
    ];
}

function referencesOf(node: SchemaNode): string[] {
  const found: string[] = [];
  const walk = (each: SchemaNode) => {
    if (each.$ref?.startsWith(REF)) found.push(each.$ref.slice(REF.length));
    for (const property of Object.values(each.properties ?? {})) walk(property);
    if (each.items) walk(each.items);
    if (typeof each.additionalProperties === 'object') walk(each.additionalProperties);
  };
  walk(node);
  return found;
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
