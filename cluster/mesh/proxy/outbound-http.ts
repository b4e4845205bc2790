// What a caller's proxy does with one HTTP request: virtual host, route, fault, CORS, redirect, or forwarding to a cluster.
// Source: Envoy docs, HTTP routing; istio/istio pilot/pkg/networking/core/listener.go (order of filters).

import type { HttpResponse } from '../../network/http.ts';
import { headerOf } from '../../network/http.ts';
import type { Address } from '../../network/network.ts';
import {
  PASSTHROUGH,
  type ForwardAction,
  type Route,
  type RouteConfiguration,
  type RouteMatch,
} from '../routing/proxy-config.ts';
import { virtualHostFor } from '../routing/virtual-hosts.ts';
import { addCorsHeaders, allowedOrigin, isPreflight, preflightHeaders } from './cors.ts';
import type { Exchange } from './exchange.ts';
import { mutate, setHeader } from './headers.ts';
import { regex, routeFor, splitTarget } from './matching.ts';
import { type HeldRequest, localReply } from './messages.ts';
import { PEER_METADATA, PEER_METADATA_ID } from './peer.ts';
import { type RouterContext, forward, weighted } from './router.ts';
import type { UpstreamCluster, Upstreams } from './upstream.ts';

export interface OutboundHttp extends RouterContext {
  upstreams: Upstreams;
  /** How this proxy tells others who calls. */
  metadata: { value: string; id: string };
  /** Sends a copy of a request and forgets it. */
  mirror(cluster: UpstreamCluster, request: HeldRequest): void;
}

export async function answerOutbound(
  context: OutboundHttp,
  routes: RouteConfiguration,
  request: HeldRequest,
  exchange: Exchange,
  destination: Address,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { method, target, headers } = request;
  const authority = headerOf(headers, 'host') ?? '';
  const virtualHost = virtualHostFor(routes, authority);
  const route = virtualHost && routeFor(virtualHost.routes, { method, authority, target, headers });
  if (!route) {
    exchange.flags.add('NR');
    exchange.details = 'route_not_found';
    return reply(context, 404, '');
  }
  exchange.route = route.name;
  const faulty = await faultOf(context, route, exchange, signal);
  if (faulty) return faulty;
  const origin = route.cors && allowedOrigin(route.cors, headers);
  if (route.cors && origin !== undefined && isPreflight(method, headers)) {
    exchange.details = 'cors_response';
    return localReply(
      200,
      '',
      { now: context.clock.now(), server: context.server },
      preflightHeaders(route.cors, origin),
    );
  }
  if (route.cors && isPreflight(method, headers) && !route.cors.forwardUnmatched) {
    exchange.details = 'cors_response';
    return reply(context, 200, '');
  }
  const response = await act(context, route, request, exchange, destination, signal);
  if (route.cors && origin !== undefined) addCorsHeaders(route.cors, origin, response.headers);
  return response;
}

/** A delay holds the request, an abort answers it. Percentages are drawn for each. */
async function faultOf(
  context: OutboundHttp,
  { fault }: Route,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<HttpResponse | undefined> {
  if (!fault) return undefined;
  const { delay, abort } = fault;
  const drawn = (percent: number) => context.random() * 100 < percent;
  if (delay && drawn(delay.percent)) {
    exchange.flags.add('DI');
    await context.clock.sleep(delay.ms, signal);
  }
  if (!abort || !drawn(abort.percent)) return undefined;
  exchange.flags.add('FI');
  exchange.details = 'fault_filter_abort';
  return reply(context, abort.status, 'fault filter abort');
}

async function act(
  context: OutboundHttp,
  route: Route,
  request: HeldRequest,
  exchange: Exchange,
  destination: Address,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { action } = route;
  switch (action.kind) {
    case 'redirect': {
      exchange.details = 'direct_response';
      const location = redirectTarget(action, route.match, request, destination.port);
      const answer = localReply(
        action.status,
        '',
        { now: context.clock.now(), server: context.server },
        [['location', location]],
      );
      mutate(answer.headers, route.response);
      return answer;
    }
    case 'direct': {
      exchange.details = 'direct_response';
      const answer = reply(context, action.status, action.body);
      mutate(answer.headers, route.response);
      return answer;
    }
    case 'forward':
      return forwardRoute(context, route, action, request, exchange, destination, signal);
  }
}

async function forwardRoute(
  context: OutboundHttp,
  route: Route,
  action: ForwardAction,
  request: HeldRequest,
  exchange: Exchange,
  destination: Address,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const chosen = weighted(action.clusters, context.random);
  const cluster =
    chosen?.cluster === PASSTHROUGH
      ? context.upstreams.passthrough(PASSTHROUGH)
      : chosen && context.upstreams.get(chosen.cluster);
  if (!chosen || !cluster) {
    exchange.flags.add('NC');
    exchange.details = 'cluster_not_found';
    return reply(context, 503, '');
  }
  rewrite(action, route.match, request);
  mutate(request.headers, chosen.request);
  mutate(request.headers, route.request);
  exchange.authority = headerOf(request.headers, 'host') ?? '';
  if (action.timeoutMs > 0)
    setHeader(request.headers, 'x-envoy-expected-rq-timeout-ms', String(action.timeoutMs));
  if (!cluster.definition.external) {
    setHeader(request.headers, PEER_METADATA, context.metadata.value);
    setHeader(request.headers, PEER_METADATA_ID, context.metadata.id);
  }
  if (cluster.hosts.length > 0 || cluster.definition.kind === 'ORIGINAL_DST')
    mirrorAll(context, action, request);
  const response = await forward(context, cluster, request, exchange, action, destination, signal);
  mutate(response.headers, chosen.response);
  mutate(response.headers, route.response);
  return response;
}

/** Fire and forget, to a host name that tells the copy from the original. */
function mirrorAll(context: OutboundHttp, action: ForwardAction, request: HeldRequest): void {
  for (const { cluster: name, percent } of action.mirrors) {
    const cluster = context.upstreams.get(name);
    if (!cluster || context.random() * 100 >= percent) continue;
    const headers = request.headers.map(([key, value]): [string, string] =>
      key === 'host' ? [key, value.replace(/(:\d+)?$/, '-shadow$1')] : [key, value],
    );
    context.mirror(cluster, { ...request, headers });
  }
}

function rewrite(action: ForwardAction, match: RouteMatch, request: HeldRequest): void {
  if (action.rewrite) {
    const { path, query } = splitTarget(request.target);
    const target = `${rewrittenPath(action.rewrite, match, path)}${query && `?${query}`}`;
    setHeader(request.headers, 'x-envoy-original-path', request.target);
    request.target = target;
  }
  if (action.authority !== undefined) setHeader(request.headers, 'host', action.authority);
}

function rewrittenPath(
  rewriting: NonNullable<ForwardAction['rewrite']>,
  { path: matched }: RouteMatch,
  path: string,
): string {
  switch (rewriting.kind) {
    case 'whole':
      return rewriting.value;
    case 'prefix':
      // What matched is replaced: a prefix, or an exact path as a whole.
      return `${rewriting.value}${path.slice(matched.value.length)}`;
    case 'regex': {
      const substitution = rewriting.value.replaceAll('$', '$$$$').replace(/\\(\d)/g, '$$$1');
      const anywhere = new RegExp(
        regex(rewriting.pattern).source.slice('^(?:'.length, -')$'.length),
        'g',
      );
      return path.replace(anywhere, substitution);
    }
  }
}

function redirectTarget(
  action: Extract<Route['action'], { kind: 'redirect' }>,
  { path: matched }: RouteMatch,
  request: HeldRequest,
  dialled: number,
): string {
  const { path, query } = splitTarget(request.target);
  const authority = headerOf(request.headers, 'host') ?? '';
  const [name = '', given] = authority.split(':');
  const scheme = action.scheme ?? 'http';
  const port =
    action.port === 'request' ? (given ?? String(dialled)) : (action.port ?? given)?.toString();
  const isDefault =
    action.port === undefined &&
    ((scheme === 'http' && port === '80') || (scheme === 'https' && port === '443'));
  const host = `${action.authority ?? name}${port === undefined || isDefault || (action.authority !== undefined && action.port === undefined) ? '' : `:${port}`}`;
  const newPath =
    action.prefix === undefined
      ? (action.path ?? path)
      : `${action.prefix}${path.slice(matched.value.length)}`;
  return `${scheme}://${host}${newPath}${query && `?${query}`}`;
}

function reply(context: OutboundHttp, status: number, body: string): HttpResponse {
  return localReply(status, body, { now: context.clock.now(), server: context.server });
}
