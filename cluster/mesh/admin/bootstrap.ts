// What a proxy was started with, as the dump shows it: who it is to istiod, where istiod is, its own clusters and listeners.
// Source: envoyproxy/envoy api/envoy/config/bootstrap/v3; istio/istio pkg/bootstrap (node metadata).

import type { Fields } from '../../schema/fields.ts';
import type { ProxyIdentity } from '../routing/workloads.ts';
import { staticClusters } from './clusters.ts';
import { staticListeners } from './listeners.ts';
import { moment, socketAddress, typed } from './protobuf-json.ts';

export interface BootstrapOf {
  identity: ProxyIdentity;
  version: string;
  /** `istiod.istio-system.svc:15012` */
  discoveryAddress: string;
  /** When the proxy was started, in milliseconds since the epoch. */
  since: number;
}

/** `sidecar~10.244.0.6~frontend-7c6b9d5f48-hq2tz.default~default.svc.cluster.local` */
export function nodeId({ ip, podName, namespace }: ProxyIdentity): string {
  return `sidecar~${ip}~${podName}.${namespace}~${namespace}.svc.cluster.local`;
}

export function bootstrapDump({ identity, version, discoveryAddress, since }: BootstrapOf): Fields {
  const { podName, namespace, ip, labels, serviceAccount, workload } = identity;
  return {
    bootstrap: {
      node: {
        id: nodeId(identity),
        cluster: `${workload.canonicalName}.${namespace}`,
        metadata: {
          CLUSTER_ID: 'Kubernetes',
          ENVOY_PROMETHEUS_PORT: 15_090,
          ENVOY_STATUS_PORT: 15_021,
          INSTANCE_IPS: ip,
          INTERCEPTION_MODE: 'REDIRECT',
          ISTIO_VERSION: version,
          LABELS: labels,
          MESH_ID: 'cluster.local',
          NAME: podName,
          NAMESPACE: namespace,
          PROXY_CONFIG: {
            binaryPath: '/usr/local/bin/envoy',
            configPath: './etc/istio/proxy',
            discoveryAddress,
            proxyAdminPort: 15_000,
            statusPort: 15_020,
          },
          SERVICE_ACCOUNT: serviceAccount,
          WORKLOAD_NAME: workload.name,
        },
        locality: {},
        user_agent_name: 'envoy',
      },
      static_resources: {
        listeners: staticListeners().map(untyped),
        clusters: staticClusters().map(untyped),
      },
      dynamic_resources: {
        lds_config: ads,
        cds_config: ads,
        ads_config: {
          api_type: 'DELTA_GRPC',
          grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
          set_node_on_first_message_only: true,
          transport_api_version: 'V3',
        },
      },
      admin: {
        profile_path: '/var/lib/istio/data/envoy.prof',
        address: socketAddress('127.0.0.1', 15_000),
      },
    },
    last_updated: moment(since),
  };
}

const ads = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };

/** Within a message of its own type an Any's type is not repeated. */
function untyped({ '@type': _type, ...message }: Fields): Fields {
  return message;
}

/** One part of a dump. */
export const dumpOf = (part: string, fields: Fields): Fields =>
  typed(`envoy.admin.v3.${part}`, fields);
