// What Kiali draws of a case: installed as `make kiali` does, asked over the API server's proxy, compared with what was expected.

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import {
  type KialiEdge,
  type KialiGraph,
  type KialiNode,
  kialiEdgeColour,
  kialiGraphPath,
} from '../../../protocol/kiali.ts';
import type { TestCluster } from '../../support/cluster.ts';
import type { KialiExpectation, Manifest } from './cases.ts';

const LAB = new URL('../../../labs/01-foundation/', import.meta.url);

/** How long Prometheus and Kiali may take to draw what has just been counted. */
const DRAWN_WITHIN_MS = 15_000;
const AGAIN_MS = 250;
export const kialiManifests: Manifest[] = ['prometheus.yaml', 'kiali.yaml'].flatMap((name) =>
  parseAllDocuments(readFileSync(new URL(name, LAB), 'utf8')).map(
    (document) => document.toJS() as Manifest,
  ),
);

/**
 * Asks until the graph is as expected; what is wrong with the last one otherwise.
 * @param seconds how far back the window must reach now, in cluster seconds.
 */
export async function kialiFaults(
  cluster: TestCluster,
  expected: readonly KialiExpectation[],
  seconds: () => number,
): Promise<string[]> {
  let faults = ['Kiali was not asked'];
  for (const began = Date.now(); Date.now() - began < DRAWN_WITHIN_MS; await wait(AGAIN_MS)) {
    const graph = await cluster.get<KialiGraph | { error: string }>(pathFor(seconds()));
    faults = 'elements' in graph ? faultsOf(graph, expected) : [`Kiali: ${JSON.stringify(graph)}`];
    if (faults.length === 0) return [];
  }
  return faults;
}

function pathFor(seconds: number): string {
  const graph = kialiGraphPath({
    namespaces: ['app'],
    seconds,
    // Only what had traffic: a node that is merely there proves nothing.
    appenders: ['deadNode', 'health', 'securityPolicy'],
  });
  return `/api/v1/namespaces/istio-system/services/kiali:20001/proxy${graph}`;
}

/** Names of the cases: a workload's, `service:x`, `unknown`. */
function nameOf({ nodeType, service, workload }: KialiNode): string {
  if (nodeType === 'unknown') return 'unknown';
  return nodeType === 'service' ? `service:${service}` : (workload ?? '');
}

function faultsOf({ elements }: KialiGraph, expected: readonly KialiExpectation[]): string[] {
  const nodes = elements.nodes.map(({ data }) => data);
  const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
  const between = ({ source, target }: KialiEdge) => `${names.get(source)} > ${names.get(target)}`;
  const edges = new Map(elements.edges.map(({ data }) => [between(data), data]));
  return expected.flatMap((wanted) => {
    if ('node' in wanted) {
      const present = nodes.some((node) => nameOf(node) === wanted.node);
      return present === wanted.present
        ? []
        : [
            `kiali: node ${wanted.node}: wanted ${wanted.present}, got ${[...names.values()].join(', ')}`,
          ];
    }
    const name = wanted.edge.join(' > ');
    const edge = edges.get(name);
    if (!edge) return [`kiali: there is no edge ${name}: ${[...edges.keys()].join(', ')}`];
    const seen = {
      colour: kialiEdgeColour(edge),
      health: edge.healthStatus,
      protocol: edge.traffic.protocol,
    };
    return (['colour', 'health', 'protocol'] as const)
      .filter((part) => wanted[part] !== undefined && wanted[part] !== seen[part])
      .map((part) => `kiali: ${name}: ${part} wanted ${wanted[part]}, got ${JSON.stringify(edge)}`);
  });
}
