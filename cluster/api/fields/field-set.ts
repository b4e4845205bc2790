// Sets of field paths, as server-side apply keeps them for each manager: a tree whose keys are those of FieldsV1.
// Sets are values: operations make new ones and share what is the same. Knows no types and no objects.
// Source: "Field Management" of the Kubernetes documentation; the notation of FieldsV1 in the API reference.

import { goQuote } from '../../schema/field-errors.ts';

/**
 * A step of a path: `f:name` a field, `k:{"name":"x"}` the item of a list with these keys, `v:"x"` the item that is this
 * value, `i:0` an index.
 */
export type Step = string;

export interface FieldSet {
  /** Whether the path that leads here is in the set itself; FieldsV1 writes it `.`, or as a leaf. */
  readonly member: boolean;
  readonly children: ReadonlyMap<Step, FieldSet> | undefined;
}

export const EMPTY: FieldSet = { member: false, children: undefined };
const LEAF: FieldSet = { member: true, children: undefined };

/** A set under construction. It is a FieldSet once nobody adds to it any more. */
export interface FieldSetBuilder extends FieldSet {
  member: boolean;
  children: Map<Step, FieldSetBuilder> | undefined;
}

export function builder(): FieldSetBuilder {
  return { member: false, children: undefined };
}

/** Adds one path. */
export function insert(set: FieldSetBuilder, path: readonly Step[]): void {
  let here = set;
  for (const step of path) {
    here.children ??= new Map();
    let next = here.children.get(step);
    if (!next) here.children.set(step, (next = builder()));
    here = next;
  }
  here.member = true;
}

export function setOf(...paths: readonly (readonly Step[])[]): FieldSet {
  const set = builder();
  for (const path of paths) insert(set, path);
  return set;
}

export function isEmpty(set: FieldSet): boolean {
  if (set.member) return false;
  for (const child of set.children?.values() ?? []) if (!isEmpty(child)) return false;
  return true;
}

export function has(set: FieldSet, path: readonly Step[]): boolean {
  let here: FieldSet | undefined = set;
  for (const step of path) here = here?.children?.get(step);
  return here?.member ?? false;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  const children = new Map(a.children);
  for (const [step, child] of b.children ?? []) {
    const other = children.get(step);
    children.set(step, other ? union(other, child) : child);
  }
  return node(a.member || b.member, children);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<Step, FieldSet>();
  for (const [step, child] of a.children ?? []) {
    const other = b.children?.get(step);
    if (!other) continue;
    const both = intersection(child, other);
    if (!isEmpty(both)) children.set(step, both);
  }
  return node(a.member && b.member, children);
}

/** What is in `a` and not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a;
  const children = new Map<Step, FieldSet>();
  for (const [step, child] of a.children ?? []) {
    const other = b.children?.get(step);
    const rest = other ? difference(child, other) : child;
    if (!isEmpty(rest)) children.set(step, rest);
  }
  return node(a.member && !b.member, children);
}

/** What is in `a` and neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return EMPTY;
  const children = new Map<Step, FieldSet>();
  for (const [step, child] of a.children ?? []) {
    const other = b.children?.get(step);
    const rest = other ? recursiveDifference(child, other) : child;
    if (!isEmpty(rest)) children.set(step, rest);
  }
  return node(a.member, children);
}

export function equal(a: FieldSet, b: FieldSet): boolean {
  return a === b || (isEmpty(difference(a, b)) && isEmpty(difference(b, a)));
}

/** All paths, parents before children, steps in order. */
export function pathsOf(set: FieldSet): Step[][] {
  const paths: Step[][] = [];
  const walk = (here: FieldSet, path: Step[]) => {
    if (here.member && path.length > 0) paths.push(path);
    for (const step of sortedSteps(here)) walk(here.children?.get(step) ?? EMPTY, [...path, step]);
  };
  walk(set, []);
  return paths;
}

function node(member: boolean, children: Map<Step, FieldSet>): FieldSet {
  if (children.size > 0) return { member, children };
  return member ? LEAF : EMPTY;
}

function sortedSteps(set: FieldSet): Step[] {
  return set.children ? [...set.children.keys()].sort() : [];
}

/** The step to the item of a list that has these keys. */
export function keyStep(keys: Readonly<Record<string, unknown>>): Step {
  const names = Object.keys(keys).sort();
  return `k:{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(keys[name])}`).join(',')}}`;
}

export function valueStep(value: unknown): Step {
  return `v:${JSON.stringify(value)}`;
}

export type FieldsV1 = Readonly<Record<string, unknown>>;

/** Stored objects keep their FieldsV1 by identity, so each is read once. */
const decoded = new WeakMap<object, FieldSet>();

/** Undefined when it is not FieldsV1. */
export function decodeFieldsV1(fields: unknown): FieldSet | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  const known = decoded.get(fields);
  if (known) return known;
  const set = builder();
  if (!decodeInto(set, fields)) return undefined;
  decoded.set(fields, set);
  return set;
}

function decodeInto(set: FieldSetBuilder, fields: object): boolean {
  for (const [written, below] of Object.entries(fields)) {
    if (written === '.') {
      set.member = true;
      continue;
    }
    const step = normalized(written);
    if (step === undefined || typeof below !== 'object' || below === null) return false;
    const child = builder();
    if (!decodeInto(child, below as object)) return false;
    if (!child.children) child.member = true;
    set.children ??= new Map();
    set.children.set(step, child);
  }
  return true;
}

/** The one way to write a step, so that steps compare as text. */
function normalized(step: string): Step | undefined {
  if (step.startsWith('f:')) return step;
  const rest = step.slice(2);
  try {
    if (step.startsWith('k:')) return keyStep(JSON.parse(rest) as Record<string, unknown>);
    if (step.startsWith('v:')) return valueStep(JSON.parse(rest));
  } catch {
    return undefined; // Not JSON: the caller refuses the whole.
  }
  return /^i:\d+$/.test(step) ? step : undefined;
}

/** FieldsV1 that say the same are one value: the pods of a Deployment, the roles of all clusters. By their text. */
const shared = new Map<string, WeakRef<FieldsV1>>();
const forget = new FinalizationRegistry<string>((text) => {
  if (!shared.get(text)?.deref()) shared.delete(text);
});

export function encodeFieldsV1(set: FieldSet): FieldsV1 {
  const fields = encode(set);
  const text = JSON.stringify(fields);
  const known = shared.get(text)?.deref();
  if (known) return known;
  decoded.set(fields, set);
  shared.set(text, new WeakRef(fields));
  forget.register(fields, text);
  return fields;
}

/** Most of FieldsV1 is leaves. */
const LEAF_FIELDS: Record<string, unknown> = Object.freeze({});

function encode(set: FieldSet): Record<string, unknown> {
  if (!set.children) return LEAF_FIELDS;
  const fields: Record<string, unknown> = {};
  for (const step of sortedSteps(set)) {
    const child = set.children?.get(step) ?? EMPTY;
    if (isEmpty(child)) continue;
    const below = encode(child);
    const hasChildren = Object.keys(below).length > 0;
    fields[step] = child.member && hasChildren ? { '.': LEAF_FIELDS, ...below } : below;
  }
  return fields;
}

/** `.spec.containers[name="web"].image`, as conflicts show it. */
export function pathText(path: readonly Step[]): string {
  return path.map(stepText).join('');
}

function stepText(step: Step): string {
  const rest = step.slice(2);
  if (step.startsWith('f:')) return `.${rest}`;
  if (step.startsWith('i:')) return `[${rest}]`;
  const value: unknown = JSON.parse(rest);
  if (step.startsWith('v:')) return `[=${scalarText(value)}]`;
  const keys = Object.entries(value as Record<string, unknown>);
  return `[${keys.map(([name, each]) => `${name}=${scalarText(each)}`).join(',')}]`;
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? goQuote(value) : JSON.stringify(value);
}
