// The order of fields in which a real API server writes objects: `kubectl get --raw` and curl show it. Knows no kinds.

import type { KubeObject, ObjectMeta } from '../object.ts';

/** ObjectMeta's fields as Go declares them. */
const METADATA_ORDER: readonly (keyof ObjectMeta)[] = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

const MANAGED_FIELDS_ORDER = [
  'manager',
  'operation',
  'apiVersion',
  'time',
  'fieldsType',
  'fieldsV1',
  'subresource',
] as const;

/** A new object with kind, version and metadata in order. Custom resources are maps to the server, so theirs is alphabetical. */
export function arranged(object: KubeObject, custom: boolean): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  if (custom) return { apiVersion, kind, metadata: sortedMetadata(metadata), ...rest };
  return { kind, apiVersion, metadata: orderedMetadata(metadata), ...rest };
}

export function orderedMetadata(metadata: ObjectMeta): ObjectMeta {
  const ordered = inOrder(metadata, METADATA_ORDER);
  if (metadata.managedFields)
    ordered.managedFields = metadata.managedFields.map((entry) =>
      inOrder(entry, MANAGED_FIELDS_ORDER),
    );
  return ordered;
}

function inOrder<Fields extends object>(fields: Fields, order: readonly (keyof Fields)[]): Fields {
  const ordered: Partial<Fields> = {};
  for (const name of order) if (fields[name] !== undefined) ordered[name] = fields[name];
  // Every field of the type is in the order, so nothing is lost.
  return ordered as Fields;
}

function sortedMetadata(metadata: ObjectMeta): ObjectMeta {
  const ordered = inOrder(metadata, METADATA_ORDER.toSorted());
  if (metadata.managedFields)
    ordered.managedFields = metadata.managedFields.map((entry) =>
      inOrder(entry, MANAGED_FIELDS_ORDER.toSorted()),
    );
  return ordered;
}
