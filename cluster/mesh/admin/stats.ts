// Numbers of the proxy itself, as GET /stats lists them: of the server, its listeners, and of the clusters that a pod asks for.
// Source: Envoy docs, statistics; istio.io, Envoy Statistics (which are kept unless a pod asks for more).

import type { UpstreamCluster } from '../proxy/upstream.ts';

export interface StatsOf {
  clusters: readonly UpstreamCluster[];
  listeners: number;
  /** Pushes that were taken. */
  updates: number;
  uptimeSeconds: number;
  live: boolean;
}

/** What a pod's annotations add to Istio's own choice. */
export interface StatsInclusion {
  prefixes: readonly string[];
  suffixes: readonly string[];
  expressions: readonly RegExp[];
}

/** Istio keeps only these of Envoy's many numbers. Source: pkg/bootstrap/config.go. */
const KEPT = ['cluster_manager', 'listener_manager', 'server', 'cluster.xds-grpc'];

/** By name, in alphabetical order. */
export function statsOf(of: StatsOf, more: StatsInclusion): [name: string, value: number][] {
  const keeps = (name: string) =>
    [...KEPT, ...more.prefixes].some((prefix) => name.startsWith(prefix)) ||
    more.suffixes.some((suffix) => name.endsWith(suffix)) ||
    more.expressions.some((expression) => expression.test(name));
  // A scrape a second and proxy: numbers that nobody asked for are not worked out.
  const asked = more.prefixes.length + more.suffixes.length + more.expressions.length > 0;
  return [...serverStats(of), ...(asked ? of.clusters.flatMap(clusterStats) : [])]
    .filter(([name]) => keeps(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function serverStats(of: StatsOf): [string, number][] {
  const { clusters, listeners, updates, uptimeSeconds, live } = of;
  return [
    ['cluster.xds-grpc.upstream_cx_active', live ? 1 : 0],
    ['cluster_manager.active_clusters', clusters.length],
    ['cluster_manager.cds.update_rejected', 0],
    ['cluster_manager.cds.update_success', updates],
    ['cluster_manager.warming_clusters', 0],
    ['listener_manager.lds.update_rejected', 0],
    ['listener_manager.lds.update_success', updates],
    ['listener_manager.total_listeners_active', listeners],
    ['listener_manager.workers_started', live ? 1 : 0],
    ['server.concurrency', 1],
    ['server.live', live ? 1 : 0],
    ['server.state', live ? 0 : 2],
    ['server.uptime', Math.floor(uptimeSeconds)],
  ];
}

function clusterStats(cluster: UpstreamCluster): [string, number][] {
  const { definition, breakers, hosts } = cluster;
  const { pool, name } = definition;
  const ejected = hosts.filter((host) => cluster.isEjected(host)).length;
  const left = (limit: number, used: number) => Math.max(0, limit - used);
  const own: [string, number][] = [
    ['circuit_breakers.default.cx_open', breakers.connections >= pool.maxConnections ? 1 : 0],
    ['circuit_breakers.default.remaining_cx', left(pool.maxConnections, breakers.connections)],
    ['circuit_breakers.default.remaining_pending', left(pool.maxPendingRequests, breakers.pending)],
    ['circuit_breakers.default.remaining_rq', left(pool.maxRequests, breakers.requests)],
    ['circuit_breakers.default.remaining_retries', left(pool.maxRetries, breakers.retries)],
    ['circuit_breakers.default.rq_open', breakers.requests >= pool.maxRequests ? 1 : 0],
    [
      'circuit_breakers.default.rq_pending_open',
      breakers.pending >= pool.maxPendingRequests ? 1 : 0,
    ],
    ['membership_healthy', hosts.length - ejected],
    ['membership_total', hosts.length],
    ['upstream_cx_active', breakers.connections],
    ['upstream_rq_active', breakers.requests],
    ['upstream_rq_pending_active', breakers.pending],
    ['upstream_rq_pending_overflow', breakers.pendingOverflow],
    ['upstream_rq_pending_total', breakers.pendingTotal],
    ['upstream_rq_total', breakers.requestsTotal],
  ];
  const outlier: [string, number][] = definition.outlier
    ? [['outlier_detection.ejections_active', ejected]]
    : [];
  return [...own, ...outlier].map(([stat, value]) => [`cluster.${name};.${stat}`, value]);
}

/** Numbers that only grow, by their last word; the rest are gauges. */
const COUNTERS = /(?:_total|_overflow|update_success|update_rejected)$/;

export function statType(name: string): 'counter' | 'gauge' {
  return COUNTERS.test(name) ? 'counter' : 'gauge';
}

const INCLUDES = 'sidecar.istio.io/statsInclusion';

/** @param matcher `proxyStatsMatcher` of the pod's proxy configuration. */
export function statsInclusion(
  annotations: Readonly<Record<string, string>>,
  matcher: { prefixes: string[]; suffixes: string[]; regexps: string[] },
): StatsInclusion {
  const list = (name: string) =>
    (annotations[`${INCLUDES}${name}`] ?? '').split(',').filter((each) => each !== '');
  return {
    prefixes: [...list('Prefixes'), ...matcher.prefixes],
    suffixes: [...list('Suffixes'), ...matcher.suffixes],
    expressions: [...list('Regexps'), ...matcher.regexps].flatMap(expressionOf),
  };
}

/** An expression that cannot be read keeps nothing. */
function expressionOf(text: string): RegExp[] {
  try {
    return [new RegExp(`^(?:${text})$`)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
