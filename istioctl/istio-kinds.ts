// Loads Istio's CustomResourceDefinitions from disk when they are first asked for: clusters share one frozen copy.
// Knows where `npm run schemas` writes; knows nothing of what the kinds mean.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KubeObject } from '../cluster/object.ts';

const FILE = '../cluster/mesh/generated/istio-kinds.json';

let shared: readonly KubeObject[] | undefined;

/** The definitions of Istio 1.30, without status. Throws with the next move if `npm run schemas` has not been run. */
export function istioKinds(): readonly KubeObject[] {
  if (shared) return shared;
  const path = fileURLToPath(new URL(FILE, import.meta.url));
  try {
    shared = deeplyFrozen(JSON.parse(readFileSync(path, 'utf8')) as KubeObject[]);
  } catch (error) {
    throw new Error(`${path} cannot be read: run npm run schemas`, { cause: error });
  }
  return shared;
}

function deeplyFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deeplyFrozen(inner);
  return Object.freeze(value);
}
