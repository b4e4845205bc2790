// The HTTP rules of a VirtualService as Envoy routes.
// Source: istio/istio pilot/pkg/networking/core/route/route.go (BuildHTTPRoutesForVirtualService, translateRoute,
// TranslateRouteMatch, applyHTTPRouteDestination), route/retry/retry.go.

import { includesLabels } from '../../controllers/labels.ts';
import type {
  CorsPolicy,
  Destination,
  HeaderOperations,
  HttpFaultInjection,
  HttpMatchRequest,
  HttpRedirect,
  HttpRetry,
  HttpRoute,
  HttpRouteDestination,
  StringMatch,
} from '../resources.ts';
import { durationMs } from './durations.ts';
import { clusterName } from './hosts.ts';
import type { MeshConfig } from './mesh-config.ts';
import type {
  Cors,
  Fault,
  ForwardAction,
  HeaderCondition,
  HeaderMutations,
  PathMatch,
  RetryPolicy,
  Route,
  RouteMatch,
  WeightedCluster,
} from './proxy-config.ts';
import type { MeshService } from './services.ts';
import type { PreparedVirtualService } from './virtual-services.ts';
import type { ProxyIdentity } from './workloads.ts';

export interface RouteContext {
  mesh: MeshConfig;
  proxy: ProxyIdentity;
  byHost: ReadonlyMap<string, MeshService>;
  /** The port that was dialled. */
  port: number;
}

/** Retries of every route that says nothing else; no status code is among them. Source: retry.go, defaultRetryPolicy. */
const DEFAULT_RETRY_ON =
  'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';
const DEFAULT_RETRIES = 2;
/** Envoy's own base of the back-off between tries. */
const BACKOFF_MS = 25;

export const noMutations: HeaderMutations = { set: [], add: [], remove: [] };
const anyPath: PathMatch = { kind: 'prefix', value: '/', ignoreCase: false };

/** The routes of a service that no rule speaks of. */
export function defaultRoute(cluster: string, mesh: MeshConfig): Route {
  return {
    name: 'default',
    virtualService: undefined,
    match: { path: anyPath, headers: [], query: [] },
    action: {
      ...forwardTo([{ cluster, weight: 1, request: noMutations, response: noMutations }]),
      retry: retryOf(mesh.defaultHttpRetryPolicy),
    },
    request: noMutations,
    response: noMutations,
    fault: undefined,
    cors: undefined,
  };
}

/** In order; the first that matches decides. Empty when nothing of the rule applies to this proxy and port. */
export function routesOf(virtualService: PreparedVirtualService, context: RouteContext): Route[] {
  const routes: Route[] = [];
  for (const rule of virtualService.http) {
    for (const match of rule.match?.length ? rule.match : [undefined]) {
      if (match && !applies(match, context)) continue;
      const route = routeOf(virtualService, rule, match, context);
      routes.push(route);
      // What comes after a route that matches everything can never be reached.
      if (isCatchAll(route.match)) return routes;
    }
  }
  return routes;
}

function applies(match: HttpMatchRequest, { proxy, port }: RouteContext): boolean {
  if (match.port && match.port !== port) return false;
  if (match.gateways?.length && !match.gateways.includes('mesh')) return false;
  if (match.sourceNamespace && match.sourceNamespace !== proxy.namespace) return false;
  return includesLabels(proxy.labels, match.sourceLabels);
}

function isCatchAll({ path, headers, query }: RouteMatch): boolean {
  const anything =
    path.kind === 'prefix' ? path.value === '/' : path.kind === 'regex' && path.value === '.*';
  return anything && headers.length === 0 && query.length === 0;
}

function routeOf(
  virtualService: PreparedVirtualService,
  rule: HttpRoute,
  match: HttpMatchRequest | undefined,
  context: RouteContext,
): Route {
  return {
    name: [rule.name, match?.name].filter(Boolean).join('.'),
    virtualService: `${virtualService.name}.${virtualService.namespace}`,
    match: matchOf(match),
    action: actionOf(rule, match, context),
    request: mutationsOf(rule.headers?.request),
    response: mutationsOf(rule.headers?.response),
    fault: faultOf(rule.fault),
    cors: corsOf(rule.corsPolicy),
  };
}

function matchOf(match: HttpMatchRequest | undefined): RouteMatch {
  if (!match) return { path: anyPath, headers: [], query: [] };
  const pseudo = (['method', 'authority', 'scheme'] as const).flatMap(
    (field): HeaderCondition[] => {
      const wanted = match[field];
      return wanted ? [{ name: `:${field}`, match: wanted, invert: false }] : [];
    },
  );
  const conditions = (
    wanted: Record<string, StringMatch> | undefined,
    invert: boolean,
  ): HeaderCondition[] =>
    Object.entries(wanted ?? {}).map(([name, each]) => ({
      name: name.toLowerCase(),
      // `*` is no regular expression; Istio takes it for "any value".
      match: each?.regex === '*' ? {} : (each ?? {}),
      invert,
    }));
  return {
    path: pathOf(match),
    headers: [
      ...conditions(match.headers, false),
      ...conditions(match.withoutHeaders, true),
      ...pseudo,
    ],
    query: Object.entries(match.queryParams ?? {}).map(([name, each]) => ({
      name,
      match: each ?? {},
    })),
  };
}

function pathOf({ uri, ignoreUriCase = false }: HttpMatchRequest): PathMatch {
  if (uri?.exact !== undefined)
    return { kind: 'exact', value: uri.exact, ignoreCase: ignoreUriCase };
  if (uri?.prefix !== undefined)
    return { kind: 'prefix', value: uri.prefix, ignoreCase: ignoreUriCase };
  if (uri?.regex !== undefined) return { kind: 'regex', value: uri.regex, ignoreCase: false };
  return anyPath;
}

function actionOf(
  rule: HttpRoute,
  match: HttpMatchRequest | undefined,
  context: RouteContext,
): Route['action'] {
  if (rule.redirect) return redirectOf(rule.redirect, match);
  if (rule.directResponse) {
    const { status, body } = rule.directResponse;
    return { kind: 'direct', status, body: body?.string ?? '' };
  }
  const forward = forwardTo(weightedClusters(rule.route ?? [], context));
  return {
    ...forward,
    timeoutMs: durationMs(rule.timeout) ?? 0,
    retry: retryOf(rule.retries ?? context.mesh.defaultHttpRetryPolicy),
    rewrite: rewriteOf(rule, match),
    authority: rule.rewrite?.authority || undefined,
    mirrors: mirrorsOf(rule, context),
  };
}

function forwardTo(clusters: readonly WeightedCluster[]): ForwardAction {
  return {
    kind: 'forward',
    clusters,
    timeoutMs: 0,
    retry: retryOf(undefined),
    rewrite: undefined,
    authority: undefined,
    mirrors: [],
  };
}

/** A single destination takes all; among several those of weight 0, or of none, get nothing. */
function weightedClusters(
  destinations: readonly HttpRouteDestination[],
  context: RouteContext,
): WeightedCluster[] {
  const clusterFor = ({ destination, weight, headers }: HttpRouteDestination): WeightedCluster => ({
    cluster: destinationCluster(destination, context),
    weight: destinations.length === 1 ? 1 : (weight ?? 0),
    request: mutationsOf(headers?.request),
    response: mutationsOf(headers?.response),
  });
  return destinations.map(clusterFor).filter(({ weight }) => weight > 0);
}

/** The destination's port, else the service's only one, else the dialled one. Source: GetDestinationCluster. */
export function destinationCluster(
  { host, subset, port }: Destination,
  { byHost, port: dialled }: Pick<RouteContext, 'byHost' | 'port'>,
): string {
  const ports = byHost.get(host)?.ports ?? [];
  const only = ports.length === 1 ? ports[0]?.number : undefined;
  return clusterName('outbound', port?.number ?? only ?? dialled, subset ?? '', host);
}

function mirrorsOf(rule: HttpRoute, context: RouteContext): ForwardAction['mirrors'] {
  const given = rule.mirrors ?? [];
  const old = rule.mirror
    ? [
        {
          destination: rule.mirror,
          percentage:
            rule.mirrorPercentage ??
            ((rule.mirrorPercent ?? rule.mirror_percent) === undefined
              ? undefined
              : { value: rule.mirrorPercent ?? rule.mirror_percent ?? 0 }),
        },
      ]
    : [];
  return [...old, ...given]
    .map(({ destination, percentage }) => ({
      cluster: destinationCluster(destination, context),
      percent: percentage ? (percentage.value ?? 0) : 100,
    }))
    .filter(({ percent }) => percent > 0);
}

/** Only a prefix match keeps what follows it: any other rewrite puts the new path in place of the whole. */
function rewriteOf(rule: HttpRoute, match: HttpMatchRequest | undefined): ForwardAction['rewrite'] {
  const { uri, uriRegexRewrite } = rule.rewrite ?? {};
  if (uriRegexRewrite?.match)
    return { kind: 'regex', pattern: uriRegexRewrite.match, value: uriRegexRewrite.rewrite ?? '' };
  if (!uri) return undefined;
  // Without a match, or with a regex, Envoy's prefix is `/`, or the whole path.
  if (match?.uri?.regex !== undefined) return { kind: 'whole', value: uri };
  return { kind: 'prefix', value: uri };
}

function redirectOf(redirect: HttpRedirect, match: HttpMatchRequest | undefined): Route['action'] {
  const { uri } = redirect;
  const prefixed = uri?.startsWith('%PREFIX()%') === true && match?.uri?.prefix !== undefined;
  return {
    kind: 'redirect',
    status: redirect.redirectCode || 301,
    path: prefixed || !uri ? undefined : uri,
    prefix: prefixed ? uri.slice('%PREFIX()%'.length) : undefined,
    authority: redirect.authority || undefined,
    scheme: redirect.scheme || undefined,
    port: redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? 'request' : undefined),
  };
}

export function retryOf(retry: HttpRetry | undefined): RetryPolicy | undefined {
  const attempts = retry ? (retry.attempts ?? 0) : DEFAULT_RETRIES;
  if (attempts <= 0) return undefined;
  const words = (retry?.retryOn || DEFAULT_RETRY_ON).split(',').map((word) => word.trim());
  const isStatus = (word: string) => /^\d{3}$/.test(word);
  const statuses = words.filter(isStatus).map(Number);
  const on = words.filter((word) => word !== '' && !isStatus(word));
  return {
    attempts,
    on:
      statuses.length > 0 && !on.includes('retriable-status-codes')
        ? [...on, 'retriable-status-codes']
        : on,
    statuses,
    perTryTimeoutMs: durationMs(retry?.perTryTimeout) ?? 0,
    backoffMs: durationMs(retry?.backoff) || BACKOFF_MS,
    otherHosts: retry?.retryIgnorePreviousHosts ?? true,
  };
}

function faultOf(fault: HttpFaultInjection | undefined): Fault | undefined {
  if (!fault) return undefined;
  const { delay, abort } = fault;
  const delayMs = durationMs(delay?.fixedDelay);
  return {
    delay:
      delay && delayMs
        ? {
            // Who names no share has none. Source: istio/api virtual_service.proto, HTTPFaultInjection.
            percent: delay.percentage ? (delay.percentage.value ?? 0) : (delay.percent ?? 0),
            ms: delayMs,
          }
        : undefined,
    abort: abort
      ? {
          percent: abort.percentage?.value ?? 0,
          status: abort.httpStatus ?? (abort.grpcStatus ? 200 : 0),
          grpc: abort.grpcStatus,
        }
      : undefined,
  };
}

function corsOf(policy: CorsPolicy | undefined): Cors | undefined {
  if (!policy) return undefined;
  const maxAgeMs = durationMs(policy.maxAge);
  return {
    origins: [
      ...(policy.allowOrigins ?? []),
      ...(policy.allowOrigin ?? []).map((exact) => (exact === '*' ? { regex: '.*' } : { exact })),
    ],
    methods: (policy.allowMethods ?? []).join(','),
    headers: (policy.allowHeaders ?? []).join(','),
    expose: (policy.exposeHeaders ?? []).join(','),
    maxAge: maxAgeMs === undefined ? '' : String(Math.floor(maxAgeMs / 1000)),
    credentials: policy.allowCredentials,
    forwardUnmatched: policy.unmatchedPreflights !== 'IGNORE',
  };
}

function mutationsOf(operations: HeaderOperations | undefined): HeaderMutations {
  if (!operations) return noMutations;
  return {
    set: Object.entries(operations.set ?? {}),
    add: Object.entries(operations.add ?? {}),
    remove: operations.remove ?? [],
  };
}
