// One sidecar proxy: takes the connections of its pod, decides by its configuration where they go, and keeps count.
// It lives in the pod's network namespace; what it knows comes by `apply`.

import type { Clock } from '../../clock.ts';
import { equal } from '../../controllers/equal.ts';
import { inCidr } from '../../network/addresses.ts';
import type { Address, Connection, NetworkNamespace, RedirectRule } from '../../network/network.ts';
import { textOf } from '../../streams.ts';
import { listenerFor } from '../routing/listeners.ts';
import {
  BLACK_HOLE,
  type InboundPort,
  INBOUND_PASSTHROUGH,
  type MetricsConfig,
  type Listener,
  type ProxyConfig,
  type TcpAction,
} from '../routing/proxy-config.ts';
import { type ProxyIdentity, spiffeId } from '../routing/workloads.ts';
import { accessLogLine } from './access-log.ts';
import { holds } from './attributes.ts';
import { authorize } from './authorization.ts';
import { type Exchange, newExchange } from './exchange.ts';
import { failureWords } from './flags.ts';
import { type HttpSide, serveProxied } from './http-connection.ts';
import { answerInbound } from './inbound-http.ts';
import { type HeldRequest } from './messages.ts';
import { type OutboundHttp, answerOutbound } from './outbound-http.ts';
import { encodeWorkload } from './peer.ts';
import { forward, weighted } from './router.ts';
import { pump } from './tcp.ts';
import { type Hello, acceptTls, looksLikeTls, NotTls, peek } from './tls.ts';
import { UpstreamCluster, Upstreams, failureOf, passthroughCluster } from './upstream.ts';

/** What counts requests and connections. */
export interface ProxyTelemetry {
  request(exchange: Exchange): void;
  opened(exchange: Exchange): void;
  closed(exchange: Exchange): void;
  /** What is counted from now on. */
  follow(metrics: MetricsConfig): void;
}

export interface SidecarOptions {
  net: NetworkNamespace;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  identity: ProxyIdentity;
  config: ProxyConfig;
  telemetry: ProxyTelemetry;
  /** A line of the container's log, with its end. */
  write(line: string): void;
  /** What no caller can be told: a fault of ours. */
  fault(error: unknown): void;
}

/** Ports of the proxy itself, which nothing redirects: health, metrics, the agent. */
const OWN_PORTS: ReadonlySet<number> = new Set([15_020, 15_021, 15_090]);
/** Calls to the own application come from here, and iptables lets them pass. */
const INBOUND_SOURCE = '127.0.0.6';

export class Sidecar {
  readonly #options: SidecarOptions;
  readonly upstreams: Upstreams;
  readonly #inbound = new Map<string, UpstreamCluster>();
  /** What it tells of itself with each request. */
  readonly #metadata: { value: string; id: string };
  #config: ProxyConfig;
  #draining = false;
  #stopped = false;
  /** Connections taken over and not yet ended. */
  readonly #open = new Set<Connection>();

  constructor(options: SidecarOptions) {
    this.#options = options;
    this.#config = options.config;
    const { net, clock, random, identity } = options;
    this.#metadata = metadataOf(identity);
    this.upstreams = new Upstreams({ net, clock, random, hello: () => this.#hello() });
    this.apply(options.config);
  }

  get config(): ProxyConfig {
    return this.#config;
  }

  /** A push of the control plane. Requests under way keep what they have begun with. */
  apply(config: ProxyConfig): void {
    this.#config = config;
    this.upstreams.follow(config.outbound.clusters);
    this.#options.telemetry.follow(config.metrics);
  }

  /** Takes over the pod's connections. */
  start(): void {
    this.#redirect(
      (from, to) => this.#run(from, this.#outbound(from, to)),
      (from, to) => this.#run(from, this.#accepted(from, to)),
    );
  }

  /** Its end is near: callers are told to open new connections, which other pods will get. */
  drain(): void {
    this.#draining = true;
  }

  /** The redirect stays, as iptables' does: nothing answers it any more. */
  stop(): void {
    const refuse = (connection: Connection) => connection.reset();
    this.#redirect(refuse, refuse);
    this.upstreams.close();
    for (const cluster of this.#inbound.values()) cluster.close();
    // A process that ends takes its sockets with it.
    this.#stopped = true;
    for (const connection of this.#open) connection.reset();
  }

  #redirect(outbound: RedirectRule['accept'], inbound: RedirectRule['accept']): void {
    const { excludedOutboundPorts, excludedInboundPorts, excludedOutboundBlocks } =
      this.#options.identity.interception;
    this.#options.net.redirect({
      outbound: {
        takes: ({ ip, port }) =>
          !excludedOutboundPorts.includes(port) &&
          !excludedOutboundBlocks.some((block) => inCidr(ip, block)),
        accept: outbound,
      },
      inbound: {
        takes: ({ port }) => !OWN_PORTS.has(port) && !excludedInboundPorts.includes(port),
        accept: inbound,
      },
    });
  }

  #run(connection: Connection, served: Promise<void>): void {
    this.#open.add(connection);
    served
      .catch((error: unknown) => {
        connection.reset();
        // A peer that breaks off is its own affair, and so is what a stopped proxy could not finish.
        if (!failureOf(error) && !this.#stopped) this.#options.fault(error);
      })
      .finally(() => this.#open.delete(connection));
  }

  #hello(): Hello {
    const { identity } = this.#options;
    return {
      principal: this.#principal(),
      workload: identity.workload,
    };
  }

  #principal(): string {
    const { namespace, serviceAccount } = this.#options.identity;
    return spiffeId(this.#config.trustDomain, namespace, serviceAccount);
  }

  // What the pod itself opens.

  async #outbound(connection: Connection, destination: Address): Promise<void> {
    const { outbound } = this.#config;
    const listener = listenerFor(outbound.listeners, destination);
    if (!listener) return this.#unknown(connection, destination);
    if (listener.protocol === 'tcp')
      return this.#outboundTcp(connection, destination, listener.tcp);
    if (listener.protocol === 'http') return this.#outboundHttp(connection, destination, listener);
    const { first, connection: whole } = await peek(connection);
    if (isHttp(first)) return this.#outboundHttp(whole, destination, listener);
    return this.#outboundTcp(whole, destination, listener.tcp);
  }

  #unknown(connection: Connection, destination: Address): Promise<void> {
    const cluster = this.upstreams.passthrough(this.#config.outbound.unknown);
    if (this.#config.outbound.unknown === BLACK_HOLE) {
      const exchange = this.#tcpExchange('outbound', connection, cluster);
      exchange.flags.add('UH');
      this.#options.telemetry.opened(exchange);
      this.#closed(exchange);
      connection.close();
      return Promise.resolve();
    }
    return this.#tcp('outbound', connection, destination, cluster, undefined);
  }

  #outboundTcp(
    connection: Connection,
    destination: Address,
    action: TcpAction | undefined,
  ): Promise<void> {
    const chosen = weighted(action?.clusters ?? [], this.#options.random);
    const cluster = chosen && this.upstreams.get(chosen.cluster);
    if (cluster) return this.#tcp('outbound', connection, destination, cluster, undefined);
    const exchange = this.#tcpExchange('outbound', connection, undefined);
    exchange.flags.add('NC');
    this.#closed(exchange);
    connection.close();
    return Promise.resolve();
  }

  #outboundHttp(connection: Connection, destination: Address, listener: Listener): Promise<void> {
    const { clock, random } = this.#options;
    const context: OutboundHttp = {
      clock,
      random,
      server: 'envoy',
      countsAttempts: true,
      upstreams: this.upstreams,
      metadata: this.#metadata,
      mirror: (cluster, request) => this.#mirror(cluster, request, destination),
    };
    return serveProxied(connection, {
      ...this.#httpSide('outbound', 'envoy', connection, destination),
      answer: (request, exchange, signal) => {
        // Each request sees the newest routes; a table that has gone knows no route.
        const routes = this.#config.outbound.routes.get(listener.routes ?? '');
        return answerOutbound(
          context,
          routes ?? { name: listener.routes ?? '', virtualHosts: [] },
          request,
          exchange,
          destination,
          signal,
        );
      },
    });
  }

  #mirror(cluster: UpstreamCluster, request: HeldRequest, destination: Address): void {
    const { clock, random } = this.#options;
    const here = { ip: this.#options.identity.ip, port: 0 };
    const exchange = newExchange('outbound', clock.now(), { local: here, remote: here });
    const copy = { ...request, headers: [...request.headers] };
    const context = { clock, random, server: 'envoy', countsAttempts: true };
    const once = { timeoutMs: 0, retry: undefined };
    forward(context, cluster, copy, exchange, once, destination, new AbortController().signal)
      // The answer is read to its end, so that the connection can serve again, and thrown away.
      .then(async ({ body }) => {
        for (let chunk = await body.read(); chunk;) chunk = await body.read();
      })
      .catch((error: unknown) => {
        if (!failureOf(error)) this.#options.fault(error);
      });
  }

  // What comes to the pod.

  async #accepted(connection: Connection, destination: Address): Promise<void> {
    const { inbound } = this.#config;
    const port = inbound.ports.get(destination.port);
    const mode = inbound.mtlsByPort.get(destination.port) ?? inbound.mtls;
    if (mode === 'DISABLE')
      return this.#inboundPlain(connection, destination, port, undefined, undefined);
    const { first, connection: whole } = await peek(connection);
    if (!looksLikeTls(first)) {
      // A caller that said nothing and left is no failure.
      if (first.length === 0) return whole.close();
      if (mode === 'STRICT') return whole.reset();
      return this.#inboundPlain(whole, destination, port, undefined, first);
    }
    let taken: Awaited<ReturnType<typeof acceptTls>>;
    try {
      taken = await acceptTls(whole, this.#hello());
    } catch (error) {
      if (!(error instanceof NotTls)) throw error;
      // TLS that an application speaks for itself is passed on as it is.
      return whole.reset();
    }
    return this.#inboundPlain(taken.connection, destination, port, taken.peer, undefined);
  }

  /** @param first what is known of the stream's start. */
  async #inboundPlain(
    connection: Connection,
    destination: Address,
    port: InboundPort | undefined,
    caller: Hello | undefined,
    first: Uint8Array | undefined,
  ): Promise<void> {
    const cluster = this.#application(port, destination);
    const protocol = port?.protocol ?? 'auto';
    if (protocol === 'tcp') return this.#inboundTcp(connection, destination, cluster, caller);
    if (protocol === 'http') return this.#inboundHttp(connection, destination, cluster, caller);
    const seen = first ? { first, connection } : await peek(connection);
    if (isHttp(seen.first)) return this.#inboundHttp(seen.connection, destination, cluster, caller);
    return this.#inboundTcp(seen.connection, destination, cluster, caller);
  }

  #inboundHttp(
    connection: Connection,
    destination: Address,
    cluster: UpstreamCluster,
    caller: Hello | undefined,
  ): Promise<void> {
    const { clock, random } = this.#options;
    return serveProxied(connection, {
      ...this.#httpSide('inbound', 'istio-envoy', connection, destination),
      caller,
      answer: (request, exchange, signal) =>
        answerInbound(
          {
            clock,
            random,
            server: 'istio-envoy',
            countsAttempts: false,
            config: this.#config.inbound,
            cluster,
            principal: this.#principal(),
            metadata: this.#metadata,
          },
          request,
          exchange,
          destination,
          signal,
        ),
    });
  }

  #inboundTcp(
    connection: Connection,
    destination: Address,
    cluster: UpstreamCluster,
    caller: Hello | undefined,
  ): Promise<void> {
    const verdict = authorize(this.#config.inbound, {
      principal: caller?.principal.replace('spiffe://', ''),
      ip: connection.remote.ip,
      port: destination.port,
      http: undefined,
    });
    if (verdict.allowed) return this.#tcp('inbound', connection, destination, cluster, caller);
    const exchange = this.#tcpExchange('inbound', connection, cluster);
    exchange.caller = caller;
    exchange.terminated = verdict.details;
    this.#closed(exchange);
    connection.close();
    return Promise.resolve();
  }

  /** The application behind a port; it keeps its connections over pushes. */
  #application(port: InboundPort | undefined, { port: number }: Address): UpstreamCluster {
    const name = port?.cluster ?? INBOUND_PASSTHROUGH;
    const { ip = '', port: target = number } = port?.target ?? {};
    const key = port ? `${name} ${port.service?.host ?? ''} ${ip}:${target}` : `${name} ${number}`;
    let cluster = this.#inbound.get(key);
    if (cluster && port && !equal(cluster.definition.pool, port.pool)) {
      cluster.close();
      cluster = undefined;
    }
    if (!cluster) {
      const { net, clock, random } = this.#options;
      cluster = new UpstreamCluster(passthroughCluster(name, port?.service, port?.pool), {
        net,
        clock,
        random,
        source: INBOUND_SOURCE,
        ...(port?.target ? { target: port.target } : {}),
        hello: () => this.#hello(),
      });
      this.#inbound.set(key, cluster);
    }
    return cluster;
  }

  // What both directions share.

  async #tcp(
    side: Exchange['side'],
    connection: Connection,
    destination: Address,
    cluster: UpstreamCluster,
    caller: Hello | undefined,
  ): Promise<void> {
    const exchange = this.#tcpExchange(side, connection, cluster);
    exchange.caller = caller;
    exchange.callerWorkload = caller?.workload;
    const { breakers, definition } = cluster;
    const host =
      definition.kind === 'ORIGINAL_DST'
        ? cluster.originalDestination(destination.ip, destination.port)
        : cluster.pick(undefined, new Set());
    const { telemetry } = this.#options;
    if (!host || breakers.connections >= definition.pool.maxConnections) {
      exchange.flags.add(host ? 'UO' : 'UH');
      telemetry.opened(exchange);
      this.#closed(exchange);
      return connection.close();
    }
    exchange.upstreamHost = host.key;
    exchange.upstreamWorkload = host.endpoint.workload;
    breakers.connections++;
    host.active++;
    try {
      const opened = await cluster.open(host);
      exchange.upstreamLocal = opened.connection.local;
      exchange.upstreamPrincipal = opened.peer?.principal;
      exchange.upstreamWorkload = opened.peer?.workload ?? exchange.upstreamWorkload;
      telemetry.opened(exchange);
      cluster.note(host, 200);
      await pump(connection, opened.connection, exchange, {
        clock: this.#options.clock,
        idleMs: definition.pool.tcpIdleTimeoutMs,
        lastsMs: definition.pool.maxConnectionMs,
      });
      opened.connection.close();
      connection.close();
    } catch (error) {
      const failure = failureOf(error);
      if (!failure) throw error;
      const words = failureWords(failure, false);
      exchange.flags.add(words.flag);
      exchange.transportFailure = failure.kind === 'connect' ? failure.transport : '';
      cluster.note(host, 503, true);
      telemetry.opened(exchange);
      connection.reset();
    } finally {
      breakers.connections--;
      host.active--;
      this.#closed(exchange);
    }
  }

  #tcpExchange(
    side: Exchange['side'],
    { local, remote }: Connection,
    cluster: UpstreamCluster | undefined,
  ): Exchange {
    const exchange = newExchange(side, this.#options.clock.now(), { local, remote });
    exchange.cluster = cluster?.definition;
    return exchange;
  }

  #closed(exchange: Exchange): void {
    exchange.endedAt = this.#options.clock.now();
    this.#options.telemetry.closed(exchange);
    this.#log(exchange);
  }

  #httpSide(
    side: Exchange['side'],
    server: string,
    { remote }: Connection,
    local: Address,
  ): Omit<HttpSide, 'answer'> {
    const { clock, random, telemetry } = this.#options;
    return {
      side,
      server,
      clock,
      random,
      caller: undefined,
      downstream: { local, remote },
      closes: () => this.#draining && side === 'inbound',
      ended: (exchange) => {
        telemetry.request(exchange);
        this.#log(exchange);
      },
    };
  }

  #log(exchange: Exchange): void {
    const { accessLog } = this.#config;
    const side = accessLog?.[exchange.side];
    if (!accessLog || !side?.on) return;
    if (side.filter !== undefined && !holds(side.filter, exchange)) return;
    this.#options.write(accessLogLine(exchange, accessLog));
  }
}

function metadataOf({ podName, namespace, ip, workload }: ProxyIdentity): {
  value: string;
  id: string;
} {
  return {
    value: encodeWorkload(workload),
    id: `sidecar~${ip}~${podName}.${namespace}~${namespace}.svc.cluster.local`,
  };
}

/**
 * A request line begins with a method and a target. HTTP/1.0 is found too, but Istio's filter chains for what is detected
 * ask for 1.1, so it passes as TCP. Source: Envoy docs, HTTP inspector; istio/istio routing.go, "http10 to auto".
 */
function isHttp(first: Uint8Array): boolean {
  if (!/^[A-Z]{3,12} \S/.test(textOf(first.subarray(0, 64)))) return false;
  const end = first.indexOf(0x0a);
  return end === -1 || !/ HTTP\/1\.0\r?$/.test(textOf(first.subarray(0, end)));
}
