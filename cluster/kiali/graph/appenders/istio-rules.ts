// Which of Istio's rules act on a node: circuit breakers, and what a VirtualService does to a service. And the app of a service.

import type {
  DestinationRule,
  PortTrafficPolicy,
  VirtualService,
} from '../../../mesh/resources.ts';
import { hostOf, namesService } from '../../hosts.ts';
import { appOf, versionOf } from '../../labels.ts';
import { isKnown } from '../identity.ts';
import { type GraphNode, isEgress } from '../traffic-map.ts';
import type { Finalizer } from '../world.ts';

export const istioRules: Finalizer = (map, { inventory }) => {
  const destinationRules = inventory.rules('destinationrules.networking.istio.io');
  const virtualServices = inventory.rules('virtualservices.networking.istio.io');
  const namespaces = inventory.namespaceNames();
  for (const node of map.nodes.values()) {
    if (node.marks.isOutside) continue;
    if (hasCircuitBreaker(node, destinationRules)) node.marks.hasCB = true;
    if (node.type !== 'service') continue;
    const rule = virtualServices.find((each) => routes(each, node, namespaces));
    if (rule) markRule(node, rule);
    if (node.app !== '' || isEgress(node) || node.marks.isServiceEntry) continue;
    const service = inventory.service(node.namespace, node.service);
    node.app = appOf(service?.metadata.labels) ?? '';
  }
};

function hasCircuitBreaker(node: GraphNode, rules: readonly DestinationRule[]): boolean {
  if (node.type === 'service')
    return rules.some((rule) => breaks(rule, node.service, node.namespace, ''));
  if (!isKnown(node.version) && node.type !== 'app') return false;
  const version = isKnown(node.version) ? node.version : '';
  return [...node.destServices.values()].some(({ name, namespace }) =>
    rules.some((rule) => breaks(rule, name, namespace, version)),
  );
}

/** @param version empty: any subset's breaker counts. */
function breaks(
  { metadata, spec }: DestinationRule,
  service: string,
  namespace: string,
  version: string,
): boolean {
  if (!namesService(spec.host, metadata.namespace ?? '', service, namespace)) return false;
  if (isBreaker(spec.trafficPolicy)) return true;
  return (spec.subsets ?? []).some(
    ({ trafficPolicy, labels }) =>
      isBreaker(trafficPolicy) && (version === '' || versionOf(labels) === version),
  );
}

function isBreaker(policy: PortTrafficPolicy | undefined): boolean {
  return policy?.connectionPool !== undefined || policy?.outlierDetection !== undefined;
}

/** A rule belongs to the services it sends to. */
function routes(
  { metadata, spec }: VirtualService,
  { service, namespace }: GraphNode,
  namespaces: readonly string[],
): boolean {
  const routed = [...(spec.http ?? []), ...(spec.tcp ?? []), ...(spec.tls ?? [])];
  return routed
    .flatMap(({ route }) => route ?? [])
    .some(({ destination }) => {
      const host = hostOf(destination.host, metadata.namespace ?? '', namespaces);
      return host.isService && host.service === service && host.namespace === namespace;
    });
}

function markRule({ marks }: GraphNode, { spec }: VirtualService): void {
  const http = spec.http ?? [];
  const tcp = spec.tcp ?? [];
  const splits = ({ route }: { route?: readonly unknown[] }) => (route?.length ?? 0) > 1;
  marks.hasVS = spec.hosts ? { hostnames: spec.hosts } : {};
  marks.hasRequestRouting = true;
  if (http.some(({ timeout }) => timeout !== undefined)) marks.hasRequestTimeout = true;
  if (http.some(({ fault }) => fault !== undefined)) marks.hasFaultInjection = true;
  if (http.some(splits)) marks.hasTrafficShifting = true;
  if (tcp.some(splits)) marks.hasTCPTrafficShifting = true;
  if (http.some(({ mirror }) => mirror !== undefined)) marks.hasMirroring = true;
}
