// A graph of services alone: workloads are taken out, and what they call is called by the services they stand behind.
// Where traffic begins with a workload, that one stays.

import {
  type TrafficMap,
  addOutgoing,
  edgeBetween,
  forgetOutgoing,
  increase,
  mergeEdge,
} from './traffic-map.ts';

export function reduceToServices(map: TrafficMap): void {
  const gone: string[] = [];
  for (const node of map.nodes.values()) {
    if (node.type === 'service') {
      const throughWorkloads = node.edges.flatMap(({ target }) => target.edges);
      forgetOutgoing(node);
      node.edges = [];
      for (const edge of throughWorkloads) {
        if (edge.target.type !== 'service') continue;
        mergeEdge(edgeBetween(node, edge.target, edge.protocol), edge);
        increase(node.rates, edge.protocol.outgoing, edge.rates.get(edge.protocol.name) ?? 0);
      }
      continue;
    }
    const toServices = node.edges.filter(({ target }) => target.type === 'service');
    if (!node.marks.isRoot || toServices.length === 0) {
      gone.push(node.key);
      continue;
    }
    node.edges = toServices;
    forgetOutgoing(node);
    for (const edge of toServices) addOutgoing(node, edge);
  }
  map.delete(gone);
}
