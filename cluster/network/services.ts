// What kube-proxy knows: which Service owns an address, and which endpoint takes the next connection to it.
// Behaves as its iptables mode: ready endpoints only, each as likely as the other. Moves no bytes.

import type { Clock } from '../clock.ts';
import type { Change, Store } from '../store/store.ts';
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  SERVICES,
  type Service,
  type ServicePort,
  endpointSlices,
  services,
} from './kinds.ts';
import type { Address } from './network.ts';

/** One port of one Service, with those who serve it now. */
export interface ServiceTarget {
  service: Service;
  port: ServicePort;
  endpoints: readonly Address[];
}

/** An address of a Service that may be used by a name: what DNS answers for headless Services. */
export interface NamedEndpoint {
  ip: string;
  /** The endpoint's hostname, or undefined: then DNS writes its IP with dashes. */
  hostname: string | undefined;
  ports: readonly { name: string; port: number; protocol: string }[];
}

export interface ServiceEntry {
  service: Service;
  endpoints: readonly NamedEndpoint[];
}

interface Tables {
  byAddress: Map<string, ServiceTarget>;
  byNodePort: Map<number, ServiceTarget>;
  byName: Map<string, ServiceEntry>;
  byEndpointIp: Map<string, ServiceEntry[]>;
  byClusterIp: Map<string, ServiceEntry>;
  /** The store's revision they were made at. */
  revision: number;
}

/** Clients a Service with sessionAffinity remembers; the longest forgotten goes first, as in iptables' recent lists. */
const AFFINITY_CLIENTS = 1_000;
/** Kubernetes' default of sessionAffinityConfig.clientIP.timeoutSeconds. */
const AFFINITY_SECONDS = 10_800;

export class ServiceTable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #stopListening: () => void;
  #tables: Tables | undefined;
  /** By Service port and client IP: the endpoint it stays with and when it last came. */
  readonly #affinity = new Map<string, Map<string, { endpoint: Address; at: number }>>();

  constructor(store: Store, clock: Clock, random: () => number) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#stopListening = store.onChange((change) => this.#onChange(change));
  }

  close(): void {
    this.#stopListening();
  }

  /** The Service port behind a ClusterIP, external IP or load balancer IP. */
  at(ip: string, port: number): ServiceTarget | undefined {
    return this.#current().byAddress.get(`${ip}:${port}`);
  }

  atNodePort(port: number): ServiceTarget | undefined {
    return this.#current().byNodePort.get(port);
  }

  named(namespace: string, name: string): ServiceEntry | undefined {
    return this.#current().byName.get(`${namespace}/${name}`);
  }

  withClusterIp(ip: string): ServiceEntry | undefined {
    return this.#current().byClusterIp.get(ip);
  }

  withEndpoint(ip: string): readonly ServiceEntry[] {
    return this.#current().byEndpointIp.get(ip) ?? [];
  }

  /** The endpoint for a new connection from `clientIp`, or undefined when there is none. */
  pick(target: ServiceTarget, clientIp: string): Address | undefined {
    const { endpoints, service } = target;
    if (endpoints.length === 0) return undefined;
    const any = endpoints[Math.floor(this.#random() * endpoints.length)];
    if (service.spec?.sessionAffinity !== 'ClientIP') return any;
    return this.#affine(target, clientIp, any);
  }

  #affine(target: ServiceTarget, clientIp: string, any: Address | undefined): Address | undefined {
    const key = `${target.service.metadata.uid}/${target.port.port}`;
    const clients = this.#affinity.get(key) ?? new Map<string, { endpoint: Address; at: number }>();
    this.#affinity.set(key, clients);
    const seconds =
      target.service.spec?.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS;
    const known = clients.get(clientIp);
    const now = this.#clock.now();
    const stays =
      known &&
      now - known.at < seconds * 1000 &&
      target.endpoints.some(
        ({ ip, port }) => ip === known.endpoint.ip && port === known.endpoint.port,
      );
    const endpoint = stays ? known.endpoint : any;
    clients.delete(clientIp);
    if (endpoint) clients.set(clientIp, { endpoint, at: now });
    const oldest = clients.keys().next();
    if (clients.size > AFFINITY_CLIENTS && !oldest.done) clients.delete(oldest.value);
    return endpoint;
  }

  #onChange(change: Change): void {
    if (change.resource !== SERVICES && change.resource !== ENDPOINT_SLICES) return;
    this.#tables = undefined;
    if (change.resource === SERVICES && change.type === 'DELETED') {
      const prefix = `${change.object.metadata.uid}/`;
      for (const key of this.#affinity.keys())
        if (key.startsWith(prefix)) this.#affinity.delete(key);
    }
  }

  /** A restored snapshot is told to nobody; it forgets its history, which shows here. */
  #current(): Tables {
    if (!this.#tables || this.#store.oldestRevision > this.#tables.revision)
      this.#tables = tablesOf(this.#store);
    return this.#tables;
  }
}

function tablesOf(store: Store): Tables {
  const tables: Tables = {
    byAddress: new Map(),
    byNodePort: new Map(),
    byName: new Map(),
    byEndpointIp: new Map(),
    byClusterIp: new Map(),
    revision: store.revision,
  };
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of endpointSlices(store)) {
    const name = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (name === undefined || slice.addressType !== 'IPv4') continue;
    const key = `${slice.metadata.namespace}/${name}`;
    const others = slices.get(key);
    if (others) others.push(slice);
    else slices.set(key, [slice]);
  }
  for (const service of services(store)) {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    addService(tables, service, slices.get(key) ?? []);
  }
  return tables;
}

function addService(tables: Tables, service: Service, slices: readonly EndpointSlice[]): void {
  const { metadata, spec } = service;
  const entry = { service, endpoints: namedEndpoints(slices) };
  tables.byName.set(`${metadata.namespace}/${metadata.name}`, entry);
  for (const { ip } of entry.endpoints) {
    const others = tables.byEndpointIp.get(ip);
    if (others) others.push(entry);
    else tables.byEndpointIp.set(ip, [entry]);
  }
  if (!spec || spec.type === 'ExternalName' || spec.clusterIP === 'None') return;
  const clusterIps = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  for (const ip of clusterIps) tables.byClusterIp.set(ip, entry);
  const balancerIps = service.status?.loadBalancer?.ingress?.flatMap(({ ip }) => ip ?? []) ?? [];
  const addresses = [...clusterIps, ...(spec.externalIPs ?? []), ...balancerIps];
  for (const port of spec.ports ?? []) {
    if ((port.protocol ?? 'TCP') !== 'TCP') continue;
    const target = { service, port, endpoints: endpointsOf(slices, port.name ?? '') };
    for (const ip of addresses) tables.byAddress.set(`${ip}:${port.port}`, target);
    if (port.nodePort) tables.byNodePort.set(port.nodePort, target);
  }
}

/** Ready endpoints; when there is none, those that still serve while they terminate, as kube-proxy since 1.28. */
function endpointsOf(slices: readonly EndpointSlice[], portName: string): Address[] {
  const ready: Address[] = [];
  const terminating: Address[] = [];
  for (const slice of slices) {
    const port = slice.ports?.find(
      ({ name, protocol }) => (name ?? '') === portName && (protocol ?? 'TCP') === 'TCP',
    )?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions } of slice.endpoints ?? []) {
      const ip = addresses[0];
      if (ip === undefined) continue;
      if (conditions?.ready ?? true) ready.push({ ip, port });
      else if (conditions?.serving && conditions.terminating) terminating.push({ ip, port });
    }
  }
  return ready.length > 0 ? ready : terminating;
}

function namedEndpoints(slices: readonly EndpointSlice[]): NamedEndpoint[] {
  return slices.flatMap((slice) => {
    const ports = (slice.ports ?? []).flatMap(({ name, port, protocol }) =>
      port === undefined ? [] : [{ name: name ?? '', port, protocol: protocol ?? 'TCP' }],
    );
    return (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready ?? true)
      .flatMap(({ addresses, hostname }) => addresses.map((ip) => ({ ip, hostname, ports })));
  });
}
