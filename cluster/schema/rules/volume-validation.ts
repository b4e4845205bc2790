// What must hold of a pod's volumes.
// Source: the Volume section of the Kubernetes API reference; words as Status objects show them.

import { duplicate, forbidden, invalid, required } from '../field-errors.ts';
import { type Fields, fieldsOf, isSet, listOf, numberOf, stringOf } from '../fields.ts';
import { dnsLabelProblems } from '../names.ts';
import type { FieldError } from '../resource.ts';
import { named } from './checks.ts';
import { DOWNWARD_FIELDS, validateFieldRef, validateLocalPath } from './references.ts';

/** Modes of files: 0 to 0777. */
const MOST_MODE = 0o777;
/** A projected token lives ten minutes at least, 2^32 seconds at most. */
const LEAST_TOKEN_SECONDS = 600;
const MOST_TOKEN_SECONDS = 2 ** 32;

export function validateVolumes(volumes: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  listOf(volumes).forEach((volume, index) => {
    const here = `${path}[${index}]`;
    errors.push(...validateSource(volume, here));
    const name = stringOf(volume['name']);
    if (name === '') errors.push(required(`${here}.name`));
    else errors.push(...named(name, `${here}.name`, dnsLabelProblems));
    if (names.has(name)) errors.push(duplicate(`${here}.name`, name));
    else if (dnsLabelProblems(name).length === 0) names.add(name);
  });
  return errors;
}

function validateSource(volume: Fields, path: string): FieldError[] {
  const sources = Object.keys(volume).filter((name) => name !== 'name' && isSet(volume[name]));
  if (sources.length === 0) return [required(path, 'must specify a volume type')];
  const first = sources[0] ?? '';
  const errors = sources
    .slice(1)
    .map((extra) => forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type'));
  const source = fieldsOf(volume[first]);
  const here = `${path}.${first}`;
  switch (first) {
    case 'configMap':
      return [...errors, ...nameRequired(source, 'name', here), ...validateFiles(source, here)];
    case 'secret':
      return [
        ...errors,
        ...nameRequired(source, 'secretName', here),
        ...validateFiles(source, here),
      ];
    case 'downwardAPI':
      return [...errors, ...validateMode(source, here), ...validateDownwardItems(source, here)];
    case 'projected':
      return [...errors, ...validateMode(source, here), ...validateProjections(source, here)];
    case 'persistentVolumeClaim':
      return [...errors, ...nameRequired(source, 'claimName', here)];
    case 'hostPath':
      return [...errors, ...nameRequired(source, 'path', here)];
    default:
      return errors;
  }
}

function nameRequired(source: Fields, field: string, path: string): FieldError[] {
  return stringOf(source[field]) === '' ? [required(`${path}.${field}`)] : [];
}

function validateFiles(source: Fields, path: string): FieldError[] {
  return [...validateMode(source, path), ...validateItems(source, path)];
}

function validateMode(source: Fields, path: string, field = 'defaultMode'): FieldError[] {
  const mode = numberOf(source[field]);
  if (mode === undefined || (mode >= 0 && mode <= MOST_MODE)) return [];
  return [
    invalid(
      `${path}.${field}`,
      mode,
      'must be a number between 0 and 0777 (octal), both inclusive',
    ),
  ];
}

function validateItems(source: Fields, path: string): FieldError[] {
  return listOf(source['items']).flatMap((item, index) => {
    const here = `${path}.items[${index}]`;
    return [
      ...nameRequired(item, 'key', here),
      ...nameRequired(item, 'path', here),
      ...validateLocalPath(stringOf(item['path']), `${here}.path`),
      ...validateMode(item, here, 'mode'),
    ];
  });
}

function validateDownwardItems(source: Fields, path: string): FieldError[] {
  return listOf(source['items']).flatMap((item) => {
    const errors = [
      ...nameRequired(item, 'path', path),
      ...validateLocalPath(stringOf(item['path']), `${path}.path`),
    ];
    const field = isSet(item['fieldRef']);
    const resource = isSet(item['resourceFieldRef']);
    if (field)
      errors.push(
        ...validateFieldRef(fieldsOf(item['fieldRef']), DOWNWARD_FIELDS, `${path}.fieldRef`),
      );
    if (field && resource)
      errors.push(
        invalid(
          path,
          'resource',
          'fieldRef and resourceFieldRef can not be specified simultaneously',
        ),
      );
    if (!field && !resource)
      errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    return errors;
  });
}

function validateProjections(source: Fields, path: string): FieldError[] {
  return listOf(source['sources']).flatMap((projection, index) => {
    const here = `${path}.sources[${index}]`;
    const given = Object.keys(projection).filter((name) => isSet(projection[name]));
    const errors = given
      .slice(1)
      .map((extra) =>
        forbidden(`${here}.${extra}`, 'may not specify more than 1 volume type per source'),
      );
    const first = given[0];
    if (first === undefined) return [required(here, 'must specify a source type')];
    const inner = fieldsOf(projection[first]);
    const at = `${here}.${first}`;
    if (first === 'configMap' || first === 'secret')
      errors.push(...nameRequired(inner, 'name', at), ...validateItems(inner, at));
    if (first === 'downwardAPI') errors.push(...validateDownwardItems(inner, at));
    if (first === 'serviceAccountToken') errors.push(...validateToken(inner, at));
    return errors;
  });
}

function validateToken(token: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = numberOf(token['expirationSeconds']) ?? 0;
  if (seconds < LEAST_TOKEN_SECONDS)
    errors.push(
      invalid(
        `${path}.expirationSeconds`,
        seconds,
        'may not specify a duration less than 10 minutes',
      ),
    );
  if (seconds > MOST_TOKEN_SECONDS)
    errors.push(
      invalid(
        `${path}.expirationSeconds`,
        seconds,
        'may not specify a duration larger than 2^32 seconds',
      ),
    );
  errors.push(...nameRequired(token, 'path', path));
  return errors;
}
