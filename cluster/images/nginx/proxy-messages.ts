// What nginx changes in requests and answers that it passes on: headers, Location, and how a broken body is told.

import { HttpError } from '../../network/http-message.ts';
import { type HttpHeaders, type HttpResponse, headerOf } from '../../network/http.ts';
import { NetError } from '../../network/network.ts';
import type { ByteReader } from '../../streams.ts';
import type { Location, ProxyPass } from './model.ts';
import type { Reply } from './reply.ts';
import type { NginxRequest } from './request.ts';
import type { ProxySettings } from './settings.ts';

/** Linux' numbers, as nginx prints them. */
export const ERRNO: Readonly<Partial<Record<NetError['code'], number>>> = {
  ECONNREFUSED: 111,
  ECONNRESET: 104,
  EHOSTUNREACH: 113,
  ENETUNREACH: 101,
  ETIMEDOUT: 110,
  EADDRNOTAVAIL: 99,
};

/** Headers nginx decides about itself, so the client's are not passed on. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'expect',
  'upgrade',
  'content-length',
  'proxy-connection',
]);

/** What goes to the upstream: nginx' own headers, those set, then the client's. */
export function requestHeaders(request: NginxRequest, settings: ProxySettings): HttpHeaders {
  const set = new Map(
    settings.headers.map(({ name, value }) => [name.toLowerCase(), { name, value }]),
  );
  const headers: HttpHeaders = [];
  const host = set.get('host');
  headers.push(['Host', host ? host.value(request) : request.proxyHost]);
  // HTTP/1.0 says close. Since HTTP/1.1 is the default nothing is said, and the connection stays.
  if (!set.has('connection') && settings.version === '1.0') headers.push(['Connection', 'close']);
  for (const { name, value } of settings.headers) {
    const text = value(request);
    if (name.toLowerCase() !== 'host' && text !== '') headers.push([name, text]);
  }
  if (request.body.length > 0) headers.push(['Content-Length', String(request.body.length)]);
  for (const [name, value] of request.http.headers) {
    const lower = name.toLowerCase();
    if (!OWN_HEADERS.has(lower) && !set.has(lower)) headers.push([name, value]);
  }
  return headers;
}

/** Headers of an upstream that nginx keeps to itself, or says itself. */
const HIDDEN = new Set([
  'date',
  'server',
  'x-pad',
  'x-accel-expires',
  'x-accel-redirect',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
]);
const TAKEN = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-type',
  'content-length',
  'last-modified',
  'location',
]);

/** The upstream's answer as nginx passes it on. */
export function replyOf(
  request: NginxRequest,
  location: Location,
  pass: ProxyPass,
  response: HttpResponse,
  log: (message: string) => void,
): Reply {
  const { headers } = response;
  const settings = location.settings.proxy;
  request.upstreamHeaders = headers;
  const visible = headers.filter(([name]) => {
    const lower = name.toLowerCase();
    if (TAKEN.has(lower) || settings.hide.includes(lower)) return false;
    return !HIDDEN.has(lower) || settings.pass.includes(lower);
  });
  const length = headerOf(headers, 'content-length');
  return {
    status: response.status,
    reason: response.reason,
    contentType: headerOf(headers, 'content-type'),
    length: length === undefined ? undefined : Number(length),
    lastModified: headerOf(headers, 'last-modified'),
    location: redirected(request, location, pass, headerOf(headers, 'location')),
    headers: visible,
    body: reported(response.body, log),
    own: false,
  };
}

/** proxy_redirect: a Location that names the upstream is turned into one that names this server. */
function redirected(
  request: NginxRequest,
  location: Location,
  pass: ProxyPass,
  target: string | undefined,
): string | undefined {
  const { redirect } = location.settings.proxy;
  if (target === undefined || redirect === 'off') return target;
  if (redirect !== 'default') {
    const from = redirect.from(request);
    return target.startsWith(from) ? redirect.to(request) + target.slice(from.length) : target;
  }
  if (location.kind === 'regex' || pass.target.kind !== 'upstream') return target;
  const from = `http://${pass.host}${pass.uri ?? '/'}`;
  const to = pass.uri === undefined ? '/' : location.text;
  return target.startsWith(from) ? to + target.slice(from.length) : target;
}

/** An upstream that ends in the middle of its body is an error of its own; the client gets what there was. */
function reported(body: ByteReader, log: (message: string) => void): ByteReader {
  return {
    async read(max) {
      try {
        return await body.read(max);
      } catch (error) {
        if (error instanceof HttpError)
          log('upstream prematurely closed connection while reading upstream');
        else if (error instanceof NetError)
          log(
            `readv() failed (${ERRNO[error.code] ?? ''}: ${error.message}) while reading upstream`,
          );
        throw error;
      }
    },
    cancel: () => body.cancel(),
  };
}
