// What an installation fixes for all sidecars of a revision: images, resources, what is redirected.
// Source: the values of the chart `istio-discovery` of Istio 1.30.3 (`global.proxy`, `global.proxy_init`).

import type { Fields } from '../../schema/fields.ts';
import { ISTIO_HUB, ISTIO_VERSION } from '../version.ts';

export interface Resources {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

export interface InjectionSettings {
  /** The full name of the proxy's image, with its tag. */
  image: string;
  /** As `istio.io/rev` shows it. */
  revision: string;
  /** istiod's own namespace and its Service's name. */
  systemNamespace: string;
  discoveryService: string;
  clusterDomain: string;
  clusterName: string;
  trustDomain: string;
  /** The sidecar is an init container that goes on; otherwise it is a container beside the app's. */
  nativeSidecars: boolean;
  /** A node agent redirects traffic, and the pod only checks that it did. */
  cni: boolean;
  /** Only without native sidecars: the app waits for the proxy. */
  holdApplicationUntilProxyStarts: boolean;
  resources: Resources;
  logLevel: string;
  componentLogLevel: string;
  agentLogLevel: string;
  /** Shown by Prometheus on the sidecar's port together with the app's own metrics. */
  prometheusMerge: boolean;
  rewriteAppHttpProbes: boolean;
  /** Pods of chosen namespaces are injected without asking themselves. */
  autoInject: boolean;
  /** What the mesh says of all its proxies (`meshConfig.defaultConfig`), without what is Istio's default. */
  proxyConfig: Fields;
  includeIpRanges: string;
  excludeIpRanges: string;
  includeInboundPorts: string;
  excludeInboundPorts: string;
  includeOutboundPorts: string;
  excludeOutboundPorts: string;
}

export const defaultInjectionSettings: InjectionSettings = {
  image: `${ISTIO_HUB}/proxyv2:${ISTIO_VERSION}`,
  revision: 'default',
  systemNamespace: 'istio-system',
  discoveryService: 'istiod',
  clusterDomain: 'cluster.local',
  clusterName: 'Kubernetes',
  trustDomain: 'cluster.local',
  nativeSidecars: true,
  cni: false,
  holdApplicationUntilProxyStarts: false,
  resources: {
    requests: { cpu: '100m', memory: '128Mi' },
    limits: { cpu: '2', memory: '1Gi' },
  },
  logLevel: 'warning',
  componentLogLevel: 'misc:error',
  agentLogLevel: 'default:info',
  prometheusMerge: true,
  rewriteAppHttpProbes: true,
  autoInject: true,
  proxyConfig: {},
  includeIpRanges: '*',
  excludeIpRanges: '',
  includeInboundPorts: '*',
  excludeInboundPorts: '',
  includeOutboundPorts: '',
  excludeOutboundPorts: '',
};

/** The ports of the sidecar itself. */
export const PORTS = {
  outbound: 15001,
  inbound: 15006,
  status: 15020,
  health: 15021,
  prometheus: 15090,
} as const;

/** The user the proxy runs as; its own traffic is not redirected. */
export const PROXY_USER = 1337;
