// Sends a request to a cluster as its route says: a host, a connection, tries and their time, copies to mirrors.
// Source: Envoy docs, router filter; source/common/router/router.cc.

import type { Clock } from '../../clock.ts';
import { sendRequest } from '../../network/http-client.ts';
import { type HttpHeaders, type HttpResponse, headerOf } from '../../network/http.ts';
import type { Address } from '../../network/network.ts';
import { type ByteDuplex, nothing, readAll } from '../../streams.ts';
import type { ForwardAction, RetryPolicy, WeightedCluster } from '../routing/proxy-config.ts';
import type { ConsistentHash } from '../resources.ts';
import { durationMs } from '../routing/durations.ts';
import { hashOf } from './balancer.ts';
import type { Exchange } from './exchange.ts';
import { type UpstreamFailure, NO_HEALTHY, TIMED_OUT, failureWords } from './flags.ts';
import { addUpgrade, forwarded, removeHeader, setHeader } from './headers.ts';
import { splitTarget } from './matching.ts';
import { type HeldRequest, WatchedBody, localReply, toSend } from './messages.ts';
import { PEER_METADATA, PEER_METADATA_ID, decodeWorkload } from './peer.ts';
import type { Lease } from './pool.ts';
import { backoffMs, retriesAnswer, retriesFailure } from './retries.ts';
import { passBytes } from './tcp.ts';
import { type Host, type Opened, type UpstreamCluster, failureOf } from './upstream.ts';

export interface RouterContext {
  clock: Clock;
  random: () => number;
  server: string;
  /** Outbound requests count their tries for the upstream. */
  countsAttempts: boolean;
}

/** One try's end. */
type Outcome =
  { answer: HttpResponse; lease: Lease<Opened>; host: Host } | { failure: UpstreamFailure };

class PerTryTimeout extends Error {}
class RouteTimeout extends Error {}

export type Forward = Pick<ForwardAction, 'timeoutMs' | 'retry'>;

/**
 * @param destination where the caller dialled: clusters without endpoints of their own go there.
 * Rejects with the signal's reason when the caller has gone.
 */
export async function forward(
  context: RouterContext,
  cluster: UpstreamCluster,
  request: HeldRequest,
  exchange: Exchange,
  { timeoutMs, retry }: Forward,
  destination: Address,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { clock } = context;
  exchange.cluster = cluster.definition;
  const startedAt = clock.now();
  const limit = limited(clock, signal, timeoutMs, () => new RouteTimeout());
  try {
    const outcome = await tries(
      context,
      cluster,
      request,
      exchange,
      retry,
      destination,
      limit.signal,
    );
    if ('reply' in outcome) return outcome.reply;
    return answered(context, cluster, outcome, exchange, clock.now() - startedAt);
  } catch (error) {
    if (!(error instanceof RouteTimeout)) throw error;
    exchange.flags.add('UT');
    exchange.details = 'response_timeout';
    return localReply(504, TIMED_OUT, { now: clock.now(), server: context.server });
  } finally {
    limit.over();
  }
}

/**
 * A signal that comes with the given one, or after some time: that costs nothing where there is no time limit, which is
 * nearly always. (`AbortSignal.any` makes weak references and keeps the collector busy.)
 */
function limited(
  clock: Clock,
  signal: AbortSignal,
  ms: number,
  reason: () => Error,
): { signal: AbortSignal; over(): void } {
  if (ms <= 0) return { signal, over: () => {} };
  const both = new AbortController();
  const onAbort = () => both.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const cancel = clock.after(ms, () => both.abort(reason()));
  return {
    signal: both.signal,
    over: () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    },
  };
}

async function tries(
  context: RouterContext,
  cluster: UpstreamCluster,
  request: HeldRequest,
  exchange: Exchange,
  retry: RetryPolicy | undefined,
  destination: Address,
  signal: AbortSignal,
): Promise<Exclude<Outcome, { failure: UpstreamFailure }> | { reply: HttpResponse }> {
  const hash = hashKey(cluster, request, exchange);
  const tried = new Set<Host>();
  for (let number = 1; ; number++) {
    const host =
      cluster.definition.kind === 'ORIGINAL_DST'
        ? cluster.originalDestination(destination.ip, destination.port)
        : cluster.pick(hash, retry?.otherHosts ? tried : NONE);
    if (!host) return { reply: noHealthyUpstream(context, exchange) };
    tried.add(host);
    if (context.countsAttempts) setHeader(request.headers, 'x-envoy-attempt-count', String(number));
    const outcome = await attempt(context, cluster, host, request, exchange, retry, signal);
    const again =
      retry !== undefined &&
      ('failure' in outcome
        ? retriesFailure(retry, outcome.failure)
        : retriesAnswer(retry, outcome.answer.status, outcome.answer.headers));
    const left = retry ? retry.attempts - (number - 1) : 0;
    const allowed = cluster.breakers.retries < cluster.breakers.limits.maxRetries;
    if (again && left > 0 && allowed) {
      if (!('failure' in outcome)) giveUp(outcome);
      cluster.breakers.retries++;
      try {
        await context.clock.sleep(backoffMs(retry, number, context.random), signal);
      } finally {
        cluster.breakers.retries--;
      }
      continue;
    }
    if (again) exchange.flags.add('URX');
    if (!('failure' in outcome)) return outcome;
    return { reply: failed(context, outcome.failure, exchange, number > 1) };
  }
}

const NONE: ReadonlySet<Host> = new Set();

async function attempt(
  context: RouterContext,
  cluster: UpstreamCluster,
  host: Host,
  request: HeldRequest,
  exchange: Exchange,
  retry: RetryPolicy | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  exchange.upstreamHost = host.key;
  exchange.upstreamLocal = undefined;
  exchange.upstreamWorkload = host.endpoint.workload && {
    ...host.endpoint.workload,
    // An endpoint's metadata has neither label; only the peer itself tells them.
    app: undefined,
    version: undefined,
  };
  const limit = limited(
    context.clock,
    signal,
    retry?.perTryTimeoutMs ?? 0,
    () => new PerTryTimeout(),
  );
  host.active++;
  let lease: Lease<Opened> | undefined;
  try {
    lease = await host.pool.lease(limit.signal);
    const { connection, peer } = lease.opened;
    exchange.upstreamLocal = connection.local;
    exchange.upstreamPrincipal = peer?.principal;
    if (peer) exchange.upstreamWorkload = peer.workload;
    const answer = await abortable(
      limit.signal,
      () => connection.reset(),
      sendRequest(connection, toSend(request)),
    );
    cluster.note(host, answer.status);
    return { answer, lease, host };
  } catch (error) {
    lease?.release();
    host.active--;
    if (signal.aborted) {
      // A route timeout counts against the host; a caller that went away does not.
      if (signal.reason instanceof RouteTimeout) cluster.note(host, 504, true);
      throw signal.reason as Error;
    }
    const failure: UpstreamFailure | undefined = limit.signal.aborted
      ? { kind: 'per-try-timeout' }
      : failureOf(error);
    if (!failure) throw error;
    if (failure.kind !== 'overflow')
      cluster.note(host, failure.kind === 'per-try-timeout' ? 504 : 503, true);
    return { failure };
  } finally {
    limit.over();
  }
}

/** Resets a connection when the signal comes first, which makes the promise reject. */
async function abortable<Value>(
  signal: AbortSignal,
  reset: () => void,
  promise: Promise<Value>,
): Promise<Value> {
  let over = false;
  const onAbort = () => {
    if (!over) reset();
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const value = await promise;
    signal.throwIfAborted();
    return value;
  } finally {
    over = true;
    signal.removeEventListener('abort', onAbort);
  }
}

/** The upstream's answer on its way to the caller. */
function answered(
  _context: RouterContext,
  _cluster: UpstreamCluster,
  { answer, lease, host }: Exclude<Outcome, { failure: UpstreamFailure }>,
  exchange: Exchange,
  tookMs: number,
): HttpResponse {
  const headers = forwarded(answer.headers);
  const metadata = headerOf(headers, PEER_METADATA);
  const workload = metadata === undefined ? undefined : decodeWorkload(metadata);
  if (workload) exchange.upstreamWorkload = workload;
  removeHeader(headers, PEER_METADATA);
  removeHeader(headers, PEER_METADATA_ID);
  setHeader(headers, 'x-envoy-upstream-service-time', String(Math.floor(tookMs)));
  if (exchange.cookie !== undefined) headers.push(['set-cookie', exchange.cookie]);
  exchange.details = 'via_upstream';
  if (answer.status === 101) return tunnel({ answer, lease, host }, headers, exchange);
  const length = headerOf(headers, 'content-length');
  const body = new WatchedBody(
    answer.body,
    length === undefined ? undefined : Number(length),
    () => {
      host.active--;
      lease.release();
    },
  );
  return { ...answer, headers, body };
}

/** A connection that has become something else: its bytes pass both ways until one side ends. */
function tunnel(
  { answer, lease, host }: Exclude<Outcome, { failure: UpstreamFailure }>,
  headers: HttpHeaders,
  exchange: Exchange,
): HttpResponse {
  addUpgrade(headers, headerOf(answer.headers, 'upgrade') ?? '');
  const { connection } = lease.opened;
  const upgraded = async (downstream: ByteDuplex) => {
    try {
      await passBytes(downstream, { input: answer.body, output: connection.output }, exchange);
    } finally {
      connection.close();
      host.active--;
      lease.release();
    }
  };
  return { ...answer, headers, body: nothing, upgraded };
}

/** An answer that a retry makes worthless. Its connection can serve again only if nothing is left unread. */
function giveUp({ lease, host, answer }: Exclude<Outcome, { failure: UpstreamFailure }>): void {
  void readAll(answer.body).then(
    () => {
      host.active--;
      lease.release();
    },
    () => {
      host.active--;
      lease.release();
    },
  );
}

function failed(
  context: RouterContext,
  failure: UpstreamFailure,
  exchange: Exchange,
  retried: boolean,
): HttpResponse {
  const words = failureWords(failure, retried);
  exchange.flags.add(words.flag);
  exchange.details = words.details;
  exchange.transportFailure = failure.kind === 'connect' ? failure.transport : '';
  if (failure.kind === 'overflow') {
    exchange.upstreamHost = undefined;
    exchange.upstreamWorkload = undefined;
  }
  const overloaded: HttpHeaders =
    failure.kind === 'overflow' ? [['x-envoy-overloaded', 'true']] : [];
  const now = context.clock.now();
  return localReply(words.status, words.body, { now, server: context.server }, overloaded);
}

function noHealthyUpstream(context: RouterContext, exchange: Exchange): HttpResponse {
  exchange.flags.add('UH');
  exchange.details = 'no_healthy_upstream';
  exchange.upstreamHost = undefined;
  exchange.upstreamWorkload = undefined;
  return localReply(503, NO_HEALTHY, { now: context.clock.now(), server: context.server });
}

/** What consistent hashing looks at; undefined when the request has nothing of it. */
function hashKey(
  { definition }: UpstreamCluster,
  request: HeldRequest,
  exchange: Exchange,
): string | undefined {
  if (definition.loadBalancer.kind !== 'HASH') return undefined;
  const hash: ConsistentHash = definition.loadBalancer.hash;
  if (hash.httpHeaderName) return headerOf(request.headers, hash.httpHeaderName);
  if (hash.useSourceIp) return exchange.downstream.remote.ip;
  if (hash.httpQueryParameterName)
    return (
      new URLSearchParams(splitTarget(request.target).query).get(hash.httpQueryParameterName) ??
      undefined
    );
  if (!hash.httpCookie) return undefined;
  const { name, path = '', ttl } = hash.httpCookie;
  const given = cookieOf(request.headers, name);
  if (given !== undefined || ttl === undefined) return given;
  // The caller gets a cookie that keeps it on the pod which its connection would have been given.
  const { local, remote } = exchange.downstream;
  const made = hashOf(`${remote.ip}:${remote.port}${local.ip}:${local.port}`).toString(16);
  exchange.cookie = `${name}="${made}"${maxAge(ttl)}${path && `; Path=${path}`}; HttpOnly`;
  return made;
}

/** A lifetime of 0 makes a cookie of the session. Source: Envoy, Http::Utility::makeSetCookieValue. */
function maxAge(ttl: string): string {
  const seconds = Math.floor((durationMs(ttl) ?? 0) / 1000);
  return seconds > 0 ? `; Max-Age=${seconds}` : '';
}

function cookieOf(headers: HttpHeaders, name: string): string | undefined {
  for (const part of (headerOf(headers, 'cookie') ?? '').split(';')) {
    const [key = '', ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return undefined;
}

/** One of several by weight: any share of the sum. */
export function weighted(
  clusters: readonly WeightedCluster[],
  random: () => number,
): WeightedCluster | undefined {
  if (clusters.length <= 1) return clusters[0];
  const sum = clusters.reduce((total, { weight }) => total + weight, 0);
  let at = random() * sum;
  for (const cluster of clusters) {
    at -= cluster.weight;
    if (at < 0) return cluster;
  }
  return clusters.at(-1);
}
