// What istiod knows of services and their endpoints, as its debug pages show it.
// Source: istio/istio pilot/pkg/model/service.go, endpointshards.go (fields).

import type { Fields } from '../../schema/fields.ts';
import type { MeshEnvironment } from '../routing/environment.ts';
import type { Endpoint, MeshService, PortProtocol } from '../routing/services.ts';

/** Istio's numbers of a service's resolution. */
const RESOLUTION = { endpoints: 0, dns: 1, passthrough: 2 } as const;

const PROTOCOL: Readonly<Record<PortProtocol, string>> = {
  http: 'HTTP',
  tcp: 'TCP',
  auto: 'UnsupportedProtocol',
};

export function registry({ services }: MeshEnvironment): Fields[] {
  return services.map((service) => ({
    Attributes: {
      ServiceRegistry: service.kubernetes ? 'Kubernetes' : 'External',
      Name: service.name,
      Namespace: service.namespace,
      ExportTo: Object.fromEntries(service.exportTo.map((each) => [each, {}])),
    },
    ports: service.ports.map(({ number, name, protocol }) => ({
      name,
      port: number,
      protocol: PROTOCOL[protocol],
    })),
    creationTime: service.createdAt,
    hostname: service.host,
    clusterVIPs: { Addresses: { Kubernetes: addresses(service) } },
    defaultAddress: addresses(service)[0],
    Resolution: RESOLUTION[service.resolution],
    MeshExternal: service.external,
  }));
}

const addresses = ({ addresses: given }: MeshService) => (given.length > 0 ? given : ['0.0.0.0']);

/** By host, then by namespace. */
export function endpointShards({ services }: MeshEnvironment): Fields {
  return Object.fromEntries(
    services.map((service) => [
      service.host,
      {
        [service.namespace]: {
          Shards: {
            'Kubernetes/Kubernetes': service.ports.flatMap(({ number, name }) =>
              (service.endpoints.get(number) ?? []).map((endpoint) => shard(endpoint, name)),
            ),
          },
          ServiceAccounts: {},
        },
      },
    ]),
  );
}

function shard({ address, port, labels, mutual, workload }: Endpoint, portName: string): Fields {
  return {
    Labels: labels,
    Addresses: [address],
    ServicePortName: portName,
    EndpointPort: port,
    TLSMode: mutual ? 'istio' : 'disabled',
    Namespace: workload?.namespace ?? '',
    WorkloadName: workload?.name ?? '',
    HealthStatus: 1,
  };
}
