// What Kubernetes discovery says of an object: the `__meta_kubernetes_…` labels of the targets it makes.
// Source: Prometheus docs, kubernetes_sd_config.

import type { EndpointSlice, Endpoints, Node, Pod, Service } from '../../controllers/kinds.ts';
import { Labels } from '../labels.ts';

type Entries = [string, string][];

const META = '__meta_kubernetes_';

/** Targets of a pod: one for each port of its containers; one without a port for a container that declares none. */
export function podTargets(pod: Pod): Labels[] {
  const ip = pod.status?.podIP;
  if (!ip) return [];
  const base = podLabels(pod);
  const containers = [
    ...(pod.spec.containers ?? []).map((container) => ({ container, init: false })),
    ...(pod.spec.initContainers ?? []).map((container) => ({ container, init: true })),
  ];
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  return containers.flatMap(({ container, init }) => {
    const own: Entries = [
      ...base,
      [`${META}pod_container_name`, container.name],
      [`${META}pod_container_image`, container.image ?? ''],
      [
        `${META}pod_container_id`,
        statuses.find(({ name }) => name === container.name)?.containerID ?? '',
      ],
      [`${META}pod_container_init`, String(init)],
    ];
    const ports = container.ports ?? [];
    if (ports.length === 0) return [Labels.of([...own, ['__address__', ip]])];
    return ports.map((port) =>
      Labels.of([
        ...own,
        ['__address__', `${ip}:${port.containerPort}`],
        [`${META}pod_container_port_name`, port.name ?? ''],
        [`${META}pod_container_port_number`, String(port.containerPort)],
        [`${META}pod_container_port_protocol`, port.protocol ?? 'TCP'],
      ]),
    );
  });
}

function podLabels(pod: Pod): Entries {
  const { metadata, spec, status } = pod;
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return [
    [`${META}namespace`, metadata.namespace ?? ''],
    [`${META}pod_name`, metadata.name],
    [`${META}pod_ip`, status?.podIP ?? ''],
    [`${META}pod_ready`, (ready ?? 'unknown').toLowerCase()],
    [`${META}pod_phase`, status?.phase ?? ''],
    [`${META}pod_node_name`, spec.nodeName ?? ''],
    [`${META}pod_host_ip`, status?.hostIP ?? ''],
    [`${META}pod_uid`, metadata.uid],
    [`${META}pod_controller_kind`, controller?.kind ?? ''],
    [`${META}pod_controller_name`, controller?.name ?? ''],
    ...mapLabels('pod', metadata),
  ];
}

/** Labels and annotations, and that they are there. */
function mapLabels(kind: string, { labels, annotations }: MetaMaps): Entries {
  const entries: Entries = [];
  for (const [what, map] of [
    ['label', labels],
    ['annotation', annotations],
  ] as const)
    for (const [name, value] of Object.entries(map ?? {})) {
      const safe = name.replace(/[^a-zA-Z0-9_]/g, '_');
      entries.push([`${META}${kind}_${what}_${safe}`, value]);
      entries.push([`${META}${kind}_${what}present_${safe}`, 'true']);
    }
  return entries;
}

interface MetaMaps {
  labels?: Readonly<Record<string, string>> | undefined;
  annotations?: Readonly<Record<string, string>> | undefined;
}

export function serviceTargets(service: Service): Labels[] {
  const { metadata, spec } = service;
  return (spec.ports ?? []).map((port) =>
    Labels.of([
      ...serviceLabels(service),
      ['__address__', `${metadata.name}.${metadata.namespace ?? ''}.svc:${port.port}`],
      [`${META}namespace`, metadata.namespace ?? ''],
      [`${META}service_type`, spec.type ?? 'ClusterIP'],
      [`${META}service_cluster_ip`, spec.clusterIP ?? ''],
      [`${META}service_port_name`, port.name ?? ''],
      [`${META}service_port_number`, String(port.port)],
      [`${META}service_port_protocol`, port.protocol ?? 'TCP'],
    ]),
  );
}

function serviceLabels(service: Service | undefined): Entries {
  if (!service) return [];
  return [
    [`${META}service_name`, service.metadata.name],
    ...mapLabels('service', service.metadata),
  ];
}

/** What stands beside an endpoint: its Service, and the pod behind its address. */
export interface Surroundings {
  service: Service | undefined;
  podAt(ip: string): Pod | undefined;
}

export function endpointsTargets(endpoints: Endpoints, around: Surroundings): Labels[] {
  const { metadata } = endpoints;
  const base: Entries = [
    [`${META}namespace`, metadata.namespace ?? ''],
    [`${META}endpoints_name`, metadata.name],
    ...mapLabels('endpoints', metadata),
    ...serviceLabels(around.service),
  ];
  return (endpoints.subsets ?? []).flatMap((subset) =>
    (subset.ports ?? []).flatMap((port) =>
      [
        ...(subset.addresses ?? []).map((address) => ({ address, ready: 'true' })),
        ...(subset.notReadyAddresses ?? []).map((address) => ({ address, ready: 'false' })),
      ].map(({ address, ready }) =>
        Labels.of([
          ...base,
          ...behind(around, address.ip),
          ['__address__', `${address.ip}:${port.port}`],
          [`${META}endpoint_ready`, ready],
          [`${META}endpoint_port_name`, port.name ?? ''],
          [`${META}endpoint_port_protocol`, port.protocol ?? 'TCP'],
          [`${META}endpoint_address_target_kind`, address.targetRef?.kind ?? ''],
          [`${META}endpoint_address_target_name`, address.targetRef?.name ?? ''],
          [`${META}endpoint_node_name`, address.nodeName ?? ''],
          [`${META}endpoint_hostname`, address.hostname ?? ''],
        ]),
      ),
    ),
  );
}

export function endpointSliceTargets(slice: EndpointSlice, around: Surroundings): Labels[] {
  const { metadata } = slice;
  const base: Entries = [
    [`${META}namespace`, metadata.namespace ?? ''],
    [`${META}endpointslice_name`, metadata.name],
    [`${META}endpointslice_address_type`, slice.addressType],
    ...mapLabels('endpointslice', metadata),
    ...serviceLabels(around.service),
  ];
  return (slice.ports ?? []).flatMap((port) =>
    (slice.endpoints ?? []).flatMap((endpoint) =>
      endpoint.addresses.map((ip) =>
        Labels.of([
          ...base,
          ...behind(around, ip),
          ['__address__', `${ip}:${port.port ?? ''}`],
          [`${META}endpointslice_port`, String(port.port ?? '')],
          [`${META}endpointslice_port_name`, port.name ?? ''],
          [`${META}endpointslice_port_protocol`, port.protocol ?? 'TCP'],
          [
            `${META}endpointslice_endpoint_conditions_ready`,
            String(endpoint.conditions?.ready ?? true),
          ],
          [`${META}endpointslice_address_target_kind`, endpoint.targetRef?.kind ?? ''],
          [`${META}endpointslice_address_target_name`, endpoint.targetRef?.name ?? ''],
          [`${META}endpointslice_endpoint_node_name`, endpoint.nodeName ?? ''],
        ]),
      ),
    ),
  );
}

function behind(around: Surroundings, ip: string): Entries {
  const pod = around.podAt(ip);
  return pod ? podLabels(pod) : [];
}

/** The kubelet's port, as in every node object. */
const KUBELET_PORT = 10_250;

export function nodeTargets(node: Node): Labels[] {
  const { metadata, spec, status } = node;
  const addresses = status?.addresses ?? [];
  const internal = addresses.find(({ type }) => type === 'InternalIP')?.address;
  if (!internal) return [];
  return [
    Labels.of([
      [
        '__address__',
        `${internal}:${status?.daemonEndpoints?.kubeletEndpoint?.Port ?? KUBELET_PORT}`,
      ],
      ['instance', metadata.name],
      [`${META}node_name`, metadata.name],
      [`${META}node_provider_id`, spec?.providerID ?? ''],
      ...mapLabels('node', metadata),
      ...addresses.map(({ type, address }): [string, string] => [
        `${META}node_address_${type}`,
        address,
      ]),
    ]),
  ];
}
