// Which server and which location take a request, and whether its client is let in.

import { inCidr } from '../../network/addresses.ts';
import type { HttpRequest } from '../../network/http.ts';
import type { Connection } from '../../network/network.ts';
import { type Listen, type Location, type Model, type Server, remember } from './model.ts';
import type { NginxRequest } from './request.ts';
import type { Settings } from './settings.ts';

export function serverFor(model: Model, connection: Connection, http: HttpRequest): Server {
  const { ip, port } = connection.local;
  const on = (wanted: (listen: Listen) => boolean) =>
    model.servers.flatMap((server) => {
      const listen = server.listens.find((one) => one.port === port && wanted(one));
      return listen ? [{ server, listen }] : [];
    });
  const exact = on((listen) => listen.ip === ip);
  const candidates = exact.length > 0 ? exact : on((listen) => listen.ip === '0.0.0.0');
  const host = hostOf(http);
  const fallback = candidates.find(({ listen }) => listen.isDefault) ?? candidates[0];
  const servers = candidates.map(({ server }) => server);
  const found =
    servers.find(({ names }) =>
      names.some((name) => name.kind === 'exact' && name.text === host),
    ) ??
    longest(servers, host, 'suffix') ??
    longest(servers, host, 'prefix') ??
    servers.find(({ names }) =>
      names.some((name) => name.kind === 'regex' && name.regex.test(host)),
    ) ??
    fallback?.server;
  if (!found) throw new Error(`nginx took a connection to ${ip}:${port}, where no server listens`);
  return found;
}

function hostOf({ target, headers }: HttpRequest): string {
  const absolute = /^https?:\/\/([^/?#]+)/i.exec(target)?.[1];
  const header = headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  return (absolute ?? header ?? '').replace(/:\d*$/, '').toLowerCase();
}

/** The server whose wildcard fits the most of the name. */
function longest(
  servers: readonly Server[],
  host: string,
  kind: 'suffix' | 'prefix',
): Server | undefined {
  let best: Server | undefined;
  let length = -1;
  for (const server of servers)
    for (const name of server.names) {
      if (name.kind !== kind || name.text.length <= length) continue;
      const fits =
        kind === 'prefix'
          ? host.startsWith(name.text)
          : host.endsWith(name.text) || (name.text.startsWith('.') && host === name.text.slice(1));
      if (!fits) continue;
      best = server;
      length = name.text.length;
    }
  return best;
}

/** Exact, then the longest prefix unless a regular expression matches, in nginx' order. */
export function findLocation(
  locations: readonly Location[],
  request: NginxRequest,
): Location | undefined {
  const exact = locations.find(({ kind, text }) => kind === 'exact' && text === request.uri);
  if (exact) return exact;
  let prefix: Location | undefined;
  for (const location of locations) {
    if (location.kind !== 'prefix' && location.kind !== 'preferred') continue;
    if (!request.uri.startsWith(location.text)) continue;
    if (!prefix || location.text.length > prefix.text.length) prefix = location;
  }
  if (prefix && prefix.locations.length > 0) {
    const inner = findLocation(prefix.locations, request);
    if (inner) return inner;
  }
  if (prefix?.kind === 'preferred') return prefix;
  for (const location of locations) {
    const match = location.regex?.exec(request.uri);
    if (!match) continue;
    remember(request, match);
    return findLocation(location.locations, request) ?? location;
  }
  return prefix;
}

export function isAllowed(request: NginxRequest, { access }: Settings): boolean {
  const { ip } = request.connection.remote;
  for (const { allow, from } of access)
    if (from === 'all' || from === ip || (from.includes('/') && inCidr(ip, from))) return allow;
  return true;
}
