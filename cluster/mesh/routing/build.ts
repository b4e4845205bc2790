// The whole configuration of one proxy, from one moment of the mesh. Pure: the same input gives the same plain data.
// Proxies that see the same share one copy: a push to hundreds of them costs little more than one.

import { outboundClusters } from './clusters.ts';
import type { MeshEnvironment } from './environment.ts';
import { inboundConfig } from './inbound.ts';
import { outboundListeners, unknownCluster } from './listeners.ts';
import type { OutboundConfig, ProxyConfig } from './proxy-config.ts';
import { accessLogOf, metricsOf } from './telemetry.ts';
import { visibleTo } from './visibility.ts';
import type { ProxyIdentity } from './workloads.ts';

export function proxyConfig(environment: MeshEnvironment, proxy: ProxyIdentity): ProxyConfig {
  return {
    outbound: sharedOutbound(environment, proxy),
    inbound: inboundConfig(environment, proxy),
    accessLog: accessLogOf(environment, proxy),
    metrics: metricsOf(environment, proxy),
    trustDomain: environment.mesh.trustDomain,
  };
}

interface Shared {
  byLabels: boolean;
  outbound: Map<string, OutboundConfig>;
}

const shared = new WeakMap<MeshEnvironment, Shared>();

/** What goes out depends on a proxy's namespace, and on its labels only where a rule asks for labels of callers. */
function sharedOutbound(environment: MeshEnvironment, proxy: ProxyIdentity): OutboundConfig {
  let known = shared.get(environment);
  if (!known) {
    known = { byLabels: looksAtCallers(environment), outbound: new Map() };
    shared.set(environment, known);
  }
  const key = known.byLabels
    ? `${proxy.namespace} ${JSON.stringify(proxy.labels)}`
    : proxy.namespace;
  let outbound = known.outbound.get(key);
  if (!outbound) known.outbound.set(key, (outbound = outboundOf(environment, proxy)));
  return outbound;
}

function outboundOf(environment: MeshEnvironment, proxy: ProxyIdentity): OutboundConfig {
  const visible = visibleTo(environment, proxy);
  return {
    ...outboundListeners(environment, visible, proxy),
    clusters: outboundClusters(environment, visible, proxy),
    unknown: unknownCluster(visible),
  };
}

function looksAtCallers(environment: MeshEnvironment): boolean {
  return (
    environment.virtualServices.some(({ http, tcp }) =>
      [...http, ...tcp].some(({ match = [] }) => match.some(({ sourceLabels }) => sourceLabels)),
    ) ||
    environment.destinationRules.some(({ selector }) => selector) ||
    environment.sidecars.some(({ spec }) => spec.workloadSelector)
  );
}
