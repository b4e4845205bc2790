// Which fields each kind's managers can own, worked out once a kind: its plans by version, and what each kind of write ignores.

import { apiVersionOf, type ResourceDefinition } from '../../schema/resource.ts';
import type { KubeObject } from '../../object.ts';
import type { ServedKind } from '../world.ts';
import { EMPTY, setOf } from './field-set.ts';
import type { FieldManagement } from './managed-fields.ts';
import type { Versions } from './ownership.ts';
import { planOf } from './field-plan.ts';

const STATUS = setOf(['f:status']);
const SPEC = setOf(['f:spec']);
/** Definitions have no state, and are shared. */
const byDefinition = new WeakMap<ResourceDefinition, Map<string, FieldManagement>>();

export function managementOf(
  { definition, version }: ServedKind,
  subresource: string | undefined,
): FieldManagement {
  let known = byDefinition.get(definition);
  if (!known) byDefinition.set(definition, (known = new Map()));
  const key = `${version.version}/${subresource ?? ''}`;
  let management = known.get(key);
  if (!management) {
    const hasStatus = definition.subresources.some(({ name }) => name === 'status');
    management = {
      versions: versionsOf(definition),
      apiVersion: apiVersionOf(definition.group, version.version),
      empty: emptyObject({ definition, version }),
      ignored: subresource === 'status' ? SPEC : hasStatus ? STATUS : EMPTY,
    };
    known.set(key, management);
  }
  return management;
}

/** An object of the kind with only what its type always writes. */
function emptyObject({ definition, version }: ServedKind): KubeObject {
  const apiVersion = apiVersionOf(definition.group, version.version);
  const empty = version.conform({ apiVersion, kind: definition.kind, metadata: {} }, 'fields');
  if ('error' in empty)
    throw new Error(`${apiVersion} ${definition.kind} cannot be empty: ${empty.error}`);
  return empty.object;
}

function versionsOf(definition: ResourceDefinition): Versions {
  const find = (apiVersion: string) =>
    definition.versions.find(
      ({ version }) => apiVersionOf(definition.group, version) === apiVersion,
    );
  return {
    plan(apiVersion) {
      const version = find(apiVersion);
      return version && planOf(version.schema);
    },
    convert(object, _from, to) {
      const version = find(to);
      if (!version) return object;
      // What is converted here is a whole object of the kind, in one of its versions.
      const stored = definition.toStored(object as KubeObject);
      return definition.fromStored(stored, version.version);
    },
  };
}
