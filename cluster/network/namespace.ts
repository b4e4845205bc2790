// One network namespace: its listeners, its connections, its names. Where packets go between namespaces is the fabric's.

import type { Clock } from '../clock.ts';
import { isLoopback } from './addresses.ts';
import { type ConnectionEnds, type ConnectionEnd, connectEnds } from './connection.ts';
import {
  type Address,
  type Connection,
  type ConnectOptions,
  type DnsAnswer,
  type DnsType,
  type Listener,
  NetError,
  type NetworkNamespace,
  type Redirect,
  type Socket,
} from './network.ts';
import { resolve } from './resolver.ts';
import { isTimed } from './wire.ts';

/** Linux's default net.ipv4.ip_local_port_range. */
const FIRST_EPHEMERAL_PORT = 32_768;
const LAST_EPHEMERAL_PORT = 60_999;

/** Linux gives up on an unanswered SYN after six more tries: 127 s, and a little. */
const CONNECT_TIMEOUT_MS = 130_000;

/** What becomes of a SYN. */
export type Route =
  | { kind: 'to'; namespace: Namespace; port: number; ip: string; from: string }
  /** iptables' REJECT, for a Service without endpoints. */
  | { kind: 'refused' }
  /** Nobody answers. */
  | { kind: 'lost' }
  | { kind: 'unreachable'; code: 'EHOSTUNREACH' | 'ENETUNREACH'; afterMs: number };

/** What a namespace asks of the network around it. */
export interface Fabric {
  readonly clock: Clock;
  /** One way, in cluster milliseconds. */
  latencyMs: number;
  readonly bufferBytes: number;
  readonly connectionsPerPod: number;
  route(from: Namespace, destination: Address): Route;
  query(resolver: NetworkNamespace['resolver'], name: string, type: DnsType): DnsAnswer;
}

export interface NamespaceOptions {
  ip: string;
  hostname: string;
  resolver: NetworkNamespace['resolver'];
  hosts: NetworkNamespace['hosts'];
  /** Where ephemeral ports start, so that two runs with one seed are the same. */
  random(): number;
}

interface Listening {
  ip: string;
  accept: (connection: Connection) => void;
}

export class Namespace implements NetworkNamespace {
  readonly ip: string;
  readonly hostname: string;
  readonly resolver: NetworkNamespace['resolver'];
  readonly hosts: NetworkNamespace['hosts'];
  readonly #fabric: Fabric;
  readonly #listening = new Map<number, Listening[]>();
  readonly #connections = new Set<ConnectionEnd>();
  readonly #closing = new AbortController();
  #redirect: Redirect | undefined;
  #nextPort: number;

  constructor(fabric: Fabric, options: NamespaceOptions) {
    this.#fabric = fabric;
    this.ip = options.ip;
    this.hostname = options.hostname;
    this.resolver = options.resolver;
    this.hosts = options.hosts;
    const ports = LAST_EPHEMERAL_PORT - FIRST_EPHEMERAL_PORT;
    this.#nextPort = FIRST_EPHEMERAL_PORT + Math.floor(options.random() * ports);
  }

  listen(port: number, accept: (connection: Connection) => void, ip = '0.0.0.0'): Listener {
    if (ip !== '0.0.0.0' && ip !== this.ip && !isLoopback(ip))
      throw new NetError('EADDRNOTAVAIL', 'Cannot assign requested address');
    const actual = port === 0 ? this.#ephemeralPort() : port;
    const others = this.#listening.get(actual) ?? [];
    if (others.some((other) => other.ip === ip || other.ip === '0.0.0.0' || ip === '0.0.0.0'))
      throw new NetError('EADDRINUSE', 'Address already in use');
    const entry = { ip, accept };
    this.#listening.set(actual, [...others, entry]);
    return {
      port: actual,
      close: () => {
        const left = (this.#listening.get(actual) ?? []).filter((other) => other !== entry);
        if (left.length > 0) this.#listening.set(actual, left);
        else this.#listening.delete(actual);
      },
    };
  }

  async connect(ip: string, port: number, options: ConnectOptions = {}): Promise<Connection> {
    const signal = options.signal
      ? AbortSignal.any([this.#closing.signal, options.signal])
      : this.#closing.signal;
    signal.throwIfAborted();
    if (this.#connections.size >= this.#fabric.connectionsPerPod)
      throw new NetError('EADDRNOTAVAIL', 'Cannot assign requested address');
    const destination = { ip: isLoopback(ip) ? '127.0.0.1' : ip, port };
    const local = {
      ip: options.source ?? (isLoopback(ip) ? '127.0.0.1' : this.ip),
      port: this.#ephemeralPort(),
    };
    const taker = this.#takerOf(destination, options);
    if (taker) {
      await this.#travel(2, signal);
      return this.#establish(this, {
        client: { local, remote: destination },
        server: { local: destination, remote: local },
        accept: (connection) => taker.accept(connection, destination),
      });
    }
    const route = this.#routeTo(destination);
    if (route.kind === 'to') {
      const from = options.source ?? route.from;
      return this.#connectTo({ ...route, from }, destination, local, options, signal);
    }
    if (route.kind === 'lost') return this.#waitInVain(options, signal);
    await this.#travel(2, signal);
    if (route.kind === 'refused') throw new NetError('ECONNREFUSED', 'Connection refused');
    await this.#fabric.clock.sleep(Math.min(route.afterMs, timeoutOf(options)), signal);
    if (timeoutOf(options) < route.afterMs) throw new NetError('ETIMEDOUT', 'Connection timed out');
    throw new NetError(
      route.code,
      route.code === 'EHOSTUNREACH' ? 'No route to host' : 'Network is unreachable',
    );
  }

  async query(name: string, type: DnsType): Promise<DnsAnswer> {
    await this.#travel(2, this.#closing.signal);
    return this.#fabric.query(this.resolver, name, type);
  }

  lookup(name: string): Promise<string[]> {
    return resolve(name, this.resolver, this.hosts, (asked, type) => this.query(asked, type));
  }

  async echo(ip: string): Promise<boolean> {
    const route = this.#routeTo({ ip, port: 0 });
    await this.#travel(2, this.#closing.signal);
    return route.kind === 'to';
  }

  sockets(): readonly Socket[] {
    const listening = [...this.#listening].flatMap(([port, entries]) =>
      entries.map(({ ip }) => ({ local: { ip, port }, remote: undefined })),
    );
    const connected = [...this.#connections].map(({ local, remote }) => ({ local, remote }));
    return [...listening.toSorted((a, b) => a.local.port - b.local.port), ...connected];
  }

  redirect(rules: Redirect | undefined): void {
    this.#redirect = rules;
  }

  close(): void {
    this.#listening.clear();
    this.#redirect = undefined;
    this.#closing.abort(new NetError('ENETUNREACH', 'Network is unreachable'));
    for (const connection of this.#connections) connection.reset();
  }

  /** Connections open at this moment: for limits and for netstat. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  #takerOf(destination: Address, options: ConnectOptions) {
    const rule = this.#redirect?.outbound;
    if (!rule || options.direct || this.#isOwn(destination.ip)) return undefined;
    return rule.takes(destination) ? rule : undefined;
  }

  #isOwn(ip: string): boolean {
    return ip === this.ip || isLoopback(ip);
  }

  #routeTo(destination: Address): Route {
    if (!isLoopback(destination.ip)) return this.#fabric.route(this, destination);
    return { kind: 'to', namespace: this, ...destination, from: destination.ip };
  }

  async #connectTo(
    route: Extract<Route, { kind: 'to' }>,
    destination: Address,
    local: Address,
    options: ConnectOptions,
    signal: AbortSignal,
  ): Promise<Connection> {
    const { namespace } = route;
    if (namespace.#connections.size >= this.#fabric.connectionsPerPod)
      return this.#waitInVain(options, signal);
    await this.#travel(2, signal);
    const reached = { ip: route.ip, port: route.port };
    const meetsItself = options.direct === true && local.ip === this.ip && reached.ip === this.ip;
    const accept = namespace.#accepting(reached, namespace !== this || meetsItself);
    if (!accept) throw new NetError('ECONNREFUSED', 'Connection refused');
    return this.#establish(namespace, {
      client: { local, remote: destination },
      server: { local: reached, remote: { ip: route.from, port: local.port } },
      accept,
    });
  }

  /** Who takes a connection that has come to this namespace. A redirect takes it whether or not anybody listens. */
  #accepting(
    reached: Address,
    fromOutside: boolean,
  ): ((connection: Connection) => void) | undefined {
    const rule = fromOutside ? this.#redirect?.inbound : undefined;
    if (rule?.takes(reached)) return (connection) => rule.accept(connection, reached);
    if (this.#closing.signal.aborted) return undefined;
    return this.#listening
      .get(reached.port)
      ?.find(({ ip }) => ip === '0.0.0.0' || ip === reached.ip)?.accept;
  }

  #establish(
    other: Namespace,
    { accept, ...ends }: ConnectionEnds & { accept: (connection: Connection) => void },
  ): Connection {
    const { clock, latencyMs, bufferBytes } = this.#fabric;
    const pair = connectEnds(ends, { clock, latencyMs, bufferBytes });
    this.#hold(pair.client);
    other.#hold(pair.server);
    accept(pair.server);
    return pair.client;
  }

  #hold(connection: ConnectionEnd): void {
    this.#connections.add(connection);
    connection.onClosed(() => this.#connections.delete(connection));
  }

  async #waitInVain(options: ConnectOptions, signal: AbortSignal): Promise<never> {
    await this.#fabric.clock.sleep(timeoutOf(options), signal);
    throw new NetError('ETIMEDOUT', 'Connection timed out');
  }

  /** Waits as long as `ways` packets in a row take: a turn of the event loop when that is too short for a timer. */
  async #travel(ways: number, signal: AbortSignal): Promise<void> {
    const { clock, latencyMs } = this.#fabric;
    if (latencyMs === 0) return;
    await clock.sleep(isTimed(latencyMs, clock) ? ways * latencyMs : 0, signal);
  }

  #ephemeralPort(): number {
    do {
      this.#nextPort =
        this.#nextPort >= LAST_EPHEMERAL_PORT ? FIRST_EPHEMERAL_PORT : this.#nextPort + 1;
    } while (this.#listening.has(this.#nextPort));
    return this.#nextPort;
  }
}

function timeoutOf(options: ConnectOptions): number {
  return options.timeoutMs ?? CONNECT_TIMEOUT_MS;
}
