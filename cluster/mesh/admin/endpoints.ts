// Endpoints as a dump with `include_eds` shows them: who answers for each cluster, as istiod has said.
// Source: envoyproxy/envoy api/envoy/config/endpoint/v3, api/envoy/admin/v3/config_dump_shared.proto.

import type { Fields } from '../../schema/fields.ts';
import type { Cluster } from '../routing/proxy-config.ts';
import type { Endpoint } from '../routing/services.ts';
import { LOCAL_CLUSTERS } from './clusters.ts';
import { set, socketAddress, typed } from './protobuf-json.ts';

const ASSIGNMENT = 'envoy.config.endpoint.v3.ClusterLoadAssignment';

export function endpointsDump(clusters: Iterable<Cluster>): Fields {
  return {
    static_endpoint_configs: LOCAL_CLUSTERS.map(({ name, address }) => ({
      endpoint_config: assignment(name, [{ endpoint: { address }, health_status: 'HEALTHY' }]),
    })),
    dynamic_endpoint_configs: [...clusters].flatMap(({ name, kind, endpoints }) =>
      kind === 'EDS' ? [{ endpoint_config: assignment(name, endpoints.map(lbEndpoint)) }] : [],
    ),
  };
}

function assignment(name: string, endpoints: Fields[]): Fields {
  return typed(ASSIGNMENT, {
    cluster_name: name,
    endpoints: endpoints.length > 0 ? [{ locality: {}, lb_endpoints: endpoints }] : [],
    policy: { overprovisioning_factor: 140 },
  });
}

function lbEndpoint({ address, port, mutual, workload }: Endpoint): Fields {
  const filters = set({
    'envoy.transport_socket_match': mutual ? { tlsMode: 'istio' } : undefined,
    istio: workload && {
      workload: [
        workload.name,
        workload.namespace,
        workload.canonicalName,
        workload.canonicalRevision,
        'Kubernetes',
      ].join(';'),
    },
  });
  return {
    endpoint: { address: socketAddress(address, port), health_check_config: {} },
    health_status: 'HEALTHY',
    metadata: { filter_metadata: filters },
    load_balancing_weight: 1,
  };
}
