// The graph as Kiali's API writes it: numbers as texts, identities as hashes, boxes around what belongs together.

import type {
  KialiEdge,
  KialiEdgeTraffic,
  KialiGraph,
  KialiNode,
  KialiNodeTraffic,
} from '../../../protocol/kiali.ts';
import { UNKNOWN, appBoxKey } from './identity.ts';
import type { Box, GraphOptions } from './options.ts';
import { protocols } from './protocols.ts';
import type { GraphEdge, GraphNode, TrafficMap } from './traffic-map.ts';

/** The same text for the same key, in every answer. */
export type Hash = (key: string) => string;

export function graphAnswer(map: TrafficMap, options: GraphOptions, hash: Hash): KialiGraph {
  const { graphType, boxBy, at, duration } = options;
  const nodes: KialiNode[] = [];
  const edges: KialiEdge[] = [];
  const appHealth = new Map<string, KialiNode['healthData']>();
  for (const node of map.nodes.values()) {
    const id = hash(node.key);
    nodes.push(nodeAnswer(node, id));
    if (node.appHealth) appHealth.set(id, node.appHealth);
    for (const edge of node.edges) edges.push(edgeAnswer(edge, hash));
  }
  // Versions of an app always lie in its box.
  if (boxBy.includes('app') || graphType === 'app' || graphType === 'versionedApp')
    box(nodes, 'app', hash, appHealth);
  if (boxBy.includes('namespace')) box(nodes, 'namespace', hash, appHealth);
  if (boxBy.includes('cluster')) box(nodes, 'cluster', hash, appHealth);
  return {
    timestamp: at,
    duration,
    graphType,
    elements: {
      nodes: nodes.toSorted(byPlace).map((data) => ({ data })),
      edges: edges.toSorted(byEnds).map((data) => ({ data })),
    },
  };
}

function nodeAnswer(node: GraphNode, id: string): KialiNode {
  const { cluster, namespace, workload, app, version, service, marks } = node;
  const { labels, hasVS, ...rest } = marks;
  const traffic = nodeTraffic(node);
  const services = [...node.destServices.values()].toSorted((a, b) =>
    compare([a.cluster, a.namespace, a.name], [b.cluster, b.namespace, b.name]),
  );
  return {
    id,
    nodeType: node.type,
    cluster,
    namespace,
    ...(workload ? { workload } : {}),
    ...(app ? { app } : {}),
    ...(version ? { version } : {}),
    ...(service ? { service } : {}),
    ...(services.length > 0 ? { destServices: services } : {}),
    ...(labels ? { labels } : {}),
    ...(traffic.length > 0 ? { traffic } : {}),
    healthData: node.health ?? null,
    ...(hasVS ? { hasVS } : {}),
    ...rest,
  };
}

function nodeTraffic({ rates }: GraphNode): KialiNodeTraffic[] {
  return protocols.flatMap(({ name, incoming, outgoing }) => {
    const told = texts(rates, [...incoming, outgoing]);
    return told ? [{ protocol: name, rates: told }] : [];
  });
}

function edgeAnswer(edge: GraphEdge, hash: Hash): KialiEdge {
  const source = hash(edge.source.key);
  const target = hash(edge.target.key);
  const { mtlsPercent, responseTime, throughput, healthStatus } = edge;
  return {
    id: hash(`${source}.${target}.${edge.protocol.name}`),
    source,
    target,
    ...(edge.destPrincipal ? { destPrincipal: edge.destPrincipal } : {}),
    ...(healthStatus && healthStatus !== 'NA' ? { healthStatus } : {}),
    ...(mtlsPercent === undefined ? {} : { isMTLS: mtlsPercent.toFixed(0) }),
    ...(responseTime === undefined ? {} : { responseTime: responseTime.toFixed(0) }),
    ...(edge.sourcePrincipal ? { sourcePrincipal: edge.sourcePrincipal } : {}),
    ...(throughput === undefined ? {} : { throughput: throughput.toFixed(0) }),
    traffic: edgeTraffic(edge),
  };
}

function edgeTraffic({ protocol, rates, responses, source }: GraphEdge): KialiEdgeTraffic {
  const { name, edge: kinds, errors, percentErrors, percentRequests, outgoing } = protocol;
  const told = texts(rates, [name, ...kinds]);
  if (!told) return { protocol: name };
  const total = rates.get(name) ?? 0;
  const percent = (part: number, of: number) => ((part / of) * 100).toFixed(1);
  const failed = errors.reduce((sum, each) => sum + (rates.get(each) ?? 0), 0);
  if (percentErrors && failed > 0) told[percentErrors] = percent(failed, total);
  const sent = source.rates.get(outgoing) ?? 0;
  if (percentRequests && sent > 0) told[percentRequests] = percent(total, sent);
  const shares = (parts: ReadonlyMap<string, number>) =>
    Object.fromEntries(
      [...parts]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, rate]) => [key, percent(rate, total)]),
    );
  return {
    protocol: name,
    rates: told,
    responses: Object.fromEntries(
      [...responses]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, { flags, hosts }]) => [
          code,
          {
            ...(flags.size > 0 ? { flags: shares(flags) } : {}),
            ...(hosts.size > 0 ? { hosts: shares(hosts) } : {}),
          },
        ]),
    ),
  };
}

function texts(
  rates: ReadonlyMap<string, number>,
  names: readonly string[],
): Record<string, string> | undefined {
  const told: Record<string, string> = {};
  for (const name of names) {
    const rate = rates.get(name) ?? 0;
    if (rate > 0) told[name] = rateText(rate);
  }
  return Object.keys(told).length > 0 ? told : undefined;
}

/** Two digits after the point, and as many more as a small rate needs to show one that is not nought. */
export function rateText(rate: number): string {
  let digits = 0;
  for (let value = rate; value < 1 && digits < 5; digits++) value *= 10;
  return rate.toFixed(Math.max(2, digits));
}

/** Two and more nodes that belong together get a box; one alone does not. */
function box(
  nodes: KialiNode[],
  by: Box,
  hash: Hash,
  appHealth: ReadonlyMap<string, KialiNode['healthData']>,
): void {
  const boxes = new Map<string, KialiNode[]>();
  for (const node of nodes) {
    const key = boxKey(node, by);
    if (key !== undefined) boxes.set(key, [...(boxes.get(key) ?? []), node]);
  }
  // One namespace for all is no news.
  if (by !== 'app' && boxes.size < 2) return;
  for (const [key, members] of boxes) {
    const [first] = members;
    if (!first || members.length < 2) continue;
    const id = hash(key);
    for (const member of members) member.parent = id;
    const app = members.find(({ nodeType }) => nodeType === 'app');
    const some = (mark: 'isOutOfMesh' | 'isInaccessible' | 'isOutside') =>
      by === 'app' && members.some((member) => member[mark]) ? { [mark]: true } : {};
    nodes.push({
      id,
      nodeType: 'box',
      cluster: first.cluster,
      namespace: by === 'cluster' ? '' : first.namespace,
      ...(by === 'app' && first.app ? { app: first.app } : {}),
      healthData: (by === 'app' && app ? (appHealth.get(app.id) ?? app.healthData) : null) ?? null,
      isBox: by,
      ...some('isOutOfMesh'),
      ...some('isInaccessible'),
      ...some('isOutside'),
    });
  }
}

function boxKey(node: KialiNode, by: Box): string | undefined {
  const { cluster, namespace, parent } = node;
  if (by === 'app') return appBoxKey(node);
  if (parent !== undefined) return undefined;
  if (by === 'namespace') return namespace === UNKNOWN ? undefined : `box_${cluster}_${namespace}`;
  return cluster === UNKNOWN ? undefined : `box_${cluster}`;
}

const BOX_ORDER: readonly KialiNode['isBox'][] = ['cluster', 'namespace', 'app', undefined];

function byPlace(a: KialiNode, b: KialiNode): number {
  const boxes = BOX_ORDER.indexOf(a.isBox) - BOX_ORDER.indexOf(b.isBox);
  return boxes === 0 ? compare(placeOf(a), placeOf(b)) : boxes;
}

function placeOf({ cluster, namespace, app, version, service, workload }: KialiNode): string[] {
  return [cluster, namespace, app ?? '', version ?? '', service ?? '', workload ?? ''];
}

function byEnds(a: KialiEdge, b: KialiEdge): number {
  return compare(
    [a.source, a.target, a.traffic.protocol ?? ''],
    [b.source, b.target, b.traffic.protocol ?? ''],
  );
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [index, word] of a.entries()) {
    const other = b[index] ?? '';
    if (word !== other) return word < other ? -1 : 1;
  }
  return 0;
}
