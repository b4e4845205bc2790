// What holds of every object's metadata: names, labels, annotations, owners, finalizers, and what may not change.
// Source: the ObjectMeta section of the API conventions; words and their order as Status objects show them.

import type { KubeObject } from '../object.ts';
import { forbidden, goJson, invalid, required, tooLong } from './field-errors.ts';
import {
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  same,
  stringMapOf,
  stringOf,
  stringsOf,
} from './fields.ts';
import { dnsLabelProblems, labelValueProblems, qualifiedNameProblems } from './names.ts';
import type { FieldError } from './resource.ts';

/** Bytes of all annotations of an object together. */
const ANNOTATION_BYTES = 256 * 1024;

/** Finalizers the garbage collector sets; an object has at most one of them. */
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

export type NameProblems = (name: string) => string[];

export function validateMetadata(
  metadata: Fields,
  namespaced: boolean,
  nameProblems: NameProblems,
  path = 'metadata',
): FieldError[] {
  const errors: FieldError[] = [];
  const generateName = stringOf(metadata['generateName']);
  if (generateName !== '')
    for (const problem of nameProblems(withoutTrailingDash(generateName)))
      errors.push(invalid(`${path}.generateName`, generateName, problem));
  const name = stringOf(metadata['name']);
  if (name === '') errors.push(required(`${path}.name`, 'name or generateName is required'));
  else
    for (const problem of nameProblems(name)) errors.push(invalid(`${path}.name`, name, problem));
  errors.push(...validateNamespace(stringOf(metadata['namespace']), namespaced, path));
  errors.push(...validateGeneration(metadata, path));
  errors.push(...validateLabels(metadata['labels'], `${path}.labels`));
  errors.push(...validateAnnotations(metadata['annotations'], `${path}.annotations`));
  errors.push(...validateOwners(metadata['ownerReferences'], `${path}.ownerReferences`));
  errors.push(...validateFinalizers(metadata['finalizers'], `${path}.finalizers`));
  return errors;
}

/** A generateName may end in a dash: letters follow it. */
function withoutTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

function validateNamespace(namespace: string, namespaced: boolean, path: string): FieldError[] {
  if (!namespaced)
    return namespace === '' ? [] : [forbidden(`${path}.namespace`, 'not allowed on this type')];
  if (namespace === '') return [required(`${path}.namespace`)];
  return dnsLabelProblems(namespace).map((problem) =>
    invalid(`${path}.namespace`, namespace, problem),
  );
}

function validateGeneration(metadata: Fields, path: string): FieldError[] {
  const generation = numberOf(metadata['generation']) ?? 0;
  return generation < 0
    ? [invalid(`${path}.generation`, generation, 'must be greater than or equal to 0')]
    : [];
}

export function validateLabels(value: unknown, path: string): FieldError[] {
  return Object.entries(stringMapOf(value)).flatMap(([key, label]) => [
    ...qualifiedNameProblems(key).map((problem) => invalid(path, key, problem)),
    ...labelValueProblems(label).map((problem) => invalid(path, label, problem)),
  ]);
}

export function validateAnnotations(value: unknown, path: string): FieldError[] {
  const annotations = stringMapOf(value);
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, text] of Object.entries(annotations)) {
    bytes += key.length + text.length;
    for (const problem of qualifiedNameProblems(key.toLowerCase()))
      errors.push(invalid(path, key, problem));
  }
  if (bytes > ANNOTATION_BYTES) errors.push(tooLong(path, ANNOTATION_BYTES));
  return errors;
}

function validateOwners(value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  listOf(value).forEach((owner, index) => {
    const here = `${path}[${index}]`;
    const apiVersion = stringOf(owner['apiVersion']);
    if (apiVersion === '') errors.push(required(`${here}.apiVersion`, 'must not be empty'));
    else if (apiVersion.split('/').length > 2 || apiVersion.endsWith('/'))
      errors.push(
        invalid(`${here}.apiVersion`, apiVersion, 'must be <group>/<version> or <version>'),
      );
    for (const field of ['kind', 'name', 'uid'])
      if (stringOf(owner[field]) === '')
        errors.push(required(`${here}.${field}`, 'must not be empty'));
    if (apiVersion === 'v1' && owner['kind'] === 'Event')
      errors.push(invalid(here, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (owner['controller'] !== true) return;
    const found = `${stringOf(owner['kind'])}/${stringOf(owner['name'])}`;
    if (controller === undefined) controller = found;
    else
      errors.push(
        invalid(
          path,
          value,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${found}`,
        ),
      );
  });
  return errors;
}

export function validateFinalizers(value: unknown, path: string): FieldError[] {
  const finalizers = stringsOf(value);
  const errors = finalizers.flatMap((finalizer) =>
    qualifiedNameProblems(finalizer).map((problem) => invalid(path, finalizer, problem)),
  );
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND))
    errors.push(
      invalid(path, finalizers, `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`),
    );
  return errors;
}

export function validateMetadataUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const path = 'metadata';
  const metadata = fieldsOf(object.metadata);
  const before = fieldsOf(old.metadata);
  const errors: FieldError[] = [];
  if (old.metadata.deletionTimestamp !== undefined) {
    const known = new Set(old.metadata.finalizers);
    const extra = stringsOf(metadata['finalizers'])
      .filter((finalizer) => !known.has(finalizer))
      .sort();
    if (extra.length > 0)
      errors.push(
        forbidden(
          `${path}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${extra.map((each) => goJson(each)).join(', ')}}`,
        ),
      );
  }
  if (stringOf(metadata['resourceVersion']) === '')
    errors.push(invalid(`${path}.resourceVersion`, '', 'must be specified for an update'));
  errors.push(...validateGeneration(metadata, path));
  const generation = numberOf(metadata['generation']) ?? 0;
  if (generation < (old.metadata.generation ?? 0))
    errors.push(invalid(`${path}.generation`, generation, 'must not be decremented'));
  for (const field of IMMUTABLE)
    errors.push(...unchanged(metadata[field], before[field], `${path}.${field}`));
  errors.push(...validateLabels(metadata['labels'], `${path}.labels`));
  errors.push(...validateAnnotations(metadata['annotations'], `${path}.annotations`));
  errors.push(...validateOwners(metadata['ownerReferences'], `${path}.ownerReferences`));
  return errors;
}

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

/** `field is immutable`, unless both are the same. */
export function unchanged(value: unknown, before: unknown, path: string): FieldError[] {
  return same(value ?? null, before ?? null)
    ? []
    : [invalid(path, value ?? null, 'field is immutable')];
}
