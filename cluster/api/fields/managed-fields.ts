// metadata.managedFields of an object, before and after a write: read, worked out by ownership.ts, written back.
// Knows entries, times and the limits on them; knows no HTTP.
// Source: "Field Management" of the Kubernetes documentation; the entries of recorded objects.

import type { KubeObject, ManagedFieldsEntry } from '../../object.ts';
import { goQuote } from '../../schema/field-errors.ts';
import { same } from '../../schema/fields.ts';
import { StatusError, badRequest, plainError } from '../status.ts';
import {
  EMPTY,
  type FieldSet,
  decodeFieldsV1,
  difference,
  encodeFieldsV1,
  isEmpty,
  pathText,
  setOf,
  union,
} from './field-set.ts';
import {
  type Owner,
  OwnershipConflict,
  type Versions,
  type Write,
  applyConfig,
  updateOwners,
} from './ownership.ts';
import { keepsOwners } from './same-owners.ts';
import { duplicateItems, undeclaredFields } from './walks.ts';

/** Who writes, as managedFields tells writers apart. */
export interface Writer {
  manager: string;
  subresource: string | undefined;
  /** RFC 3339. */
  time: string;
}

export interface FieldManagement {
  versions: Versions;
  apiVersion: string;
  /** An object of the kind without any field set: what a new object is compared with. */
  empty: KubeObject;
  ignored: FieldSet;
}

/** Entries of updaters kept apart; older ones beyond are put together as one. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** The writer while its own changes are worked out: even its earlier self is another. */
const CURRENT = 'current-operation';

/** Fields that belong to nobody: identity and what the system keeps itself. */
const SYSTEM_FIELDS = setOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ['f:metadata', 'f:name'],
  ['f:metadata', 'f:namespace'],
  ['f:metadata', 'f:creationTimestamp'],
  ['f:metadata', 'f:selfLink'],
  ['f:metadata', 'f:uid'],
  ['f:metadata', 'f:clusterName'],
  ['f:metadata', 'f:generation'],
  ['f:metadata', 'f:managedFields'],
  ['f:metadata', 'f:resourceVersion'],
);

interface Managed {
  owners: Map<string, Owner>;
  times: Map<string, string>;
}

/** Manager, operation and so on of an entry, as the text by which owners are told apart. */
function identifierOf(entry: ManagedFieldsEntry): string {
  const { manager, operation, apiVersion, subresource } = entry;
  return JSON.stringify({
    manager,
    operation,
    // An applier is the same whichever version it applies.
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource ? { subresource } : {}),
  });
}

function entryOf(identifier: string): ManagedFieldsEntry {
  return JSON.parse(identifier) as ManagedFieldsEntry;
}

/** Undefined when an entry cannot be read. */
function decode(entries: readonly ManagedFieldsEntry[] | undefined): Managed | undefined {
  const managed: Managed = { owners: new Map(), times: new Map() };
  for (const entry of entries ?? []) {
    const set = decodeFieldsV1(entry.fieldsV1 ?? {});
    if (!set || (entry.operation !== 'Apply' && entry.operation !== 'Update')) return undefined;
    if (entry.fieldsType !== 'FieldsV1' || !entry.apiVersion) return undefined;
    const identifier = identifierOf(entry);
    const known = managed.owners.get(identifier)?.set ?? EMPTY;
    managed.owners.set(identifier, {
      set: union(known, set),
      apiVersion: entry.apiVersion,
      applied: entry.operation === 'Apply',
    });
    if (entry.time) managed.times.set(identifier, entry.time);
  }
  return managed;
}

function encode({ owners, times }: Managed): ManagedFieldsEntry[] {
  const entries: ManagedFieldsEntry[] = [];
  for (const [identifier, owner] of owners) {
    if (isEmpty(owner.set)) continue;
    const { manager = '', operation = 'Update', subresource } = entryOf(identifier);
    const time = times.get(identifier);
    entries.push({
      manager,
      operation,
      apiVersion: owner.apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: encodeFieldsV1(owner.set),
      ...(subresource ? { subresource } : {}),
    });
  }
  return entries.sort(byOperationAndTime);
}

function byOperationAndTime(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  const order = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);
  return (
    order(a.operation ?? '', b.operation ?? '') ||
    order(a.time ?? '', b.time ?? '') ||
    order(a.manager ?? '', b.manager ?? '') ||
    order(a.apiVersion ?? '', b.apiVersion ?? '') ||
    order(a.subresource ?? '', b.subresource ?? '')
  );
}

/** The entries a write starts from: those it brings itself, or else those of the object it changes. */
function startingPoint(live: KubeObject | undefined, written: KubeObject, writer: Writer): Managed {
  const none: Managed = { owners: new Map(), times: new Map() };
  const ofLive = () => decode(live?.metadata.managedFields) ?? none;
  if (writer.subresource !== undefined) return ofLive();
  const given = written.metadata.managedFields;
  // One empty entry is how a client says: forget them all.
  if (given?.length === 1 && Object.keys(given[0] ?? {}).length === 0) return none;
  const decoded = decode(given);
  return decoded && decoded.owners.size > 0 ? decoded : ofLive();
}

/**
 * The entries of an object after somebody wrote `written` over `live` (undefined: a new object). `written` is in the
 * version of the request, as is `live`.
 */
export function managedAfterUpdate(
  management: FieldManagement,
  live: KubeObject | undefined,
  written: KubeObject,
  writer: Writer,
): ManagedFieldsEntry[] {
  const { apiVersion } = management;
  if (live && keepsOwners(live, written, { ...writer, apiVersion }))
    return live.metadata.managedFields ?? [];
  return workedOut(management, live, written, writer);
}

/** What `managedAfterUpdate` answers, field by field. */
export function workedOut(
  management: FieldManagement,
  live: KubeObject | undefined,
  written: KubeObject,
  writer: Writer,
): ManagedFieldsEntry[] {
  const managed = startingPoint(live, written, writer);
  // Nobody has kept track of this object so far, so nobody begins in the middle.
  if (live && managed.owners.size === 0) return [];
  const identifier = identifierOf({
    manager: writer.manager,
    operation: 'Update',
    apiVersion: management.apiVersion,
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  });
  update(management, live ?? management.empty, written, managed, identifier, writer.time);
  capUpdaters(managed);
  return encode(managed);
}

function update(
  management: FieldManagement,
  live: KubeObject,
  written: KubeObject,
  managed: Managed,
  identifier: string,
  time: string,
): void {
  const owners = updateOwners(
    writeOf(management, live, managed, CURRENT),
    withoutManagedFields(written),
  );
  const mine = owners.get(CURRENT);
  owners.delete(CURRENT);
  for (const [name, owner] of owners) owners.set(name, withoutSystemFields(owner));
  if (mine) {
    const { set, apiVersion } = withoutSystemFields(mine);
    if (!isEmpty(set)) {
      const before = owners.get(identifier)?.set ?? EMPTY;
      owners.set(identifier, { set: union(before, set), apiVersion, applied: false });
      managed.times.set(identifier, time);
    }
  }
  managed.owners = owners;
}

function writeOf(
  { versions, apiVersion, ignored }: FieldManagement,
  live: KubeObject,
  managed: Managed,
  writer: string,
): Write {
  return {
    versions,
    apiVersion,
    live: withoutManagedFields(live),
    owners: managed.owners,
    writer,
    ignored,
  };
}

function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function withoutSystemFields(owner: Owner): Owner {
  const set = difference(owner.set, SYSTEM_FIELDS);
  return set === owner.set ? owner : { ...owner, set };
}

/** Puts the oldest updaters together, so that an object's metadata does not grow with the number of its writers. */
function capUpdaters(managed: Managed): void {
  const updaters = [...managed.owners.keys()].filter(
    (identifier) => entryOf(identifier).operation === 'Update',
  );
  if (updaters.length <= MAX_UPDATERS) return;
  const oldestFirst = updaters.toSorted((a, b) => {
    const [left, right] = [managed.times.get(a) ?? '', managed.times.get(b) ?? ''];
    return left < right ? -1 : left > right ? 1 : 0;
  });
  for (const identifier of oldestFirst.slice(0, updaters.length - MAX_UPDATERS + 1)) {
    const owner = managed.owners.get(identifier);
    if (!owner || entryOf(identifier).manager === ANCIENT) continue;
    const { apiVersion } = owner;
    const ancient = identifierOf({ manager: ANCIENT, operation: 'Update', apiVersion });
    const before = managed.owners.get(ancient)?.set ?? EMPTY;
    managed.owners.set(ancient, { ...owner, set: union(before, owner.set) });
    const time = managed.times.get(identifier);
    if (time !== undefined && (managed.times.get(ancient) ?? '') < time)
      managed.times.set(ancient, time);
    managed.owners.delete(identifier);
  }
}

/** The fields that anybody owns, of any version. Identical entries give identical answers. */
export interface AppliedObject {
  object: KubeObject;
  managedFields: ManagedFieldsEntry[];
  /** Whether the object itself is other than before. */
  changed: boolean;
}

/**
 * What an apply of `config` makes of `live` (or of nothing). Throws StatusError: 409 with every conflict unless `force`,
 * and what a real server says of configurations that its types do not have.
 */
export function applied(
  management: FieldManagement,
  live: KubeObject | undefined,
  config: KubeObject,
  writer: Writer,
  force: boolean,
): AppliedObject {
  refuseUntyped(management, config);
  const managed = decode(live?.metadata.managedFields) ?? { owners: new Map(), times: new Map() };
  const before = live ?? management.empty;
  if (live && managed.owners.size === 0) {
    const { apiVersion } = management;
    const first = identifierOf({ manager: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion });
    update(management, management.empty, live, managed, first, writer.time);
  }
  const identifier = identifierOf({
    manager: writer.manager,
    operation: 'Apply',
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  });
  const write = writeOf(management, before, managed, identifier);
  const { object, owners } = guarded(() => applyConfig(write, config, force));
  for (const [name, owner] of owners) owners.set(name, withoutSystemFields(owner));
  const changed = !live || !same(object, write.live);
  const entry = owners.get(identifier);
  const sameSet =
    entry !== undefined && isUnchanged(managed.owners.get(identifier)?.set, entry.set);
  managed.owners = owners;
  // An apply that changes nothing is not told of: its time stays.
  if (changed || !sameSet) managed.times.set(identifier, writer.time);
  // The type of a merge of two objects of a kind is that kind.
  return { object: object as KubeObject, managedFields: encode(managed), changed };
}

function isUnchanged(before: FieldSet | undefined, after: FieldSet): boolean {
  return (
    before !== undefined && isEmpty(difference(before, after)) && isEmpty(difference(after, before))
  );
}

function refuseUntyped({ versions, apiVersion }: FieldManagement, config: KubeObject): void {
  if (config.metadata.managedFields !== undefined)
    throw badRequest('metadata.managedFields must be nil');
  const plan = versions.plan(apiVersion);
  if (!plan) return;
  const problems = [
    ...undeclaredFields(plan, config).map(
      (path) => `${pathText(path)}: field not declared in schema`,
    ),
    ...duplicateItems(plan, config).map((path) => {
      const parent = pathText(path.slice(0, -1));
      return `${parent}: duplicate entries for key ${pathText(path.slice(-1))}`;
    }),
  ];
  if (problems.length === 0) return;
  const words =
    problems.length === 1
      ? problems[0]
      : `errors:\n${problems.map((each) => `  ${each}`).join('\n')}`;
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  const { namespace = '', name } = config.metadata;
  throw plainError(
    `failed to create typed patch object (${namespace}/${name}; ${groupVersion}, Kind=${config.kind}): ${words}`,
  );
}

function guarded<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof OwnershipConflict)) throw error;
    throw conflictStatus(error);
  }
}

function conflictStatus({ conflicts }: OwnershipConflict): StatusError {
  const shown = conflicts.map(({ owner, path }) => ({
    manager: managerText(entryOf(owner)),
    field: pathText(path),
  }));
  const [first] = shown;
  const message =
    shown.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`
      : `Apply failed with ${shown.length} conflicts: ${conflictLines(shown)}`;
  return new StatusError({
    message,
    reason: 'Conflict',
    details: {
      causes: shown.map(({ manager, field }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${manager}`,
        field,
      })),
    },
    code: 409,
  });
}

function conflictLines(shown: { manager: string; field: string }[]): string {
  const managers = [...new Set(shown.map(({ manager }) => manager))].sort();
  return managers
    .flatMap((manager) => [
      `conflicts with ${manager}:`,
      ...shown.filter((each) => each.manager === manager).map(({ field }) => `- ${field}`),
    ])
    .join('\n');
}

function managerText({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  let text = goQuote(manager ?? '');
  if (subresource) text += ` with subresource ${goQuote(subresource)}`;
  return operation === 'Update' ? `${text} using ${apiVersion}` : text;
}

/**
 * The entries of an object whose scale somebody set: the field that holds the replicas is now theirs alone. Scale entries
 * carry no time.
 */
export function managedAfterScale(
  object: KubeObject,
  replicas: readonly string[],
  manager: string,
): ManagedFieldsEntry[] {
  const managed = decode(object.metadata.managedFields) ?? { owners: new Map(), times: new Map() };
  if (managed.owners.size === 0) return [];
  const field = setOf(replicas.map((name) => `f:${name}`));
  for (const [identifier, owner] of managed.owners)
    managed.owners.set(identifier, { ...owner, set: difference(owner.set, field) });
  const { apiVersion } = object;
  const identifier = identifierOf({
    manager,
    operation: 'Update',
    apiVersion,
    subresource: 'scale',
  });
  managed.owners.set(identifier, { set: field, apiVersion, applied: false });
  managed.times.delete(identifier);
  return encode(managed);
}

/** Whether two lists of entries differ in anything but their times. */
export function sameOwnership(
  a: readonly ManagedFieldsEntry[] | undefined,
  b: readonly ManagedFieldsEntry[] | undefined,
): boolean {
  const timeless = (entries: readonly ManagedFieldsEntry[] | undefined) =>
    (entries ?? []).map(({ time: _time, ...entry }) => entry);
  return same(timeless(a), timeless(b));
}
