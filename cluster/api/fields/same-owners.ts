// Whether a write leaves ownership as it is: it changes only values of fields that its writer, and nobody else, owns already.
// Heartbeats and most writes of controllers are such; for them nothing needs to be worked out.
// Answers "no" whenever it is not sure: ownership.ts then finds out.

import type { KubeObject, ManagedFieldsEntry } from '../../object.ts';
import { isFields, same } from '../../schema/fields.ts';

/** The entry's operation is an update's. */
export interface Updater {
  manager: string;
  apiVersion: string;
  subresource: string | undefined;
}

/** @param written in the version of `live`. */
export function keepsOwners(live: KubeObject, written: KubeObject, updater: Updater): boolean {
  const entries = live.metadata.managedFields ?? [];
  const brought = written.metadata.managedFields;
  if (entries.length === 0 || (brought && !same(brought, entries))) return false;
  if (entries.some((entry) => !isPlain(entry, updater.apiVersion))) return false;
  const own = entries.filter((entry) => isOf(entry, updater));
  const others = entries.filter((entry) => !isOf(entry, updater));
  return changedValues(live, written, [], (path) => {
    const owned = (entry: ManagedFieldsEntry) => names(entry.fieldsV1, path);
    return own.some(owned) && !others.some(owned);
  });
}

/** Paths of one version mean the same in all entries. */
function isPlain({ fieldsType, apiVersion }: ManagedFieldsEntry, version: string): boolean {
  return fieldsType === 'FieldsV1' && apiVersion === version;
}

function isOf(entry: ManagedFieldsEntry, { manager, subresource }: Updater): boolean {
  return (
    entry.operation === 'Update' &&
    entry.manager === manager &&
    (entry.subresource || undefined) === subresource
  );
}

/** Whether both differ in nothing but single values, each of which `mayChange`. Lists count as a whole: they have keys. */
function changedValues(
  before: unknown,
  after: unknown,
  path: readonly string[],
  mayChange: (path: readonly string[]) => boolean,
): boolean {
  if (before === after) return true;
  if (isFields(before) && isFields(after)) {
    const keys = keysOf(before, path);
    if (keys.length !== keysOf(after, path).length) return false;
    return keys.every(
      (key) =>
        after[key] !== undefined &&
        changedValues(before[key], after[key], [...path, key], mayChange),
    );
  }
  if (typeof before === 'object' || typeof after === 'object') return same(before, after);
  return mayChange(path);
}

/** Who owns what is compared by itself. */
function keysOf(fields: Readonly<Record<string, unknown>>, path: readonly string[]): string[] {
  const isMetadata = path.length === 1 && path[0] === 'metadata';
  return Object.keys(fields).filter(
    (key) => fields[key] !== undefined && !(isMetadata && key === 'managedFields'),
  );
}

function names(fieldsV1: unknown, path: readonly string[]): boolean {
  let at = fieldsV1;
  for (const key of path) {
    if (!isFields(at)) return false;
    at = at[`f:${key}`];
  }
  return at !== undefined;
}
