// A built-in type made ready for walking its values: each field with its kind of value and what becomes of empty ones.
// Joins the bundle's OpenAPI with shape.ts once a type; knows no values.

import { type SchemaBundle, typeNameOfRef } from './bundle.ts';
import type { SchemaNode } from './openapi.ts';
import { fieldShapeOf } from './shape.ts';

export type Integer = 'int32' | 'int64';

export type ValuePlan =
  | { kind: 'string' }
  | { kind: 'boolean' }
  | { kind: 'integer'; format: Integer }
  | { kind: 'double' }
  /** Base64 in JSON. */
  | { kind: 'bytes' }
  | { kind: 'quantity' }
  | { kind: 'intOrString' }
  | { kind: 'time'; micro: boolean }
  /** Any JSON, kept as it is. */
  | { kind: 'any' }
  | { kind: 'array'; items: ValuePlan }
  | { kind: 'map'; values: ValuePlan }
  | { kind: 'struct'; typeName: string };

export interface FieldPlan {
  name: string;
  value: ValuePlan;
  pointer: boolean;
  always: boolean;
}

export interface TypePlan {
  typeName: string;
  /** `PodSpec`: how Go names the type in its messages, without the package. */
  goName: string;
  /** In alphabetical order, which is the order of the JSON that comes out. */
  fields: readonly FieldPlan[];
  byName: ReadonlyMap<string, FieldPlan>;
}

/** Plans are facts of a bundle, and bundles are shared: one map a bundle. */
const plansOf = new WeakMap<SchemaBundle, Map<string, TypePlan>>();

export function planOf(bundle: SchemaBundle, typeName: string): TypePlan {
  let plans = plansOf.get(bundle);
  if (!plans) plansOf.set(bundle, (plans = new Map()));
  let plan = plans.get(typeName);
  if (!plan) plans.set(typeName, (plan = makePlan(bundle, typeName)));
  return plan;
}

function makePlan(bundle: SchemaBundle, typeName: string): TypePlan {
  const node = bundle.types[typeName];
  if (!node) throw new Error(`${typeName}: no such type; run npm run schemas`);
  const fields: FieldPlan[] = [];
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    const known = fieldShapeOf(typeName, name);
    fields.push({
      name,
      value: valuePlan(property),
      pointer: known?.pointer ?? false,
      always: known?.always ?? false,
    });
  }
  fields.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    typeName,
    goName: typeName.slice(typeName.lastIndexOf('.') + 1),
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
  };
}

/** Types with a JSON form of their own, by the end of their name. */
const SPECIAL: Readonly<Record<string, ValuePlan>> = {
  'resource.Quantity': { kind: 'quantity' },
  'intstr.IntOrString': { kind: 'intOrString' },
  'v1.Time': { kind: 'time', micro: false },
  'v1.MicroTime': { kind: 'time', micro: true },
  'v1.FieldsV1': { kind: 'any' },
  'runtime.RawExtension': { kind: 'any' },
  'v1.JSON': { kind: 'any' },
  'v1.JSONSchemaPropsOrArray': { kind: 'any' },
  'v1.JSONSchemaPropsOrBool': { kind: 'any' },
  'v1.JSONSchemaPropsOrStringArray': { kind: 'any' },
};

function valuePlan(node: SchemaNode): ValuePlan {
  if (node.$ref !== undefined) {
    const typeName = typeNameOfRef(node.$ref);
    return SPECIAL[typeName.split('.').slice(-2).join('.')] ?? { kind: 'struct', typeName };
  }
  switch (node.type) {
    case 'string':
      return node.format === 'byte' ? { kind: 'bytes' } : { kind: 'string' };
    case 'boolean':
      return { kind: 'boolean' };
    case 'integer':
      return { kind: 'integer', format: node.format === 'int64' ? 'int64' : 'int32' };
    case 'number':
      return { kind: 'double' };
    case 'array':
      return node.format === 'byte'
        ? { kind: 'bytes' }
        : { kind: 'array', items: node.items ? valuePlan(node.items) : { kind: 'any' } };
    case 'object':
    case undefined:
  }
  return typeof node.additionalProperties === 'object'
    ? { kind: 'map', values: valuePlan(node.additionalProperties) }
    : { kind: 'any' };
}
