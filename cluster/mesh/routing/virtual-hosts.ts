// The virtual hosts of one HTTP port: which names share it, and which VirtualService owns each.
// Source: istio/istio pilot/pkg/networking/core/httproute.go (BuildSidecarOutboundVirtualHosts, generateVirtualHostDomains),
// core/route/route.go (BuildSidecarVirtualHostWrapper, separateVSHostsAndServices).

import { bySpecificity, clusterName, covers, isWildcard } from './hosts.ts';
import {
  PASSTHROUGH,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
} from './proxy-config.ts';
import { type RouteContext, defaultRoute, noMutations, routesOf } from './routes.ts';
import type { MeshService } from './services.ts';
import type { Visible } from './visibility.ts';
import type { PreparedVirtualService } from './virtual-services.ts';

/** Rules for hosts that no registry knows are laid on this port, the one a Host header without port means. */
const HTTP_PORT = 80;

/** @param services those that have HTTP on the port. */
export function routeConfiguration(
  name: string,
  services: readonly MeshService[],
  visible: Visible,
  context: Omit<RouteContext, 'byHost'>,
): RouteConfiguration {
  const routing: RouteContext = { ...context, byHost: visible.byHost };
  const hosts = new VirtualHosts();
  // A rule with nothing for this port or this caller owns nothing.
  const rules = new Map(
    visible.virtualServices
      .map((each): [PreparedVirtualService, Route[]] => [each, routesOf(each, routing)])
      .filter(([, routes]) => routes.length > 0),
  );
  const owners = ownersOf(services, [...rules.keys()]);
  const ruled = new Set<MeshService>();
  for (const [virtualService, routes] of rules) {
    for (const service of services)
      if (owners.get(service) === virtualService) {
        ruled.add(service);
        hosts.add(service.host, context.port, domainsOf(service, context.proxy.namespace), routes);
      }
    if (context.port !== HTTP_PORT || name !== String(HTTP_PORT)) continue;
    for (const host of virtualService.hosts)
      if (!visible.services.some((service) => covers(host, service.host)))
        hosts.add(host, context.port, [host], routes);
  }
  for (const service of services) {
    if (ruled.has(service)) continue;
    const cluster = clusterName('outbound', context.port, '', service.host);
    hosts.add(service.host, context.port, domainsOf(service, context.proxy.namespace), [
      defaultRoute(cluster, context.mesh),
    ]);
  }
  return { name, virtualHosts: [...hosts.list, catchAll(visible)] };
}

/** An exact host before any wildcard, a longer wildcard before a shorter one, and of the same host the oldest rule. */
function ownersOf(
  services: readonly MeshService[],
  virtualServices: readonly PreparedVirtualService[],
): Map<MeshService, PreparedVirtualService> {
  const owners = new Map<MeshService, PreparedVirtualService>();
  for (const service of services) {
    let best: { host: string; rule: PreparedVirtualService } | undefined;
    for (const rule of virtualServices)
      for (const host of rule.hosts)
        if (covers(host, service.host) && (!best || bySpecificity(host, best.host) < 0))
          best = { host, rule };
    if (best) owners.set(service, best.rule);
  }
  return owners;
}

/** Names a caller may use for a Service, the shorter ones as far as its own namespace allows. */
export function domainsOf(service: MeshService, proxyNamespace: string): string[] {
  if (!service.kubernetes) return [service.host, ...service.addresses];
  const { name, namespace } = service;
  return [
    service.host,
    ...(namespace === proxyNamespace ? [name] : []),
    `${name}.${namespace}`,
    `${name}.${namespace}.svc`,
    ...service.addresses,
  ];
}

/** What no other virtual host knows: passed through as it was dialled, or refused. */
function catchAll({ outboundMode }: Visible): VirtualHost {
  if (outboundMode === 'REGISTRY_ONLY')
    return {
      name: 'block_all',
      domains: ['*'],
      routes: [
        {
          ...bare('block_all'),
          action: { kind: 'direct', status: 502, body: '' },
        },
      ],
    };
  return {
    name: 'allow_any',
    domains: ['*'],
    routes: [
      {
        ...bare('allow_any'),
        action: {
          kind: 'forward',
          clusters: [
            { cluster: PASSTHROUGH, weight: 1, request: noMutations, response: noMutations },
          ],
          timeoutMs: 0,
          retry: undefined,
          rewrite: undefined,
          authority: undefined,
          mirrors: [],
        },
      },
    ],
  };
}

function bare(name: string): Omit<Route, 'action'> {
  return {
    name,
    virtualService: undefined,
    match: { path: { kind: 'prefix', value: '/', ignoreCase: false }, headers: [], query: [] },
    request: noMutations,
    response: noMutations,
    fault: undefined,
    cors: undefined,
  };
}

/** The first to take a name or a domain keeps it: Envoy refuses a table with duplicates, so Istio drops them. */
class VirtualHosts {
  readonly list: VirtualHost[] = [];
  readonly #names = new Set<string>();
  readonly #domains = new Set<string>();

  add(host: string, port: number, domains: readonly string[], routes: readonly Route[]): void {
    const name = `${host}:${port}`;
    if (this.#names.has(name)) return;
    const free = domains.filter((domain) => !this.#domains.has(domain.toLowerCase()));
    if (free.length === 0) return;
    this.#names.add(name);
    for (const domain of free) this.#domains.add(domain.toLowerCase());
    this.list.push({ name, domains: free, routes });
  }
}

/**
 * The virtual host of a Host header. Exact domains first, then the longest that ends alike, then `*`. Ports do not count.
 * Source: Envoy API, VirtualHost.domains; Istio sets ignore_port_in_host_matching for sidecars.
 */
export function virtualHostFor(
  { virtualHosts }: RouteConfiguration,
  authority: string,
): VirtualHost | undefined {
  const host = authority.replace(/:\d+$/, '').toLowerCase();
  let best: { virtualHost: VirtualHost; length: number } | undefined;
  for (const virtualHost of virtualHosts)
    for (const domain of virtualHost.domains) {
      const wanted = domain.toLowerCase();
      if (wanted === host) return virtualHost;
      if (isWildcard(wanted) && covers(wanted, host) && (!best || wanted.length > best.length))
        best = { virtualHost, length: wanted.length };
    }
  return best?.virtualHost;
}
