// Kiali's graph as it arrives: the fields that become a picture, checked. Of an older or newer Kiali the rest may differ.
// Knows nothing of what is made of it.

import * as z from 'zod/mini';

const Rates = z.record(z.string(), z.string());

const WorkloadStatus = z.object({ desiredReplicas: z.number(), availableReplicas: z.number() });

const Node = z.object({
  id: z.string(),
  nodeType: z.string(),
  namespace: z.string(),
  workload: z.optional(z.string()),
  app: z.optional(z.string()),
  version: z.optional(z.string()),
  service: z.optional(z.string()),
  destServices: z.optional(z.array(z.object({ namespace: z.string(), name: z.string() }))),
  /** An object, an empty list or nothing, by version and kind. */
  healthData: z.optional(z.unknown()),
  hasCB: z.optional(z.boolean()),
  hasFaultInjection: z.optional(z.boolean()),
  hasMirroring: z.optional(z.boolean()),
  hasRequestRouting: z.optional(z.boolean()),
  hasRequestTimeout: z.optional(z.boolean()),
  hasTCPTrafficShifting: z.optional(z.boolean()),
  hasTrafficShifting: z.optional(z.boolean()),
  isBox: z.optional(z.string()),
  isOutOfMesh: z.optional(z.boolean()),
  isServiceEntry: z.optional(z.unknown()),
});

const Edge = z.object({
  source: z.string(),
  target: z.string(),
  healthStatus: z.optional(z.unknown()),
  isMTLS: z.optional(z.string()),
  responseTime: z.optional(z.string()),
  traffic: z.object({
    protocol: z.optional(z.string()),
    rates: z.optional(Rates),
    responses: z.optional(z.record(z.string(), z.object({ flags: z.optional(Rates) }))),
  }),
});

const Graph = z.object({
  timestamp: z.number(),
  duration: z.number(),
  elements: z.object({
    // An empty list is null in Go.
    nodes: z.nullable(z.array(z.object({ data: Node }))),
    edges: z.nullable(z.array(z.object({ data: Edge }))),
  }),
});

export type GraphNode = z.infer<typeof Node>;
export type GraphEdge = z.infer<typeof Edge>;

export interface KialiAnswer {
  /** Unix seconds. */
  timestamp: number;
  seconds: number;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** Undefined when it is no graph of Kiali's. */
export function readGraph(answer: unknown): KialiAnswer | undefined {
  const { success, data } = z.safeParse(Graph, answer);
  if (!success) return undefined;
  const { timestamp, duration, elements } = data;
  return {
    timestamp,
    seconds: duration,
    nodes: (elements.nodes ?? []).map((node) => node.data).filter(({ isBox }) => !isBox),
    edges: (elements.edges ?? []).map((edge) => edge.data),
  };
}

const Health = z.object({
  workloadStatus: z.optional(z.nullable(WorkloadStatus)),
  workloadStatuses: z.optional(z.nullable(z.array(WorkloadStatus))),
});

/** Pods behind a node, where Kiali tells. */
export function podsOf({
  healthData,
}: GraphNode): { wanted: number; available: number } | undefined {
  const { success, data } = z.safeParse(Health, healthData);
  const all = success ? [data.workloadStatus ?? [], data.workloadStatuses ?? []].flat() : [];
  if (all.length === 0) return undefined;
  return {
    wanted: all.reduce((sum, { desiredReplicas }) => sum + desiredReplicas, 0),
    available: all.reduce((sum, { availableReplicas }) => sum + availableReplicas, 0),
  };
}
