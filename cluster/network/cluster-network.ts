// The network of one cluster: a namespace for the node and for each pod, and the way from any of them to any address.
// Services and names come from the store. There is no way out of the cluster here, and no code that could be one.

import type { ApiDialer } from '../api/kubelet.ts';
import type { Clock } from '../clock.ts';
import type { ClusterLimits } from '../limits.ts';
import type { Store } from '../store/store.ts';
import { addressPlan, inCidr, isIPv4 } from './addresses.ts';
import { dialWords } from './dial-words.ts';
import { CLUSTER_DOMAIN, ClusterDns } from './dns.ts';
import { type Fabric, Namespace, type Route } from './namespace.ts';
import {
  type Address,
  type Connection,
  type DnsAnswer,
  type DnsType,
  NetError,
  type NetworkNamespace,
} from './network.ts';
import { ServiceTable } from './services.ts';

export interface ClusterNetworkOptions {
  store: Store;
  clock: Clock;
  limits: Pick<ClusterLimits, 'connectionsPerPod' | 'pipeBytes'>;
  /** Uniform in [0, 1): which endpoint, which order of answers, which port. */
  random: () => number;
  /**
   * Cluster milliseconds a packet takes one way. Default 0.2, which is a turn of the event loop: less than a real
   * millisecond is no timer's business. With 0 nothing waits for the clock.
   */
  latencyMs?: number;
  nodeName?: string;
}

/** What the kubelet knows of a pod when it sets up its network. */
export interface PodNetwork {
  ip: string;
  hostname: string;
  namespace: string;
  podName: string;
  /** `spec.subdomain`: with it the pod's own name is a full one. */
  subdomain?: string | undefined;
  /** Default `ClusterFirst`. */
  dnsPolicy?: string | undefined;
  dnsConfig?: DnsConfig | undefined;
  hostAliases?: readonly { ip: string; hostnames?: readonly string[] }[] | undefined;
}

export interface DnsConfig {
  nameservers?: readonly string[];
  searches?: readonly string[];
  options?: readonly { name?: string; value?: string }[];
}

/** A packet between two pods of one machine, through two veth pairs. */
const LATENCY_MS = 0.2;

/** ARP gives up on a neighbour that does not answer after three tries, a second each. */
const NEIGHBOUR_TIMEOUT_MS = 3_000;
/** How long the API server's transport for proxies tries. Source: net.Dialer in the kube-apiserver's proxy transport. */
const DIAL_TIMEOUT_MS = 30_000;

export class ClusterNetwork implements ApiDialer, Fabric {
  readonly clock: Clock;
  readonly bufferBytes: number;
  readonly connectionsPerPod: number;
  /** One way, in cluster milliseconds, for connections made from now on. */
  latencyMs: number;
  /** The node's own namespace: the kubelet's probes, the API server's proxy and host-network pods live here. */
  readonly node: NetworkNamespace;
  readonly #node: Namespace;
  readonly #pods = new Map<string, Namespace>();
  readonly #services: ServiceTable;
  readonly #dns: ClusterDns;
  readonly #random: () => number;

  constructor(options: ClusterNetworkOptions) {
    const { store, clock, limits, random } = options;
    this.clock = clock;
    this.bufferBytes = limits.pipeBytes;
    this.connectionsPerPod = limits.connectionsPerPod;
    this.latencyMs = options.latencyMs ?? LATENCY_MS;
    this.#random = random;
    this.#services = new ServiceTable(store, clock, random);
    this.#dns = new ClusterDns(store, this.#services, random);
    const hostname = options.nodeName ?? 'mesh-lab-control-plane';
    this.#node = new Namespace(this, {
      ip: addressPlan.nodeIp,
      hostname,
      resolver: { nameserver: addressPlan.nodeGateway, search: [], ndots: 1 },
      hosts: [localhost, { ip: addressPlan.nodeIp, names: [hostname] }],
      random,
    });
    this.node = this.#node;
  }

  /** A namespace of the pod's own, alone with its IP. Throws when another pod has it. */
  addPod(pod: PodNetwork): NetworkNamespace {
    if (this.#pods.has(pod.ip))
      throw new Error(`pod ${pod.namespace}/${pod.podName}: ${pod.ip} belongs to another pod`);
    const namespace = new Namespace(this, {
      ip: pod.ip,
      hostname: pod.hostname,
      resolver: resolverOf(pod),
      hosts: hostsOf(pod),
      random: this.#random,
    });
    this.#pods.set(pod.ip, namespace);
    return namespace;
  }

  /** Ends the pod's connections and forgets its IP. Does nothing when it is not there (any more). */
  removePod(ip: string): void {
    const namespace = this.#pods.get(ip);
    this.#pods.delete(ip);
    namespace?.close();
  }

  /** From the node, as the API server dials: errors have its words. An address is an IP or a name of the cluster's DNS. */
  async dial(address: string, port: number, signal: AbortSignal): Promise<Connection> {
    const ip = isIPv4(address)
      ? address
      : this.#dns.query(address, 'A').records.find(({ type }) => type === 'A')?.value;
    if (ip === undefined) throw new NetError('EHOSTUNREACH', `lookup ${address}: no such host`);
    try {
      return await this.#node.connect(ip, port, { signal, timeoutMs: DIAL_TIMEOUT_MS });
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(dialWords(error, ip, port), { cause: error });
    }
  }

  close(): void {
    for (const ip of this.#pods.keys()) this.removePod(ip);
    this.#node.close();
    this.#services.close();
  }

  /** Where a SYN to another namespace arrives, as iptables and routing tables of a kind node decide. */
  route(from: Namespace, { ip, port }: Address): Route {
    const service = this.#services.at(ip, port);
    const target =
      service ?? (ip === addressPlan.nodeIp ? this.#services.atNodePort(port) : undefined);
    if (!target) return this.#routeToHost(from, ip, port);
    const endpoint = this.#services.pick(target, from.ip);
    if (!endpoint) return { kind: 'refused' };
    const route = this.#routeToHost(from, endpoint.ip, endpoint.port);
    if (route.kind !== 'to') return route;
    // A pod that meets itself behind its own Service, and whoever comes by a node port, is masqueraded.
    const masqueraded = route.namespace === from || !service;
    return masqueraded ? { ...route, from: addressPlan.podGateway } : route;
  }

  query(resolver: NetworkNamespace['resolver'], name: string, type: DnsType): DnsAnswer {
    if (resolver.nameserver === addressPlan.dnsIp) return this.#dns.query(name, type);
    return { name: name.replace(/\.$/, ''), records: [], code: 'SERVFAIL' };
  }

  #routeToHost(from: Namespace, ip: string, port: number): Route {
    if (ip === addressPlan.nodeIp)
      return { kind: 'to', namespace: this.#node, ip, port, from: from.ip };
    const pod = this.#pods.get(ip);
    if (pod) {
      const source = from === this.#node ? addressPlan.podGateway : from.ip;
      return { kind: 'to', namespace: pod, ip, port, from: source };
    }
    // Without a rule or a route of its own such a packet leaves by the node's default route and never returns.
    if (inCidr(ip, addressPlan.podCidr) || inCidr(ip, addressPlan.serviceCidr))
      return { kind: 'lost' };
    if (inCidr(ip, addressPlan.nodeCidr))
      return { kind: 'unreachable', code: 'EHOSTUNREACH', afterMs: NEIGHBOUR_TIMEOUT_MS };
    return { kind: 'unreachable', code: 'ENETUNREACH', afterMs: 0 };
  }
}

const localhost = { ip: '127.0.0.1', names: ['localhost'] };

/** Kubernetes' own default: five dots make a name absolute. */
const NDOTS = 5;

function resolverOf(pod: PodNetwork): NetworkNamespace['resolver'] {
  const { dnsConfig } = pod;
  const policy = pod.dnsPolicy ?? 'ClusterFirst';
  const base =
    policy === 'None'
      ? { nameservers: [], search: [], ndots: 1 }
      : policy === 'Default'
        ? { nameservers: [addressPlan.nodeGateway], search: [], ndots: 1 }
        : {
            nameservers: [addressPlan.dnsIp],
            search: [
              `${pod.namespace}.svc.${CLUSTER_DOMAIN}`,
              `svc.${CLUSTER_DOMAIN}`,
              CLUSTER_DOMAIN,
            ],
            ndots: NDOTS,
          };
  const ndots = dnsConfig?.options?.find(({ name }) => name === 'ndots')?.value;
  const nameservers = [...base.nameservers, ...(dnsConfig?.nameservers ?? [])];
  return {
    nameserver: nameservers[0] ?? addressPlan.nodeGateway,
    search: [...base.search, ...(dnsConfig?.searches ?? [])],
    ndots: ndots === undefined ? base.ndots : Number(ndots),
  };
}

function hostsOf(pod: PodNetwork): NetworkNamespace['hosts'] {
  const own = pod.subdomain
    ? [`${pod.hostname}.${pod.subdomain}.${pod.namespace}.svc.${CLUSTER_DOMAIN}`, pod.hostname]
    : [pod.hostname];
  const aliases = (pod.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({
    ip,
    names: hostnames.map((name) => name.toLowerCase()),
  }));
  return [localhost, { ip: pod.ip, names: own.map((name) => name.toLowerCase()) }, ...aliases];
}
