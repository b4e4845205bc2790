// Resource quantities (`100m`, `64Mi`, `1e3`) as numbers, and what a pod asks for in all.
// Source: the public documentation of quantities, and of how init containers and sidecars count.

import type { Container, Pod } from './kinds.ts';
import { isSidecar } from './pods.ts';

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/;

/** The value in base units (cores, bytes, pods). What is no quantity counts as zero: the API has refused it before. */
export function quantity(value: string | number | undefined): number {
  if (typeof value === 'number') return value;
  const match = QUANTITY.exec(value ?? '');
  if (!match) return 0;
  if (match[2] !== undefined) return Number(match[1]) * 10 ** Number(match[2]);
  return Number(match[1]) * (SUFFIXES[match[3] ?? ''] ?? 0);
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
