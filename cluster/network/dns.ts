// The cluster's DNS as CoreDNS serves it with kubeadm's Corefile: services, endpoints, pods and reverse names of
// cluster.local. There is no upstream: names outside the cluster end here. Source: the Kubernetes DNS specification 1.1.0.

import type { Store } from '../store/store.ts';
import { isIPv4 } from './addresses.ts';
import { NAMESPACES } from './kinds.ts';
import type { DnsAnswer, DnsType } from './network.ts';
import type { NamedEndpoint, ServiceEntry, ServiceTable } from './services.ts';

export const CLUSTER_DOMAIN = 'cluster.local';

/** kubeadm's Corefile says so. */
const TTL_SECONDS = 30;

/** CNAMEs followed before giving up, so that two ExternalNames that point at each other end. */
const MAX_CNAMES = 7;

/**
 * Real top-level domains a learner is likely to try. CoreDNS would ask its upstream for them and, without a way out of the
 * cluster, answer SERVFAIL; for any other name the root servers' answer, NXDOMAIN, is the same everywhere.
 */
const PUBLIC_DOMAINS = new Set(['com', 'org', 'net', 'io', 'dev', 'app', 'edu', 'gov', 'info']);

type Records = DnsAnswer['records'];

interface Question {
  zone: 'svc' | 'pod';
  namespace?: string;
  service?: string;
  endpoint?: string;
  port?: string;
  protocol?: string;
}

export class ClusterDns {
  readonly #store: Store;
  readonly #services: ServiceTable;
  readonly #random: () => number;

  constructor(store: Store, serviceTable: ServiceTable, random: () => number) {
    this.#store = store;
    this.#services = serviceTable;
    this.#random = random;
  }

  /** Answers for exactly this name, with or without its final dot. */
  query(name: string, type: DnsType): DnsAnswer {
    const asked = name.replace(/\.$/, '');
    return this.#answer(asked, type, MAX_CNAMES);
  }

  #answer(name: string, type: DnsType, cnames: number): DnsAnswer {
    const lower = name.toLowerCase();
    if (lower.endsWith('.in-addr.arpa')) return this.#reverse(name, lower, type);
    if (lower === CLUSTER_DOMAIN) return noData(name);
    if (!lower.endsWith(`.${CLUSTER_DOMAIN}`)) return outside(name, lower);
    const question = parseQuestion(lower.slice(0, -CLUSTER_DOMAIN.length - 1));
    if (question === undefined) return missing(name);
    if (question.namespace === undefined) return noData(name);
    if (!this.#store.get(NAMESPACES, undefined, question.namespace)) return missing(name);
    if (question.service === undefined) return noData(name);
    return question.zone === 'pod'
      ? podAnswer(name, question, type)
      : this.#serviceAnswer(name, { ...question }, type, cnames);
  }

  #serviceAnswer(name: string, question: Question, type: DnsType, cnames: number): DnsAnswer {
    const { namespace = '', service = '' } = question;
    const entry = this.#services.named(namespace, service);
    const spec = entry?.service.spec;
    if (!entry || !spec) return missing(name);
    if (spec.type === 'ExternalName')
      return question.endpoint === undefined && spec.externalName
        ? this.#alias(name, spec.externalName, type, cnames)
        : missing(name);
    const canonical = `${service}.${namespace}.svc.${CLUSTER_DOMAIN}`;
    const headless = spec.clusterIP === 'None';
    const found =
      headless || question.endpoint !== undefined
        ? endpointTargets(entry, question, canonical)
        : serviceTargets(entry, question, canonical);
    if (found.length === 0) return missing(name);
    const ips = unique(found.map(({ ip }) => ip));
    if (type === 'A')
      return {
        name,
        code: 'NOERROR',
        records: this.#shuffled(ips).map((ip) => record(name, 'A', ip)),
      };
    if (type === 'SRV') return { name, code: 'NOERROR', records: serviceRecords(name, found) };
    return noData(name);
  }

  #alias(name: string, target: string, type: DnsType, cnames: number): DnsAnswer {
    const records = [record(name, 'CNAME', target)];
    if (type === 'CNAME' || cnames === 0) return { name, code: 'NOERROR', records };
    return {
      name,
      code: 'NOERROR',
      records: [...records, ...this.#answer(target.replace(/\.$/, ''), type, cnames - 1).records],
    };
  }

  #reverse(name: string, lower: string, type: DnsType): DnsAnswer {
    const ip = lower.slice(0, -'.in-addr.arpa'.length).split('.').toReversed().join('.');
    if (!isIPv4(ip)) return missing(name);
    const hosts = this.#hostsOf(ip);
    if (hosts.length === 0) return missing(name);
    if (type !== 'PTR') return noData(name);
    return { name, code: 'NOERROR', records: hosts.map((host) => record(name, 'PTR', host)) };
  }

  #hostsOf(ip: string): string[] {
    const owner = this.#services.withClusterIp(ip);
    if (owner) return [domainOf(owner)];
    return unique(
      this.#services
        .withEndpoint(ip)
        .flatMap((entry) =>
          entry.endpoints
            .filter((endpoint) => endpoint.ip === ip)
            .map((endpoint) => `${endpointLabel(endpoint)}.${domainOf(entry)}`),
        ),
    );
  }

  /** CoreDNS' loadbalance plugin: every answer in an order of its own. */
  #shuffled(values: readonly string[]): string[] {
    const order = [...values];
    for (let last = order.length - 1; last > 0; last--) {
      const other = Math.floor(this.#random() * (last + 1));
      [order[last], order[other]] = [order[other] ?? '', order[last] ?? ''];
    }
    return order;
  }
}

/** The parts of a name below cluster.local; undefined when no answer has that form. */
function parseQuestion(base: string): Question | undefined {
  const labels = base.split('.');
  const zone = labels.pop();
  if (zone !== 'svc' && zone !== 'pod') return undefined;
  const question: Question = { zone };
  const namespace = labels.pop();
  if (namespace === undefined) return question;
  question.namespace = namespace;
  const service = labels.pop();
  if (service === undefined) return question;
  question.service = service;
  if (labels.length > 2) return undefined;
  const [first, second] = labels;
  if (first !== undefined && second !== undefined) {
    question.port = first.replace(/^_/, '');
    question.protocol = second.replace(/^_/, '');
  } else if (first !== undefined) {
    question.endpoint = first;
  }
  return question;
}

interface Target {
  ip: string;
  port: number;
  host: string;
}

function serviceTargets(entry: ServiceEntry, question: Question, canonical: string): Target[] {
  const { spec } = entry.service;
  const ips = spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : []);
  return (spec?.ports ?? [])
    .filter(({ name, protocol }) => matchesPort(question, name ?? '', protocol ?? 'TCP'))
    .flatMap(({ port }) => ips.map((ip) => ({ ip, port, host: canonical })));
}

function endpointTargets(entry: ServiceEntry, question: Question, canonical: string): Target[] {
  return entry.endpoints
    .filter(
      (endpoint) =>
        question.endpoint === undefined || endpointLabel(endpoint) === question.endpoint,
    )
    .flatMap((endpoint) =>
      endpoint.ports
        .filter(({ name, protocol }) => matchesPort(question, name, protocol))
        .map(({ port }) => ({
          ip: endpoint.ip,
          port,
          host: `${endpointLabel(endpoint)}.${canonical}`,
        })),
    );
}

function matchesPort(question: Question, name: string, protocol: string): boolean {
  return (
    (question.port === undefined || question.port === name.toLowerCase()) &&
    (question.protocol === undefined || question.protocol === protocol.toLowerCase())
  );
}

/** Weights share 100 among the targets, as CoreDNS gives them. */
function serviceRecords(name: string, targets: readonly Target[]): Records {
  const weight = Math.floor(100 / targets.length);
  const answers = targets.map(({ port, host }) =>
    record(name, 'SRV', `0 ${weight} ${port} ${host}`),
  );
  const hosts = new Map(targets.map(({ host, ip }) => [host, ip]));
  return [...answers, ...[...hosts].map(([host, ip]) => record(host, 'A', ip))];
}

/** `pods insecure`: any IP of an existing namespace resolves to itself. */
function podAnswer(name: string, question: Question, type: DnsType): DnsAnswer {
  if (question.endpoint !== undefined || question.port !== undefined) return missing(name);
  const ip = (question.service ?? '').replaceAll('-', '.');
  if (!isIPv4(ip)) return missing(name);
  return type === 'A' ? { name, code: 'NOERROR', records: [record(name, 'A', ip)] } : noData(name);
}

function endpointLabel({ ip, hostname }: NamedEndpoint): string {
  return hostname ?? ip.replaceAll('.', '-');
}

function domainOf({ service }: ServiceEntry): string {
  return `${service.metadata.name}.${service.metadata.namespace}.svc.${CLUSTER_DOMAIN}`;
}

function record(name: string, type: DnsType, value: string): Records[number] {
  return { name, type, value, ttl: TTL_SECONDS };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** The name is there, but has no record of the type asked for. */
function noData(name: string): DnsAnswer {
  return { name, records: [], code: 'NOERROR' };
}

function missing(name: string): DnsAnswer {
  return { name, records: [], code: 'NXDOMAIN' };
}

function outside(name: string, lower: string): DnsAnswer {
  const labels = lower.split('.');
  const isPublic = labels.length > 1 && PUBLIC_DOMAINS.has(labels.at(-1) ?? '');
  return { name, records: [], code: isPublic ? 'SERVFAIL' : 'NXDOMAIN' };
}
