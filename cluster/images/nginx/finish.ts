// The last phase: nginx' own headers around an answer, and the log line when its last byte has gone.

import type { HttpHeaders, HttpResponse } from '../../network/http.ts';
import { keepsAlive } from '../../network/http-message.ts';
import type { ByteReader } from '../../streams.ts';
import { httpDate } from '../dates.ts';
import type { Arrival, ServeContext } from './context.ts';
import { type Reply, headersOf, reasonOf } from './reply.ts';
import type { NginxRequest } from './request.ts';
import type { Settings } from './settings.ts';

const HEADER_STATUSES = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** The answer with nginx' own headers around it; its log line is written when the last byte has gone. */
export function finished(
  request: NginxRequest,
  reply: Reply,
  settings: Settings,
  arrival: Arrival,
  context: ServeContext,
): HttpResponse {
  const { http, connectionRequests } = arrival;
  const keepAlive =
    keepsAlive(http.version, http.headers) &&
    !context.closing() &&
    settings.keepaliveMs > 0 &&
    connectionRequests < settings.keepaliveRequests &&
    (http.version === '1.1' || reply.length !== undefined) &&
    // nginx closes after these: what the client sent may not have been understood.
    ![400, 413, 414, 500, 501].includes(reply.own ? reply.status : 0);
  const headers = headersOf(
    { ...reply, headers: [...reply.headers, ...addedHeaders(request, reply, settings, context)] },
    {
      server: tokenOf(settings, context),
      date: httpDate(context.clock.now()),
      location:
        reply.location === undefined ? undefined : absolute(request, reply.location, settings),
      keepAlive,
    },
  );
  const chunked = http.version === '1.1' && headers.some(([name]) => name === 'Transfer-Encoding');
  const sent: HttpHeaders =
    reply.length === undefined && !chunked
      ? headers.filter(([name]) => name !== 'Transfer-Encoding')
      : headers;
  request.status = reply.status;
  request.sentHeaders = sent;
  const reason = reply.reason ?? reasonOf(reply.status);
  request.headerBytesSent = sent.reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    `HTTP/1.1 ${reply.status} ${reason}\r\n\r\n`.length,
  );
  return {
    version: '1.1',
    status: reply.status,
    reason,
    headers: sent,
    body: counted(reply.body, request, () => context.logs.access(request, settings)),
  };
}

function addedHeaders(
  request: NginxRequest,
  { status }: Reply,
  { addedHeaders: added, expires }: Settings,
  { clock }: ServeContext,
): HttpHeaders {
  const usual = HEADER_STATUSES.has(status);
  const headers: HttpHeaders = [];
  if (usual && expires !== undefined) headers.push(...expiryHeaders(expires, clock.now()));
  request.status = status;
  for (const { name, value, always } of added) {
    const text = usual || always ? value(request) : '';
    if (text !== '') headers.push([name, text]);
  }
  return headers;
}

function expiryHeaders(expires: NonNullable<Settings['expires']>, now: number): HttpHeaders {
  if (expires === 'epoch')
    return [
      ['Expires', 'Thu, 01 Jan 1970 00:00:01 GMT'],
      ['Cache-Control', 'no-cache'],
    ];
  if (expires === 'max')
    return [
      ['Expires', 'Thu, 31 Dec 2037 23:55:55 GMT'],
      ['Cache-Control', 'max-age=315360000'],
    ];
  return [
    ['Expires', httpDate(now + expires * 1000)],
    ['Cache-Control', expires < 0 ? 'no-cache' : `max-age=${expires}`],
  ];
}

/** A path in Location becomes a URL of this server. */
function absolute(request: NginxRequest, location: string, settings: Settings): string {
  if (!location.startsWith('/') || !settings.absoluteRedirect) return location;
  const host = settings.serverNameInRedirect ? request.serverName : request.host;
  const { port } = request.connection.local;
  const suffix = settings.portInRedirect && port !== 80 ? `:${port}` : '';
  return `http://${host}${suffix}${location}`;
}

export function tokenOf({ serverTokens }: Settings, { facts }: ServeContext): string {
  return serverTokens ? `nginx/${facts.version}` : 'nginx';
}

/** Counts a body on its way out and says once that it is over. */
function counted(body: ByteReader, request: NginxRequest, over: () => void): ByteReader {
  let told = false;
  return {
    async read(max) {
      const chunk = await body.read(max);
      if (chunk) request.bodyBytesSent += chunk.length;
      return chunk;
    },
    cancel() {
      body.cancel();
      if (told) return;
      told = true;
      over();
    },
  };
}
