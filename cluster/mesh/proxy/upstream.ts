// The clusters of one proxy as they live: hosts with their health, load and connections. A changed definition starts its
// cluster anew; a change of endpoints keeps the hosts that stay. Source: Envoy docs, cluster manager (CDS and EDS updates).

import type { Clock } from '../../clock.ts';
import {
  type Address,
  type Connection,
  NetError,
  type NetworkNamespace,
} from '../../network/network.ts';
import { HttpError } from '../../network/http-message.ts';
import { BrokenPipe } from '../../streams.ts';
import { defaultPool } from '../routing/clusters.ts';
import type { Cluster, ConnectionPool } from '../routing/proxy-config.ts';
import type { Endpoint } from '../routing/services.ts';
import { type Balanced, Balancer } from './balancer.ts';
import type { UpstreamFailure } from './flags.ts';
import { HostHealth, OutlierDetector } from './outlier.ts';
import { Breakers, HostPool, Overflow } from './pool.ts';
import { type Hello, NotTls, dialTls } from './tls.ts';

export interface Opened {
  connection: Connection;
  /** Whom mutual TLS met; undefined for plaintext. */
  peer: Hello | undefined;
}

export interface UpstreamContext {
  net: NetworkNamespace;
  clock: Clock;
  random: () => number;
  /** The loopback address to come from: for calls to the proxy's own application. */
  source?: string;
  /** Where connections go that would go on to where they were dialled. */
  target?: Address;
  /** How this proxy names itself in a handshake. */
  hello(): Hello;
}

/** Envoy re-picks at most so often to find a host that was not tried yet. Source: retry.go, HostSelectionRetryMaxAttempts. */
const REPICKS = 5;

export class Host implements Balanced {
  readonly key: string;
  readonly health = new HostHealth();
  readonly pool: HostPool<Opened>;
  active = 0;
  endpoint: Endpoint;

  /** When it joined its cluster, in cluster time. */
  readonly since: number;

  constructor(
    endpoint: Endpoint,
    breakers: Breakers,
    clock: Clock,
    open: (endpoint: Endpoint) => Promise<Opened>,
  ) {
    this.key = `${endpoint.address}:${endpoint.port}`;
    this.endpoint = endpoint;
    this.since = clock.now();
    this.pool = new HostPool(breakers, clock, () => open(this.endpoint));
  }
}

export class UpstreamCluster {
  definition: Cluster;
  readonly breakers: Breakers;
  readonly #context: UpstreamContext;
  readonly #balancer: Balancer<Host>;
  readonly #detector: OutlierDetector | undefined;
  #hosts: Host[] = [];

  constructor(definition: Cluster, context: UpstreamContext) {
    this.definition = definition;
    this.#context = context;
    this.breakers = new Breakers(definition.pool);
    this.#balancer = new Balancer(definition.loadBalancer.kind, context.random);
    this.#detector =
      definition.outlier && new OutlierDetector(definition.outlier, context.clock.now());
    this.follow(definition);
  }

  get hosts(): readonly Host[] {
    return this.#hosts;
  }

  isEjected(host: Host): boolean {
    return this.#detector?.isEjected(host.health, this.#context.clock.now()) ?? false;
  }

  /** The same cluster, whose endpoints may have changed. */
  follow(definition: Cluster): void {
    this.definition = definition;
    const { endpoints } = definition;
    const known = new Map(this.#hosts.map((host) => [host.key, host]));
    this.#hosts = endpoints.map((endpoint) => {
      const key = `${endpoint.address}:${endpoint.port}`;
      const host = known.get(key);
      known.delete(key);
      // Whether a peer takes mutual TLS is part of its connections.
      if (host && host.endpoint.mutual === endpoint.mutual) {
        host.endpoint = endpoint;
        return host;
      }
      host?.pool.close();
      return this.#newHost(endpoint);
    });
    for (const host of known.values()) host.pool.close();
  }

  /** Undefined when no healthy host is left. Hosts in `tried` are avoided as far as a few tries go. */
  pick(hash: string | undefined, tried: ReadonlySet<Host>): Host | undefined {
    const usable = this.#detector
      ? this.#detector.usable(this.#hosts, this.#context.clock.now())
      : this.#hosts;
    let host = this.#balancer.pick(usable, hash);
    // Those that are warming up pass most of their turns on to the next.
    for (let again = 0; again < usable.length && host && !this.#takes(host); again++)
      host = this.#balancer.pick(usable, hash);
    for (let again = 0; again < REPICKS && host && tried.has(host); again++)
      host = this.#balancer.pick(usable, undefined);
    return host;
  }

  /** Source: Envoy docs, slow start mode. */
  #takes({ since }: Host): boolean {
    const { warmup } = this.definition;
    if (!warmup) return true;
    const passed = (this.#context.clock.now() - since) / warmup.ms;
    if (passed >= 1) return true;
    const share = Math.max(warmup.minimumPercent / 100, passed ** (1 / warmup.aggression));
    return this.#context.random() < share;
  }

  /** For connections that go on to where they were dialled. */
  originalDestination(dialled: string, dialledPort: number): Host {
    const { ip: address, port } = this.#context.target ?? { ip: dialled, port: dialledPort };
    const key = `${address}:${port}`;
    const known = this.#hosts.find((host) => host.key === key);
    if (known) return known;
    const endpoint = this.definition.endpoints.find(
      (each) => each.address === address && each.port === port,
    );
    const host = this.#newHost(
      endpoint ?? { address, port, labels: {}, mutual: false, workload: undefined },
    );
    const kept = this.#hosts.slice(-ORIGINAL_HOSTS);
    for (const old of this.#hosts.slice(0, -ORIGINAL_HOSTS)) old.pool.close();
    this.#hosts = [...kept, host];
    return host;
  }

  /** What came of a request; no answer counts as a server error. */
  note(host: Host, status: number, unreached = false): void {
    this.#detector?.note(
      host.health,
      status,
      this.#hosts.map(({ health }) => health),
      this.#context.clock.now(),
      unreached,
    );
  }

  /** A connection of its own, outside the pool: for TCP. */
  open(host: Host): Promise<Opened> {
    return this.#open(host.endpoint);
  }

  close(): void {
    for (const { pool } of this.#hosts) pool.close();
  }

  #newHost(endpoint: Endpoint): Host {
    return new Host(endpoint, this.breakers, this.#context.clock, (to) => this.#open(to));
  }

  async #open(endpoint: Endpoint): Promise<Opened> {
    const { net, clock, source } = this.#context;
    const { pool, tls, kind } = this.definition;
    const ip = kind === 'STRICT_DNS' ? await this.#resolve(endpoint.address) : endpoint.address;
    const connection = await net.connect(ip, endpoint.port, {
      direct: true,
      timeoutMs: pool.connectTimeoutMs,
      ...(source === undefined ? {} : { source }),
    });
    const mutual = tls === 'auto' ? endpoint.mutual : tls !== 'DISABLE';
    if (!mutual) return { connection, peer: undefined };
    // A peer that waits for other bytes than a handshake never answers it.
    let late = false;
    const giveUp = clock.after(pool.connectTimeoutMs, () => {
      late = true;
      connection.reset();
    });
    try {
      // Envoy's SNI between sidecars is the cluster's name with underscores.
      const sni = this.definition.name.replaceAll('|', '_.');
      return await dialTls(connection, { ...this.#context.hello(), sni });
    } catch (error) {
      connection.close();
      if (late) throw new NetError('ETIMEDOUT', 'Connection timed out');
      // A handshake that breaks off is a connection that never was.
      if (error instanceof NetError || error instanceof BrokenPipe)
        throw new NetError('ECONNREFUSED', 'Connection reset by peer');
      throw error;
    } finally {
      giveUp();
    }
  }

  async #resolve(name: string): Promise<string> {
    if (/^[\d.]+$/.test(name)) return name;
    const [first] = await this.#context.net.lookup(name);
    if (first === undefined) throw new NetError('EHOSTUNREACH', `${name} does not resolve`);
    return first;
  }
}

/** Addresses a passthrough cluster remembers; the oldest goes first. */
const ORIGINAL_HOSTS = 100;

export class Upstreams {
  readonly #context: UpstreamContext;
  readonly #clusters = new Map<string, UpstreamCluster>();
  readonly #passthrough = new Map<string, UpstreamCluster>();

  constructor(context: UpstreamContext) {
    this.#context = context;
  }

  get(name: string): UpstreamCluster | undefined {
    return this.#clusters.get(name);
  }

  list(): readonly UpstreamCluster[] {
    return [...this.#clusters.values()];
  }

  /** A cluster without endpoints of its own: `PassthroughCluster`. */
  passthrough(name: string): UpstreamCluster {
    let cluster = this.#passthrough.get(name);
    if (!cluster) {
      cluster = new UpstreamCluster(passthroughCluster(name), this.#context);
      this.#passthrough.set(name, cluster);
    }
    return cluster;
  }

  follow(definitions: ReadonlyMap<string, Cluster>): void {
    for (const [name, cluster] of this.#clusters)
      if (!definitions.has(name)) {
        cluster.close();
        this.#clusters.delete(name);
      }
    for (const [name, definition] of definitions) {
      const known = this.#clusters.get(name);
      if (known && sameDefinition(known.definition, definition)) known.follow(definition);
      else {
        known?.close();
        this.#clusters.set(name, new UpstreamCluster(definition, this.#context));
      }
    }
  }

  close(): void {
    for (const cluster of [...this.#clusters.values(), ...this.#passthrough.values()])
      cluster.close();
  }
}

/** What a cluster is, its endpoints aside. Proxies share definitions, so each is spelt out once. */
const spelt = new WeakMap<Cluster, string>();

function definitionText(cluster: Cluster): string {
  let text = spelt.get(cluster);
  if (text === undefined)
    spelt.set(cluster, (text = JSON.stringify({ ...cluster, endpoints: [] })));
  return text;
}

function sameDefinition(a: Cluster, b: Cluster): boolean {
  return a === b || definitionText(a) === definitionText(b);
}

/** A cluster that goes on to where it was dialled, in plaintext. */
export function passthroughCluster(
  name: string,
  service: Cluster['service'] = { host: name, name, namespace: '' },
  pool: ConnectionPool = defaultPool,
): Cluster {
  return {
    name,
    kind: 'ORIGINAL_DST',
    service,
    port: 0,
    subset: '',
    destinationRule: undefined,
    loadBalancer: { kind: 'ROUND_ROBIN' },
    warmup: undefined,
    pool,
    outlier: undefined,
    tls: 'DISABLE',
    external: true,
    endpoints: [],
  };
}

/** BoringSSL's words when bytes that are no TLS come where a handshake was expected. */
const WRONG_VERSION =
  'TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end';

/** Why a connection or a request on it failed; undefined for what is no failure of the upstream. */
export function failureOf(error: unknown): UpstreamFailure | undefined {
  if (error instanceof Overflow) return { kind: 'overflow' };
  if (error instanceof NotTls) return { kind: 'connect', transport: WRONG_VERSION };
  if (error instanceof NetError) {
    if (error.code === 'ETIMEDOUT') return { kind: 'connect-timeout' };
    if (error.code === 'ECONNRESET') return { kind: 'terminated' };
    return { kind: 'connect', transport: `delayed connect error: ${error.message}` };
  }
  if (error instanceof BrokenPipe) return { kind: 'terminated' };
  if (error instanceof HttpError)
    return error.code === 'EMPTY' || error.code === 'TRUNCATED'
      ? { kind: 'terminated' }
      : { kind: 'protocol' };
  return undefined;
}
