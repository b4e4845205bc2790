// Routes as Envoy's configuration dump shows them: by RDS from istiod, and those that stand inside the inbound listener.
// Source: envoyproxy/envoy api/envoy/config/route/v3; istio/istio pilot/pkg/networking/core/route/route.go, retry/retry.go.

import type { Fields } from '../../schema/fields.ts';
import type { StringMatch } from '../resources.ts';
import {
  type Cors,
  type Fault,
  type ForwardAction,
  type HeaderCondition,
  type HeaderMutations,
  INBOUND_PASSTHROUGH,
  type InboundPort,
  type PathMatch,
  type RetryPolicy,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
} from '../routing/proxy-config.ts';
import { rulePath } from './clusters.ts';
import { duration, extension, set, typed } from './protobuf-json.ts';

const ROUTES = 'envoy.config.route.v3.RouteConfiguration';

export function routeConfiguration({ name, virtualHosts }: RouteConfiguration): Fields {
  return typed(ROUTES, {
    name,
    virtual_hosts: virtualHosts.map(virtualHost),
    validate_clusters: false,
    max_direct_response_body_size_bytes: 1_048_576,
    ignore_port_in_host_matching: true,
  });
}

function virtualHost({ name, domains, routes }: VirtualHost): Fields {
  return {
    name,
    domains,
    routes: routes.map((route) => routeOf(route, name)),
    include_request_attempt_count: true,
  };
}

function routeOf(route: Route, host: string): Fields {
  const { action, fault, cors } = route;
  const perFilter = {
    ...(fault && { 'envoy.filters.http.fault': faultOf(fault) }),
    ...(cors && { 'envoy.filters.http.cors': corsOf(cors) }),
  };
  return set({
    name: route.name || undefined,
    match: matchOf(route),
    ...actionOf(action),
    metadata:
      route.virtualService === undefined
        ? undefined
        : {
            filter_metadata: {
              istio: { config: rulePath('virtual-service', route.virtualService) },
            },
          },
    decorator: { operation: `${host}${pathText(route.match.path)}` },
    typed_per_filter_config: Object.keys(perFilter).length > 0 ? perFilter : undefined,
    ...mutationsOf(route.request, route.response),
  });
}

/** How Istio names a route in traces: its path. */
function pathText({ kind, value }: PathMatch): string {
  return kind === 'prefix' ? `${value}*` : value;
}

function matchOf({ match: { path, headers, query } }: Route): Fields {
  return set({
    [path.kind === 'exact' ? 'path' : path.kind === 'regex' ? 'safe_regex' : 'prefix']:
      path.kind === 'regex' ? { regex: path.value } : path.value,
    case_sensitive: path.kind === 'regex' ? undefined : !path.ignoreCase,
    headers: headers.map(headerMatcher),
    query_parameters: query.map(({ name, match }) =>
      isPresence(match)
        ? { name, present_match: true }
        : { name, string_match: stringMatcher(match) },
    ),
  });
}

function headerMatcher({ name, match, invert }: HeaderCondition): Fields {
  return set({
    name,
    ...(isPresence(match) ? { present_match: true } : { string_match: stringMatcher(match) }),
    invert_match: invert || undefined,
  });
}

const isPresence = ({ exact, prefix, regex }: StringMatch) => !exact && !prefix && !regex;

/** As far as Istio asks: a whole value, its beginning, an expression. */
export function stringMatcher({ exact, prefix, regex }: StringMatch): Fields {
  if (exact !== undefined) return { exact };
  if (prefix !== undefined) return { prefix };
  return { safe_regex: { regex: regex ?? '' } };
}

function actionOf(action: Route['action']): Fields {
  switch (action.kind) {
    case 'forward':
      return { route: forwardOf(action) };
    case 'redirect':
      return {
        redirect: set({
          scheme_redirect: action.scheme,
          host_redirect: action.authority,
          port_redirect: typeof action.port === 'number' ? action.port : undefined,
          path_redirect: action.path,
          prefix_rewrite: action.prefix,
          response_code: REDIRECTS[action.status],
        }),
      };
    case 'direct':
      return {
        direct_response: set({
          status: action.status,
          body: action.body === '' ? undefined : { inline_string: action.body },
        }),
      };
  }
}

/** 301 is the default, and left out. */
const REDIRECTS: Readonly<Record<number, string>> = {
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
};

function forwardOf(action: ForwardAction): Fields {
  const { clusters, rewrite, retry } = action;
  const [first] = clusters;
  const single = clusters.length === 1 && first && isBare(first) ? first : undefined;
  return set({
    ...(single
      ? { cluster: single.cluster }
      : {
          weighted_clusters: {
            clusters: clusters.map(({ cluster, weight, request, response }) =>
              set({ name: cluster, weight, ...mutationsOf(request, response) }),
            ),
          },
        }),
    prefix_rewrite: rewrite && rewrite.kind !== 'regex' ? rewrite.value : undefined,
    regex_rewrite:
      rewrite?.kind === 'regex'
        ? { pattern: { regex: rewrite.pattern }, substitution: rewrite.value }
        : undefined,
    host_rewrite_literal: action.authority,
    timeout: duration(action.timeoutMs),
    retry_policy: retry && retryOf(retry),
    request_mirror_policies: action.mirrors.map(({ cluster, percent }) => ({
      cluster,
      runtime_fraction: { default_value: fraction(percent) },
      trace_sampled: false,
    })),
    max_grpc_timeout: duration(action.timeoutMs),
  });
}

const isBare = ({ request, response }: ForwardAction['clusters'][number]) =>
  Object.keys(mutationsOf(request, response)).length === 0;

function retryOf(retry: RetryPolicy): Fields {
  return set({
    retry_on: retry.on.join(','),
    num_retries: retry.attempts,
    per_try_timeout: retry.perTryTimeoutMs > 0 ? duration(retry.perTryTimeoutMs) : undefined,
    retry_host_predicate: retry.otherHosts
      ? [
          extension(
            'envoy.retry_host_predicates.previous_hosts',
            'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
          ),
        ]
      : undefined,
    // A 64-bit number is a string in JSON.
    host_selection_retry_max_attempts: '5',
    retriable_status_codes: retry.statuses,
  });
}

/** Millionths, as fine as Istio's percentages are. */
function fraction(percent: number): Fields {
  return { numerator: Math.round(percent * 10_000), denominator: 'MILLION' };
}

function mutationsOf(request: HeaderMutations, response: HeaderMutations): Fields {
  return set({
    request_headers_to_add: added(request),
    request_headers_to_remove: request.remove,
    response_headers_to_add: added(response),
    response_headers_to_remove: response.remove,
  });
}

function added({ set: written, add }: HeaderMutations): Fields[] {
  return [
    ...written.map(([key, value]) => ({
      header: { key, value },
      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
    })),
    ...add.map(([key, value]) => ({ header: { key, value } })),
  ];
}

function faultOf({ delay, abort }: Fault): Fields {
  return typed(
    'envoy.extensions.filters.http.fault.v3.HTTPFault',
    set({
      delay: delay && { fixed_delay: duration(delay.ms), percentage: fraction(delay.percent) },
      abort: abort && {
        ...(abort.grpc === undefined ? { http_status: abort.status } : { grpc_status: abort.grpc }),
        percentage: fraction(abort.percent),
      },
    }),
  );
}

function corsOf(cors: Cors): Fields {
  return typed(
    'envoy.extensions.filters.http.cors.v3.CorsPolicy',
    set({
      allow_methods: cors.methods || undefined,
      allow_headers: cors.headers || undefined,
      expose_headers: cors.expose || undefined,
      max_age: cors.maxAge || undefined,
      allow_credentials: cors.credentials,
      filter_enabled: { default_value: { numerator: 100 } },
      allow_origin_string_match: cors.origins.map(stringMatcher),
      forward_not_matching_preflights: cors.forwardUnmatched,
    }),
  );
}

/** Everything to the application behind a port, or to whatever port was dialled. */
export function inboundRoutes(port: InboundPort | undefined): Fields {
  const cluster = port?.cluster ?? INBOUND_PASSTHROUGH;
  const number = port?.port ?? 0;
  return {
    name: cluster,
    virtual_hosts: [
      {
        name: `inbound|http|${number}`,
        domains: ['*'],
        routes: [
          {
            name: 'default',
            match: { prefix: '/' },
            route: {
              cluster,
              timeout: '0s',
              max_stream_duration: { max_stream_duration: '0s', grpc_timeout_header_max: '0s' },
            },
            decorator: { operation: `${port?.service?.host ?? ''}:${number}/*` },
          },
        ],
      },
    ],
    validate_clusters: false,
  };
}

/** One path of the proxy itself, answered by its agent or its administration. */
export function ownRoutes(prefix: string, cluster: string): Fields {
  return {
    virtual_hosts: [
      { name: 'backend', domains: ['*'], routes: [{ match: { prefix }, route: { cluster } }] },
    ],
  };
}

/** As the dump lists a table that stands inside a listener. */
export const asDumped = (routes: Fields): Fields => typed(ROUTES, routes);
