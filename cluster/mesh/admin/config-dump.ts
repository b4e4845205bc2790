// GET /config_dump: everything a proxy was told, whole or in parts. istiod shows the same of what it would tell a proxy now.
// Source: Envoy docs, administration interface; envoyproxy/envoy api/envoy/admin/v3/config_dump.proto.

import { type Fields, fieldsOf, listOf } from '../../schema/fields.ts';
import type { ProxyConfig } from '../routing/proxy-config.ts';
import { type BootstrapOf, bootstrapDump, dumpOf } from './bootstrap.ts';
import { dynamicClusters, staticClusters } from './clusters.ts';
import { endpointsDump } from './endpoints.ts';
import { dynamicListeners, staticListeners } from './listeners.ts';
import { moment, set } from './protobuf-json.ts';
import { asDumped, routeConfiguration } from './routes.ts';
import { secretsDump } from './secrets.ts';

/** What istiod sent a proxy, and when. */
export interface Received {
  config: ProxyConfig;
  /** Milliseconds since the epoch. */
  at: number;
  /** As istiod counts its pushes. */
  version: string;
}

export interface DumpOf {
  bootstrap: BootstrapOf;
  /** Undefined until istiod has answered. */
  received: Received | undefined;
  /** PEM of the mesh's root; asked for when it is shown. */
  rootCertificate(): string | undefined;
}

/** The parts in Envoy's order. */
export function configDump(
  of: DumpOf,
  { endpoints = false }: { endpoints?: boolean } = {},
): Fields[] {
  const { received, bootstrap } = of;
  return [
    dumpOf('BootstrapConfigDump', bootstrapDump(bootstrap)),
    dumpOf('ClustersConfigDump', clusters(received, bootstrap.since)),
    ...(endpoints
      ? [
          dumpOf(
            'EndpointsConfigDump',
            endpointsDump(received?.config.outbound.clusters.values() ?? []),
          ),
        ]
      : []),
    dumpOf('ListenersConfigDump', listeners(received, bootstrap.since)),
    dumpOf('RoutesConfigDump', routes(received, bootstrap.since)),
    dumpOf('SecretsConfigDump', secretsDump(of.rootCertificate(), bootstrap.since)),
  ];
}

/** The parts that istiod decides, without the proxy's own: for comparing. */
export function discoveryDump(received: Received): Fields[] {
  return [
    dumpOf('ClustersConfigDump', clusters(received, received.at)),
    dumpOf('ListenersConfigDump', listeners(received, received.at)),
    dumpOf('RoutesConfigDump', routes(received, received.at)),
  ];
}

function clusters(received: Received | undefined, since: number): Fields {
  const { config, at, version } = received ?? {};
  return set({
    version_info: version,
    static_clusters: staticClusters().map((cluster) => ({ cluster, last_updated: moment(since) })),
    dynamic_active_clusters:
      config &&
      dynamicClusters(config.outbound.clusters.values(), config.inbound.ports.values()).map(
        (cluster) => ({ version_info: version, cluster, last_updated: moment(at ?? since) }),
      ),
  });
}

function listeners(received: Received | undefined, since: number): Fields {
  const { config, at, version } = received ?? {};
  return set({
    version_info: version,
    static_listeners: staticListeners().map((listener) => ({
      listener,
      last_updated: moment(since),
    })),
    dynamic_listeners:
      config &&
      dynamicListeners(config).map((listener) => ({
        name: listener['name'],
        active_state: { version_info: version, listener, last_updated: moment(at ?? since) },
      })),
  });
}

/** Tables inside listeners are listed as static ones. */
function routes(received: Received | undefined, since: number): Fields {
  const { config, at, version } = received ?? {};
  const inline = [...staticListeners(), ...(config ? dynamicListeners(config) : [])].flatMap(
    inlineRoutes,
  );
  const seen = new Set<string>();
  const distinct = inline.filter((table) => {
    const text = JSON.stringify(table);
    return !seen.has(text) && seen.add(text);
  });
  return set({
    static_route_configs: distinct.map((table) => ({
      route_config: asDumped(table),
      last_updated: moment(since),
    })),
    dynamic_route_configs:
      config &&
      [...config.outbound.routes.values()].map((table) => ({
        version_info: version,
        route_config: routeConfiguration(table),
        last_updated: moment(at ?? since),
      })),
  });
}

function inlineRoutes(listener: Fields): Fields[] {
  return listOf(listener['filter_chains'])
    .flatMap(({ filters }) => listOf(filters))
    .map(({ typed_config }) => fieldsOf(fieldsOf(typed_config)['route_config']))
    .filter((table) => Object.keys(table).length > 0);
}

/**
 * A dump's answer to a query. `mask` keeps the named fields of the parts, `resource` lists the elements of one field,
 * `name_regex` keeps elements by name.
 */
export function askedOf(
  parts: readonly Fields[],
  query: URLSearchParams,
): Fields | { error: string } {
  const resource = query.get('resource');
  const mask = query.get('mask');
  if (resource !== null) {
    const part = parts.find((each) => resource in each);
    if (!part) return { error: `${resource} not found in config dump` };
    return { configs: listOf(part[resource]).map((each) => named(each, resource)) };
  }
  if (mask === null) return { configs: parts };
  const wanted = mask.split(',');
  const kept = parts.flatMap((part) => {
    const fields = Object.entries(part).filter(([key]) => wanted.includes(key));
    return fields.length > 0 ? [{ '@type': part['@type'], ...Object.fromEntries(fields) }] : [];
  });
  return { configs: kept };
}

/** An element of a part, with the type it has when it stands alone. */
function named(element: Fields, resource: string): Fields {
  const type = ELEMENTS[resource];
  return type === undefined
    ? element
    : { '@type': `type.googleapis.com/envoy.admin.v3.${type}`, ...element };
}

const ELEMENTS: Readonly<Record<string, string>> = {
  static_clusters: 'ClustersConfigDump.StaticCluster',
  dynamic_active_clusters: 'ClustersConfigDump.DynamicCluster',
  static_listeners: 'ListenersConfigDump.StaticListener',
  dynamic_listeners: 'ListenersConfigDump.DynamicListener',
  static_route_configs: 'RoutesConfigDump.StaticRouteConfig',
  dynamic_route_configs: 'RoutesConfigDump.DynamicRouteConfig',
  static_endpoint_configs: 'EndpointsConfigDump.StaticEndpointConfig',
  dynamic_endpoint_configs: 'EndpointsConfigDump.DynamicEndpointConfig',
  dynamic_active_secrets: 'SecretsConfigDump.DynamicSecret',
};
