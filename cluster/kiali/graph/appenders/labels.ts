// Labels of workloads, apps and services, without those that say which app and version they are.

import { otherLabels } from '../../labels.ts';
import type { GraphNode } from '../traffic-map.ts';
import type { Finalizer, GraphWorld } from '../world.ts';

export const labels: Finalizer = (map, world) => {
  for (const node of map.nodes.values()) {
    if (node.marks.isOutside || node.marks.isInaccessible) continue;
    const others = otherLabels(labelsOf(node, world));
    if (Object.keys(others).length > 0) node.marks.labels = others;
  }
};

function labelsOf(node: GraphNode, { inventory }: GraphWorld) {
  const { type, namespace, workload, app, service } = node;
  if (type === 'service') return inventory.service(namespace, service)?.metadata.labels;
  if (workload !== '') return inventory.workload(namespace, workload)?.labels;
  return Object.assign(
    {},
    ...inventory
      .workloads(namespace)
      .filter((each) => each.app === app)
      .map((each) => each.labels),
  ) as Record<string, string>;
}
