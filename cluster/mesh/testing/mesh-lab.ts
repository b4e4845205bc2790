// Short ways to write a mesh for tests: Services with their pods, rules, and what one proxy sees of them.

import type { EndpointSlice, Pod, Service } from '../../controllers/kinds.ts';
import type {
  AuthorizationPolicySpec,
  DestinationRuleSpec,
  PeerAuthenticationSpec,
  Resource,
  ServiceEntrySpec,
  SidecarSpec,
  TelemetrySpec,
  VirtualServiceSpec,
} from '../resources.ts';
import { proxyConfig } from '../routing/build.ts';
import { type MeshSources, meshEnvironment } from '../routing/environment.ts';
import { type MeshConfig, defaultMeshConfig } from '../routing/mesh-config.ts';
import type { ProxyConfig } from '../routing/proxy-config.ts';
import { identityOf } from '../routing/workloads.ts';

type Labels = Record<string, string>;

export interface PodDraft {
  name: string;
  namespace?: string;
  ip: string;
  labels?: Labels;
  /** Default true: it has a proxy. */
  injected?: boolean;
  serviceAccount?: string;
  annotations?: Labels;
}

export function pod(draft: PodDraft): Pod {
  const { name, namespace = 'app', ip, labels = {}, injected = true, serviceAccount } = draft;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...meta(name, namespace),
      ...(draft.annotations ? { annotations: draft.annotations } : {}),
      labels: injected ? { ...labels, 'security.istio.io/tlsMode': 'istio' } : labels,
    },
    spec: { containers: [], serviceAccountName: serviceAccount ?? 'default' },
    status: { podIP: ip },
  };
}

/** A Service and its slice over these pods. Ports: `http:80`, `tcp-web:9000:80`, `:80` for no name. */
export function service(
  name: string,
  ports: readonly string[],
  pods: readonly Pod[],
  options: { namespace?: string; ip?: string } = {},
): { service: Service; slice: EndpointSlice } {
  const { namespace = 'app', ip = `10.96.0.${10 + name.length}` } = options;
  const parsed = ports.map((text) => {
    const [portName = '', port = '', target = port] = text.split(':');
    return { name: portName, port: Number(port), target: Number(target) };
  });
  return {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta(name, namespace),
      spec: {
        clusterIP: ip,
        ports: parsed.map(({ name: portName, port, target }) => ({
          ...(portName ? { name: portName } : {}),
          port,
          targetPort: target,
          protocol: 'TCP',
        })),
      },
    },
    slice: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        ...meta(`${name}-abcde`, namespace),
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      ports: parsed.map(({ name: portName, target }) => ({
        name: portName,
        port: target,
        protocol: 'TCP',
      })),
      endpoints: pods.map(({ status }) => ({
        addresses: [status?.podIP ?? ''],
        conditions: { ready: true },
      })),
    },
  };
}

interface Specs {
  VirtualService: VirtualServiceSpec;
  DestinationRule: DestinationRuleSpec;
  ServiceEntry: ServiceEntrySpec;
  Sidecar: SidecarSpec;
  PeerAuthentication: PeerAuthenticationSpec;
  AuthorizationPolicy: AuthorizationPolicySpec;
  Telemetry: TelemetrySpec;
}

/** @param age seconds before the youngest object there is; the larger the older. */
export function rule<Kind extends keyof Specs>(
  kind: Kind,
  name: string,
  spec: Specs[Kind],
  { namespace = 'app', age = 0 }: { namespace?: string; age?: number } = {},
): Resource<Specs[Kind]> {
  const at = new Date(Date.UTC(2026, 10, 22, 11) - age * 1000).toISOString();
  return {
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: { ...meta(name, namespace), creationTimestamp: `${at.slice(0, 19)}Z` },
    spec,
  };
}

export interface MeshDraft extends Partial<Omit<MeshSources, 'services' | 'slices' | 'mesh'>> {
  services?: readonly { service: Service; slice: EndpointSlice }[];
  mesh?: Partial<MeshConfig>;
}

export function meshOf(draft: MeshDraft) {
  return meshEnvironment({
    pods: draft.pods ?? [],
    services: (draft.services ?? []).map((each) => each.service),
    slices: (draft.services ?? []).map(({ slice }) => slice),
    serviceEntries: draft.serviceEntries ?? [],
    virtualServices: draft.virtualServices ?? [],
    destinationRules: draft.destinationRules ?? [],
    sidecars: draft.sidecars ?? [],
    peerAuthentications: draft.peerAuthentications ?? [],
    authorizationPolicies: draft.authorizationPolicies ?? [],
    telemetries: draft.telemetries ?? [],
    mesh: { ...defaultMeshConfig, ...draft.mesh },
  });
}

export function seenBy(proxy: Pod, draft: MeshDraft): ProxyConfig {
  return proxyConfig(meshOf(draft), identityOf(proxy));
}

function meta(name: string, namespace: string) {
  return {
    name,
    namespace,
    uid: `${namespace}-${name}`,
    resourceVersion: '1',
    creationTimestamp: '2026-11-22T10:00:00Z',
  };
}

export const client = pod({ name: 'client', ip: '10.244.0.5', labels: { app: 'client' } });
export const shopV1 = pod({
  name: 'shop-v1',
  ip: '10.244.0.6',
  labels: { app: 'shop', version: 'v1' },
});
export const shopV2 = pod({
  name: 'shop-v2',
  ip: '10.244.0.7',
  labels: { app: 'shop', version: 'v2' },
});
export const shop = service('shop', ['http:80'], [shopV1, shopV2]);

/** `client` and two versions of `shop`. */
export const shopMesh = { pods: [client, shopV1, shopV2], services: [shop] };
