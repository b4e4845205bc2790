// Proxies that hold a stream to istiod: what each was sent of each type of configuration, and what it has taken.
// Source: istio/istio pilot/pkg/xds (debug.go, statusgen.go): a type is SYNCED when the newest nonce came back.

/** In the order in which istiod sends them. */
export const XDS_TYPES = ['CDS', 'EDS', 'LDS', 'RDS'] as const;
export type XdsType = (typeof XDS_TYPES)[number];

export const TYPE_URLS: Readonly<Record<XdsType, string>> = {
  CDS: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  EDS: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  LDS: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  RDS: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
};

/** A gateway takes no routes as long as no Gateway has given it a listener, and none does here. */
export type ProxyKind = 'sidecar' | 'router';

export interface Watched {
  /** Empty before the first push. */
  sent: string;
  acked: string;
  /** Milliseconds since the epoch; 0 before the first push. */
  sentAt: number;
}

export class XdsConnection {
  /** `frontend-7c6b9d5f48-hq2tz.default` */
  readonly proxy: string;
  readonly namespace: string;
  readonly pod: string;
  /** Of the proxy. */
  readonly version: string;
  readonly kind: ProxyKind;
  readonly watched = new Map<XdsType, Watched>();
  /** The istiod pod that serves it; undefined while there is none. */
  istiod: string | undefined;
  /** `frontend-7c6b9d5f48-hq2tz.default-3`: a new one with each connection. */
  id = '';
  connectedAt = 0;

  constructor(namespace: string, pod: string, version: string, kind: ProxyKind = 'sidecar') {
    this.namespace = namespace;
    this.pod = pod;
    this.version = version;
    this.kind = kind;
    this.proxy = `${pod}.${namespace}`;
    this.reset();
  }

  /** Its istiod has gone, and another one knows nothing of what the proxy was sent. */
  reset(): void {
    this.istiod = undefined;
    for (const type of this.types) this.watched.set(type, { sent: '', acked: '', sentAt: 0 });
  }

  /** What the proxy subscribes to. */
  get types(): readonly XdsType[] {
    return this.kind === 'router' ? XDS_TYPES.filter((type) => type !== 'RDS') : XDS_TYPES;
  }

  sent(types: Iterable<XdsType>, nonce: string, at: number): void {
    for (const type of types) {
      const acked = this.watched.get(type)?.acked ?? '';
      this.watched.set(type, { sent: nonce, acked, sentAt: at });
    }
  }

  /** The proxy has taken what it was sent. */
  acked(types: Iterable<XdsType>, nonce: string): void {
    for (const type of types) {
      const watched = this.watched.get(type);
      if (watched?.sent === nonce) watched.acked = nonce;
    }
  }
}

/** Which types a change of one resource is sent by. What touches the mesh as a whole is sent by all of them. */
export function typesFor(resource: string): readonly XdsType[] {
  switch (resource) {
    case 'endpointslices.discovery.k8s.io':
    // Of pods other proxies learn through endpoints alone.
    case 'pods':
      return ['EDS'];
    case 'virtualservices.networking.istio.io':
      return ['LDS', 'RDS'];
    case 'destinationrules.networking.istio.io':
      return ['CDS', 'EDS'];
    case 'authorizationpolicies.security.istio.io':
    case 'telemetries.telemetry.istio.io':
      return ['LDS'];
    default:
      return XDS_TYPES;
  }
}
