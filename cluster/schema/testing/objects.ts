// For tests of this room: objects as the API makes them of what a client sends.

import assert from 'node:assert/strict';
import { schemaBundle } from '../../../server/apiserver/schema-bundle.ts';
import type { KubeObject } from '../../object.ts';
import { createRegistry } from '../registry.ts';
import type { ResourceDefinition } from '../resource.ts';

export const bundle = schemaBundle();
export const registry = createRegistry(bundle);

export function definitionOf(group: string, resource: string): ResourceDefinition {
  const definition = registry.find(group, resource);
  assert.ok(definition, `${resource}.${group}`);
  return definition;
}

/** Conformed, defaulted and prepared, as right before validation. */
export function created(
  definition: ResourceDefinition,
  body: Record<string, unknown>,
  version = definition.storageVersion,
): KubeObject {
  const metadata = {
    name: 'web',
    ...(definition.namespaced ? { namespace: 'default' } : {}),
    uid: 'uid-1',
    resourceVersion: '7',
  };
  const found = definition.versions.find((each) => each.version === version);
  const conformed = found?.conform(
    { ...body, metadata: { ...metadata, ...(body['metadata'] as object | undefined) } },
    'json',
  );
  assert.ok(conformed && 'object' in conformed, JSON.stringify(conformed));
  definition.strategy.default(conformed.object, version);
  const stored = definition.toStored(conformed.object);
  definition.strategy.prepareForCreate(stored);
  return stored;
}

/** Problems of a new object, as kubectl shows them. */
export function problemsOf(
  definition: ResourceDefinition,
  body: Record<string, unknown>,
): string[] {
  return definition.strategy
    .validateCreate(created(definition, body))
    .map(({ field, message }) => `${field}: ${message}`);
}

/** A stored object after a change, and the problems of the change. */
export function changed(
  definition: ResourceDefinition,
  body: Record<string, unknown>,
  change: (draft: KubeObject) => void,
  subresource?: string,
): { object: KubeObject; old: KubeObject; problems: string[] } {
  const old = created(definition, body);
  const object = structuredClone(old);
  change(object);
  definition.strategy.default(object, definition.storageVersion);
  definition.strategy.prepareForUpdate(object, old, subresource);
  const problems = definition.strategy
    .validateUpdate(object, old, subresource)
    .map(({ field, message }) => `${field}: ${message}`);
  return { object, old, problems };
}
