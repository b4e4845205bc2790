// What Kiali's HTTP API answers, as far as the graph and the page read it: the real one's names, whichever engine is behind.
// Source: Kiali's API at v2.26. Rates and times are decimal texts there, and so they are here. Knows nothing of drawing.

export type KialiGraphType = 'app' | 'versionedApp' | 'service' | 'workload';

export type KialiHealth = 'Healthy' | 'Degraded' | 'Failure' | 'Not Ready' | 'NA';

/** `/kiali/api/namespaces/graph` */
export interface KialiGraph {
  /** Unix seconds the window ends at. */
  timestamp: number;
  /** Seconds the rates are taken over. */
  duration: number;
  graphType: KialiGraphType;
  elements: {
    nodes: { data: KialiNode }[];
    edges: { data: KialiEdge }[];
  };
}

export interface KialiNode {
  /** The same for the same thing in every answer. */
  id: string;
  /** The box it lies in, a node of type `box`. */
  parent?: string;
  /** `unknown` is a caller of which telemetry knows nothing. */
  nodeType: 'app' | 'box' | 'service' | 'unknown' | 'workload';
  cluster: string;
  namespace: string;
  workload?: string;
  app?: string;
  version?: string;
  /** Name of the service; for a service entry, of that. */
  service?: string;
  /** Services by which it is called. */
  destServices?: { cluster: string; namespace: string; name: string }[];
  labels?: Record<string, string>;
  /** Absent without traffic. */
  traffic?: KialiNodeTraffic[];
  healthData: KialiHealthData | null;
  hasCB?: boolean;
  hasFaultInjection?: boolean;
  hasMirroring?: boolean;
  hasRequestRouting?: boolean;
  hasRequestTimeout?: boolean;
  hasTCPTrafficShifting?: boolean;
  hasTrafficShifting?: boolean;
  hasVS?: { hostnames?: string[] };
  isBox?: 'app' | 'namespace' | 'cluster';
  /** A workload without pods. */
  isDead?: boolean;
  isGateway?: Record<string, { hostnames?: string[] }>;
  /** Nothing was asked of it in the window. */
  isIdle?: boolean;
  isInaccessible?: boolean;
  /** A service between the one who asks and the workload that answers. */
  isInjected?: boolean;
  /** Some of its pods have no proxy. */
  isOutOfMesh?: boolean;
  /** Of a namespace that was not asked for. */
  isOutside?: boolean;
  /** It calls and is not called. */
  isRoot?: boolean;
  isServiceEntry?: { hosts: string[]; location: string; namespace: string };
}

/** Rates by name: `httpIn`, `httpIn5xx`, `httpOut`, `tcpIn`, `grpcIn` … Requests or bytes a second. */
export interface KialiNodeTraffic {
  protocol: 'grpc' | 'http' | 'tcp';
  rates: Record<string, string>;
}

export interface KialiEdge {
  id: string;
  source: string;
  target: string;
  destPrincipal?: string;
  sourcePrincipal?: string;
  /** Absent without traffic. */
  healthStatus?: KialiHealth;
  /** Percent of the traffic that is mutual TLS; absent for none. */
  isMTLS?: string;
  /** Milliseconds: the average or the percentile that was asked for. */
  responseTime?: string;
  /** Bytes a second. */
  throughput?: string;
  /** Empty without traffic. */
  traffic: KialiEdgeTraffic;
}

export interface KialiEdgeTraffic {
  protocol?: 'grpc' | 'http' | 'tcp';
  /**
   * By name: `http`, `http3xx`, `http4xx`, `http5xx`, `httpNoResponse`, `httpPercentErr`, `httpPercentReq` (its part of
   * what the source sends) and the like for grpc; `tcp` alone, in bytes a second.
   */
  rates?: Record<string, string>;
  /** By response code, `-` for none: percent of the edge's traffic by response flags and by host. */
  responses?: Record<string, { flags?: Record<string, string>; hosts?: Record<string, string> }>;
}

/** Requests a second by protocol and response code. */
export type KialiRequestRates = Record<string, Record<string, number>>;

export interface KialiWorkloadStatus {
  name: string;
  desiredReplicas: number;
  currentReplicas: number;
  availableReplicas: number;
  /** Proxies that have what istiod last sent; -1 without proxies. */
  syncedProxies: number;
}

export interface KialiHealthData {
  requests: {
    inbound: KialiRequestRates;
    outbound: KialiRequestRates;
    healthAnnotations: Record<string, string>;
  };
  status?: { status: KialiHealth; errorRatio?: number; totalRequestRate?: number };
  /** Of a workload. */
  workloadStatus?: KialiWorkloadStatus | null;
  /** Of an app. */
  workloadStatuses?: KialiWorkloadStatus[];
}

/** An answer that is none: 400, 403, 500 or 503, the latter when Prometheus does not answer. */
export interface KialiError {
  error: string;
  detail?: string;
}

export interface KialiGraphRequest {
  namespaces: readonly string[];
  /** Default `workload`. */
  graphType?: KialiGraphType;
  /** Seconds the rates are taken over. Default 60. */
  seconds?: number;
  /** Services between callers and workloads. Default true. */
  services?: boolean;
  /** Ends the window at this Unix second instead of now. */
  at?: number;
  /** Milliseconds on edges. Default `95`. */
  responseTime?: 'avg' | '50' | '95' | '99';
  boxBy?: readonly ('app' | 'namespace' | 'cluster')[];
  /** Default: what a graph of the page shows. */
  appenders?: readonly string[];
}

const APPENDERS = [
  'deadNode',
  'health',
  'idleNode',
  'istio',
  'meshCheck',
  'responseTime',
  'securityPolicy',
  'serviceEntry',
];

/** The path of a graph below the server's address. Kiali keeps graphs for a minute unless it is told not to. */
export function kialiGraphPath(request: KialiGraphRequest): string {
  const query = new URLSearchParams({
    namespaces: request.namespaces.join(','),
    graphType: request.graphType ?? 'workload',
    duration: `${request.seconds ?? 60}s`,
    injectServiceNodes: String(request.services ?? true),
    appenders: (request.appenders ?? APPENDERS).join(','),
    responseTime: request.responseTime ?? '95',
    rateGrpc: 'requests',
    rateHttp: 'requests',
    rateTcp: 'sent',
    refreshInterval: '0',
  });
  if (request.boxBy && request.boxBy.length > 0) query.set('boxBy', request.boxBy.join(','));
  if (request.at !== undefined) query.set('queryTime', String(Math.floor(request.at)));
  return `/kiali/api/namespaces/graph?${query.toString()}`;
}

export type KialiEdgeColour = 'green' | 'orange' | 'red' | 'blue' | 'grey';

/** The colour Kiali draws an edge in: grey without traffic, blue for TCP, else by its health. */
export function kialiEdgeColour({ traffic, healthStatus }: KialiEdge): KialiEdgeColour {
  if (!traffic.rates || !traffic.protocol) return 'grey';
  if (traffic.protocol === 'tcp') return 'blue';
  if (healthStatus === 'Failure') return 'red';
  if (healthStatus === 'Degraded') return 'orange';
  return 'green';
}
