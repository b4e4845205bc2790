// What a pod may say of itself to its containers, and which paths inside volumes are allowed.
// Source: "Downward API" of the Kubernetes documentation; words as Status objects show them.

import { invalid, notSupported, required } from '../field-errors.ts';
import { type Fields, stringOf } from '../fields.ts';
import { qualifiedNameProblems } from '../names.ts';
import type { FieldError } from '../resource.ts';

/** Fields of a pod that environment variables may show. */
export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Fields of a pod that downward files may show. */
export const DOWNWARD_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** `metadata.labels['app']`: one entry of a map. */
const SUBSCRIPT = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/;

export function validateFieldRef(
  reference: Fields,
  supported: readonly string[],
  path: string,
): FieldError[] {
  const apiVersion = stringOf(reference['apiVersion']);
  const fieldPath = stringOf(reference['fieldPath']);
  if (apiVersion === '') return [required(`${path}.apiVersion`)];
  if (fieldPath === '') return [required(`${path}.fieldPath`)];
  const subscript = SUBSCRIPT.exec(fieldPath);
  if (subscript) {
    const key = subscript[2] ?? '';
    return qualifiedNameProblems(key.toLowerCase()).map((problem) => invalid(path, key, problem));
  }
  if (!KNOWN_FIELDS.has(fieldPath))
    return [
      invalid(
        `${path}.fieldPath`,
        fieldPath,
        `error converting fieldPath: field label not supported: ${fieldPath}`,
      ),
    ];
  return supported.includes(fieldPath)
    ? []
    : [notSupported(`${path}.fieldPath`, fieldPath, supported)];
}

const KNOWN_FIELDS = new Set([
  ...ENV_FIELDS,
  ...DOWNWARD_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.hostNetwork',
  'status.phase',
  'status.nominatedNodeName',
]);

/** A path inside a volume. */
export function validateLocalPath(path: string, field: string): FieldError[] {
  if (path === '') return [];
  if (path.startsWith('/')) return [invalid(field, path, 'must be a relative path')];
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : [];
}
