// The JSON of an object, made once: every list and every watcher of it shares the same text.

import type { KubeObject } from '../object.ts';

const texts = new WeakMap<object, string>();

/** JSON of a stored object. Call it only for objects that will not change again. */
export function serialized(object: KubeObject): string {
  let text = texts.get(object);
  if (text === undefined) texts.set(object, (text = JSON.stringify(object)));
  return text;
}

/** Length of the JSON. Counts UTF-16 units, which is bytes for all but exotic text: it guards limits, it bills nobody. */
export function jsonBytes(object: KubeObject): number {
  return serialized(object).length;
}
