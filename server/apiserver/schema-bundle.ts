// Loads the generated type definitions from disk, once a process: all its clusters share one frozen copy.
// Knows where `npm run schemas` writes; knows nothing of what the types mean.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BundleDescriptions, SchemaBundle } from '../../cluster/schema/bundle.ts';
import type { SchemaNode } from '../../cluster/schema/openapi.ts';

let shared: SchemaBundle | undefined;

/** The bundle of this process. Throws with the next move if `npm run schemas` has not been run. */
export function schemaBundle(): SchemaBundle {
  if (shared) return shared;
  let descriptions: BundleDescriptions | undefined;
  shared = {
    types: deeplyFrozen(readGenerated('types.json') as Record<string, SchemaNode>),
    columns: deeplyFrozen(readGenerated('columns.json') as Record<string, string>),
    descriptions: () => (descriptions ??= readGenerated('descriptions.json') as BundleDescriptions),
  };
  return shared;
}

function readGenerated(file: string): unknown {
  const path = fileURLToPath(new URL(`../../cluster/schema/generated/${file}`, import.meta.url));
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: run npm run schemas`, { cause: error });
  }
}

function deeplyFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deeplyFrozen(inner);
  return Object.freeze(value);
}
