// Hosts outside the cluster that a ServiceEntry names are drawn as that entry, all of its hosts as one node.

import type { ServiceEntry } from '../../../mesh/resources.ts';
import { identify, isKnown, serviceParty } from '../identity.ts';
import {
  type GraphNode,
  type TrafficMap,
  edgeBetween,
  increase,
  isEgress,
  mergeEdge,
  newNode,
} from '../traffic-map.ts';
import { type GraphWorld, type NamespaceAppender, isAccessible } from '../world.ts';

export const serviceEntries: NamespaceAppender = (map, world, namespace) => {
  const entries = world.inventory.rules('serviceentries.networking.istio.io');
  if (entries.length === 0) return;
  const members = new Map<ServiceEntry, Set<GraphNode>>();
  for (const [node, from] of candidates(map, world)) {
    const entry = entries.find((each) => isSeenFrom(each, from) && names(each, node.service));
    if (!entry) continue;
    const nodes = members.get(entry) ?? new Set();
    members.set(entry, nodes.add(node));
  }
  for (const [entry, nodes] of members) replace(map, world, namespace, entry, nodes);
};

/** Services that are no service of the cluster, each with the namespace that looks at it. */
function* candidates(map: TrafficMap, world: GraphWorld): Generator<[GraphNode, string]> {
  for (const node of map.nodes.values()) {
    if (!isAccessible(world, node)) continue;
    if (node.type === 'service') {
      if (!node.marks.isInjected && !isEgress(node)) yield [node, node.namespace];
      continue;
    }
    for (const { target } of node.edges)
      if (target.type === 'service' && !target.marks.isInjected && !isEgress(target))
        yield [target, node.namespace];
  }
}

function isSeenFrom({ metadata, spec }: ServiceEntry, namespace: string): boolean {
  const exportTo = spec.exportTo ?? ['*'];
  return exportTo.some(
    (each) =>
      each === '*' || each === namespace || (each === '.' && metadata.namespace === namespace),
  );
}

/** Of a host inside the mesh telemetry knows the first label alone. */
function names({ spec }: ServiceEntry, service: string): boolean {
  if (!isKnown(service)) return false;
  return (spec.hosts ?? []).some(
    (host) =>
      host === service || (spec.location === 'MESH_INTERNAL' && host.split('.')[0] === service),
  );
}

function replace(
  map: TrafficMap,
  { cluster }: GraphWorld,
  namespace: string,
  { metadata, spec }: ServiceEntry,
  members: ReadonlySet<GraphNode>,
): void {
  const party = serviceParty(cluster, namespace, metadata.name);
  const identity = identify(map.graphType, party);
  if (!identity) return;
  const node = newNode(map.graphType, identity, party);
  node.marks.isServiceEntry = {
    hosts: spec.hosts ?? [],
    location: spec.location ?? 'MESH_EXTERNAL',
    namespace: metadata.namespace ?? '',
  };
  for (const member of members) {
    for (const [name, rate] of member.rates) increase(node.rates, name, rate);
    for (const [key, service] of member.destServices) node.destServices.set(key, service);
    for (const edge of member.edges) mergeEdge(edgeBetween(node, edge.target, edge.protocol), edge);
    map.nodes.delete(member.key);
  }
  for (const source of map.nodes.values()) {
    const gone = source.edges.filter(({ target }) => members.has(target));
    if (gone.length === 0) continue;
    source.edges = source.edges.filter(({ target }) => !members.has(target));
    for (const edge of gone) mergeEdge(edgeBetween(source, node, edge.protocol), edge);
  }
  map.nodes.set(node.key, node);
}
