// Strategic merge patch: a merge patch that knows which lists are merged by key, with directives for what merging cannot say.
// Knows types through their schema. Source: "Notes on the strategic merge patch" of the Kubernetes documentation.

import { same } from '../../schema/fields.ts';
import type { Schema, SchemaNode } from '../../schema/openapi.ts';
import { define } from '../../define.ts';

/** A patch that cannot be applied, in the words of a real server. */
export class StrategicPatchError extends Error {}

type Fields = Record<string, unknown>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ELEMENT_ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';

/** A new object; neither argument is changed, and parts of both may be shared. */
export function applyStrategicMergePatch(
  original: Readonly<Fields>,
  patch: Readonly<Fields>,
  schema: Schema,
): Fields {
  return mergeMap(original, patch, schema.root, schema);
}

/**
 * What a real server still has of a patch once it is merged, and names when the result is refused: merging takes
 * directives and the lists they order out of it, and values of null out of what is new.
 */
export function spentPatch(
  original: Readonly<Fields>,
  patch: Readonly<Fields>,
  schema: Schema,
): Fields {
  return spentMap(original, patch, schema.root, schema);
}

function spentMap(
  original: Readonly<Fields>,
  patch: Readonly<Fields>,
  node: SchemaNode,
  schema: Schema,
): Fields {
  const directive = patch[DIRECTIVE];
  const rest = Object.entries(patch).filter(
    ([key]) => key !== DIRECTIVE && key !== RETAIN_KEYS && !key.startsWith(ELEMENT_ORDER),
  );
  if (directive === 'replace') return Object.fromEntries(rest);
  const spent: Fields = {};
  for (const [key, value] of rest) {
    if (Object.hasOwn(patch, `${ELEMENT_ORDER}${key}`)) continue;
    const before = Object.hasOwn(original, key) ? original[key] : undefined;
    define(spent, key, spentValue(before, value, property(node, key, schema) ?? UNKNOWN, schema));
  }
  return spent;
}

function spentValue(before: unknown, value: unknown, type: SchemaNode, schema: Schema): unknown {
  if (before === undefined) return withoutNulls(value);
  const { merge, replace, mergeKey } = strategyOf(type);
  if (isMap(value) && isMap(before)) return replace ? value : spentMap(before, value, type, schema);
  if (!Array.isArray(value) || !Array.isArray(before) || !merge || mergeKey === undefined)
    return value;
  return value.map((item: unknown) => {
    if (!isMap(item) || item[DIRECTIVE] !== undefined) return item;
    const partner = before.find((each) => hasKey(each, mergeKey, item[mergeKey]));
    return isMap(partner) ? spentMap(partner, item, type.items ?? UNKNOWN, schema) : item;
  });
}

function withoutNulls(value: unknown): unknown {
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([key, each]) => [key, withoutNulls(each)]),
  );
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface ListStrategy {
  merge: boolean;
  replace: boolean;
  retainKeys: boolean;
  mergeKey: string | undefined;
}

function strategyOf(node: SchemaNode | undefined): ListStrategy {
  const parts = node?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
  return {
    merge: parts.includes('merge'),
    replace: parts.includes('replace'),
    retainKeys: parts.includes('retainKeys'),
    mergeKey: node?.['x-kubernetes-patch-merge-key'],
  };
}

/** The type of a field and what its patch strategy is; undefined where the type does not know it. */
function property(node: SchemaNode, name: string, schema: Schema): SchemaNode | undefined {
  const resolved = schema.resolve(node);
  const own = resolved.properties?.[name];
  if (own) return own;
  return typeof resolved.additionalProperties === 'object'
    ? resolved.additionalProperties
    : undefined;
}

const UNKNOWN: SchemaNode = {};

function mergeMap(
  original: Readonly<Fields>,
  given: Readonly<Fields>,
  node: SchemaNode,
  schema: Schema,
): Fields {
  const patch = { ...given };
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) {
    delete patch[DIRECTIVE];
    if (directive === 'replace') return patch;
    if (directive === 'delete') return {};
    if (directive !== 'merge')
      throw new StrategicPatchError(`invalid value for ${DIRECTIVE}: ${goMap(directive)}`);
  }
  let merged: Fields = { ...original };
  const retained = patch[RETAIN_KEYS];
  if (retained !== undefined) {
    delete patch[RETAIN_KEYS];
    merged = retain(merged, patch, retained);
  }
  const orders = takeOrders(patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_PRIMITIVES)) {
      const name = key.slice(DELETE_PRIMITIVES.length);
      if (merged[name] !== undefined) merged[name] = withoutPrimitives(merged[name], value);
      delete patch[key];
    }
  }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete merged[key];
      continue;
    }
    const type = property(node, key, schema);
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
    define(merged, key, mergeValue(before, value, type ?? UNKNOWN, schema, orders.get(key)));
  }
  for (const [key, order] of orders) {
    // An order may come alone: nothing changes but the order.
    if (Object.hasOwn(patch, key) || merged[key] === undefined) continue;
    merged[key] = reordered(merged[key], order, property(node, key, schema) ?? UNKNOWN);
  }
  return merged;
}

function takeOrders(patch: Fields): Map<string, unknown[]> {
  const orders = new Map<string, unknown[]>();
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ELEMENT_ORDER)) continue;
    delete patch[key];
    if (!Array.isArray(order))
      throw new StrategicPatchError(`expected a list for ${key}, but received ${goTypeOf(order)}`);
    orders.set(key.slice(ELEMENT_ORDER.length), order);
  }
  return orders;
}

function mergeValue(
  before: unknown,
  value: unknown,
  type: SchemaNode,
  schema: Schema,
  order: unknown[] | undefined,
): unknown {
  const strategy = strategyOf(type);
  if (before === undefined || goKindOf(before) !== goKindOf(value))
    return withoutDirectives(value, type, schema, order);
  if (isMap(value) && isMap(before)) {
    if (strategy.replace) return withoutDirectives(value, type, schema, order);
    return mergeMap(before, value, type, schema);
  }
  if (Array.isArray(value) && Array.isArray(before)) {
    if (!strategy.merge) return value;
    return mergeList(before, value, type, schema, strategy.mergeKey, order);
  }
  return value;
}

function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  return value === null ? 'nil' : typeof value;
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isMap(value)) return 'map[string]interface {}';
  return value === null ? '<nil>' : typeof value;
}

/** Fields that $retainKeys does not name go; those it names may come. */
function retain(original: Fields, patch: Readonly<Fields>, keys: unknown): Fields {
  if (!Array.isArray(keys))
    throw new StrategicPatchError(`invalid value for ${RETAIN_KEYS}: ${JSON.stringify(keys)}`);
  const kept = new Set(keys as unknown[]);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith('$') || kept.has(key)) continue;
    throw new StrategicPatchError(`patch contains fields not present in retainKeys list: ${key}`);
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)));
}

function withoutPrimitives(list: unknown, gone: unknown): unknown {
  if (!Array.isArray(list) || !Array.isArray(gone)) return list;
  return list.filter((item) => !(gone as unknown[]).some((each) => same(each, item)));
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  type: SchemaNode,
  schema: Schema,
  mergeKey: string | undefined,
  order: unknown[] | undefined,
): unknown[] {
  if (patch.some(isReplacement)) return patch.filter((item) => !isReplacement(item));
  const items = type.items ?? UNKNOWN;
  let merged: unknown[];
  if (patch.some(isMap) || original.some(isMap)) {
    if (mergeKey === undefined)
      throw new StrategicPatchError('cannot merge lists without merge key');
    merged = mergeMaps(original, patch, items, schema, mergeKey);
  } else {
    merged = [...original, ...patch.filter((item) => !original.some((each) => same(each, item)))];
  }
  if (order) refuseOtherOrder(patch, order, mergeKey);
  // Without an order of its own a patch stands for its own order.
  return placed(merged, order ?? patch, original, mergeKey);
}

/** An item that is only `{"$patch": "replace"}` says that the other items are the whole list. */
function isReplacement(item: unknown): boolean {
  return isMap(item) && item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1;
}

function mergeMaps(
  original: readonly unknown[],
  patch: readonly unknown[],
  items: SchemaNode,
  schema: Schema,
  mergeKey: string,
): unknown[] {
  const merged: unknown[] = [...original];
  for (const each of patch) {
    if (!isMap(each)) throw new StrategicPatchError('list element types are not identical');
    const key = each[mergeKey];
    if (key === undefined)
      throw new StrategicPatchError(
        `map: ${goMap(each)} does not contain declared merge key: ${mergeKey}`,
      );
    const directive = each[DIRECTIVE];
    if (directive === 'delete') {
      for (let at = merged.length - 1; at >= 0; at--)
        if (hasKey(merged[at], mergeKey, key)) merged.splice(at, 1);
      continue;
    }
    const at = merged.findIndex((item) => hasKey(item, mergeKey, key));
    const before = merged[at];
    if (directive === 'replace' || !isMap(before)) {
      const { [DIRECTIVE]: _directive, ...value } = each;
      const whole = withoutDirectives(value, items, schema, undefined);
      if (at === -1) merged.push(whole);
      else merged[at] = whole;
    } else {
      merged[at] = mergeMap(before, each, items, schema);
    }
  }
  return merged;
}

function hasKey(item: unknown, mergeKey: string, key: unknown): boolean {
  return isMap(item) && same(item[mergeKey], key);
}

/** A value that is new where it comes to: its directives have nothing to act on. */
function withoutDirectives(
  value: unknown,
  type: SchemaNode,
  schema: Schema,
  order: unknown[] | undefined,
): unknown {
  if (isMap(value)) return mergeMap({}, value, type, schema);
  if (!Array.isArray(value)) return value;
  const strategy = strategyOf(type);
  const items = type.items ?? UNKNOWN;
  const plain = value
    .filter((item) => !(isMap(item) && (item[DIRECTIVE] === 'delete' || isReplacement(item))))
    .map((item: unknown) =>
      isMap(item) ? withoutDirectives(item, items, schema, undefined) : item,
    );
  return order ? placed(plain, order, [], strategy.mergeKey) : plain;
}

/** An order that comes without the list it orders. */
function reordered(list: unknown, order: unknown[], type: SchemaNode): unknown {
  if (!Array.isArray(list)) return list;
  return placed(list, order, list, strategyOf(type).mergeKey);
}

function keyOf(item: unknown, mergeKey: string | undefined): unknown {
  return mergeKey !== undefined && isMap(item) ? item[mergeKey] : item;
}

function indexIn(list: readonly unknown[], item: unknown, mergeKey: string | undefined): number {
  const key = keyOf(item, mergeKey);
  return list.findIndex((each) => same(keyOf(each, mergeKey), key));
}

/** Every item of a patch must stand in the order that comes with it, and in that order. */
function refuseOtherOrder(
  patch: readonly unknown[],
  order: readonly unknown[],
  mergeKey: string | undefined,
): void {
  let last = -1;
  for (const item of patch) {
    if (isMap(item) && item[DIRECTIVE] === 'delete') continue;
    const at = indexIn(order, item, mergeKey);
    if (at <= last)
      throw new StrategicPatchError(
        `The order in patch list:\n${goList(patch)}\n doesn't match ${ELEMENT_ORDER.slice(0, -1)} list:\n${goList(order)}\n`,
      );
    last = at;
  }
}

/**
 * Puts a merged list in order. Items named by `order` stand as it says. Items that only the server has keep their order,
 * and come before a named item only where they stood before it in the original.
 */
function placed(
  merged: readonly unknown[],
  order: readonly unknown[],
  original: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const rank = (item: unknown) => indexIn(order, item, mergeKey);
  const place = (item: unknown) => indexIn(original, item, mergeKey);
  const named = merged.filter((item) => rank(item) !== -1).toSorted((a, b) => rank(a) - rank(b));
  const serverOnly = merged
    .filter((item) => rank(item) === -1)
    .toSorted((a, b) => place(a) - place(b));
  const result: unknown[] = [];
  let at = 0;
  for (const item of serverOnly) {
    for (; at < named.length; at++) {
      const stood = place(named[at]);
      if (stood !== -1 && place(item) < stood) break;
      result.push(named[at]);
    }
    result.push(item);
  }
  return [...result, ...named.slice(at)];
}

/** A decoded value as Go's `%v` prints it: the words of refused patches. */
export function goMap(value: unknown): string {
  if (Array.isArray(value)) return goList(value);
  if (!isMap(value)) return value === null || value === undefined ? '<nil>' : scalar(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, each]) => `${key}:${goMap(each)}`).join(' ')}]`;
}

function scalar(value: unknown): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return String(value);
  return String(value);
}

function goList(list: readonly unknown[]): string {
  return `[${list.map(goMap).join(' ')}]`;
}
