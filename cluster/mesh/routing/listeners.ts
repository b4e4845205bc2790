// Outbound listeners of one proxy: which of them takes a connection that the pod makes, and what it does with it.
// Source: istio/istio pilot/pkg/networking/core/listener.go, listener_builder.go, tcp/route in networkfilter.go.

import { includesLabels } from '../../controllers/labels.ts';
import type { L4MatchAttributes } from '../resources.ts';
import { clusterName, covers } from './hosts.ts';
import {
  BLACK_HOLE,
  type Listener,
  PASSTHROUGH,
  type RouteConfiguration,
  type TcpAction,
} from './proxy-config.ts';
import { destinationCluster, noMutations } from './routes.ts';
import type { MeshEnvironment } from './environment.ts';
import type { MeshPort, MeshService } from './services.ts';
import { routeConfiguration } from './virtual-hosts.ts';
import type { Visible } from './visibility.ts';
import type { ProxyIdentity } from './workloads.ts';

const ANY = '0.0.0.0';

export interface OutboundListeners {
  listeners: Map<string, Listener>;
  routes: Map<string, RouteConfiguration>;
}

export function outboundListeners(
  environment: MeshEnvironment,
  visible: Visible,
  proxy: ProxyIdentity,
): OutboundListeners {
  const listeners = new Map<string, Listener>();
  const routes = new Map<string, RouteConfiguration>();
  const httpPorts = new Map<number, MeshService[]>();
  // Of two that want one address the older stays.
  const add = (listener: Omit<Listener, 'name'>) => {
    const name = `${listener.address}_${listener.port}`;
    if (!listeners.has(name)) listeners.set(name, { name, ...listener });
  };
  for (const service of visible.services)
    for (const port of service.ports) {
      const routeName = sniffedRouteName(service, port);
      if (port.protocol !== 'tcp' && routeName === undefined) {
        const sharing = httpPorts.get(port.number);
        if (sharing) sharing.push(service);
        else httpPorts.set(port.number, [service]);
        add({
          address: ANY,
          port: port.number,
          protocol: port.protocol,
          routes: String(port.number),
          tcp: port.protocol === 'auto' ? tcpAction(service, port, visible, proxy) : undefined,
        });
        continue;
      }
      const tcp = tcpAction(service, port, visible, proxy);
      for (const address of bindAddresses(service, port))
        add({ address, port: port.number, protocol: port.protocol, routes: routeName, tcp });
      if (routeName !== undefined)
        routes.set(
          routeName,
          routeConfiguration(routeName, [service], visible, {
            mesh: environment.mesh,
            proxy,
            port: port.number,
          }),
        );
    }
  for (const [port, services] of httpPorts)
    routes.set(
      String(port),
      routeConfiguration(String(port), services, visible, {
        mesh: environment.mesh,
        proxy,
        port,
      }),
    );
  return { listeners, routes };
}

/** Where the protocol is found out by looking, a Service has its own listener and its own routes at its ClusterIP. */
function sniffedRouteName(service: MeshService, port: MeshPort): string | undefined {
  if (port.protocol !== 'auto' || service.addresses.length === 0) return undefined;
  return `${service.host}:${port.number}`;
}

/** A headless Service's pods are dialled by their own addresses. */
function bindAddresses(service: MeshService, port: MeshPort): readonly string[] {
  if (service.addresses.length > 0) return service.addresses;
  const endpoints = service.endpoints.get(port.number) ?? [];
  return service.kubernetes ? endpoints.map(({ address }) => address) : [ANY];
}

function tcpAction(
  service: MeshService,
  port: MeshPort,
  visible: Visible,
  proxy: ProxyIdentity,
): TcpAction {
  for (const { hosts, tcp, name, namespace } of visible.virtualServices) {
    if (!hosts.some((host) => covers(host, service.host))) continue;
    const rule = tcp.find(
      ({ match }) => !match?.length || match.some((each) => tcpApplies(each, port.number, proxy)),
    );
    if (!rule?.route?.length) continue;
    const { route } = rule;
    return {
      virtualService: `${name}.${namespace}`,
      clusters: route
        .map(({ destination, weight }) => ({
          cluster: destinationCluster(destination, { byHost: visible.byHost, port: port.number }),
          weight: route.length === 1 ? 1 : (weight ?? 0),
          request: noMutations,
          response: noMutations,
        }))
        .filter(({ weight }) => weight > 0),
    };
  }
  const cluster = clusterName('outbound', port.number, '', service.host);
  return {
    virtualService: undefined,
    clusters: [{ cluster, weight: 1, request: noMutations, response: noMutations }],
  };
}

function tcpApplies(match: L4MatchAttributes, port: number, proxy: ProxyIdentity): boolean {
  if (match.port && match.port !== port) return false;
  if (match.gateways?.length && !match.gateways.includes('mesh')) return false;
  if (match.sourceNamespace && match.sourceNamespace !== proxy.namespace) return false;
  return includesLabels(proxy.labels, match.sourceLabels);
}

export function unknownCluster({ outboundMode }: Visible): typeof PASSTHROUGH | typeof BLACK_HOLE {
  return outboundMode === 'REGISTRY_ONLY' ? BLACK_HOLE : PASSTHROUGH;
}

/** The listener of an address, else the one of its port, else none: then the connection goes to `unknown`. */
export function listenerFor(
  listeners: ReadonlyMap<string, Listener>,
  { ip, port }: { ip: string; port: number },
): Listener | undefined {
  return listeners.get(`${ip}_${port}`) ?? listeners.get(`${ANY}_${port}`);
}
