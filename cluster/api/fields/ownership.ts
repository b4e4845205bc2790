// Who owns which fields after a write: the algebra of server-side apply over managers and their sets.
// Knows values only through their plan; knows nothing of managedFields' form, times or HTTP.
// Source: "Server-Side Apply" of the Kubernetes documentation: conflicts, shared ownership, what happens to dropped fields.

import {
  EMPTY,
  type FieldSet,
  type Step,
  difference,
  intersection,
  isEmpty,
  pathsOf,
  recursiveDifference,
  union,
} from './field-set.ts';
import type { FieldPlan } from './field-plan.ts';
import { compare, fieldsOfValue, merge, removeFields, withNamedFields } from './walks.ts';

export interface Owner {
  set: FieldSet;
  /** `apps/v1`: the version whose field names the set uses. */
  apiVersion: string;
  /** Applied, rather than updated: only appliers' fields vanish when they are no longer applied. */
  applied: boolean;
}

/** By identifier: manager, operation, version and subresource together. */
export type Owners = ReadonlyMap<string, Owner>;

/** The object as each version shows it, with the plan of that version; undefined for a version no longer served. */
export interface Versions {
  plan(apiVersion: string): FieldPlan | undefined;
  /** The same object in another version. */
  convert(object: unknown, from: string, to: string): unknown;
}

export interface Conflict {
  owner: string;
  path: Step[];
}

/** The applier's fields that others own with other values. */
export class OwnershipConflict extends Error {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super(`${conflicts.length} fields are owned by others`);
    this.conflicts = conflicts;
  }
}

export interface Write {
  versions: Versions;
  apiVersion: string;
  live: unknown;
  owners: Owners;
  /** The writer's identifier. */
  writer: string;
  /** Fields this kind of write cannot change: status through the object itself, spec through its status. */
  ignored: FieldSet;
}

/** After an update by `writer`: it owns what it changed, and whoever owned that before does not any more. */
export function updateOwners(write: Write, updated: unknown): Map<string, Owner> {
  const { versions, apiVersion, live, writer } = write;
  const plan = versions.plan(apiVersion);
  if (!plan) return new Map(write.owners);
  const changes = compare(plan, live, updated);
  const owners = withoutChanged(write, updated, true);
  const before = owners.get(writer)?.set ?? EMPTY;
  const touched = union(changes.modified, changes.added);
  const set = recursiveDifference(
    union(difference(before, changes.removed), touched),
    write.ignored,
  );
  if (isEmpty(set)) owners.delete(writer);
  else owners.set(writer, { set, apiVersion, applied: false });
  return owners;
}

export interface Applied {
  object: unknown;
  owners: Map<string, Owner>;
}

/** After an apply of `config` by `writer`. Throws OwnershipConflict unless `force`. */
export function applyConfig(write: Write, config: unknown, force: boolean): Applied {
  const { versions, apiVersion, live, writer } = write;
  const plan = versions.plan(apiVersion);
  if (!plan) return { object: live, owners: new Map(write.owners) };
  const last = write.owners.get(writer);
  const owners = new Map(write.owners);
  const set = recursiveDifference(fieldsOfValue(plan, config), write.ignored);
  owners.set(writer, { set, apiVersion, applied: true });
  const merged = merge(plan, live, config);
  const object = prune(versions, merged, owners, apiVersion, last);
  return { object, owners: withoutChanged({ ...write, owners }, object, force) };
}

/** The other owners without what the write changed or took away. */
function withoutChanged(write: Write, updated: unknown, force: boolean): Map<string, Owner> {
  const { versions, apiVersion, live, writer } = write;
  const owners = new Map(write.owners);
  const comparisons = new Map<string, ReturnType<typeof compare>>();
  const comparison = (version: string) => {
    let found = comparisons.get(version);
    const plan = versions.plan(version);
    if (!found && plan) {
      const convert = (object: unknown) =>
        version === apiVersion ? object : versions.convert(object, apiVersion, version);
      found = compare(plan, convert(live), convert(updated));
      found = {
        added: recursiveDifference(found.added, write.ignored),
        modified: recursiveDifference(found.modified, write.ignored),
        removed: recursiveDifference(found.removed, write.ignored),
      };
      comparisons.set(version, found);
    }
    return found;
  };
  const conflicts: Conflict[] = [];
  for (const [identifier, owner] of write.owners) {
    if (identifier === writer) continue;
    const changes = comparison(owner.apiVersion);
    // A version nobody serves any more: what it says about fields is forgotten.
    if (!changes) {
      owners.delete(identifier);
      continue;
    }
    const taken = intersection(owner.set, union(changes.modified, changes.added));
    for (const path of pathsOf(taken)) conflicts.push({ owner: identifier, path });
    const set = difference(difference(owner.set, taken), changes.removed);
    if (isEmpty(set)) owners.delete(identifier);
    else if (set !== owner.set) owners.set(identifier, { ...owner, set });
  }
  if (!force && conflicts.length > 0) throw new OwnershipConflict(sorted(conflicts));
  return owners;
}

function sorted(conflicts: Conflict[]): Conflict[] {
  return conflicts.toSorted((a, b) => {
    const [left, right] = [a.path.join('/'), b.path.join('/')];
    return left < right ? -1 : left > right ? 1 : a.owner < b.owner ? -1 : 1;
  });
}

/** Takes out what the applier applied last time, not this time, and nobody else owns. */
function prune(
  versions: Versions,
  merged: unknown,
  owners: Owners,
  apiVersion: string,
  last: Owner | undefined,
): unknown {
  const plan = last && versions.plan(last.apiVersion);
  if (!last || !plan || isEmpty(last.set)) return merged;
  const whole = versions.convert(merged, apiVersion, last.apiVersion);
  const lastSet = withNamedFields(plan, last.set);
  let pruned: unknown = removeFields(plan, whole, lastSet) ?? {};
  pruned = addBackOwned(versions, whole, pruned, last.apiVersion, owners);
  pruned = addBackDangling(plan, whole, pruned, lastSet);
  return versions.convert(pruned, last.apiVersion, apiVersion);
}

/** Others, and the new configuration itself, keep what they own. */
function addBackOwned(
  versions: Versions,
  whole: unknown,
  prunedGiven: unknown,
  prunedVersion: string,
  owners: Owners,
): unknown {
  const byVersion = new Map<string, FieldSet>();
  for (const { apiVersion, set } of owners.values())
    byVersion.set(apiVersion, union(byVersion.get(apiVersion) ?? EMPTY, set));
  let pruned = prunedGiven;
  for (const [version, owned] of byVersion) {
    const plan = versions.plan(version);
    if (!plan) continue;
    const all = versions.convert(whole, prunedVersion, version);
    const left = versions.convert(pruned, prunedVersion, version);
    const allSet = withNamedFields(plan, fieldsOfValue(plan, all));
    const leftSet = withNamedFields(plan, fieldsOfValue(plan, left));
    const keep = union(leftSet, withNamedFields(plan, owned));
    const kept = removeFields(plan, all, difference(allSet, keep)) ?? {};
    pruned = versions.convert(kept, version, prunedVersion);
  }
  return pruned;
}

/** Only what the applier itself had applied may go: what nobody owns stays. */
function addBackDangling(
  plan: FieldPlan,
  whole: unknown,
  pruned: unknown,
  lastSet: FieldSet,
): unknown {
  const prunedSet = withNamedFields(plan, fieldsOfValue(plan, pruned));
  const wholeSet = withNamedFields(plan, fieldsOfValue(plan, whole));
  const gone = intersection(difference(wholeSet, prunedSet), lastSet);
  return removeFields(plan, whole, gone) ?? {};
}
