// What must hold of users, groups and seccomp profiles, of pods and containers alike.
// Source: "Configure a Security Context" of the Kubernetes documentation; words as Status objects show them.

import { invalid, notSupported, required } from '../field-errors.ts';
import { isFields, isSet, numberOf, stringOf } from '../fields.ts';
import type { FieldError } from '../resource.ts';

const MAX_USER_ID = 2 ** 31 - 1;

/** Users and groups of Linux: up to 2^31 - 1. */
export function validateId(value: unknown, path: string): FieldError[] {
  const id = numberOf(value);
  if (id === undefined || (id >= 0 && id <= MAX_USER_ID)) return [];
  return [invalid(path, id, `must be between 0 and ${MAX_USER_ID}, inclusive`)];
}

export function validateSeccomp(profile: unknown, path: string): FieldError[] {
  if (!isFields(profile)) return [];
  const type = stringOf(profile['type']);
  if (type === '') return [required(`${path}.type`, 'type is required when seccompProfile is set')];
  if (!['Localhost', 'RuntimeDefault', 'Unconfined'].includes(type))
    return [notSupported(`${path}.type`, type, ['Localhost', 'RuntimeDefault', 'Unconfined'])];
  const local = isSet(profile['localhostProfile']);
  if (type === 'Localhost' && !local)
    return [required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')];
  if (type !== 'Localhost' && local)
    return [
      invalid(
        `${path}.localhostProfile`,
        profile['localhostProfile'],
        'can only be set when seccomp type is Localhost',
      ),
    ];
  return [];
}
