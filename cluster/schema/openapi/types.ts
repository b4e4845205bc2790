// The types an OpenAPI document of a cluster speaks of: built-in ones from the bundle, custom ones from their CRDs, with
// descriptions. Knows no document format.

import { type SchemaBundle, typeNameOfRef } from '../bundle.ts';
import type { SchemaNode } from '../openapi.ts';
import { apiVersionOf, type ResourceDefinition } from '../resource.ts';
import { META_PACKAGE, typeNameOf } from '../type-names.ts';

const REF = '#/components/schemas/';

/** `io.istio.networking.v1beta1.VirtualService`: a custom type is named by its group read backwards. */
export function customTypeName(group: string, version: string, kind: string): string {
  return `${group.split('.').toReversed().join('.')}.${version}.${kind}`;
}

export function typeNameIn(definition: ResourceDefinition, version: string): string {
  return definition.custom
    ? customTypeName(definition.group, version, definition.kind)
    : typeNameOf(definition.group, version, definition.kind);
}

/** A built-in type with its descriptions put in. */
export function describedType(bundle: SchemaBundle, typeName: string): SchemaNode | undefined {
  const node = bundle.types[typeName];
  if (!node) return undefined;
  const texts = bundle.descriptions()[typeName];
  const described: SchemaNode = texts?.type ? { description: texts.type, ...node } : { ...node };
  if (!node.properties) return described;
  described.properties = Object.fromEntries(
    Object.entries(node.properties).map(([name, property]) => {
      const text = texts?.fields[name];
      return [name, text === undefined ? property : { description: text, ...property }];
    }),
  );
  return described;
}

/** The type of a custom resource and that of its list. */
export function customTypes(
  definition: ResourceDefinition,
  version: string,
  bundle: SchemaBundle,
): Record<string, SchemaNode> {
  const found = definition.versions.find((each) => each.version === version);
  if (!found) return {};
  const name = customTypeName(definition.group, version, definition.kind);
  const { group, kind, listKind } = definition;
  const texts = typeMetaTexts(bundle);
  const typeMeta = {
    apiVersion: { description: texts.apiVersion, type: 'string' as const },
    kind: { description: texts.kind, type: 'string' as const },
  };
  return {
    [name]: {
      ...found.schema.root,
      properties: {
        ...found.schema.root.properties,
        ...typeMeta,
        metadata: { description: texts.metadata, $ref: `${REF}${META_PACKAGE}.ObjectMeta` },
      },
      'x-kubernetes-group-version-kind': [{ group, kind, version }],
    },
    [`${name}List`]: {
      description: `${listKind} is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...typeMeta,
        items: {
          description: `List of ${definition.resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
          type: 'array',
          items: { $ref: REF + name },
        },
        metadata: { description: texts.listMetadata, $ref: `${REF}${META_PACKAGE}.ListMeta` },
      },
      'x-kubernetes-group-version-kind': [{ group, kind: listKind, version }],
    },
  };
}

function typeMetaTexts(bundle: SchemaBundle) {
  const descriptions = bundle.descriptions();
  const text = (type: string, field: string) => descriptions[type]?.fields[field] ?? '';
  return {
    apiVersion: text(`${META_PACKAGE}.DeleteOptions`, 'apiVersion'),
    kind: text(`${META_PACKAGE}.DeleteOptions`, 'kind'),
    metadata: text('io.k8s.api.core.v1.ConfigMap', 'metadata'),
    listMetadata: text('io.k8s.api.core.v1.PodList', 'metadata'),
  };
}

/** Adds every type that the given ones refer to. */
export function withReferences(
  types: Record<string, SchemaNode>,
  roots: Iterable<string>,
  bundle: SchemaBundle,
): Record<string, SchemaNode> {
  const all: Record<string, SchemaNode> = { ...types };
  const waiting = [...roots, ...Object.values(types).flatMap(referencesOf)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (all[name]) continue;
    const node = describedType(bundle, name);
    if (!node) continue;
    all[name] = node;
    waiting.push(...referencesOf(node));
  }
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function referencesOf(node: SchemaNode): string[] {
  const found = node.$ref === undefined ? [] : [typeNameOfRef(node.$ref)];
  for (const property of Object.values(node.properties ?? {}))
    found.push(...referencesOf(property));
  if (node.items) found.push(...referencesOf(node.items));
  if (typeof node.additionalProperties === 'object')
    found.push(...referencesOf(node.additionalProperties));
  return found;
}

/** Whether the API has a type for this kind: streams and proxies have none. */
export function objectType(
  bundle: SchemaBundle,
  definition: ResourceDefinition,
  gvk: { group: string; version: string; kind: string },
): string | undefined {
  if (definition.custom && gvk.kind === definition.kind)
    return customTypeName(gvk.group, gvk.version, gvk.kind);
  const name = typeNameOf(gvk.group, gvk.version, gvk.kind);
  return bundle.types[name] ? name : undefined;
}

/** Kinds that every group version can decode. */
export function sharedKinds(group: string, version: string) {
  const here = apiVersionOf(group, version) === 'v1' ? [] : [{ group, version }];
  return [{ group: '', version: 'v1' }, ...here];
}
