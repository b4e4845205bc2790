// Graphs of several namespaces as one: a node that both have is taken from its own namespace, which knows more of it.

import { type TrafficMap, addOutgoing } from './traffic-map.ts';

export function merge(whole: TrafficMap, namespace: string, part: TrafficMap): void {
  for (const [key, own] of part.nodes) {
    const before = whole.nodes.get(key);
    if (!before) {
      whole.nodes.set(key, own);
      continue;
    }
    const [kept, other] = own.namespace === namespace ? [own, before] : [before, own];
    whole.nodes.set(key, kept);
    for (const edge of other.edges) {
      const isThere = kept.edges.some(
        (each) => each.target.key === edge.target.key && each.protocol === edge.protocol,
      );
      if (isThere) continue;
      kept.edges.push(edge);
      addOutgoing(kept, edge);
    }
  }
  // Edges may still lead to the node that was not kept.
  for (const node of whole.nodes.values())
    for (const edge of node.edges) {
      edge.source = node;
      edge.target = whole.nodes.get(edge.target.key) ?? edge.target;
    }
}
