// What the mesh knows of services: Kubernetes' Services and ServiceEntries as one kind of thing, with who answers for each
// port now. Knows nothing of rules or proxies.
// Source: istio/istio pilot/pkg/serviceregistry/kube/conversion.go, serviceentry/conversion.go, pkg/config/kube/conversion.go.

import type { EndpointSlice, Pod, Service } from '../../controllers/kinds.ts';
import { includesLabels } from '../../controllers/labels.ts';
import type { ServiceEntry } from '../resources.ts';
import { serviceHost } from './hosts.ts';
import type { MeshConfig } from './mesh-config.ts';
import { type Workload, workloadOf } from './workloads.ts';

/** How the bytes on a port are read. `auto`: by looking at the first of them. */
export type PortProtocol = 'http' | 'tcp' | 'auto';

export interface MeshPort {
  number: number;
  name: string;
  protocol: PortProtocol;
}

/** Who answers: an address that takes connections, and what its labels say. */
export interface Endpoint {
  /** An IP, or a name to look up when its cluster is of kind `DNS`. */
  address: string;
  port: number;
  labels: Readonly<Record<string, string>>;
  /** Its own proxy takes mutual TLS. */
  mutual: boolean;
  /** Undefined for an address of a ServiceEntry. */
  workload: Workload | undefined;
}

/** `endpoints`: as the registry lists them. `passthrough`: the dialled address itself. `dns`: names to look up. */
export type Resolution = 'endpoints' | 'passthrough' | 'dns';

export interface MeshService {
  host: string;
  namespace: string;
  name: string;
  kubernetes: boolean;
  /** MESH_EXTERNAL ServiceEntries: no sidecar can be expected there. */
  external: boolean;
  /** ClusterIPs, or a ServiceEntry's addresses. Empty for headless Services. */
  addresses: readonly string[];
  ports: readonly MeshPort[];
  resolution: Resolution;
  exportTo: readonly string[];
  createdAt: string;
  /** By port number; an absent port has none. */
  endpoints: ReadonlyMap<number, readonly Endpoint[]>;
}

/** Ports whose protocol speaks first from the server, or is no HTTP: never sniffed. SMTP, DNS, MySQL, MongoDB. */
const WELL_KNOWN_TCP: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

const HTTP_NAMES: ReadonlySet<string> = new Set([
  'http',
  'http2',
  'grpc',
  'grpc-web',
  'kubernetes.io/h2c',
  'kubernetes.io/ws',
]);
const TCP_NAMES: ReadonlySet<string> = new Set([
  'tcp',
  'https',
  'tls',
  'mongo',
  'mysql',
  'redis',
  'kubernetes.io/wss',
]);

/** appProtocol, then the port name up to its first dash. Anything else is found out by looking. */
export function portProtocol(port: number, name: string, appProtocol?: string): PortProtocol {
  const word = (appProtocol ?? name.split('-')[0] ?? '').toLowerCase();
  if (HTTP_NAMES.has(word) || name.toLowerCase().startsWith('grpc-web')) return 'http';
  if (TCP_NAMES.has(word) || WELL_KNOWN_TCP.has(port)) return 'tcp';
  return 'auto';
}

export interface ServiceSources {
  services: readonly Service[];
  slices: readonly EndpointSlice[];
  pods: readonly Pod[];
  serviceEntries: readonly ServiceEntry[];
  mesh: MeshConfig;
}

const EXPORT_TO = 'networking.istio.io/exportTo';

/** All services, the oldest first: where two claim the same, the older one has it. */
export function meshServices(sources: ServiceSources): MeshService[] {
  const podsByIp = new Map<string, Pod>();
  for (const pod of sources.pods)
    if (pod.status?.podIP && !pod.spec.hostNetwork) podsByIp.set(pod.status.podIP, pod);
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of sources.slices) {
    const name = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (name === undefined || slice.addressType !== 'IPv4') continue;
    const key = `${slice.metadata.namespace}/${name}`;
    slices.set(key, [...(slices.get(key) ?? []), slice]);
  }
  const { mesh } = sources;
  const kubernetes = sources.services.flatMap((service) => {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    return kubernetesService(service, slices.get(key) ?? [], podsByIp, mesh) ?? [];
  });
  const external = sources.serviceEntries.flatMap((entry) =>
    externalServices(entry, sources.pods, mesh),
  );
  return [...kubernetes, ...external].toSorted(
    (a, b) =>
      compare(a.createdAt, b.createdAt) ||
      compare(a.name, b.name) ||
      compare(a.namespace, b.namespace),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function kubernetesService(
  { metadata, spec }: Service,
  slices: readonly EndpointSlice[],
  podsByIp: ReadonlyMap<string, Pod>,
  mesh: MeshConfig,
): MeshService | undefined {
  // An ExternalName has no address of its own to route to.
  if (spec.type === 'ExternalName') return undefined;
  const namespace = metadata.namespace ?? '';
  const headless = spec.clusterIP === 'None';
  const endpoints = new Map<number, Endpoint[]>();
  const ports = (spec.ports ?? []).flatMap((port): MeshPort[] => {
    if ((port.protocol ?? 'TCP') !== 'TCP') return [];
    const name = port.name ?? '';
    endpoints.set(
      port.port,
      slices.flatMap((slice) => sliceEndpoints(slice, name, podsByIp)),
    );
    return [{ number: port.port, name, protocol: portProtocol(port.port, name, port.appProtocol) }];
  });
  const annotated = metadata.annotations?.[EXPORT_TO];
  return {
    host: serviceHost(metadata.name, namespace),
    namespace,
    name: metadata.name,
    kubernetes: true,
    external: false,
    addresses: headless ? [] : (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])),
    ports,
    resolution: headless ? 'passthrough' : 'endpoints',
    exportTo: annotated
      ? annotated.split(',').map((each) => each.trim())
      : mesh.defaultExportTo.services,
    createdAt: metadata.creationTimestamp,
    endpoints,
  };
}

function sliceEndpoints(
  slice: EndpointSlice,
  portName: string,
  podsByIp: ReadonlyMap<string, Pod>,
): Endpoint[] {
  const port = slice.ports?.find(
    ({ name, protocol }) => (name ?? '') === portName && (protocol ?? 'TCP') === 'TCP',
  )?.port;
  if (port === undefined) return [];
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions }) => {
    const address = addresses[0];
    if (address === undefined || !(conditions?.ready ?? true)) return [];
    const pod = podsByIp.get(address);
    return pod ? [podEndpoint(pod, address, port)] : [{ address, port, ...UNLABELLED }];
  });
}

const UNLABELLED = { labels: {}, mutual: false, workload: undefined };

function podEndpoint(pod: Pod, address: string, port: number): Endpoint {
  const labels = pod.metadata.labels ?? {};
  return {
    address,
    port,
    labels,
    mutual: labels['security.istio.io/tlsMode'] === 'istio',
    workload: workloadOf(pod),
  };
}

function externalServices(
  { metadata, spec }: ServiceEntry,
  pods: readonly Pod[],
  mesh: MeshConfig,
): MeshService[] {
  const resolution: Resolution =
    spec.resolution === 'STATIC'
      ? 'endpoints'
      : spec.resolution === 'DNS' || spec.resolution === 'DNS_ROUND_ROBIN'
        ? 'dns'
        : 'passthrough';
  const ports = (spec.ports ?? []).map(({ number, name = '', protocol = '' }): MeshPort => ({
    number,
    name,
    protocol: portProtocol(number, name, protocol || undefined),
  }));
  return spec.hosts.map((host) => ({
    host,
    namespace: metadata.namespace ?? '',
    name: host,
    kubernetes: false,
    external: spec.location !== 'MESH_INTERNAL',
    addresses: (spec.addresses ?? []).filter((address) => !address.includes('/')),
    ports,
    resolution,
    exportTo: spec.exportTo?.length ? spec.exportTo : mesh.defaultExportTo.services,
    createdAt: metadata.creationTimestamp,
    endpoints: new Map(
      (spec.ports ?? []).map((port) => [
        port.number,
        entryEndpoints(spec, port, host, resolution, pods, metadata.namespace),
      ]),
    ),
  }));
}

function entryEndpoints(
  spec: ServiceEntry['spec'],
  port: { number: number; name?: string; targetPort?: number },
  host: string,
  resolution: Resolution,
  pods: readonly Pod[],
  namespace: string | undefined,
): Endpoint[] {
  if (resolution === 'passthrough') return [];
  const target = port.targetPort ?? port.number;
  if (spec.workloadSelector)
    return pods
      .filter(
        (pod) =>
          pod.metadata.namespace === namespace &&
          pod.status?.podIP &&
          pod.status.conditions?.some(
            ({ type, status }) => type === 'Ready' && status === 'True',
          ) &&
          includesLabels(pod.metadata.labels, spec.workloadSelector?.labels),
      )
      .map((pod) => podEndpoint(pod, pod.status?.podIP ?? '', target));
  const listed = (spec.endpoints ?? []).flatMap(({ address, ports, labels = {} }) =>
    address === undefined
      ? []
      : [
          {
            address,
            port: ports?.[port.name ?? ''] ?? target,
            labels,
            mutual: labels['security.istio.io/tlsMode'] === 'istio',
            workload: undefined,
          },
        ],
  );
  // A DNS entry without endpoints is looked up by its own name.
  if (listed.length === 0 && resolution === 'dns')
    return [{ address: host, port: target, ...UNLABELLED }];
  return listed;
}
