// The hosts of each cluster as they live in a proxy: health, load, connections. In Envoy's two forms: lines, and JSON.
// Source: Envoy docs, administration interface, GET /clusters.

import type { Fields } from '../../schema/fields.ts';
import { BLACK_HOLE, INBOUND_PASSTHROUGH, PASSTHROUGH } from '../routing/proxy-config.ts';
import type { Host, UpstreamCluster } from '../proxy/upstream.ts';
import { LOCAL_CLUSTERS } from './clusters.ts';
import { set, socketAddress } from './protobuf-json.ts';

export function clustersText(clusters: readonly UpstreamCluster[]): string {
  return clusters.flatMap(linesOf).join('');
}

function linesOf(cluster: UpstreamCluster): string[] {
  const { name, pool, service } = cluster.definition;
  const own = [
    `observability_name::${name};`,
    `default_priority::max_connections::${pool.maxConnections}`,
    `default_priority::max_pending_requests::${pool.maxPendingRequests}`,
    `default_priority::max_requests::${pool.maxRequests}`,
    `default_priority::max_retries::${pool.maxRetries}`,
    `added_via_api::${service.namespace !== ''}`,
  ];
  const hosts = cluster.hosts.flatMap((host) =>
    [
      `rq_active::${host.active}`,
      `hostname::`,
      `health_flags::${cluster.isEjected(host) ? '/failed_outlier_check' : 'healthy'}`,
      `weight::1`,
      `priority::0`,
    ].map((line) => `${host.key}::${line}`),
  );
  return [...own, ...hosts].map((line) => `${name}::${line}\n`);
}

export function clustersJson(clusters: readonly UpstreamCluster[]): Fields {
  return {
    cluster_statuses: [
      ...LOCAL_CLUSTERS.map(({ name, address }) => ({
        name,
        observability_name: name,
        host_statuses: [{ address, ...healthy, weight: 1 }],
      })),
      ...[BLACK_HOLE, PASSTHROUGH, INBOUND_PASSTHROUGH].map((name) => ({
        name,
        added_via_api: true,
        observability_name: name,
      })),
      ...clusters.map((cluster) =>
        set({
          name: cluster.definition.name,
          added_via_api: true,
          host_statuses: cluster.hosts.map((host) => hostStatus(cluster, host)),
          observability_name: `${cluster.definition.name};`,
        }),
      ),
    ],
  };
}

const healthy = { health_status: { eds_health_status: 'HEALTHY' } };

function hostStatus(cluster: UpstreamCluster, host: Host): Fields {
  const { address, port } = host.endpoint;
  return {
    address: socketAddress(address, port),
    stats: [{ name: 'rq_active', type: 'GAUGE', value: String(host.active) }],
    health_status: {
      ...(cluster.isEjected(host) ? { failed_outlier_check: true } : {}),
      eds_health_status: 'HEALTHY',
    },
    weight: 1,
    locality: {},
  };
}
