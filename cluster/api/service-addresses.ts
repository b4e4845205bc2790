// Addresses and ports that Services are given: cluster IPs of 10.96.0.0/16 and node ports of 30000-32767.
// What is taken is what the stored Services say, so there is nothing to leak and nothing to repair.
// Source: "Service" and "Service ClusterIP allocation" of the Kubernetes documentation; refusals as a real server words them.

import type { KubeObject } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { goJson } from '../schema/field-errors.ts';
import {
  type Fields,
  ensured,
  fieldsOf,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../schema/fields.ts';
import type { FieldError } from '../schema/resource.ts';
import type { Store } from '../store/store.ts';
import { internalError, invalid } from './status.ts';

const PREFIX = '10.96.';
/** Addresses of the range that can be given: all but the network's own and the last. */
const FIRST = 1;
const LAST = 65_534;
/** Given out first: the lower part is for those that ask for an address by number. */
const DYNAMIC_FROM = 257;
const NODE_PORT_FROM = 30_000;
const NODE_PORT_TO = 32_767;
/** Node ports below are given out only when all others are taken. */
const DYNAMIC_PORT_FROM = 30_086;
const RANDOM_ATTEMPTS = 64;

interface Taken {
  ips: Set<string>;
  /** `TCP/30080` */
  ports: Set<string>;
}

export class ServiceAddresses {
  readonly #store: Store;
  readonly #random: () => number;
  #taken: Taken | undefined;
  readonly #stop: Cancel;

  constructor(store: Store, random: () => number) {
    this.#store = store;
    this.#random = random;
    this.#stop = store.onChange(({ resource }) => {
      if (resource === 'services') this.#taken = undefined;
    });
  }

  /** After a snapshot was put in place of what was. */
  forget(): void {
    this.#taken = undefined;
  }

  close(): void {
    this.#stop();
  }

  /** Fills in what a Service of its type needs. Changes the given object. Throws StatusError 422. */
  allocate(service: KubeObject, old: KubeObject | undefined): void {
    const spec = ensured(service, 'spec');
    const type = stringOf(spec['type']);
    const before = fieldsOf(old?.['spec']);
    if (type === 'ExternalName') {
      if (old && stringOf(before['type']) !== 'ExternalName') release(spec);
      return;
    }
    const taken = this.#present(old);
    this.#clusterIp(service, spec, before, taken);
    if (type === 'NodePort' || type === 'LoadBalancer')
      this.#nodePorts(service, spec, before, taken);
    else if (old && stringOf(before['type']) !== type) dropNodePorts(spec, before);
  }

  /** What is taken by everybody else. */
  #present(old: KubeObject | undefined): Taken {
    this.#taken ??= takenBy(this.#store.list('services'));
    if (!old) return this.#taken;
    const mine = takenBy([old]);
    return {
      ips: without(this.#taken.ips, mine.ips),
      ports: without(this.#taken.ports, mine.ports),
    };
  }

  #clusterIp(service: KubeObject, spec: Fields, before: Fields, taken: Taken): void {
    const given = stringOf(spec['clusterIP']) || (stringsOf(spec['clusterIPs'])[0] ?? '');
    const kept = stringOf(before['clusterIP']);
    // Left out of an update, it stays.
    const wanted = given === '' ? kept : given;
    if (wanted === 'None') {
      spec['clusterIP'] = 'None';
      spec['clusterIPs'] = ['None'];
      return setFamilies(spec);
    }
    if (wanted !== '' && wanted !== kept) this.#refuseIp(service, spec, wanted, taken);
    const ip = wanted === '' ? this.#freeIp(taken) : wanted;
    spec['clusterIP'] = ip;
    spec['clusterIPs'] = [ip];
    setFamilies(spec);
  }

  #refuseIp(service: KubeObject, spec: Fields, ip: string, taken: Taken): void {
    // What is no address at all is refused by validation, in its own words.
    if (!/^\d+\.\d+\.\d+\.\d+$/.test(ip)) return;
    const why = !isInRange(ip)
      ? 'the provided network does not match the current range'
      : taken.ips.has(ip)
        ? 'provided IP is already allocated'
        : undefined;
    if (why === undefined) return;
    spec['clusterIPs'] = [ip];
    throw invalid({ group: '', kind: 'Service' }, service.metadata.name, [
      {
        type: 'FieldValueInvalid',
        field: 'spec.clusterIPs',
        message: `Invalid value: ${goJson([ip])}: failed to allocate IP ${ip}: ${why}`,
      },
    ]);
  }

  #freeIp({ ips }: Taken): string {
    for (let attempt = 0; attempt < RANDOM_ATTEMPTS; attempt++) {
      const ip = addressAt(DYNAMIC_FROM + Math.floor(this.#random() * (LAST - DYNAMIC_FROM + 1)));
      if (!ips.has(ip)) return ip;
    }
    for (let at = FIRST; at <= LAST; at++) if (!ips.has(addressAt(at))) return addressAt(at);
    throw internalError('failed to allocate a serviceIP: range is full');
  }

  #nodePorts(service: KubeObject, spec: Fields, before: Fields, taken: Taken): void {
    if (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] === false) return;
    const ports = listOf(spec['ports']);
    const old = listOf(before['ports']);
    const used = new Set(taken.ports);
    const mine = new Set<string>();
    ports.forEach((port, index) => {
      const protocol = stringOf(port['protocol']) || 'TCP';
      const same = old.find(
        (each) =>
          each['port'] === port['port'] && (stringOf(each['protocol']) || 'TCP') === protocol,
      );
      const wanted = numberOf(port['nodePort']) || (numberOf(same?.['nodePort']) ?? 0);
      const found = wanted === 0 ? this.#freePort(protocol, used, mine) : wanted;
      if (wanted !== 0) refusePort(service, index, wanted, used.has(`${protocol}/${wanted}`));
      mine.add(`${protocol}/${found}`);
      port['nodePort'] = found;
    });
  }

  #freePort(protocol: string, used: ReadonlySet<string>, mine: ReadonlySet<string>): number {
    const isFree = (port: number) =>
      !used.has(`${protocol}/${port}`) && !mine.has(`${protocol}/${port}`);
    for (let attempt = 0; attempt < RANDOM_ATTEMPTS; attempt++) {
      const port =
        DYNAMIC_PORT_FROM + Math.floor(this.#random() * (NODE_PORT_TO - DYNAMIC_PORT_FROM + 1));
      if (isFree(port)) return port;
    }
    for (let port = NODE_PORT_FROM; port <= NODE_PORT_TO; port++) if (isFree(port)) return port;
    throw internalError('failed to allocate a nodePort: range is full');
  }
}

function takenBy(services: readonly KubeObject[]): Taken {
  const taken: Taken = { ips: new Set(), ports: new Set() };
  for (const service of services) {
    const spec = fieldsOf(service['spec']);
    for (const ip of stringsOf(spec['clusterIPs'])) if (ip !== 'None') taken.ips.add(ip);
    for (const port of listOf(spec['ports'])) {
      const number = numberOf(port['nodePort']) ?? 0;
      if (number !== 0) taken.ports.add(`${stringOf(port['protocol']) || 'TCP'}/${number}`);
    }
  }
  return taken;
}

function without(all: ReadonlySet<string>, some: ReadonlySet<string>): Set<string> {
  return new Set([...all].filter((each) => !some.has(each)));
}

function isInRange(ip: string): boolean {
  return ip.startsWith(PREFIX);
}

function addressAt(offset: number): string {
  return `${PREFIX}${offset >> 8}.${offset & 255}`;
}

function setFamilies(spec: Fields): void {
  spec['ipFamilies'] ??= ['IPv4'];
  spec['ipFamilyPolicy'] ??= 'SingleStack';
}

function refusePort(service: KubeObject, index: number, port: number, taken: boolean): void {
  const outside = port < NODE_PORT_FROM || port > NODE_PORT_TO;
  if (!outside && !taken) return;
  const words = outside
    ? `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_FROM}-${NODE_PORT_TO}`
    : 'provided port is already allocated';
  const error: FieldError = {
    type: 'FieldValueInvalid',
    field: `spec.ports[${index}].nodePort`,
    message: `Invalid value: ${port}: ${words}`,
  };
  throw invalid({ group: '', kind: 'Service' }, service.metadata.name, [error]);
}

/** A Service that needs no address any more gives its own back, unless its writer says what it wants instead. */
function release(spec: Fields): void {
  delete spec['clusterIP'];
  delete spec['clusterIPs'];
  delete spec['ipFamilies'];
  delete spec['ipFamilyPolicy'];
  for (const port of listOf(spec['ports'])) delete port['nodePort'];
}

/** Node ports that the writer only repeats go with the type that needed them. */
function dropNodePorts(spec: Fields, before: Fields): void {
  const old = new Set(listOf(before['ports']).map((port) => numberOf(port['nodePort']) ?? 0));
  for (const port of listOf(spec['ports']))
    if (old.has(numberOf(port['nodePort']) ?? 0)) delete port['nodePort'];
}
