// HTTP headers as Envoy holds them: lower-case names in order. Knows nothing of routes.

import { type HttpHeaders, headerOf } from '../../network/http.ts';
import type { HeaderMutations } from '../routing/proxy-config.ts';

/** Belong to one connection and are never forwarded. RFC 9110 7.6.1. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** What is forwarded of a message's headers. */
export function forwarded(headers: HttpHeaders): HttpHeaders {
  const named = (headerOf(headers, 'connection') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const kept: HttpHeaders = [];
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named.includes(lower)) kept.push([lower, value]);
  }
  return kept;
}

/** What a client wants its connection to become, where a proxy lets it: a WebSocket. Source: Envoy docs, HTTP upgrades. */
export function wantedUpgrade(headers: HttpHeaders): string | undefined {
  const upgrade = headerOf(headers, 'upgrade')?.toLowerCase();
  const named = (headerOf(headers, 'connection') ?? '').toLowerCase();
  return upgrade === 'websocket' && /(^|[\s,])upgrade($|[\s,])/.test(named) ? upgrade : undefined;
}

/** Puts back what `forwarded` took away. */
export function addUpgrade(headers: HttpHeaders, upgrade: string): void {
  headers.push(['connection', 'Upgrade'], ['upgrade', upgrade]);
}

/** In the place of the first of that name, or at the end. */
export function setHeader(headers: HttpHeaders, name: string, value: string): void {
  const at = headers.findIndex(([other]) => other === name);
  if (at === -1) {
    headers.push([name, value]);
    return;
  }
  headers[at] = [name, value];
  for (let index = headers.length - 1; index > at; index--)
    if (headers[index]?.[0] === name) headers.splice(index, 1);
}

export function removeHeader(headers: HttpHeaders, name: string): void {
  for (let index = headers.length - 1; index >= 0; index--)
    if (headers[index]?.[0] === name) headers.splice(index, 1);
}

/** Removes, then sets and adds. `:authority` and `host` are one. Source: Envoy, HeaderParser::evaluateHeaders. */
export function mutate(headers: HttpHeaders, { set, add, remove }: HeaderMutations): void {
  for (const name of remove) removeHeader(headers, stored(name));
  for (const [name, value] of add) headers.push([stored(name), value]);
  for (const [name, value] of set) setHeader(headers, stored(name), value);
}

function stored(name: string): string {
  const lower = name.toLowerCase();
  return lower === ':authority' ? 'host' : lower;
}
