// How a type's values are owned and merged: which fields stand alone, which lists are merged by key, what is one piece.
// Worked out once from a schema; knows no values. Source: "Merge strategy" of the server-side apply documentation.

import type { Schema, SchemaNode } from '../../schema/openapi.ts';

export type FieldPlan =
  | { kind: 'scalar' }
  /** One piece, whatever it is. */
  | { kind: 'atomic' }
  /** Named fields of the type, and keys of a map beside or instead of them. */
  | { kind: 'map'; fields: ReadonlyMap<string, FieldPlan>; values: FieldPlan | undefined }
  /** Items are told apart by these keys. */
  | { kind: 'list'; keys: readonly ListKey[]; items: FieldPlan }
  /** Items are told apart by their value. */
  | { kind: 'set' }
  /** Without a schema: maps are merged, lists are one piece. */
  | { kind: 'deduced' };

export interface ListKey {
  name: string;
  /** What an item without the key has. */
  default: unknown;
}

const SCALAR: FieldPlan = { kind: 'scalar' };
const ATOMIC: FieldPlan = { kind: 'atomic' };
const SET: FieldPlan = { kind: 'set' };
const DEDUCED: FieldPlan = { kind: 'deduced' };

/** The metadata of every object, whatever its schema says of it. Source: ObjectMeta of the API reference. */
const METADATA: FieldPlan = {
  kind: 'map',
  values: undefined,
  fields: new Map<string, FieldPlan>([
    ['annotations', { kind: 'map', fields: new Map(), values: SCALAR }],
    ['creationTimestamp', SCALAR],
    ['deletionGracePeriodSeconds', SCALAR],
    ['deletionTimestamp', SCALAR],
    ['finalizers', SET],
    ['generateName', SCALAR],
    ['generation', SCALAR],
    ['labels', { kind: 'map', fields: new Map(), values: SCALAR }],
    ['managedFields', ATOMIC],
    ['name', SCALAR],
    ['namespace', SCALAR],
    [
      'ownerReferences',
      { kind: 'list', keys: [{ name: 'uid', default: undefined }], items: ATOMIC },
    ],
    ['resourceVersion', SCALAR],
    ['selfLink', SCALAR],
    ['uid', SCALAR],
  ]),
};

/** Plans are facts of a schema node, and nodes are shared by all clusters of a process. */
const plans = new WeakMap<SchemaNode, FieldPlan>();
const roots = new WeakMap<SchemaNode, FieldPlan>();

/** The plan of a whole object. */
export function planOf(schema: Schema): FieldPlan {
  const known = roots.get(schema.root);
  if (known) return known;
  const plan = nodePlan(schema.root, schema);
  const fields = new Map(plan.kind === 'map' ? plan.fields : []);
  fields.set('metadata', METADATA);
  for (const name of ['apiVersion', 'kind']) fields.set(name, SCALAR);
  const values = plan.kind === 'map' ? plan.values : DEDUCED;
  const root: FieldPlan = { kind: 'map', fields, values };
  roots.set(schema.root, root);
  return root;
}

function nodePlan(given: SchemaNode, schema: Schema): FieldPlan {
  const known = plans.get(given);
  if (known) return known;
  const node = schema.resolve(given);
  const same = plans.get(node);
  if (same) return same;
  const plan = makePlan(node, given, schema);
  plans.set(given, plan);
  return plan;
}

function makePlan(node: SchemaNode, given: SchemaNode, schema: Schema): FieldPlan {
  // A field may say more about its list or map than the type behind its reference does.
  const mapType = given['x-kubernetes-map-type'] ?? node['x-kubernetes-map-type'];
  if (node['x-kubernetes-int-or-string']) return SCALAR;
  if (node.type === 'array') return listPlan(node, given, schema);
  const isObject = node.type === 'object' || node.properties !== undefined;
  if (isObject) {
    if (mapType === 'atomic') return ATOMIC;
    const values = valuesPlan(node, schema);
    if (!node.properties) return values ? { kind: 'map', fields: new Map(), values } : DEDUCED;
    const fields = new Map<string, FieldPlan>();
    const plan: FieldPlan = { kind: 'map', fields, values };
    // Types refer to themselves (JSONSchemaProps): the plan is known before its fields are.
    plans.set(node, plan);
    for (const [name, property] of Object.entries(node.properties))
      fields.set(name, nodePlan(property, schema));
    return plan;
  }
  if (node['x-kubernetes-preserve-unknown-fields'] || node.type === undefined) return DEDUCED;
  return SCALAR;
}

function valuesPlan(node: SchemaNode, schema: Schema): FieldPlan | undefined {
  if (typeof node.additionalProperties === 'object')
    return nodePlan(node.additionalProperties, schema);
  if (node.additionalProperties === true || node['x-kubernetes-preserve-unknown-fields'])
    return DEDUCED;
  return undefined;
}

function listPlan(node: SchemaNode, given: SchemaNode, schema: Schema): FieldPlan {
  const of = <Key extends keyof SchemaNode>(key: Key) => given[key] ?? node[key];
  const type = of('x-kubernetes-list-type');
  if (type === 'set') return SET;
  const strategy = of('x-kubernetes-patch-strategy');
  const mergeKey = of('x-kubernetes-patch-merge-key');
  const merged = type === undefined && strategy?.split(',').includes('merge') === true;
  const keys = of('x-kubernetes-list-map-keys') ?? (mergeKey === undefined ? [] : [mergeKey]);
  if (type !== 'map' && !merged) return ATOMIC;
  if (keys.length === 0 || !node.items) return merged ? SET : ATOMIC;
  const item = schema.resolve(node.items);
  return {
    kind: 'list',
    keys: keys.map((name) => ({ name, default: item.properties?.[name]?.default })),
    items: nodePlan(node.items, schema),
  };
}

/** The plan by which a value without a schema is walked. */
export function deduce(plan: FieldPlan, value: unknown): FieldPlan {
  if (plan.kind !== 'deduced') return plan;
  if (Array.isArray(value)) return ATOMIC;
  return typeof value === 'object' && value !== null ? DEDUCED_MAP : SCALAR;
}

const DEDUCED_MAP: FieldPlan = { kind: 'map', fields: new Map(), values: DEDUCED };

/** The plan of a field; undefined when the type has no such field. */
export function fieldPlan(plan: FieldPlan, name: string): FieldPlan | undefined {
  if (plan.kind !== 'map') return undefined;
  return plan.fields.get(name) ?? plan.values;
}
