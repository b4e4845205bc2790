// What a graph is made from, and what each appender is given of it.

import type { Tolerances } from '../health/tolerances.ts';
import type { Inventory } from '../inventory.ts';
import type { Sample } from '../vector.ts';
import type { GraphOptions } from './options.ts';
import type { TrafficMap } from './traffic-map.ts';

export interface GraphWorld {
  inventory: Inventory;
  tolerances: Tolerances;
  options: GraphOptions;
  /** Istio's name of the cluster. */
  cluster: string;
  /** Istio's own namespace: what runs there needs no proxy. */
  controlPlane: string;
}

/** Changes the graph of one namespace. `answers` are to the questions it asked. */
export type NamespaceAppender = (
  map: TrafficMap,
  world: GraphWorld,
  namespace: string,
  answers: readonly (readonly Sample[])[],
) => void;

/** Changes the whole graph. */
export type Finalizer = (map: TrafficMap, world: GraphWorld) => void;

/** A node of the cluster that Kiali may look into. */
export function isAccessible(
  { cluster, inventory }: GraphWorld,
  node: { cluster: string; namespace: string },
): boolean {
  return node.cluster === cluster && inventory.namespaceNames().includes(node.namespace);
}
