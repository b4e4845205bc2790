// Clusters as Envoy's configuration dump shows them: outbound and inbound ones from istiod, and those of the proxy's bootstrap.
// Source: envoyproxy/envoy api/envoy/config/cluster/v3; istio/istio pilot/pkg/networking/core/cluster_builder.go, cluster_tls.go
// (what istiod sets), tools/packaging/common/envoy_bootstrap.json (static clusters).

import type { Fields } from '../../schema/fields.ts';
import { defaultPool } from '../routing/clusters.ts';
import {
  BLACK_HOLE,
  type Cluster,
  type ConnectionPool,
  INBOUND_PASSTHROUGH,
  type InboundPort,
  type LoadBalancer,
  type Outlier,
  PASSTHROUGH,
} from '../routing/proxy-config.ts';
import { duration, extension, set, socketAddress, typed, typedStruct } from './protobuf-json.ts';
import { upstreamTls } from './secrets.ts';

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** All that istiod sends one proxy, in the order of a dump. */
export function dynamicClusters(
  outbound: Iterable<Cluster>,
  inbound: Iterable<InboundPort>,
): Fields[] {
  return [
    blackHole,
    inboundPassthrough,
    ...[...inbound].map(inboundCluster),
    ...[...outbound].map(outboundCluster),
    passthrough,
  ];
}

function outboundCluster(cluster: Cluster): Fields {
  const { name, kind, pool, outlier } = cluster;
  const mutual = upstreamTls(name);
  return typed(CLUSTER, {
    ...set({
      transport_socket_matches:
        cluster.tls === 'auto' && kind !== 'ORIGINAL_DST' ? automatic(mutual) : undefined,
      name,
      type: kind,
      eds_cluster_config: kind === 'EDS' ? { eds_config: ads, service_name: name } : undefined,
      connect_timeout: duration(pool.connectTimeoutMs),
      lb_policy: kind === 'ORIGINAL_DST' ? 'CLUSTER_PROVIDED' : policyOf(cluster.loadBalancer),
      load_assignment: kind === 'STRICT_DNS' ? assignment(name, cluster.endpoints) : undefined,
      circuit_breakers: breakers(pool),
      typed_extension_protocol_options: httpOptions(pool),
      dns_refresh_rate: kind === 'STRICT_DNS' ? '60s' : undefined,
      respect_dns_ttl: kind === 'STRICT_DNS' ? true : undefined,
      outlier_detection: outlier && outlierDetection(outlier),
      common_lb_config: outlier ? { healthy_panic_threshold: panic(outlier) } : {},
      alt_stat_name: `${name};`,
      transport_socket: transportSocket(cluster, mutual),
      metadata: metadataOf(cluster),
    }),
    filters: [metadataExchange],
  });
}

const ads = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };

/** Plain where the peer has no proxy. */
function automatic(mutual: Fields): Fields[] {
  return [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transport_socket: mutual },
    {
      name: 'tlsMode-disabled',
      match: {},
      transport_socket: extension(
        'envoy.transport_sockets.raw_buffer',
        'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
      ),
    },
  ];
}

function transportSocket({ tls }: Cluster, mutual: Fields): Fields | undefined {
  switch (tls) {
    case 'auto':
    case 'DISABLE':
      return undefined;
    case 'ISTIO_MUTUAL':
      return mutual;
    case 'SIMPLE':
    case 'MUTUAL':
      return extension(
        'envoy.transport_sockets.tls',
        'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      );
  }
}

function policyOf({ kind }: LoadBalancer): string {
  return kind === 'HASH' ? 'RING_HASH' : kind;
}

function breakers(pool: ConnectionPool): Fields {
  return {
    thresholds: [
      {
        max_connections: pool.maxConnections,
        max_pending_requests: pool.maxPendingRequests,
        max_requests: pool.maxRequests,
        max_retries: pool.maxRetries,
        track_remaining: true,
      },
    ],
  };
}

function httpOptions(pool: ConnectionPool): Fields | undefined {
  const idle = pool.idleTimeoutMs !== defaultPool.idleTimeoutMs;
  if (!idle && pool.maxRequestsPerConnection === 0) return undefined;
  return {
    [HTTP_OPTIONS]: typed(HTTP_OPTIONS, {
      common_http_protocol_options: set({
        idle_timeout: idle ? duration(pool.idleTimeoutMs) : undefined,
        max_requests_per_connection: pool.maxRequestsPerConnection || undefined,
      }),
      explicit_http_config: { http_protocol_options: {} },
    }),
  };
}

/** istiod sends what the rule says; the rest is Envoy's default, which a dump does not repeat. Source: applyOutlierDetection. */
function outlierDetection({ written, intervalMs, baseEjectionMs }: Outlier): Fields {
  const { consecutive5xxErrors: server, consecutiveGatewayErrors: gateway } = written;
  return set({
    consecutive_5xx: server,
    interval: written.interval && duration(intervalMs),
    base_ejection_time: written.baseEjectionTime && duration(baseEjectionMs),
    max_ejection_percent: written.maxEjectionPercent || undefined,
    enforcing_consecutive_5xx: server && enforced(server),
    enforcing_success_rate: 0,
    consecutive_gateway_failure: gateway,
    enforcing_consecutive_gateway_failure: gateway && enforced(gateway),
  });
}

/** Percent of the pods past the limit that are really taken out. */
function enforced(limit: number): number {
  return limit > 0 ? 100 : 0;
}

/** An empty message is zero percent: Envoy's panic is off. */
function panic({ minHealthPercent }: Outlier): Fields {
  return minHealthPercent > 0 ? { value: minHealthPercent } : {};
}

function metadataOf({ service, port, subset, destinationRule, external }: Cluster): Fields {
  return {
    filter_metadata: {
      istio: set({
        config: destinationRule && rulePath('destination-rule', destinationRule),
        default_original_port: port,
        external: external || undefined,
        services: [service],
        subset: subset || undefined,
      }),
    },
  };
}

/** `name.namespace` as the path by which Istio's tools name an object. */
export function rulePath(kind: 'destination-rule' | 'virtual-service', name: string): string {
  const dot = name.lastIndexOf('.');
  return `/apis/networking.istio.io/v1/namespaces/${name.slice(dot + 1)}/${kind}/${name.slice(0, dot)}`;
}

const metadataExchange = typedStruct(
  'istio.metadata_exchange',
  'envoy.tcp.metadataexchange.config.MetadataExchange',
  { enable_discovery: true, protocol: 'istio-peer-exchange' },
);

function assignment(name: string, endpoints: Cluster['endpoints']): Fields {
  return {
    cluster_name: name,
    endpoints: [
      {
        lb_endpoints: endpoints.map(({ address, port }) => ({
          endpoint: { address: socketAddress(address, port) },
          load_balancing_weight: 1,
        })),
      },
    ],
  };
}

/** Where calls to the application come from: iptables lets them pass. */
const bind = { source_address: { address: '127.0.0.6', port_value: 0 } };

function inboundCluster({ cluster, service }: InboundPort): Fields {
  return typed(CLUSTER, {
    name: cluster,
    type: 'ORIGINAL_DST',
    connect_timeout: duration(defaultPool.connectTimeoutMs),
    lb_policy: 'CLUSTER_PROVIDED',
    circuit_breakers: breakers(defaultPool),
    cleanup_interval: '60s',
    upstream_bind_config: bind,
    common_lb_config: {},
    alt_stat_name: `${cluster};`,
    metadata: { filter_metadata: { istio: { services: service ? [service] : [] } } },
  });
}

const passthrough = typed(CLUSTER, {
  name: PASSTHROUGH,
  type: 'ORIGINAL_DST',
  connect_timeout: duration(defaultPool.connectTimeoutMs),
  lb_policy: 'CLUSTER_PROVIDED',
  circuit_breakers: breakers(defaultPool),
  alt_stat_name: `${PASSTHROUGH};`,
  filters: [metadataExchange],
});

const inboundPassthrough = typed(CLUSTER, {
  name: INBOUND_PASSTHROUGH,
  type: 'ORIGINAL_DST',
  connect_timeout: duration(defaultPool.connectTimeoutMs),
  lb_policy: 'CLUSTER_PROVIDED',
  circuit_breakers: breakers(defaultPool),
  upstream_bind_config: bind,
  alt_stat_name: `${INBOUND_PASSTHROUGH};`,
});

const blackHole = typed(CLUSTER, {
  name: BLACK_HOLE,
  type: 'STATIC',
  connect_timeout: duration(defaultPool.connectTimeoutMs),
  alt_stat_name: `${BLACK_HOLE};`,
});

/** Sockets and ports by which the agent is beside its proxy. */
export const LOCAL_CLUSTERS: readonly { name: string; address: Fields }[] = [
  { name: 'prometheus_stats', address: socketAddress('127.0.0.1', 15_000) },
  { name: 'agent', address: socketAddress('127.0.0.1', 15_020) },
  { name: 'sds-grpc', address: { pipe: { path: './var/run/secrets/workload-spiffe-uds/socket' } } },
  { name: 'xds-grpc', address: { pipe: { path: './etc/istio/proxy/XDS' } } },
];

/** What the proxy's bootstrap brings. */
export function staticClusters(): Fields[] {
  return LOCAL_CLUSTERS.map(({ name, address }) =>
    typed(CLUSTER, {
      name,
      type: 'STATIC',
      connect_timeout: '1s',
      lb_policy: 'ROUND_ROBIN',
      load_assignment: {
        cluster_name: name,
        endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
      },
      ...(name.endsWith('-grpc') ? grpc : {}),
    }),
  );
}

const grpc = {
  typed_extension_protocol_options: {
    [HTTP_OPTIONS]: typed(HTTP_OPTIONS, { explicit_http_config: { http2_protocol_options: {} } }),
  },
};
