// What one proxy gets to know of the mesh: what is exported to its namespace and imported by its Sidecar.
// Source: istio/istio pilot/pkg/model/sidecar.go (ConvertToSidecarScope, hostMatches), push_context.go (getSidecarScope).

import { includesLabels } from '../../controllers/labels.ts';
import type { OutboundMode, Sidecar } from '../resources.ts';
import type { MeshEnvironment } from './environment.ts';
import { isExportedTo } from './exports.ts';
import { hostsOverlap } from './hosts.ts';
import type { MeshService } from './services.ts';
import type { PreparedVirtualService } from './virtual-services.ts';
import type { ProxyIdentity } from './workloads.ts';

export interface Visible {
  /** One for each host, the oldest first. */
  services: readonly MeshService[];
  byHost: ReadonlyMap<string, MeshService>;
  /** Those that sidecars apply, the oldest first. */
  virtualServices: readonly PreparedVirtualService[];
  outboundMode: OutboundMode;
}

interface Import {
  namespace: string;
  host: string;
}

export function visibleTo(environment: MeshEnvironment, proxy: ProxyIdentity): Visible {
  const sidecar = sidecarOf(environment, proxy);
  const imports = sidecar && importsOf(sidecar, proxy);
  const imported = (namespace: string, host: string) =>
    !imports ||
    imports.some(
      (each) =>
        (each.namespace === '*' || each.namespace === namespace) && hostsOverlap(each.host, host),
    );
  const virtualServices = environment.virtualServices.filter(
    ({ mesh, exportTo, namespace, hosts }) =>
      mesh &&
      isExportedTo(exportTo, namespace, proxy.namespace) &&
      hosts.some((host) => imported(namespace, host)),
  );
  const destinations = new Set(virtualServices.flatMap(destinationHosts));
  const services = environment.services.filter(
    ({ exportTo, namespace, host }) =>
      isExportedTo(exportTo, namespace, proxy.namespace) &&
      // A rule that is imported brings the services it sends to.
      (imported(namespace, host) || (imports !== undefined && destinations.has(host))),
  );
  const byHost = new Map<string, MeshService>();
  for (const service of services) {
    const other = byHost.get(service.host);
    if (!other || prefers(service, other, proxy.namespace)) byHost.set(service.host, service);
  }
  return {
    services: services.filter((service) => byHost.get(service.host) === service),
    byHost,
    virtualServices,
    outboundMode: sidecar?.spec.outboundTrafficPolicy?.mode ?? environment.mesh.outboundMode,
  };
}

/** Of two services with one host: Kubernetes' own, then the one of the proxy's namespace; else the older stays. */
function prefers(service: MeshService, other: MeshService, namespace: string): boolean {
  if (service.kubernetes !== other.kubernetes) return service.kubernetes;
  return service.namespace === namespace && other.namespace !== namespace;
}

/** One that selects the workload, else the namespace's, else the root namespace's. */
export function sidecarOf(environment: MeshEnvironment, proxy: ProxyIdentity): Sidecar | undefined {
  const inNamespace = (namespace: string) =>
    environment.sidecars.filter(({ metadata }) => metadata.namespace === namespace);
  const own = inNamespace(proxy.namespace);
  const hasSelector = ({ spec }: Sidecar) =>
    Object.keys(spec.workloadSelector?.labels ?? {}).length > 0;
  return (
    own.find(
      (sidecar) =>
        hasSelector(sidecar) && includesLabels(proxy.labels, sidecar.spec.workloadSelector?.labels),
    ) ??
    own.find((sidecar) => !hasSelector(sidecar)) ??
    inNamespace(environment.mesh.rootNamespace).find((sidecar) => !hasSelector(sidecar))
  );
}

/** `./*`, `istio-system/*`, `*\/shop.app.svc.cluster.local`; `~/*` imports nothing. Without egress everything is imported. */
function importsOf({ spec }: Sidecar, proxy: ProxyIdentity): Import[] | undefined {
  if (!spec.egress?.length) return undefined;
  return spec.egress
    .flatMap(({ hosts = [] }) => hosts)
    .flatMap((text): Import[] => {
      const [namespace = '', host = ''] = text.split('/');
      if (namespace === '~') return [];
      return [{ namespace: namespace === '.' ? proxy.namespace : namespace, host }];
    });
}

function destinationHosts({ http, tcp }: PreparedVirtualService): string[] {
  return [
    ...http.flatMap(({ route = [], mirror, mirrors = [] }) => [
      ...route.map(({ destination }) => destination.host),
      ...(mirror ? [mirror.host] : []),
      ...mirrors.map(({ destination }) => destination.host),
    ]),
    ...tcp.flatMap(({ route = [] }) => route.map(({ destination }) => destination.host)),
  ];
}
