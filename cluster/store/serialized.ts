// The JSON of an object, made once while it is of interest: every list and every watcher of it shares the same text.

import type { KubeObject } from '../object.ts';
import { RecentlyUsed } from '../recent.ts';

/** Texts kept by all clusters of a process together: some megabytes. A cluster at rest needs none. */
const KEPT_TEXTS = 1_000;

const texts = new RecentlyUsed<KubeObject, string>(KEPT_TEXTS);
const lengths = new WeakMap<KubeObject, number>();

/** JSON of a stored object. Call it only for objects that will not change again. */
export function serialized(object: KubeObject): string {
  let text = texts.get(object);
  if (text === undefined) texts.set(object, (text = JSON.stringify(object)));
  return text;
}

/** Length of the JSON. Counts UTF-16 units, which is bytes for all but exotic text: it guards limits, it bills nobody. */
export function jsonBytes(object: KubeObject): number {
  let length = lengths.get(object);
  if (length === undefined) lengths.set(object, (length = serialized(object).length));
  return length;
}
