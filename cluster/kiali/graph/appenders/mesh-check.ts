// Workloads whose pods have no proxy.

import { isVersion } from '../identity.ts';
import type { GraphNode } from '../traffic-map.ts';
import { type GraphWorld, type NamespaceAppender, isAccessible } from '../world.ts';

export const meshCheck: NamespaceAppender = (map, world) => {
  for (const node of map.nodes.values()) {
    if (node.marks.isDead || node.namespace === world.controlPlane || !isAccessible(world, node))
      continue;
    const workloads = workloadsOf(node, world);
    if (workloads.some(({ hasSidecar, isGateway }) => !hasSidecar && !isGateway))
      node.marks.isOutOfMesh = true;
  }
};

function workloadsOf(node: GraphNode, { inventory }: GraphWorld) {
  const { type, namespace, workload, app, version } = node;
  if (type === 'workload')
    return [inventory.workload(namespace, workload)].flatMap((each) => each ?? []);
  if (type !== 'app') return [];
  return inventory
    .workloadsOfApp(namespace, app)
    .filter((each) => !isVersion(version) || each.version === version);
}
