// What a pod asks for in all, in plain numbers: that is all scheduling needs of quantities.
// Source: the public documentation of how init containers and sidecars count.

import { quantityOf } from '../schema/quantity.ts';
import type { Container, Pod } from './kinds.ts';
import { isSidecar } from './pods.ts';

/** The value in base units (cores, bytes, pods). What is no quantity counts as zero: the API has refused it before. */
export function quantity(value: string | number | undefined): number {
  return Number(quantityOf(value).nanos) / 1e9;
}

export type Resources = Readonly<Record<string, number>>;

type Quantities = Readonly<Record<string, string | number>> | undefined;

function amounts(quantities: Quantities): Record<string, number> {
  return Object.fromEntries(
    Object.entries(quantities ?? {}).map(([name, value]) => [name, quantity(value)]),
  );
}

function combine(
  a: Record<string, number>,
  b: Resources,
  join: (a: number, b: number) => number,
): Record<string, number> {
  const joined = { ...a };
  for (const [name, value] of Object.entries(b)) joined[name] = join(joined[name] ?? 0, value);
  return joined;
}

const sum = (a: number, b: number) => a + b;

/**
 * Requests (or limits) of a pod: its containers and sidecars together, or more if an init container needs more while it
 * runs beside the sidecars started before it. Pod-level resources go before.
 */
export function podResources(pod: Pod, kind: 'requests' | 'limits'): Resources {
  const known = worked.get(pod.spec)?.[kind];
  if (known) return known;
  const resources = workOut(pod, kind);
  worked.set(pod.spec, { ...worked.get(pod.spec), [kind]: resources });
  return resources;
}

/** The scheduler asks for every pod of a node each time: stored specs never change, so once is enough. */
const worked = new WeakMap<Pod['spec'], { requests?: Resources; limits?: Resources }>();

function workOut(pod: Pod, kind: 'requests' | 'limits'): Resources {
  const of = (container: Container) => amounts(container.resources?.[kind]);
  let running: Record<string, number> = {};
  let peak: Record<string, number> = {};
  for (const container of pod.spec.initContainers ?? []) {
    if (isSidecar(container)) {
      running = combine(running, of(container), sum);
      peak = combine(peak, running, Math.max);
    } else {
      peak = combine(peak, combine(running, of(container), sum), Math.max);
    }
  }
  for (const container of pod.spec.containers) running = combine(running, of(container), sum);
  let total = combine(running, peak, Math.max);
  total = { ...total, ...amounts(pod.spec.resources?.[kind]) };
  return combine(total, amounts(pod.spec.overhead), sum);
}
