// The pod network as its users see it: addresses, names and byte connections, all inside one cluster.
// Nothing here can reach the host or any real network: there is no code that could.

import type { ByteReader, ByteWriter } from '../streams.ts';

export interface Address {
  ip: string;
  port: number;
}

/** One TCP connection, seen from one of its ends. */
export interface Connection {
  readonly local: Address;
  readonly remote: Address;
  readonly input: ByteReader;
  readonly output: ByteWriter;
  /** Sends what is written, then closes both directions. */
  close(): void;
  /** RST: the other end reads `Connection reset by peer`. */
  reset(): void;
}

export type NetErrorCode =
  | 'ECONNREFUSED'
  | 'ETIMEDOUT'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'ECONNRESET'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL';

export class NetError extends Error {
  readonly code: NetErrorCode;

  constructor(code: NetErrorCode, message: string) {
    super(message);
    this.name = 'NetError';
    this.code = code;
  }
}

export interface Listener {
  readonly port: number;
  close(): void;
}

export interface ConnectOptions {
  /** Cluster milliseconds before ETIMEDOUT. Default 130 s, as Linux gives up on unanswered SYNs. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Passes the namespace's own redirect, as iptables lets the mesh proxy's user pass. */
  direct?: boolean;
  /**
   * The loopback address to come from. From 127.0.0.6 a `direct` connection to the pod's own IP reaches the application;
   * from elsewhere the inbound redirect takes it, as a proxy that calls itself is taken in a real pod.
   */
  source?: string;
}

/**
 * Takes connections away from where they were going, as iptables' REDIRECT does in a pod: they are established at once,
 * whatever becomes of their destination. Connections to loopback and to the pod's own IP are never redirected.
 */
export interface Redirect {
  outbound?: RedirectRule;
  inbound?: RedirectRule;
}

export interface RedirectRule {
  /** False lets a connection to this address pass: excluded ports. */
  takes(destination: Address): boolean;
  /** `destination` is what SO_ORIGINAL_DST tells: before Services are resolved, for outbound connections. */
  accept(connection: Connection, destination: Address): void;
}

export type DnsType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME';

export interface DnsAnswer {
  /** The full name that answered, after search paths: `frontend.default.svc.cluster.local`. */
  name: string;
  records: { name: string; type: DnsType; value: string; ttl: number }[];
  code: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL';
}

/** An open TCP socket, as netstat shows it. */
export interface Socket {
  local: Address;
  /** Undefined while it listens. */
  remote: Address | undefined;
}

/** One network namespace: a pod's, shared by its containers, or the node's own. */
export interface NetworkNamespace {
  /** The pod's IP; 127.0.0.1 is always there too. */
  readonly ip: string;
  readonly hostname: string;
  /** As in resolv.conf. */
  readonly resolver: { nameserver: string; search: readonly string[]; ndots: number };
  /** Lines of /etc/hosts in order: the pod's own name and its hostAliases. */
  readonly hosts: readonly { ip: string; names: readonly string[] }[];
  /** Throws NetError EADDRINUSE or EADDRNOTAVAIL. `ip` 127.0.0.1 listens on loopback only; the default is all addresses. */
  listen(port: number, accept: (connection: Connection) => void, ip?: string): Listener;
  /** Connects to an IP (pod, Service, loopback). Rejects with NetError. Names are resolved by `lookup` first. */
  connect(ip: string, port: number, options?: ConnectOptions): Promise<Connection>;
  /** Asks the cluster's DNS for exactly this name. */
  query(name: string, type: DnsType): Promise<DnsAnswer>;
  /** What getaddrinfo does: /etc/hosts, search paths with ndots, A records. An empty list means it does not resolve. */
  lookup(name: string): Promise<string[]>;
  /** Whether an address answers ICMP echo requests: pods and the node do, Services do not. */
  echo(ip: string): Promise<boolean>;
  /** What listens, then what is connected. */
  sockets(): readonly Socket[];
  /** undefined takes the redirect away; connections already redirected stay. */
  redirect(rules: Redirect | undefined): void;
  /** Ends every listener and connection of the namespace. */
  close(): void;
}
