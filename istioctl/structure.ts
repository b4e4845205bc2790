// Whether an object of Istio's has the fields its kind has: what a program that reads it as protobuf would say. What values
// mean is validation's.
// Source: Istio's CustomResourceDefinitions; the messages of Go's protojson, which istioctl quotes.

import type { KubeObject } from '../cluster/object.ts';
import { prune } from '../cluster/schema/crd/structural.ts';
import { at, fieldsOf, listOf, stringOf } from '../cluster/schema/fields.ts';
import type { SchemaNode } from '../cluster/schema/openapi.ts';
import { istioKinds } from './istio-kinds.ts';

/** Undefined where the structure is right, and for kinds that are not Istio's. */
export function structureFault({ apiVersion, kind, ...object }: KubeObject): string | undefined {
  const schema = specSchema(apiVersion, kind);
  if (!schema || object['spec'] === undefined) return undefined;
  const spec = structuredClone(object['spec']);
  const text = JSON.stringify(inKeyOrder(spec));
  const [first] = prune(spec, schema);
  if (first !== undefined) {
    const name = /[^.[\]]+(?=\]?$)/.exec(first)?.[0] ?? first;
    return `proto: (line 1:${text.indexOf(`${JSON.stringify(name)}:`) + 1}): unknown field ${JSON.stringify(name)}`;
  }
  return wrongType(spec, schema, '', text);
}

/** Whether Istio has the kind in this version. */
export const isIstioKind = (apiVersion: string, kind: string): boolean =>
  specSchema(apiVersion, kind) !== undefined;

function specSchema(apiVersion: string, kind: string): SchemaNode | undefined {
  const [group, version] = apiVersion.split('/');
  const definition = istioKinds().find(
    ({ spec }) => fieldsOf(spec)['group'] === group && at(spec, 'names', 'kind') === kind,
  );
  const versions = listOf(fieldsOf(definition?.['spec'])['versions']);
  const served = versions.find(({ name }) => name === version);
  // Generated from Istio's own definitions: the root is an object with a spec.
  const root = at(served, 'schema', 'openAPIV3Schema') as SchemaNode | undefined;
  return root?.properties?.['spec'];
}

/** The first value that is of another type than its field, in protojson's words. */
function wrongType(
  value: unknown,
  schema: SchemaNode,
  name: string,
  text: string,
): string | undefined {
  const told = JSON.stringify(value);
  const place = `(line 1:${text.indexOf(told, name === '' ? 0 : text.indexOf(`${JSON.stringify(name)}:`)) + 1})`;
  switch (schema.type) {
    case 'object':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return `proto: syntax error ${place}: unexpected token ${told}`;
      for (const [key, each] of Object.entries(value)) {
        const others = schema.additionalProperties;
        const property =
          schema.properties?.[key] ?? (typeof others === 'object' ? others : undefined);
        const wrong = property && wrongType(each, property, key, text);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    case 'array':
      if (!Array.isArray(value)) return `proto: syntax error ${place}: unexpected token ${told}`;
      for (const each of value) {
        const wrong = schema.items && wrongType(each, schema.items, name, text);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    case 'string':
      // Durations, enumerations and 64-bit numbers are strings in a definition.
      return typeof value === 'string' || (typeof value === 'number' && schema.enum)
        ? undefined
        : `proto: ${place}: invalid value for string field ${name}: ${told}`;
    case 'boolean':
      return typeof value === 'boolean'
        ? undefined
        : `proto: ${place}: invalid value for bool field ${name}: ${told}`;
    // Numbers may be written as text.
    case 'integer':
    case 'number':
    case undefined:
      return undefined;
  }
}

/** As Go writes a map: keys in order. */
function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, inKeyOrder(each)]),
  );
}

/** `VirtualService/default/backend:` — how an object is named before what is said of it. */
export function labelOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${stringOf(metadata.namespace)}/${metadata.name}:`;
}
