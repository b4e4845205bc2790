// Addresses as busybox wget reads them.

export interface Location {
  host: string;
  port: number;
  /** As in the Host header: with the port where one was named. */
  authority: string;
  /** With the query, without the fragment. */
  path: string;
  /** `user:password` */
  user: string | undefined;
  secure: boolean;
}

/** A complaint, without the program's name. */
export class BadLocation extends Error {}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Throws BadLocation. */
export function parseLocation(text: string): Location {
  const [, scheme, afterScheme] = /^([^/]*?):\/\/(.*)$/s.exec(text) ?? [];
  const port = PORTS[scheme ?? 'http'];
  if (port === undefined) throw new BadLocation(`not an http or ftp url: ${text}`);
  const rest = afterScheme ?? text;
  const end = rest.search(/[/?#]/);
  const whole = end < 0 ? rest : rest.slice(0, end);
  const tail = (end < 0 ? '' : rest.slice(end)).replace(/#.*$/s, '');
  const at = whole.lastIndexOf('@');
  const authority = whole.slice(at + 1);
  const [, host = '', named] = /^([^:]*)(?::(.*))?$/s.exec(authority) ?? [];
  if (named !== undefined && !(/^\d+$/.test(named) && Number(named) <= 65_535))
    throw new BadLocation(`bad port '${named}'`);
  return {
    host,
    port: named === undefined ? port : Number(named),
    authority,
    path: tail.startsWith('/') ? tail : `/${tail}`,
    user: at < 0 ? undefined : decode(whole.slice(0, at)),
    secure: scheme === 'https',
  };
}

/** Where a Location header of an answer leads. */
export function redirected(from: Location, to: string): Location {
  if (!to.startsWith('/')) return parseLocation(to);
  return { ...from, path: to.replace(/#.*$/s, '') };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
