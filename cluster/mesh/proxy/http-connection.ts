// The part of a proxy that speaks HTTP with callers: reads requests, keeps the record of each, and sends what a filter or
// the router answers, with the headers Envoy adds. Where a request goes is the given `answer`'s business.
// Source: Envoy docs, HTTP connection management; istio/istio pilot/pkg/networking/util/proxy_headers.go.

import { httpDate } from '../../api/http-date.ts';
import type { Clock } from '../../clock.ts';
import type { HttpHeaders, HttpRequest, HttpResponse } from '../../network/http.ts';
import { headerOf } from '../../network/http.ts';
import { keepsAlive, mayHaveBody } from '../../network/http-message.ts';
import { serveHttp, reasonOf } from '../../network/http-server.ts';
import type { Connection } from '../../network/network.ts';
import { nothing, readAll } from '../../streams.ts';
import { type Exchange, newExchange } from './exchange.ts';
import { addUpgrade, forwarded, removeHeader, setHeader, wantedUpgrade } from './headers.ts';
import { type HeldRequest, WatchedBody, localReply } from './messages.ts';
import { PEER_METADATA, decodeWorkload } from './peer.ts';
import type { Hello } from './tls.ts';

/** Envoy's own limit of a request's head; past it: 431. */
const HEAD_BYTES = 60 * 1024;
/** Requests on one connection: no limit in Envoy. */
const REQUESTS = Number.MAX_SAFE_INTEGER;

/** The caller has gone; nobody waits for an answer. */
export class Gone extends Error {
  constructor() {
    super('the caller closed the connection');
    this.name = 'Gone';
  }
}

export interface HttpSide {
  side: Exchange['side'];
  /** `envoy` towards the own application, `istio-envoy` towards other pods. */
  server: string;
  clock: Clock;
  random: () => number;
  /** Whom mutual TLS met at the other end. */
  caller: Hello | undefined;
  /** Where the caller dialled, and where from. */
  downstream: Exchange['downstream'];
  /** Whether an answer is the connection's last. */
  closes(): boolean;
  /** Answers one request. Rejects with Gone when `signal` does. */
  answer(request: HeldRequest, exchange: Exchange, signal: AbortSignal): Promise<HttpResponse>;
  /** Told once for each request, when its last byte was sent or the caller was gone. */
  ended(exchange: Exchange): void;
}

/** Serves a connection until it ends. */
export async function serveProxied(connection: Connection, side: HttpSide): Promise<void> {
  await serveHttp(connection, (request, _, gone) => answerOne(request, side, gone), {
    headBytes: HEAD_BYTES,
    requests: REQUESTS,
    refuse: (status) => ({
      ...localReply(status, '', { now: side.clock.now(), server: side.server }),
    }),
  });
}

async function answerOne(
  incoming: HttpRequest,
  side: HttpSide,
  gone: () => Promise<void>,
): Promise<HttpResponse | undefined> {
  const { clock } = side;
  const exchange = newExchange(side.side, clock.now(), side.downstream);
  exchange.method = incoming.method;
  exchange.target = incoming.target;
  exchange.protocol = `HTTP/${incoming.version}`;
  exchange.caller = side.caller;
  const headers = forwarded(incoming.headers);
  const upgrade = wantedUpgrade(incoming.headers);
  if (upgrade !== undefined) addUpgrade(headers, upgrade);
  exchange.authority = headerOf(headers, 'host') ?? '';
  exchange.request = headers;
  const metadata = headerOf(headers, PEER_METADATA);
  exchange.callerWorkload =
    (metadata === undefined ? undefined : decodeWorkload(metadata)) ?? side.caller?.workload;
  if (incoming.version === '1.0') return refuseOldProtocol(incoming, exchange, side);
  const body = await readAll(incoming.body);
  exchange.bytesReceived = body.length;
  const request: HeldRequest = { method: incoming.method, target: incoming.target, headers, body };
  if (headerOf(headers, 'x-request-id') === undefined)
    setHeader(headers, 'x-request-id', uuid(side.random));
  if (headerOf(headers, 'x-forwarded-proto') === undefined)
    setHeader(headers, 'x-forwarded-proto', 'http');
  removeHeader(headers, 'expect');
  const abort = new AbortController();
  void gone().then(() => abort.abort(new Gone()));
  try {
    const response = await side.answer(request, exchange, abort.signal);
    if (response.upgraded) return upgraded(response, response.upgraded, exchange, side);
    return sent(incoming, response, exchange, side);
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    exchange.flags.add('DC');
    exchange.details = 'downstream_remote_disconnect';
    exchange.status = 0;
    finish(exchange, side);
    return undefined;
  }
}

/** HTTP/1.0 is off in Istio's proxies: they ask for a newer protocol and close. */
function refuseOldProtocol(
  incoming: HttpRequest,
  exchange: Exchange,
  side: HttpSide,
): HttpResponse {
  exchange.details = 'low_version';
  const reply = localReply(426, '', { now: side.clock.now(), server: side.server });
  const headers: HttpHeaders = [...reply.headers, ['connection', 'close']];
  return sent(incoming, { ...reply, headers }, exchange, side);
}

/** The upstream has agreed: from here on bytes pass both ways, and the exchange lasts as long as they do. */
function upgraded(
  response: HttpResponse,
  pass: NonNullable<HttpResponse['upgraded']>,
  exchange: Exchange,
  side: HttpSide,
): HttpResponse {
  const headers = [...response.headers];
  setHeader(headers, 'server', side.server);
  setHeader(headers, 'date', httpDate(side.clock.now()));
  exchange.status = response.status;
  exchange.response = headers;
  return {
    ...response,
    headers,
    upgraded: (connection) => pass(connection).finally(() => finish(exchange, side)),
  };
}

/** What goes back: framed, dated, signed, counted. */
function sent(
  incoming: HttpRequest,
  response: HttpResponse,
  exchange: Exchange,
  side: HttpSide,
): HttpResponse {
  const headers = forwarded(response.headers);
  setHeader(headers, 'server', side.server);
  if (headerOf(headers, 'date') === undefined)
    setHeader(headers, 'date', httpDate(side.clock.now()));
  const { status } = response;
  const withBody = mayHaveBody(incoming.method, status);
  const length = headerOf(headers, 'content-length');
  const closes =
    side.closes() ||
    !keepsAlive(incoming.version, incoming.headers) ||
    headerOf(response.headers, 'connection') === 'close';
  if (withBody && length === undefined && incoming.version !== '1.0')
    headers.push(['transfer-encoding', 'chunked']);
  if (closes) headers.push(['connection', 'close']);
  exchange.status = status;
  exchange.response = headers;
  const expected = withBody ? (length === undefined ? undefined : Number(length)) : 0;
  const body = new WatchedBody(
    withBody ? response.body : closedBody(response),
    expected,
    (complete) => {
      exchange.bytesSent = body.bytes;
      if (!complete) exchange.flags.add('DC');
      finish(exchange, side);
    },
  );
  return {
    version: '1.1',
    status,
    reason: reasonOf(status) || response.reason,
    headers,
    body,
  };
}

function closedBody(response: HttpResponse): HttpResponse['body'] {
  return { read: () => nothing.read(), cancel: () => response.body.cancel() };
}

function finish(exchange: Exchange, side: HttpSide): void {
  exchange.endedAt = side.clock.now();
  side.ended(exchange);
}

/** A random UUID, version 4. */
function uuid(random: () => number): string {
  const word = () => Math.floor(random() * 2 ** 32);
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const [a, b, c, d] = [word(), word(), word(), word()];
  const variant = 0x8000 | (c & 0x3fff);
  return `${hex(a, 8)}-${hex(b >>> 16, 4)}-4${hex(b & 0xfff, 3)}-${hex(variant, 4)}-${hex(c >>> 16, 4)}${hex(d, 8)}`;
}
