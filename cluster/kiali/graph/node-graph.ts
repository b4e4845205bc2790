// The graph around one node: it, whoever calls it and whatever it calls. Services between them are part of the way.

import type { GraphNode, TrafficMap } from './traffic-map.ts';

export type NodeOfGraph =
  | { kind: 'workload'; namespace: string; name: string }
  | { kind: 'service'; namespace: string; name: string }
  | { kind: 'app'; namespace: string; name: string; version?: string };

export function keepAround(map: TrafficMap, wanted: NodeOfGraph): void {
  const centre = [...map.nodes.values()].filter((node) => is(node, wanted));
  const kept = new Set(centre);
  const callers = (nodes: ReadonlySet<GraphNode>) =>
    [...map.edges()].filter(({ target }) => nodes.has(target)).map(({ source }) => source);
  const called = (nodes: Iterable<GraphNode>) =>
    [...nodes].flatMap(({ edges }) => edges.map(({ target }) => target));
  const before = new Set(callers(new Set(centre)));
  const through = [...before].filter(({ marks }) => marks.isInjected);
  for (const node of [...before, ...callers(new Set(through))]) kept.add(node);
  const after = called(centre);
  for (const node of [...after, ...called(after.filter(({ marks }) => marks.isInjected))])
    kept.add(node);
  const keys = new Set([...kept].map(({ key }) => key));
  map.delete([...map.nodes.keys()].filter((key) => !keys.has(key)));
  // What neighbours have among themselves is another graph's.
  for (const node of map.nodes.values())
    node.edges = node.edges.filter(({ source, target }) =>
      [source, target].some((end) => centre.includes(end) || end.marks.isInjected === true),
    );
}

function is(node: GraphNode, wanted: NodeOfGraph): boolean {
  if (node.namespace !== wanted.namespace) return false;
  switch (wanted.kind) {
    case 'workload':
      return node.workload === wanted.name;
    case 'service':
      return node.type === 'service' && node.service === wanted.name;
    case 'app':
      return (
        node.type !== 'service' &&
        node.app === wanted.name &&
        (wanted.version === undefined || node.version === wanted.version)
      );
  }
}
