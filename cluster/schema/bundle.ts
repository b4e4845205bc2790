// What a cluster is given to know the built-in types by: OpenAPI definitions made by `npm run schemas`.
// Knows where types lie, not how they are loaded: that is server/apiserver/schema-bundle.ts, or a test.

import type { Schema, SchemaNode } from './openapi.ts';

/** Type name → its own description and those of its fields. */
export type BundleDescriptions = Record<string, { type: string; fields: Record<string, string> }>;

export interface SchemaBundle {
  /** `io.k8s.api.core.v1.PodSpec` → its definition, without descriptions. Frozen: clusters share it. */
  readonly types: Readonly<Record<string, SchemaNode>>;
  /** Descriptions that table columns repeat: `core.v1.PodStatus.podIP` → text. */
  readonly columns: Readonly<Record<string, string>>;
  /** Read when OpenAPI is first served: most clusters never ask. */
  descriptions(): Readonly<BundleDescriptions>;
}

const REF = '#/components/schemas/';

/** The definition a `$ref` names, or the node itself; a lone `allOf` around either is looked through. */
export function resolveNode(bundle: SchemaBundle, node: SchemaNode): SchemaNode {
  let here = node;
  for (;;) {
    if (here.$ref === undefined) {
      const only =
        here.allOf?.length === 1 && !here.type && !here.properties ? here.allOf[0] : undefined;
      if (!only) return here;
      here = only;
      continue;
    }
    const target = bundle.types[typeNameOfRef(here.$ref)];
    if (!target) throw new Error(`${here.$ref}: no such type; run npm run schemas`);
    here = target;
  }
}

/** `#/components/schemas/io.k8s.api.core.v1.PodSpec` → `io.k8s.api.core.v1.PodSpec` */
export function typeNameOfRef(ref: string): string {
  return ref.startsWith(REF) ? ref.slice(REF.length) : ref;
}

/** The schema of a built-in type. */
export function schemaOf(bundle: SchemaBundle, typeName: string): Schema {
  const root = bundle.types[typeName];
  if (!root) throw new Error(`${typeName}: no such type; run npm run schemas`);
  return { typeName, root, resolve: (node) => resolveNode(bundle, node) };
}

/** A type without any field: kinds that the bundle does not describe. */
export const openSchema: Schema = {
  root: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  resolve: (node) => node,
};
