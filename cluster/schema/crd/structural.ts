// What a CRD's structural schema does to a value before it is validated: unknown fields go, defaults come, nulls give way.
// Source: "Structural schemas", "Field pruning" and "Defaulting" of the CustomResourceDefinition documentation.

import type { SchemaNode } from '../openapi.ts';
import { type Fields, isFields } from '../fields.ts';

const PRESERVE = 'x-kubernetes-preserve-unknown-fields';
const EMBEDDED = 'x-kubernetes-embedded-resource';
const TYPE_META = ['apiVersion', 'kind', 'metadata'];

/** Drops fields the schema does not name. Returns their paths in order: `spec.http[0].htpp`. Changes the given value. */
export function prune(value: unknown, schema: SchemaNode): string[] {
  const dropped: string[] = [];
  pruneAt(value, schema, '', dropped, TYPE_META);
  return dropped.sort();
}

function pruneAt(
  value: unknown,
  schema: SchemaNode,
  path: string,
  dropped: string[],
  kept: readonly string[] = [],
): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, index) => pruneAt(item, items, `${path}[${index}]`, dropped));
    return;
  }
  if (!isFields(value)) return;
  const always = schema[EMBEDDED] ? [...kept, ...TYPE_META] : kept;
  for (const [name, inner] of Object.entries(value)) {
    const here = path === '' ? name : `${path}.${name}`;
    const property = schema.properties?.[name];
    const others = schema.additionalProperties;
    if (property && !(always.includes(name) && name === 'metadata'))
      pruneAt(inner, property, here, dropped);
    else if (property || always.includes(name)) continue;
    else if (typeof others === 'object')
      pruneAt(inner, others, path === '' ? name : `${path}[${name}]`, dropped);
    else if (others !== true && schema[PRESERVE] !== true) {
      delete value[name];
      dropped.push(here);
    }
  }
}

/** Fills in defaults, from the outside in. Changes the given value. */
export function applyDefaults(value: unknown, schema: SchemaNode): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return;
    value.forEach((item, index) => {
      if (item === null && replacesNull(items)) value[index] = structuredClone(items.default);
      else applyDefaults(item, items);
    });
    return;
  }
  if (!isFields(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const missing = !Object.hasOwn(value, name);
    if (property.default !== undefined && (missing || (value[name] === null && !property.nullable)))
      value[name] = structuredClone(property.default);
    if (Object.hasOwn(value, name)) applyDefaults(value[name], property);
  }
  defaultOthers(value, schema);
}

function defaultOthers(value: Fields, schema: SchemaNode): void {
  const others = schema.additionalProperties;
  if (typeof others !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    if (schema.properties?.[name]) continue;
    if (inner === null && replacesNull(others)) value[name] = structuredClone(others.default);
    else applyDefaults(inner, others);
  }
}

function replacesNull(schema: SchemaNode): boolean {
  return schema.default !== undefined && !schema.nullable;
}

/** Whether any rule in CEL stands in the schema: its absence decides which errors are reported. */
export function hasRules(schema: SchemaNode): boolean {
  if (schema['x-kubernetes-validations']?.length) return true;
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  return inner.some(hasRules);
}

/** Removes nulls that the schema neither allows nor replaces. Changes the given value. */
export function dropNulls(value: unknown, schema: SchemaNode): void {
  if (Array.isArray(value)) {
    for (const item of value) if (schema.items) dropNulls(item, schema.items);
    return;
  }
  if (!isFields(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const property =
      schema.properties?.[name] ??
      (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    if (!property) continue;
    if (inner === null && !property.nullable && property.default === undefined) delete value[name];
    else dropNulls(inner, property);
  }
}
