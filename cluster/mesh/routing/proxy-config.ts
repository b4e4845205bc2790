// What one proxy knows: listeners, routes, clusters and endpoints as plain data, in Envoy's words (LDS, RDS, CDS, EDS).
// Computed by build.ts, acted upon by proxy/, shown by `istioctl proxy-config`.

import type {
  AuthorizationPolicy,
  ConsistentHash,
  OutlierDetection,
  StringMatch,
} from '../resources.ts';
import type { Endpoint, PortProtocol } from './services.ts';

export interface ProxyConfig {
  outbound: OutboundConfig;
  inbound: InboundConfig;
  accessLog: AccessLogConfig | undefined;
  metrics: MetricsConfig;
  trustDomain: string;
}

export interface OutboundConfig {
  /** By name: `0.0.0.0_80`, `10.96.0.7_9000`. */
  listeners: ReadonlyMap<string, Listener>;
  /** By name: `80`, or `shop.app.svc.cluster.local:80` where the protocol is sniffed. */
  routes: ReadonlyMap<string, RouteConfiguration>;
  clusters: ReadonlyMap<string, Cluster>;
  /** Where connections go that no listener and no virtual host knows. */
  unknown: typeof PASSTHROUGH | typeof BLACK_HOLE;
}

export const PASSTHROUGH = 'PassthroughCluster';
export const BLACK_HOLE = 'BlackHoleCluster';
export const INBOUND_PASSTHROUGH = 'InboundPassthroughCluster';

export interface Listener {
  name: string;
  /** `0.0.0.0` takes connections to any address. */
  address: string;
  port: number;
  protocol: PortProtocol;
  /** For `http` and `auto`. */
  routes: string | undefined;
  /** For `tcp` and `auto`. */
  tcp: TcpAction | undefined;
}

export interface TcpAction {
  clusters: readonly WeightedCluster[];
  virtualService: string | undefined;
}

export interface WeightedCluster {
  cluster: string;
  weight: number;
  request: HeaderMutations;
  response: HeaderMutations;
}

export interface RouteConfiguration {
  name: string;
  virtualHosts: readonly VirtualHost[];
}

export interface VirtualHost {
  name: string;
  /** Without ports: Istio's sidecars ignore the port of a Host header. */
  domains: readonly string[];
  routes: readonly Route[];
}

export interface Route {
  name: string;
  /** `name.namespace`, as istioctl prints it; undefined for what no VirtualService asked for. */
  virtualService: string | undefined;
  match: RouteMatch;
  action: RouteAction;
  request: HeaderMutations;
  response: HeaderMutations;
  fault: Fault | undefined;
  cors: Cors | undefined;
}

export interface RouteMatch {
  path: PathMatch;
  /** All must hold. */
  headers: readonly HeaderCondition[];
  query: readonly { name: string; match: StringMatch }[];
}

export type PathMatch = { kind: 'prefix' | 'exact' | 'regex'; value: string; ignoreCase: boolean };

export interface HeaderCondition {
  /** Lower case; `:method`, `:authority` and `:scheme` are the request's own. */
  name: string;
  match: StringMatch;
  /** Holds when the match does not, also when the header is missing. */
  invert: boolean;
}

export type RouteAction =
  | ForwardAction
  | {
      kind: 'redirect';
      status: number;
      path: string | undefined;
      /** For a prefix match with `%PREFIX()%`: the new prefix. */
      prefix: string | undefined;
      authority: string | undefined;
      scheme: string | undefined;
      /** `request`: the port of the request stays. */
      port: number | 'request' | undefined;
    }
  | { kind: 'direct'; status: number; body: string };

export interface ForwardAction {
  kind: 'forward';
  clusters: readonly WeightedCluster[];
  /** Milliseconds; 0: none. */
  timeoutMs: number;
  retry: RetryPolicy | undefined;
  rewrite:
    | { kind: 'prefix' | 'whole'; value: string }
    | { kind: 'regex'; pattern: string; value: string }
    | undefined;
  authority: string | undefined;
  mirrors: readonly { cluster: string; percent: number }[];
}

export interface RetryPolicy {
  /** Beyond the first try. */
  attempts: number;
  on: readonly string[];
  statuses: readonly number[];
  /** 0: none. */
  perTryTimeoutMs: number;
  /** Base of the jittered exponential back-off. */
  backoffMs: number;
  /** Tries hosts that were not tried yet. */
  otherHosts: boolean;
}

export interface HeaderMutations {
  set: readonly [name: string, value: string][];
  add: readonly [name: string, value: string][];
  remove: readonly string[];
}

export interface Fault {
  delay: { percent: number; ms: number } | undefined;
  abort: { percent: number; status: number; grpc: string | undefined } | undefined;
}

export interface Cors {
  origins: readonly StringMatch[];
  methods: string;
  headers: string;
  expose: string;
  maxAge: string;
  credentials: boolean | undefined;
  forwardUnmatched: boolean;
}

export type TlsMode = 'auto' | 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';

export interface Cluster {
  name: string;
  kind: 'EDS' | 'ORIGINAL_DST' | 'STRICT_DNS';
  service: { host: string; name: string; namespace: string };
  port: number;
  subset: string;
  /** `name.namespace` */
  destinationRule: string | undefined;
  loadBalancer: LoadBalancer;
  warmup: Warmup | undefined;
  pool: ConnectionPool;
  outlier: Outlier | undefined;
  tls: TlsMode;
  external: boolean;
  endpoints: readonly Endpoint[];
}

export type LoadBalancer =
  { kind: 'LEAST_REQUEST' | 'ROUND_ROBIN' | 'RANDOM' } | { kind: 'HASH'; hash: ConsistentHash };

/** A host that has just come gets a share that grows until it is warm. */
export interface Warmup {
  ms: number;
  /** Of a full share, at the start. */
  minimumPercent: number;
  /** 1: the share grows evenly; above it grows sooner. */
  aggression: number;
}

export interface ConnectionPool {
  maxConnections: number;
  maxPendingRequests: number;
  maxRequests: number;
  maxRetries: number;
  /** 0: any number. */
  maxRequestsPerConnection: number;
  connectTimeoutMs: number;
  /** How long a connection may lie unused; 0: for ever. */
  idleTimeoutMs: number;
  /** The same for a TCP connection on which no byte passes. */
  tcpIdleTimeoutMs: number;
  /** How long a connection may last; 0: any time. */
  maxConnectionMs: number;
}

export interface Outlier {
  /** 0: not enforced. */
  consecutive5xx: number;
  consecutiveGateway: number;
  /** Failures to reach the host in a row, where they are counted apart; undefined where they count as server errors. */
  consecutiveLocal: number | undefined;
  intervalMs: number;
  baseEjectionMs: number;
  maxEjectionPercent: number;
  minHealthPercent: number;
  /** As the rule has it: the proxy is told this much, and its dump shows no more. */
  written: OutlierDetection;
}

export type InboundMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export interface InboundPort {
  /** The container's port. */
  port: number;
  cluster: string;
  protocol: PortProtocol;
  service: { host: string; name: string; namespace: string } | undefined;
  /** The server's proxy keeps the limits of the Service's DestinationRule too. */
  pool: ConnectionPool;
  /** Where the application listens, if that is elsewhere than where callers dial. */
  target?: { ip: string; port: number };
}

export interface InboundConfig {
  ports: ReadonlyMap<number, InboundPort>;
  mtls: InboundMode;
  mtlsByPort: ReadonlyMap<number, InboundMode>;
  /** Root namespace and own namespace, selecting this workload; DENY is looked at before ALLOW. */
  deny: readonly AuthorizationPolicy[];
  allow: readonly AuthorizationPolicy[];
}

/** What is changed about a metric: nothing of what it is called, for nothing here says so. */
export interface MetricChange {
  off: boolean;
  /** By tag: an expression for its value, or undefined where it is taken away. */
  tags: ReadonlyMap<string, string | undefined>;
}

/** By metric, for each direction: `istio_requests_total`. */
export type MetricsConfig = Record<'outbound' | 'inbound', ReadonlyMap<string, MetricChange>>;

export interface LogSide {
  on: boolean;
  /** Writes only what this expression holds for. */
  filter: string | undefined;
}

export interface AccessLogConfig {
  file: string;
  json: boolean;
  /** Empty: Istio's own. */
  format: string;
  outbound: LogSide;
  inbound: LogSide;
}
