// Istio's kinds as the mesh reads them from the store: the fields it acts upon, typed. The API has validated what is stored,
// so this is the one place where a stored object is called by its type.
// Source of names and meanings: the API comments of istio/api, networking/v1alpha3, security/v1beta1, telemetry/v1alpha1.

import type { KubeObject, ObjectMeta } from '../object.ts';

/** A stored object with a spec of this kind. Istio's own kinds may be stored without one. */
export interface Resource<Spec> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: Spec;
}

/** Go's duration: `1.5s`, `1h30m`. */
export type Duration = string;

/** At most one is set; none asks only for presence. */
export interface StringMatch {
  exact?: string;
  prefix?: string;
  /** RE2; the whole value must match. */
  regex?: string;
}

export interface Percent {
  value?: number;
}

export interface PortSelector {
  number?: number;
}

export interface Destination {
  host: string;
  subset?: string;
  port?: PortSelector;
}

export interface HeaderOperations {
  set?: Record<string, string>;
  add?: Record<string, string>;
  remove?: string[];
}

export interface Headers {
  request?: HeaderOperations;
  response?: HeaderOperations;
}

export interface HttpMatchRequest {
  name?: string;
  uri?: StringMatch;
  scheme?: StringMatch;
  method?: StringMatch;
  authority?: StringMatch;
  headers?: Record<string, StringMatch>;
  withoutHeaders?: Record<string, StringMatch>;
  queryParams?: Record<string, StringMatch>;
  ignoreUriCase?: boolean;
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
  statPrefix?: string;
}

export interface HttpRetry {
  attempts?: number;
  perTryTimeout?: Duration;
  retryOn?: string;
  retryRemoteLocalities?: boolean;
  retryIgnorePreviousHosts?: boolean;
  backoff?: Duration;
}

export interface HttpFaultInjection {
  delay?: { percentage?: Percent; percent?: number; fixedDelay?: Duration };
  abort?: { percentage?: Percent; httpStatus?: number; grpcStatus?: string };
}

export interface HttpRedirect {
  uri?: string;
  authority?: string;
  port?: number;
  derivePort?: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT';
  scheme?: string;
  redirectCode?: number;
}

export interface HttpRewrite {
  uri?: string;
  authority?: string;
  uriRegexRewrite?: { match?: string; rewrite?: string };
}

export interface CorsPolicy {
  allowOrigins?: StringMatch[];
  allowOrigin?: string[];
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  maxAge?: Duration;
  allowCredentials?: boolean;
  unmatchedPreflights?: 'UNSPECIFIED' | 'FORWARD' | 'IGNORE';
}

export interface HttpRouteDestination {
  destination: Destination;
  weight?: number;
  headers?: Headers;
}

export interface HttpRoute {
  name?: string;
  match?: HttpMatchRequest[];
  route?: HttpRouteDestination[];
  redirect?: HttpRedirect;
  directResponse?: { status: number; body?: { string?: string; bytes?: string } };
  delegate?: { name?: string; namespace?: string };
  rewrite?: HttpRewrite;
  timeout?: Duration;
  retries?: HttpRetry;
  fault?: HttpFaultInjection;
  mirror?: Destination;
  mirrors?: { destination: Destination; percentage?: Percent }[];
  mirrorPercentage?: Percent;
  /** Deprecated names of `mirrorPercentage`. */
  mirrorPercent?: number;
  mirror_percent?: number;
  corsPolicy?: CorsPolicy;
  headers?: Headers;
}

export interface L4MatchAttributes {
  destinationSubnets?: string[];
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
}

export interface TcpRoute {
  match?: L4MatchAttributes[];
  route?: { destination: Destination; weight?: number }[];
}

export interface VirtualServiceSpec {
  hosts?: string[];
  gateways?: string[];
  http?: HttpRoute[];
  tls?: TcpRoute[];
  tcp?: TcpRoute[];
  exportTo?: string[];
}

export type SimpleLb =
  'UNSPECIFIED' | 'LEAST_CONN' | 'RANDOM' | 'PASSTHROUGH' | 'ROUND_ROBIN' | 'LEAST_REQUEST';

export interface ConsistentHash {
  httpHeaderName?: string;
  httpCookie?: { name: string; path?: string; ttl?: Duration };
  useSourceIp?: boolean;
  httpQueryParameterName?: string;
  ringHash?: { minimumRingSize?: number };
  maglev?: { tableSize?: number };
  minimumRingSize?: number;
}

export interface LoadBalancerSettings {
  simple?: SimpleLb;
  consistentHash?: ConsistentHash;
  warmup?: { duration?: Duration; minimumPercent?: number; aggression?: number };
  warmupDurationSecs?: Duration;
}

export interface ConnectionPoolSettings {
  tcp?: {
    maxConnections?: number;
    connectTimeout?: Duration;
    idleTimeout?: Duration;
    maxConnectionDuration?: Duration;
  };
  http?: {
    http1MaxPendingRequests?: number;
    http2MaxRequests?: number;
    maxRequestsPerConnection?: number;
    maxRetries?: number;
    idleTimeout?: Duration;
    h2UpgradePolicy?: string;
    useClientProtocol?: boolean;
    maxConcurrentStreams?: number;
  };
}

export interface OutlierDetection {
  consecutiveErrors?: number;
  consecutiveGatewayErrors?: number;
  consecutive5xxErrors?: number;
  consecutiveLocalOriginFailures?: number;
  splitExternalLocalOriginErrors?: boolean;
  interval?: Duration;
  baseEjectionTime?: Duration;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
}

export type ClientTlsMode = 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';

export interface ClientTls {
  mode?: ClientTlsMode;
  sni?: string;
}

/** What a whole host, a subset and a port may each say. */
export interface PortTrafficPolicy {
  loadBalancer?: LoadBalancerSettings;
  connectionPool?: ConnectionPoolSettings;
  outlierDetection?: OutlierDetection;
  tls?: ClientTls;
}

export interface TrafficPolicy extends PortTrafficPolicy {
  portLevelSettings?: (PortTrafficPolicy & { port?: PortSelector })[];
}

export interface Subset {
  name: string;
  labels?: Record<string, string>;
  trafficPolicy?: TrafficPolicy;
}

export interface WorkloadSelector {
  matchLabels?: Record<string, string>;
}

export interface DestinationRuleSpec {
  host: string;
  trafficPolicy?: TrafficPolicy;
  subsets?: Subset[];
  exportTo?: string[];
  workloadSelector?: WorkloadSelector;
}

export interface ServiceEntryPort {
  number: number;
  name?: string;
  protocol?: string;
  targetPort?: number;
}

export interface WorkloadEntrySpec {
  address?: string;
  ports?: Record<string, number>;
  labels?: Record<string, string>;
  weight?: number;
  serviceAccount?: string;
}

export interface ServiceEntrySpec {
  hosts: string[];
  addresses?: string[];
  ports?: ServiceEntryPort[];
  location?: 'MESH_EXTERNAL' | 'MESH_INTERNAL';
  resolution?: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN';
  endpoints?: WorkloadEntrySpec[];
  workloadSelector?: { labels?: Record<string, string> };
  exportTo?: string[];
  subjectAltNames?: string[];
}

export type OutboundMode = 'ALLOW_ANY' | 'REGISTRY_ONLY';

export interface SidecarIngress {
  port?: { number?: number; name?: string; protocol?: string };
  /** `127.0.0.1:8080`, `0.0.0.0:8080` for the pod's own address; none: where callers dial. */
  defaultEndpoint?: string;
  connectionPool?: ConnectionPoolSettings;
}

export interface SidecarSpec {
  workloadSelector?: { labels?: Record<string, string> };
  ingress?: SidecarIngress[];
  inboundConnectionPool?: ConnectionPoolSettings;
  egress?: { hosts?: string[]; port?: { number?: number }; bind?: string }[];
  outboundTrafficPolicy?: { mode?: OutboundMode };
}

export type MtlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export interface PeerAuthenticationSpec {
  selector?: WorkloadSelector;
  mtls?: { mode?: MtlsMode };
  portLevelMtls?: Record<string, { mode?: MtlsMode }>;
}

export interface AuthorizationSource {
  principals?: string[];
  notPrincipals?: string[];
  requestPrincipals?: string[];
  notRequestPrincipals?: string[];
  namespaces?: string[];
  notNamespaces?: string[];
  ipBlocks?: string[];
  notIpBlocks?: string[];
  remoteIpBlocks?: string[];
  notRemoteIpBlocks?: string[];
  serviceAccounts?: string[];
  notServiceAccounts?: string[];
}

export interface AuthorizationOperation {
  hosts?: string[];
  notHosts?: string[];
  ports?: string[];
  notPorts?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

export interface AuthorizationRule {
  from?: { source?: AuthorizationSource }[];
  to?: { operation?: AuthorizationOperation }[];
  when?: { key: string; values?: string[]; notValues?: string[] }[];
}

export interface AuthorizationPolicySpec {
  selector?: WorkloadSelector;
  action?: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
  rules?: AuthorizationRule[];
}

export type TelemetryMode = 'CLIENT_AND_SERVER' | 'CLIENT' | 'SERVER';

export interface MetricsOverride {
  match?: { metric?: string; customMetric?: string; mode?: TelemetryMode };
  disabled?: boolean;
  tagOverrides?: Record<string, { operation?: 'UPSERT' | 'REMOVE'; value?: string }>;
}

export interface TelemetrySpec {
  selector?: WorkloadSelector;
  accessLogging?: {
    disabled?: boolean;
    providers?: { name: string }[];
    match?: { mode?: TelemetryMode };
    filter?: { expression?: string };
  }[];
  metrics?: { providers?: { name: string }[]; overrides?: MetricsOverride[] }[];
  tracing?: unknown[];
}

export type VirtualService = Resource<VirtualServiceSpec>;
export type DestinationRule = Resource<DestinationRuleSpec>;
export type ServiceEntry = Resource<ServiceEntrySpec>;
export type Sidecar = Resource<SidecarSpec>;
export type PeerAuthentication = Resource<PeerAuthenticationSpec>;
export type AuthorizationPolicy = Resource<AuthorizationPolicySpec>;
export type Telemetry = Resource<TelemetrySpec>;

/** Istio's kinds by the name the API knows their resources by. */
export interface MeshKinds {
  'virtualservices.networking.istio.io': VirtualService;
  'destinationrules.networking.istio.io': DestinationRule;
  'serviceentries.networking.istio.io': ServiceEntry;
  'sidecars.networking.istio.io': Sidecar;
  'peerauthentications.security.istio.io': PeerAuthentication;
  'authorizationpolicies.security.istio.io': AuthorizationPolicy;
  'telemetries.telemetry.istio.io': Telemetry;
}

export type MeshResource = keyof MeshKinds;

/** Calls a stored object of this resource by its type. */
export function asMeshKind<R extends MeshResource>(_resource: R, object: KubeObject): MeshKinds[R] {
  return { ...object, spec: object['spec'] ?? {} } as unknown as MeshKinds[R];
}
