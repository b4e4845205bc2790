// The picture of a mesh as the page draws it: who calls whom in one span of time, how often, and how well. Read from Kiali by the
// server, so that the page needs neither Kiali's words nor its size. Knows nothing of drawing.

/** As Kiali judges: failure from 10 % of 5xx or of requests without an answer, or 20 % of 4xx; degraded below that. */
export type CallHealth = 'healthy' | 'degraded' | 'failure';

export interface MeshVersion {
  /** `v1`; empty for requests that reached no pod. */
  name: string;
  /** Its part of what was called, 0 to 1; absent while nothing is. */
  share?: number;
  /** Part of its requests that failed, 0 to 1. */
  failed: number;
}

export interface MeshNode {
  /** `default/backend`: the same for the same thing in every frame. */
  id: string;
  name: string;
  namespace: string;
  /** `unknown`: callers without a proxy, of which nobody knows more. `outside`: what lies beyond the mesh. */
  kind: 'service' | 'unknown' | 'outside';
  /** False when some of its pods have none. */
  proxy: boolean;
  /** Bytes instead of requests are all that is known of it. */
  tcp: boolean;
  health: CallHealth;
  /** By name. */
  versions: MeshVersion[];
  pods?: { wanted: number; available: number };
  /** What the mesh was told to do for it: `traffic shifting`, `circuit breaker` … */
  rules: string[];
}

/** Of everything the answers of one code: part of the requests, and Envoy's response flags where there are any. */
export interface MeshCode {
  /** `200`, or `-` for no answer. */
  code: string;
  share: number;
  flags: string[];
}

export interface MeshCall {
  /** From, to and protocol: the same for the same call in every frame. */
  id: string;
  from: string;
  to: string;
  protocol: 'http' | 'grpc' | 'tcp';
  /** Requests a second, or bytes for tcp. */
  rate: number;
  /** Part of them that ended in 5xx or in no answer, 0 to 1. */
  failed: number;
  /** Part that was answered with 4xx. */
  refused: number;
  health: CallHealth;
  /** Milliseconds under which 95 % of the answers stay; of the slowest version. */
  p95?: number;
  /** Part that travels under mutual TLS, 0 to 1. */
  mtls: number;
  /** Only proxies on one side have counted it. */
  oneSided: boolean;
  codes: MeshCode[];
  /** Which versions answered, when there are several or when some requests reached none. */
  split: MeshVersion[];
}

export interface MeshFrame {
  /** Milliseconds since the epoch, by the cluster's clock: where the span ends. */
  at: number;
  /** Length of the span, over which rates are taken. */
  seconds: number;
  nodes: MeshNode[];
  calls: MeshCall[];
}

export interface GraphQuestion {
  namespaces: readonly string[];
  seconds: number;
  /** A moment of the past instead of now, as `MeshFrame.at`. */
  at?: number;
}

/**
 * Why there is no picture: no cluster, no Kiali, a Kiali that starts, a Kiali without its Prometheus, a namespace that is not there,
 * or an answer that nobody expected.
 */
export type GraphGap =
  'no cluster' | 'no kiali' | 'starting' | 'no prometheus' | 'no namespace' | 'no answer';

export type GraphAnswer =
  | { state: 'seen'; frame: MeshFrame }
  /** `detail`: in the words of whoever refused. */
  | { state: GraphGap; detail?: string };

/** Spans and namespaces that may be asked for. */
export const graphBounds = { seconds: [5, 3_600], namespaces: 10 } as const;

/** Where pages ask for a frame: `?namespaces=default&seconds=60`. */
export const GRAPH_PATH = '/lab/graph';
/** Where pages ask for a way to the whole Kiali. */
export const KIALI_PATH = '/lab/kiali';
