// A graph of services alone: workloads are taken out, and what they call is called by the services they stand behind.
// Where traffic begins with a workload, that one stays.

import {
  type TrafficMap,
  addOutgoing,
  type GraphEdge,
  type GraphNode,
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
        const known = node.edges.find(
          ({ target, protocol }) => target.key === edge.target.key && protocol === edge.protocol,
        );
        if (known) mergeEdge(known, edge);
        else node.edges.push(copiedEdge(edge, node));
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

/** With all that is known of it: what workloads behind one service are told of edges alike is told of the first. */
function copiedEdge(edge: GraphEdge, source: GraphNode): GraphEdge {
  const responses = [...edge.responses].map(
    ([code, { flags, hosts }]) => [code, { flags: new Map(flags), hosts: new Map(hosts) }] as const,
  );
  return { ...edge, source, rates: new Map(edge.rates), responses: new Map(responses) };
}
