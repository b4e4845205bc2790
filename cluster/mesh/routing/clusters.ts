// Clusters of one proxy: one for each port of each service it sees, and one for each subset of its DestinationRule.
// Source: istio/istio pilot/pkg/networking/core/cluster.go, cluster_builder.go, cluster_traffic_policy.go.

import { includesLabels } from '../../controllers/labels.ts';
import type { OutlierDetection, PortTrafficPolicy, Subset } from '../resources.ts';
import { type PreparedRule, policyFor, ruleFor } from './destination-rules.ts';
import { durationMs } from './durations.ts';
import type { MeshEnvironment } from './environment.ts';
import { clusterName } from './hosts.ts';
import type {
  Cluster,
  ConnectionPool,
  LoadBalancer,
  Outlier,
  TlsMode,
  Warmup,
} from './proxy-config.ts';
import type { MeshPort, MeshService } from './services.ts';
import type { Visible } from './visibility.ts';
import type { ProxyIdentity } from './workloads.ts';

/** Istio switches Envoy's thresholds off by the largest number there is. */
export const UNLIMITED = 4_294_967_295;

/** MeshConfig.connectTimeout's default. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Envoy's own default for an idle upstream connection. */
const IDLE_TIMEOUT_MS = 3_600_000;

export const defaultPool: ConnectionPool = {
  maxConnections: UNLIMITED,
  maxPendingRequests: UNLIMITED,
  maxRequests: UNLIMITED,
  maxRetries: UNLIMITED,
  maxRequestsPerConnection: 0,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  idleTimeoutMs: IDLE_TIMEOUT_MS,
  tcpIdleTimeoutMs: IDLE_TIMEOUT_MS,
  maxConnectionMs: 0,
};

export function outboundClusters(
  environment: MeshEnvironment,
  visible: Visible,
  proxy: ProxyIdentity,
): Map<string, Cluster> {
  const clusters = new Map<string, Cluster>();
  for (const service of visible.services) {
    const rule = ruleFor(
      environment.destinationRules,
      service,
      proxy,
      environment.mesh.rootNamespace,
    );
    for (const port of service.ports)
      for (const subset of [undefined, ...(rule?.subsets ?? [])]) {
        const cluster = clusterOf(environment, service, port, rule, subset);
        clusters.set(cluster.name, cluster);
      }
  }
  return clusters;
}

function clusterOf(
  environment: MeshEnvironment,
  service: MeshService,
  port: MeshPort,
  rule: PreparedRule | undefined,
  subset: Subset | undefined,
): Cluster {
  const policy = policyFor(rule, subset, port.number);
  const endpoints = (service.endpoints.get(port.number) ?? []).filter(({ labels }) =>
    includesLabels(labels, subset?.labels),
  );
  const passthrough =
    service.resolution === 'passthrough' || policy.loadBalancer?.simple === 'PASSTHROUGH';
  return {
    name: clusterName('outbound', port.number, subset?.name ?? '', service.host),
    kind: passthrough ? 'ORIGINAL_DST' : service.resolution === 'dns' ? 'STRICT_DNS' : 'EDS',
    service: { host: service.host, name: service.name, namespace: service.namespace },
    port: port.number,
    subset: subset?.name ?? '',
    destinationRule: rule && `${rule.name}.${rule.namespace}`,
    loadBalancer: loadBalancerOf(policy),
    warmup: warmupOf(policy),
    pool: poolOf(policy),
    outlier: outlierOf(policy.outlierDetection),
    tls: tlsOf(environment, policy),
    external: service.external,
    endpoints,
  };
}

function loadBalancerOf({ loadBalancer }: PortTrafficPolicy): LoadBalancer {
  if (loadBalancer?.consistentHash) return { kind: 'HASH', hash: loadBalancer.consistentHash };
  const simple = loadBalancer?.simple;
  if (simple === 'ROUND_ROBIN' || simple === 'RANDOM') return { kind: simple };
  return { kind: 'LEAST_REQUEST' };
}

/** Envoy starts slowly with these two only. Source: istio/istio cluster_traffic_policy.go, applyLoadBalancer. */
function warmupOf({ loadBalancer }: PortTrafficPolicy): Warmup | undefined {
  const { warmup, warmupDurationSecs, simple, consistentHash } = loadBalancer ?? {};
  const ms = durationMs(warmup?.duration) ?? durationMs(warmupDurationSecs);
  const slow = !consistentHash && simple !== 'RANDOM' && simple !== 'PASSTHROUGH';
  if (!ms || !slow) return undefined;
  return {
    ms,
    minimumPercent: warmup?.minimumPercent ?? 10,
    aggression: warmup?.aggression ?? 1,
  };
}

export function poolOf({ connectionPool }: PortTrafficPolicy): ConnectionPool {
  const { tcp = {}, http = {} } = connectionPool ?? {};
  return {
    maxConnections: tcp.maxConnections || UNLIMITED,
    maxPendingRequests: http.http1MaxPendingRequests || UNLIMITED,
    maxRequests: http.http2MaxRequests || UNLIMITED,
    maxRetries: http.maxRetries || UNLIMITED,
    maxRequestsPerConnection: http.maxRequestsPerConnection ?? 0,
    connectTimeoutMs: durationMs(tcp.connectTimeout) ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMs: durationMs(http.idleTimeout) ?? IDLE_TIMEOUT_MS,
    tcpIdleTimeoutMs: durationMs(tcp.idleTimeout) ?? IDLE_TIMEOUT_MS,
    maxConnectionMs: durationMs(tcp.maxConnectionDuration) ?? 0,
  };
}

/** Envoy's defaults where a rule says nothing. `consecutiveErrors` is not read: it was deprecated and is dead. */
function outlierOf(settings: OutlierDetection | undefined): Outlier | undefined {
  if (!settings) return undefined;
  return {
    consecutive5xx: settings.consecutive5xxErrors ?? 5,
    // Envoy counts gateway errors by default and ejects for them only when asked to.
    consecutiveGateway: settings.consecutiveGatewayErrors ?? 0,
    consecutiveLocal: settings.splitExternalLocalOriginErrors
      ? (settings.consecutiveLocalOriginFailures ?? 5)
      : undefined,
    intervalMs: durationMs(settings.interval) || 10_000,
    baseEjectionMs: durationMs(settings.baseEjectionTime) || 30_000,
    maxEjectionPercent: settings.maxEjectionPercent || 10,
    minHealthPercent: settings.minHealthPercent ?? 0,
    written: settings,
  };
}

function tlsOf({ mesh }: MeshEnvironment, { tls }: PortTrafficPolicy): TlsMode {
  if (tls) return tls.mode ?? 'DISABLE';
  return mesh.enableAutoMtls ? 'auto' : 'DISABLE';
}
