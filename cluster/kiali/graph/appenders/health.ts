// How healthy nodes and edges are, by the traffic of the graph's own window and the pods there are now.

import type { KialiHealth, KialiRequestRates } from '../../../../protocol/kiali.ts';
import { addRequests, emptyHealth, healthOfRatio, settle, worse } from '../../health/health.ts';
import { RATE_ANNOTATION, type Tolerance, meantFor } from '../../health/tolerances.ts';
import { workloadStatus } from '../../health/workload-status.ts';
import { appBoxKey, isKnown } from '../identity.ts';
import type { GraphEdge, GraphNode } from '../traffic-map.ts';
import type { Finalizer, GraphWorld } from '../world.ts';

export const health: Finalizer = (map, world) => {
  const apps = new Map<string, number>();
  for (const node of map.nodes.values()) {
    const key = appBoxKey(node);
    if (key !== undefined) apps.set(key, (apps.get(key) ?? 0) + 1);
  }
  for (const node of map.nodes.values()) {
    if (node.type === 'unknown') continue;
    node.health = emptyHealth();
    // The health of a whole app is its box's, and one node alone gets no box.
    const members = apps.get(appBoxKey(node) ?? '') ?? 0;
    if (node.type === 'app' && members > 1) node.appHealth = emptyHealth();
  }
  for (const edge of map.edges()) {
    edge.healthStatus = edgeHealth(edge, world);
    const { source, target, protocol } = edge;
    const told = [
      source.health?.requests.outbound,
      source.appHealth?.requests.outbound,
      target.health?.requests.inbound,
      target.appHealth?.requests.inbound,
    ].filter((rates): rates is KialiRequestRates => rates !== undefined);
    for (const [code, { flags }] of edge.responses)
      for (const rate of flags.values())
        for (const rates of told) addRequests(rates, protocol.name, code, rate);
  }
  for (const node of map.nodes.values()) if (!node.marks.isInaccessible) judge(node, world);
};

function judge(node: GraphNode, world: GraphWorld): void {
  const { inventory } = world;
  const { namespace, type } = node;
  const annotation = annotationOf(node, world);
  const tolerances = tolerancesOf(node, world);
  // A version of an app is judged as its workload, its box as all of them.
  const single = type === 'workload' || (type === 'app' && isKnown(node.workload));
  if (single && node.health) {
    const workload = inventory.workload(namespace, node.workload);
    node.health.workloadStatus = workload ? workloadStatus(workload) : null;
  }
  if (type === 'app') {
    const ofApp = inventory.workloadsOfApp(namespace, node.app).map(workloadStatus);
    if (node.health && !single) node.health.workloadStatuses = ofApp;
    if (node.appHealth) node.appHealth.workloadStatuses = ofApp;
  }
  for (const data of [node.health, node.appHealth])
    if (data) {
      if (annotation !== undefined)
        data.requests.healthAnnotations = { [RATE_ANNOTATION]: annotation };
      settle(data, tolerances);
    }
}

/** Undefined where there was no traffic. */
function edgeHealth(edge: GraphEdge, world: GraphWorld): KialiHealth {
  const rates: (readonly [string, number])[] = [...edge.responses].map(([code, { flags }]) => [
    code,
    [...flags.values()].reduce((sum, rate) => sum + rate, 0),
  ]);
  const total = rates.reduce((sum, [, rate]) => sum + rate, 0);
  if (total === 0) return 'NA';
  const asSeenBy = (node: GraphNode, direction: 'inbound' | 'outbound'): KialiHealth => {
    const meant = meantFor(tolerancesOf(node, world), direction, edge.protocol.name);
    // What nobody has an opinion of is well: bytes are.
    return meant.reduce<KialiHealth>(
      (worst, each) => worse(worst, healthOfRatio(errorRatio(rates, total, each), each)),
      'Healthy',
    );
  };
  return worse(asSeenBy(edge.source, 'outbound'), asSeenBy(edge.target, 'inbound'));
}

function errorRatio(
  rates: readonly (readonly [string, number])[],
  total: number,
  { code }: Tolerance,
): number {
  const errors = rates.reduce((sum, [each, rate]) => (code.test(each) ? sum + rate : sum), 0);
  return (errors / total) * 100;
}

function tolerancesOf(node: GraphNode, world: GraphWorld): readonly Tolerance[] {
  const { type, namespace, service, workload, app } = node;
  const name = type === 'service' ? service : type === 'workload' ? workload : app;
  return world.tolerances.of({ namespace, kind: type, name }, annotationOf(node, world));
}

function annotationOf(
  { type, namespace, service, workload }: GraphNode,
  { inventory }: GraphWorld,
): string | undefined {
  if (type === 'service')
    return inventory.service(namespace, service)?.metadata.annotations?.[RATE_ANNOTATION];
  if (type === 'workload')
    return inventory.workload(namespace, workload)?.annotations[RATE_ANNOTATION];
  return undefined;
}
