// Which names a CRD gets, and what its status says of it: two CRDs of a group cannot share a name.
// Pure: the controller that writes the status hands everything in.
// Source: the NamesAccepted and Established conditions of the CustomResourceDefinition documentation.

import type { KubeObject } from '../../object.ts';
import { at, type Fields, fieldsOf, listOf, same, stringOf, stringsOf } from '../fields.ts';

/** The status after names have been compared with those of the other CRDs. `time` is a timestamp. */
export function statusWithNames(
  crd: KubeObject,
  others: readonly KubeObject[],
  time: string,
): Fields {
  const status = structuredClone(fieldsOf(crd['status']));
  const wanted = fieldsOf(at(crd, 'spec', 'names'));
  const taken = takenNames(crd, others);
  const conflict = firstConflict(wanted, taken);
  const conditions = listOf(status['conditions']);
  if (conflict) {
    setCondition(conditions, { type: 'NamesAccepted', status: 'False', ...conflict }, time);
    setCondition(
      conditions,
      {
        type: 'Established',
        status: 'False',
        reason: 'NotAccepted',
        message: 'not all names are accepted',
      },
      time,
    );
    return { ...status, conditions };
  }
  const none = { reason: 'NoConflicts', message: 'no conflicts found' };
  setCondition(conditions, { type: 'NamesAccepted', status: 'True', ...none }, time);
  setCondition(
    conditions,
    {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
    time,
  );
  return { ...status, acceptedNames: structuredClone(wanted), conditions };
}

export function isEstablished(crd: KubeObject): boolean {
  return listOf(at(crd, 'status', 'conditions')).some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  );
}

interface Taken {
  resources: Set<string>;
  kinds: Set<string>;
}

/** Names that other established CRDs of the group hold. */
function takenNames(crd: KubeObject, others: readonly KubeObject[]): Taken {
  const taken: Taken = { resources: new Set(), kinds: new Set() };
  for (const other of others) {
    if (other.metadata.uid === crd.metadata.uid) continue;
    if (at(other, 'spec', 'group') !== at(crd, 'spec', 'group')) continue;
    const names = fieldsOf(at(other, 'status', 'acceptedNames'));
    for (const name of resourceNames(names)) taken.resources.add(name);
    for (const name of [names['kind'], names['listKind']]) taken.kinds.add(stringOf(name));
  }
  return taken;
}

function resourceNames(names: Fields): string[] {
  return [
    stringOf(names['plural']),
    stringOf(names['singular']),
    ...stringsOf(names['shortNames']),
  ].filter((name) => name !== '');
}

function firstConflict(
  wanted: Fields,
  taken: Taken,
): { reason: string; message: string } | undefined {
  const inUse = (name: string) => `${JSON.stringify(name)} is already in use`;
  for (const [field, reason] of [
    ['plural', 'PluralConflict'],
    ['singular', 'SingularConflict'],
  ] as const) {
    const name = stringOf(wanted[field]);
    if (taken.resources.has(name)) return { reason, message: inUse(name) };
  }
  const short = stringsOf(wanted['shortNames']).find((name) => taken.resources.has(name));
  if (short !== undefined) return { reason: 'ShortNamesConflict', message: inUse(short) };
  for (const [field, reason] of [
    ['kind', 'KindConflict'],
    ['listKind', 'ListKindConflict'],
  ] as const) {
    const name = stringOf(wanted[field]);
    if (taken.kinds.has(name)) return { reason, message: inUse(name) };
  }
  return undefined;
}

/** Keeps the time of the last change of status. */
function setCondition(conditions: Fields[], condition: Fields, time: string): void {
  const index = conditions.findIndex((each) => each['type'] === condition['type']);
  const before = conditions[index];
  const { lastTransitionTime, ...rest } = before ?? {};
  if (before && same(rest, condition)) return;
  const moved = before?.['status'] !== condition['status'];
  const next = { lastTransitionTime: moved ? time : lastTransitionTime, ...condition };
  if (index < 0) conditions.push(next);
  else conditions[index] = next;
}
