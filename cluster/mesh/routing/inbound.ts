// What a proxy does with what comes to its pod: which port belongs to which Service, which mTLS mode holds, who may enter.
// Source: istio/istio pilot/pkg/networking/core/listener_inbound.go, pilot/pkg/model/authentication.go (ComposePeerAuthentication),
// pilot/pkg/model/authorization.go (ListAuthorizationPolicies).

import { includesLabels } from '../../controllers/labels.ts';
import type {
  AuthorizationPolicy,
  MtlsMode,
  PeerAuthentication,
  WorkloadSelector,
} from '../resources.ts';
import { defaultPool, poolOf } from './clusters.ts';
import { policyFor, ruleFor } from './destination-rules.ts';
import type { MeshEnvironment } from './environment.ts';
import { clusterName } from './hosts.ts';
import type { ConnectionPool, InboundConfig, InboundMode, InboundPort } from './proxy-config.ts';
import { portProtocol } from './services.ts';
import { sidecarOf } from './visibility.ts';
import type { ProxyIdentity } from './workloads.ts';

const DRY_RUN = 'istio.io/dry-run';

export function inboundConfig(environment: MeshEnvironment, proxy: ProxyIdentity): InboundConfig {
  const policies = applying(environment.authorizationPolicies, environment, proxy);
  const acting = (action: 'ALLOW' | 'DENY') =>
    policies.filter(({ spec }) => (spec.action ?? 'ALLOW') === action);
  return {
    ports: portsOf(environment, proxy),
    ...effectiveMtls(environment.peerAuthentications, environment.mesh.rootNamespace, proxy),
    deny: acting('DENY'),
    allow: acting('ALLOW'),
  };
}

/** A Sidecar's own list of ports stands in for those of the Services, and its pools for those of DestinationRules. */
function portsOf(environment: MeshEnvironment, proxy: ProxyIdentity): Map<number, InboundPort> {
  const ports = inboundPorts(environment, proxy);
  const { ingress, inboundConnectionPool } = sidecarOf(environment, proxy)?.spec ?? {};
  const whole = inboundConnectionPool && poolOf({ connectionPool: inboundConnectionPool });
  if (!ingress?.length) {
    if (whole) for (const [port, known] of ports) ports.set(port, { ...known, pool: whole });
    return ports;
  }
  return new Map(
    ingress.flatMap(({ port, defaultEndpoint, connectionPool }): [number, InboundPort][] => {
      const number = port?.number;
      if (number === undefined) return [];
      const known = ports.get(number);
      const own = connectionPool && poolOf({ connectionPool });
      const target = targetOf(defaultEndpoint, proxy);
      const listed: InboundPort = {
        port: number,
        cluster: clusterName('inbound', number, '', ''),
        protocol: portProtocol(number, port?.name ?? '', port?.protocol),
        service: known?.service,
        pool: own ?? whole ?? known?.pool ?? defaultPool,
        ...(target ? { target } : {}),
      };
      return [[number, listed]];
    }),
  );
}

/** Source: istio/istio cluster.go, buildInboundClustersFromSidecar. Unix sockets are nowhere here. */
function targetOf(text: string | undefined, { ip }: ProxyIdentity): InboundPort['target'] {
  const [host, port] = (text ?? '').split(':');
  if (!host || !port) return undefined;
  return { ip: host === '0.0.0.0' ? ip : host, port: Number(port) };
}

/** Ports by which Services reach this pod. The oldest Service gives a port its name in telemetry. */
function inboundPorts(
  environment: MeshEnvironment,
  proxy: ProxyIdentity,
): Map<number, InboundPort> {
  const ports = new Map<number, InboundPort>();
  for (const { host, name, namespace, endpoints, ports: servicePorts } of environment.services)
    for (const { number, protocol } of servicePorts)
      for (const endpoint of endpoints.get(number) ?? []) {
        if (endpoint.address !== proxy.ip || ports.has(endpoint.port)) continue;
        ports.set(endpoint.port, {
          port: endpoint.port,
          cluster: clusterName('inbound', endpoint.port, '', ''),
          protocol,
          service: { host, name, namespace },
          pool: inboundPool(environment, proxy, { host, namespace }, number),
        });
      }
  return ports;
}

/**
 * Whoever sets limits for callers sets them for the receiving side too. Rules for some callers only have no say here.
 * Source: istio/istio cluster_builder.go, buildInboundCluster; sidecar.go, SidecarScope.DestinationRule.
 */
function inboundPool(
  { destinationRules, mesh }: MeshEnvironment,
  proxy: ProxyIdentity,
  service: { host: string; namespace: string },
  port: number,
): ConnectionPool {
  const rules = destinationRules.filter(({ selector }) => !selector);
  const rule = ruleFor(rules, service, proxy, mesh.rootNamespace);
  return rule ? poolOf(policyFor(rule, undefined, port)) : defaultPool;
}

/**
 * Mesh, namespace, workload: the narrowest that says something. An unset mode is inherited.
 * @param all the oldest first: of two that say something of one workload it holds.
 */
export function effectiveMtls(
  all: readonly PeerAuthentication[],
  rootNamespace: string,
  proxy: Pick<ProxyIdentity, 'namespace' | 'labels'>,
): Pick<InboundConfig, 'mtls' | 'mtlsByPort'> {
  const whole = (namespace: string) =>
    all.find(
      ({ metadata, spec }) => metadata.namespace === namespace && !hasSelector(spec.selector),
    );
  const workload = all.find(
    ({ metadata, spec }) =>
      metadata.namespace === proxy.namespace &&
      hasSelector(spec.selector) &&
      includesLabels(proxy.labels, spec.selector?.matchLabels),
  );
  let mtls: InboundMode = 'PERMISSIVE';
  const from: (PeerAuthentication | undefined)[] = [whole(rootNamespace)];
  if (proxy.namespace !== rootNamespace) from.push(whole(proxy.namespace));
  from.push(workload);
  for (const policy of from) mtls = modeOr(mtls, policy?.spec.mtls?.mode);
  const byPort = Object.entries(workload?.spec.portLevelMtls ?? {}).map(
    ([port, { mode }]): [number, InboundMode] => [Number(port), modeOr(mtls, mode)],
  );
  return { mtls, mtlsByPort: new Map(byPort) };
}

function modeOr(inherited: InboundMode, mode: MtlsMode | undefined): InboundMode {
  return mode === undefined || mode === 'UNSET' ? inherited : mode;
}

function hasSelector(selector: WorkloadSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length > 0;
}

/** Policies of the root namespace hold everywhere, others in their own; a selector narrows either. */
function applying(
  policies: readonly AuthorizationPolicy[],
  { mesh }: MeshEnvironment,
  proxy: ProxyIdentity,
): AuthorizationPolicy[] {
  return policies.filter(
    ({ metadata, spec }) =>
      // A dry run is evaluated for logs and metrics that nobody reads here, and enforced never.
      metadata.annotations?.[DRY_RUN] !== 'true' &&
      (metadata.namespace === mesh.rootNamespace || metadata.namespace === proxy.namespace) &&
      includesLabels(proxy.labels, spec.selector?.matchLabels),
  );
}
