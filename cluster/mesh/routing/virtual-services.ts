// VirtualServices made ready for routing: hosts and destinations as full names, delegates merged into their roots.
// Source: istio/istio pilot/pkg/model/virtualservice.go (resolveVirtualServiceShortnames, mergeVirtualServicesIfNeeded).

import type {
  Destination,
  Headers,
  HttpMatchRequest,
  HttpRoute,
  StringMatch,
  TcpRoute,
  VirtualService,
} from '../resources.ts';
import { resolveHost } from './hosts.ts';
import type { MeshConfig } from './mesh-config.ts';

export interface PreparedVirtualService {
  name: string;
  namespace: string;
  hosts: readonly string[];
  /** Sidecars apply it. */
  mesh: boolean;
  exportTo: readonly string[];
  http: readonly HttpRoute[];
  tcp: readonly TcpRoute[];
}

/** @param objects the oldest first. */
export function prepareVirtualServices(
  objects: readonly VirtualService[],
  mesh: MeshConfig,
): PreparedVirtualService[] {
  const delegates = new Map(
    objects
      .filter(({ spec }) => (spec.hosts ?? []).length === 0)
      .map((object) => [
        `${object.metadata.namespace}/${object.metadata.name}`,
        prepare(object, mesh),
      ]),
  );
  return objects
    .filter(({ spec }) => (spec.hosts ?? []).length > 0)
    .map((object) => {
      const root = prepare(object, mesh);
      return { ...root, http: root.http.flatMap((route) => delegated(route, root, delegates)) };
    });
}

function prepare({ metadata, spec }: VirtualService, mesh: MeshConfig): PreparedVirtualService {
  const namespace = metadata.namespace ?? '';
  return {
    name: metadata.name,
    namespace,
    hosts: (spec.hosts ?? []).map((host) => resolveHost(host, namespace)),
    mesh: (spec.gateways ?? []).length === 0 || (spec.gateways ?? []).includes('mesh'),
    exportTo: spec.exportTo?.length ? spec.exportTo : mesh.defaultExportTo.virtualServices,
    http: (spec.http ?? []).map((route) => resolveRoute(route, namespace)),
    // Rules for TLS look at the SNI of TLS that applications speak themselves, which simulated ones do not.
    tcp: (spec.tcp ?? []).map((route) => ({
      ...route,
      route: (route.route ?? []).map((each) => ({
        ...each,
        destination: resolveDestination(each.destination, namespace),
      })),
    })),
  };
}

function resolveRoute(route: HttpRoute, namespace: string): HttpRoute {
  return {
    ...route,
    ...(route.route
      ? {
          route: route.route.map((each) => ({
            ...each,
            destination: resolveDestination(each.destination, namespace),
          })),
        }
      : {}),
    ...(route.mirror ? { mirror: resolveDestination(route.mirror, namespace) } : {}),
    ...(route.mirrors
      ? {
          mirrors: route.mirrors.map((each) => ({
            ...each,
            destination: resolveDestination(each.destination, namespace),
          })),
        }
      : {}),
  };
}

function resolveDestination(destination: Destination, namespace: string): Destination {
  return { ...destination, host: resolveHost(destination.host, namespace) };
}

/** The delegate's rules in place of the root's one; without a delegate to be found the rule is dropped. */
function delegated(
  root: HttpRoute,
  owner: PreparedVirtualService,
  delegates: ReadonlyMap<string, PreparedVirtualService>,
): HttpRoute[] {
  if (!root.delegate) return [root];
  const key = `${root.delegate.namespace || owner.namespace}/${root.delegate.name}`;
  const delegate = delegates.get(key);
  if (!delegate) return [];
  return delegate.http.flatMap((route) => {
    const match = mergedMatches(root.match ?? [], route.match ?? []);
    if (!match) return [];
    const { delegate: _, match: __, headers, ...rest } = root;
    const merged: HttpRoute = {
      ...rest,
      ...route,
      ...(root.name && route.name ? { name: `${root.name}-${route.name}` } : {}),
      ...(match.length > 0 ? { match } : {}),
    };
    const joined = joinHeaders(headers, route.headers);
    return [joined ? { ...merged, headers: joined } : merged];
  });
}

/** Each root condition with each of the delegate's; undefined when none of them can hold. */
function mergedMatches(
  root: readonly HttpMatchRequest[],
  delegate: readonly HttpMatchRequest[],
): HttpMatchRequest[] | undefined {
  if (root.length === 0) return [...delegate];
  if (delegate.length === 0) return [...root];
  const merged = root.flatMap((outer) =>
    delegate
      .filter((inner) => !conflicts(outer, inner))
      .map((inner): HttpMatchRequest => ({
        ...outer,
        ...inner,
        ...combine(outer.headers, inner.headers, 'headers'),
        ...combine(outer.withoutHeaders, inner.withoutHeaders, 'withoutHeaders'),
        ...combine(outer.queryParams, inner.queryParams, 'queryParams'),
        ...(outer.sourceLabels || inner.sourceLabels
          ? { sourceLabels: { ...outer.sourceLabels, ...inner.sourceLabels } }
          : {}),
      })),
  );
  return merged.length > 0 ? merged : undefined;
}

function combine<Name extends 'headers' | 'withoutHeaders' | 'queryParams'>(
  outer: Record<string, StringMatch> | undefined,
  inner: Record<string, StringMatch> | undefined,
  name: Name,
): { [Key in Name]?: Record<string, StringMatch> } | object {
  return outer || inner ? { [name]: { ...outer, ...inner } } : {};
}

/** Source: virtualservice.go, hasConflict: both ask for the same thing and the root's is not a prefix of the delegate's. */
function conflicts(root: HttpMatchRequest, delegate: HttpMatchRequest): boolean {
  if (stringConflict(root.uri, delegate.uri)) return true;
  for (const field of ['scheme', 'method', 'authority'] as const)
    if (stringConflict(root[field], delegate[field])) return true;
  for (const field of ['headers', 'withoutHeaders', 'queryParams'] as const)
    for (const [name, match] of Object.entries(root[field] ?? {}))
      if (stringConflict(match, delegate[field]?.[name])) return true;
  if (root.port && delegate.port && root.port !== delegate.port) return true;
  return Object.entries(root.sourceLabels ?? {}).some(([name, value]) => {
    const other = delegate.sourceLabels?.[name];
    return other !== undefined && other !== value;
  });
}

function stringConflict(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (!root || !leaf) return false;
  // A regex cannot be compared, so with one on either side Istio calls it a conflict.
  if (root.regex !== undefined || leaf.regex !== undefined) return true;
  if (root.exact !== undefined) return leaf.exact !== root.exact;
  if (root.prefix !== undefined) return !(leaf.exact ?? leaf.prefix ?? '').startsWith(root.prefix);
  return true;
}

function joinHeaders(root: Headers | undefined, leaf: Headers | undefined): Headers | undefined {
  if (!root || !leaf) return root ?? leaf;
  const joined: Headers = {};
  for (const side of ['request', 'response'] as const) {
    const [outer, inner] = [root[side], leaf[side]];
    if (!outer && !inner) continue;
    joined[side] = {
      set: { ...outer?.set, ...inner?.set },
      add: { ...outer?.add, ...inner?.add },
      remove: [...(outer?.remove ?? []), ...(inner?.remove ?? [])],
    };
  }
  return joined;
}
