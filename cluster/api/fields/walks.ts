// Walks over values by their plan: what differs between two, which fields one has, one laid over another, fields taken out.
// Absent and null differ: null is a value. Knows no managers.
// Source: "Server-Side Apply" of the Kubernetes documentation; the ownership that recorded objects show.

import { same } from '../../schema/fields.ts';
import {
  type FieldSet,
  type FieldSetBuilder,
  builder,
  insert,
  isEmpty,
  keyStep,
  type Step,
  valueStep,
} from './field-set.ts';
import { type FieldPlan, deduce, fieldPlan } from './field-plan.ts';

type Fields = Readonly<Record<string, unknown>>;
type ListPlan = Extract<FieldPlan, { kind: 'list' }>;

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

function isValue(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmptyOf(value: unknown, kind: 'map' | 'list'): boolean {
  if (value === undefined || value === null) return true;
  if (kind === 'list') return Array.isArray(value) && value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}

/** The step to an item of a list. Items without any key are told apart by nothing, and share a step. */
export function itemStep(plan: FieldPlan, item: unknown): Step {
  if (plan.kind === 'set') return valueStep(item);
  const keys: Record<string, unknown> = {};
  for (const key of (plan as ListPlan).keys) {
    const given = isMap(item) ? item[key.name] : undefined;
    const value = given ?? key.default;
    if (value !== undefined) keys[key.name] = value;
  }
  return keyStep(keys);
}

/** How `after` differs from `before`. */
export function compare(plan: FieldPlan, before: unknown, after: unknown): Comparison {
  const walk = new CompareWalk();
  walk.compare(plan, before, after, []);
  return { added: walk.added, modified: walk.modified, removed: walk.removed };
}

class CompareWalk {
  readonly added: FieldSetBuilder = builder();
  readonly modified: FieldSetBuilder = builder();
  readonly removed: FieldSetBuilder = builder();

  compare(given: FieldPlan, before: unknown, after: unknown, path: Step[]): void {
    if (before === after) return;
    const plan = deduce(given, after ?? before);
    // A value that became another kind of thing, where there is no schema: one gone, one new.
    if (
      given.kind === 'deduced' &&
      isMap(before) !== isMap(after) &&
      isValue(before) &&
      isValue(after)
    )
      return insert(this.modified, path);
    switch (plan.kind) {
      case 'map':
        if (isEmptyOf(before, 'map') && isEmptyOf(after, 'map'))
          return this.#leaf(before, after, path);
        this.#maps(plan, before, after, path);
        break;
      case 'list':
      case 'set':
        if (isEmptyOf(before, 'list') && isEmptyOf(after, 'list'))
          return this.#leaf(before, after, path);
        this.#lists(plan, before, after, path);
        break;
      case 'scalar':
      case 'atomic':
      case 'deduced':
        return this.#leaf(before, after, path);
    }
    if (path.length === 0) return;
    if (before === undefined) insert(this.added, path);
    else if (after === undefined) insert(this.removed, path);
  }

  #leaf(before: unknown, after: unknown, path: Step[]): void {
    if (path.length === 0) return;
    if (before === undefined) insert(this.added, path);
    else if (after === undefined) insert(this.removed, path);
    else if (!same(before, after)) insert(this.modified, path);
  }

  #maps(plan: FieldPlan, before: unknown, after: unknown, path: Step[]): void {
    const old = isMap(before) ? before : {};
    const young = isMap(after) ? after : {};
    for (const name of new Set([...Object.keys(old), ...Object.keys(young)])) {
      const value = fieldPlan(plan, name);
      if (value) this.compare(value, old[name], young[name], [...path, `f:${name}`]);
    }
  }

  #lists(plan: FieldPlan, before: unknown, after: unknown, path: Step[]): void {
    const old = itemsByStep(plan, before);
    const young = itemsByStep(plan, after);
    const items: FieldPlan = plan.kind === 'list' ? plan.items : { kind: 'scalar' };
    for (const step of new Set([...old.keys(), ...young.keys()])) {
      const left = old.get(step);
      const right = young.get(step);
      const here = [...path, step];
      // Items that cannot be told apart are one piece.
      if ((left?.length ?? 0) > 1 || (right?.length ?? 0) > 1) this.#leaf(left, right, here);
      else this.compare(items, left?.[0], right?.[0], here);
    }
  }
}

function itemsByStep(plan: FieldPlan, list: unknown): Map<Step, unknown[]> {
  const found = new Map<Step, unknown[]>();
  if (!Array.isArray(list)) return found;
  for (const item of list as unknown[]) {
    const step = itemStep(plan, item);
    const others = found.get(step);
    if (others) others.push(item);
    else found.set(step, [item]);
  }
  return found;
}

/** The fields of a value, as its applier owns them: leaves, items of lists, keys of maps. */
export function fieldsOfValue(plan: FieldPlan, value: unknown): FieldSet {
  const set = builder();
  collect(plan, value, [], set);
  return set;
}

function collect(given: FieldPlan, value: unknown, path: Step[], set: FieldSetBuilder): void {
  const plan = deduce(given, value);
  switch (plan.kind) {
    case 'map':
      if (!isMap(value)) return;
      for (const [name, field] of Object.entries(value)) {
        const below = fieldPlan(plan, name);
        if (!below || field === undefined) continue;
        const here = [...path, `f:${name}`];
        collect(below, field, here, set);
        if (isEmptyOf(field, 'map') || !plan.fields.has(name)) insert(set, here);
      }
      return;
    case 'list':
    case 'set':
      if (!Array.isArray(value)) return;
      for (const item of value as unknown[]) {
        const here = [...path, itemStep(plan, item)];
        if (plan.kind === 'list') collect(plan.items, item, here, set);
        insert(set, here);
      }
      return;
    case 'scalar':
    case 'atomic':
    case 'deduced':
      if (path.length > 0) insert(set, path);
  }
}

/** `over` laid over `under`: what `over` has counts, the rest stays. */
export function merge(given: FieldPlan, under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (under === undefined || under === null || over === null) return over;
  const plan = deduce(given, over);
  switch (plan.kind) {
    case 'map': {
      if (!isMap(under) || !isMap(over)) return over;
      const merged: Record<string, unknown> = { ...under };
      for (const [name, value] of Object.entries(over)) {
        const below = fieldPlan(plan, name);
        merged[name] = below ? merge(below, under[name], value) : value;
      }
      return merged;
    }
    case 'list':
    case 'set':
      return Array.isArray(under) && Array.isArray(over) ? mergeLists(plan, under, over) : over;
    case 'scalar':
    case 'atomic':
    case 'deduced':
      return over;
  }
}

/** Items of `over` in their order; items that only `under` has stay where they were among those both have. */
function mergeLists(plan: FieldPlan, under: unknown[], over: unknown[]): unknown[] {
  const old = itemsByStep(plan, under);
  const overSteps = over.map((item) => itemStep(plan, item));
  const wanted = new Set(overSteps);
  const merged: unknown[] = [];
  let at = 0;
  const keepUpTo = (step: Step | undefined) => {
    for (; at < under.length; at++) {
      const here = itemStep(plan, under[at]);
      if (here === step) return;
      if (!wanted.has(here)) merged.push(under[at]);
      // An item both have, but elsewhere in `over`: it comes, or came, there.
      else if (step !== undefined) return;
    }
  };
  over.forEach((item, index) => {
    const step = overSteps[index] ?? '';
    keepUpTo(step);
    const before = old.get(step)?.[0];
    merged.push(plan.kind === 'list' ? merge(plan.items, before, item) : item);
    while (at < under.length && itemStep(plan, under[at]) === step) at++;
  });
  keepUpTo(undefined);
  return merged;
}

/** The value without the fields of the set. Undefined when nothing is left of it. */
export function removeFields(given: FieldPlan, value: unknown, set: FieldSet): unknown {
  if (isEmpty(set)) return value;
  const plan = deduce(given, value);
  switch (plan.kind) {
    case 'map': {
      if (!isMap(value)) return undefined;
      const left: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(value)) {
        const below = set.children?.get(`f:${name}`);
        if (below?.member) continue;
        const type = fieldPlan(plan, name);
        const rest = below && type ? removeFields(type, field, below) : field;
        if (rest !== undefined) left[name] = rest;
      }
      return Object.keys(left).length > 0 ? left : undefined;
    }
    case 'list':
    case 'set': {
      if (!Array.isArray(value)) return undefined;
      const left: unknown[] = [];
      for (const item of value as unknown[]) {
        const below = set.children?.get(itemStep(plan, item));
        if (below?.member) continue;
        const rest = below && plan.kind === 'list' ? removeFields(plan.items, item, below) : item;
        if (rest !== undefined) left.push(rest);
      }
      return left.length > 0 ? left : undefined;
    }
    case 'scalar':
    case 'atomic':
    case 'deduced':
      return value;
  }
}

/** The set with the named fields of types above its paths, which sets usually leave out. */
export function withNamedFields(plan: FieldPlan, set: FieldSet): FieldSet {
  if (!set.children) return set;
  const children = new Map<Step, FieldSet>();
  for (const [step, child] of set.children) {
    const named = plan.kind === 'map' && step.startsWith('f:') && plan.fields.has(step.slice(2));
    const below = withNamedFields(planBelow(plan, step), child);
    children.set(step, {
      member: below.member || (named && below.children !== undefined),
      children: below.children,
    });
  }
  return { member: set.member, children };
}

function planBelow(plan: FieldPlan, step: Step): FieldPlan {
  const deduced: FieldPlan = { kind: 'deduced' };
  if (step.startsWith('f:')) return fieldPlan(plan, step.slice(2)) ?? deduced;
  return plan.kind === 'list' ? plan.items : deduced;
}

/** The paths of fields that the type does not have: what cannot be applied. */
export function undeclaredFields(given: FieldPlan, value: unknown): Step[][] {
  const found: Step[][] = [];
  const walk = (planGiven: FieldPlan, here: unknown, path: Step[]) => {
    const plan = deduce(planGiven, here);
    if (plan.kind === 'map' && isMap(here)) {
      for (const [name, field] of Object.entries(here)) {
        const below = fieldPlan(plan, name);
        if (below) walk(below, field, [...path, `f:${name}`]);
        else found.push([...path, `f:${name}`]);
      }
    } else if (plan.kind === 'list' && Array.isArray(here)) {
      for (const item of here as unknown[]) walk(plan.items, item, [...path, itemStep(plan, item)]);
    }
  };
  walk(given, value, []);
  return found;
}

/** The steps of items that stand twice in a list whose items are told apart. */
export function duplicateItems(given: FieldPlan, value: unknown): Step[][] {
  const found: Step[][] = [];
  const walk = (planGiven: FieldPlan, here: unknown, path: Step[]) => {
    const plan = deduce(planGiven, here);
    if (plan.kind === 'map' && isMap(here)) {
      for (const [name, field] of Object.entries(here)) {
        const below = fieldPlan(plan, name);
        if (below) walk(below, field, [...path, `f:${name}`]);
      }
    } else if ((plan.kind === 'list' || plan.kind === 'set') && Array.isArray(here)) {
      for (const [step, items] of itemsByStep(plan, here)) {
        if (items.length > 1) found.push([...path, step]);
        if (plan.kind === 'list') walk(plan.items, items[0], [...path, step]);
      }
    }
  };
  walk(given, value, []);
  return found;
}
