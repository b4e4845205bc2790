// What has no traffic and is not there (any more) is not drawn; a workload that is there without pods is marked as dead.

import { isKnown } from '../identity.ts';
import { protocols } from '../protocols.ts';
import { type GraphNode, type TrafficMap, isEgress } from '../traffic-map.ts';
import { type GraphWorld, type NamespaceAppender, isAccessible } from '../world.ts';

export const deadNodes: NamespaceAppender = (map, world, namespace) => {
  // Taking one away may leave the one before it without an edge.
  while (removeOnce(map, world, namespace) > 0);
};

function removeOnce(map: TrafficMap, world: GraphWorld, namespace: string): number {
  const gone: string[] = [];
  for (const node of map.nodes.values())
    if (!hasTraffic(node) && isGone(node, world, namespace)) gone.push(node.key);
  map.delete(gone);
  return gone.length;
}

export function hasTraffic({ rates }: GraphNode): boolean {
  return protocols.some(
    ({ name, outgoing }) => (rates.get(`${name}In`) ?? 0) > 0 || (rates.get(outgoing) ?? 0) > 0,
  );
}

function isGone(node: GraphNode, world: GraphWorld, namespace: string): boolean {
  if (node.type === 'service')
    return node.edges.length === 0 && !node.marks.isServiceEntry && !isEgress(node);
  if (node.type !== 'unknown' && (!isKnown(node.workload) || !isAccessible(world, node)))
    return false;
  const workload = world.inventory.workload(namespace, node.workload);
  if (workload && workload.pods.length === 0) node.marks.isDead = true;
  return !workload;
}
