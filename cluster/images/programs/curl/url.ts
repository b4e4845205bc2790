// URLs as curl takes them: a scheme may be missing, and braces and brackets stand for several.

/** Why curl does not take a URL: the words behind `URL rejected: `. */
export class UrlRejected extends Error {
  constructor(reason: string) {
    super(`URL rejected: ${reason}`);
    this.name = 'UrlRejected';
  }
}

export interface CurlUrl {
  scheme: string;
  user: string | undefined;
  host: string;
  port: number;
  /** Whether the port was written. */
  portGiven: boolean;
  path: string;
  query: string;
}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ftp: 21, ws: 80, wss: 443 };

/** Blanks and control characters. */
export function hasForbidden(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u0020\u007f]/.test(text);
}

/** Throws UrlRejected. */
export function parseUrl(text: string): CurlUrl {
  if (hasForbidden(text)) throw new UrlRejected('Malformed input to a URL function');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/{1,3}/.exec(text);
  const rest = scheme ? text.slice(scheme[0].length) : text;
  const authorityEnd = rest.search(/[/?#]/);
  const authority = authorityEnd < 0 ? rest : rest.slice(0, authorityEnd);
  const tail = authorityEnd < 0 ? '' : rest.slice(authorityEnd).replace(/#.*$/s, '');
  const at = authority.lastIndexOf('@');
  const hostAndPort = authority.slice(at + 1);
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[^:]*)(?::(.*))?$/s.exec(hostAndPort);
  const host = decodePercent(parts?.[1] ?? '');
  const portText = parts?.[2];
  if (
    portText !== undefined &&
    portText !== '' &&
    !(/^\d+$/.test(portText) && Number(portText) <= 65_535)
  )
    throw new UrlRejected('Port number was not a decimal number between 0 and 65535');
  if (host === '') throw new UrlRejected('No host part in the URL');
  if (/[\s"<>\\^`{|}]/.test(host)) throw new UrlRejected('Bad hostname');
  const name = (scheme?.[1] ?? guessedScheme(host)).toLowerCase();
  const question = tail.indexOf('?');
  const path = question < 0 ? tail : tail.slice(0, question);
  return {
    scheme: name,
    user: at < 0 ? undefined : decodePercent(authority.slice(0, at)),
    host: host.toLowerCase(),
    port: portText ? Number(portText) : (PORTS[name] ?? 0),
    portGiven: portText !== undefined && portText !== '',
    path: path === '' ? '/' : withoutDots(path),
    query: question < 0 ? '' : tail.slice(question),
  };
}

/** `ftp.example.org` is taken for FTP, all else for HTTP. */
function guessedScheme(host: string): string {
  return /^ftp\./i.test(host) ? 'ftp' : 'http';
}

function decodePercent(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_whole, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/** RFC 3986, 5.2.4. */
function withoutDots(path: string): string {
  if (!/\/\.{1,2}(?:\/|$)/.test(path)) return path;
  const out: string[] = [];
  const steps = path.split('/').slice(1);
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    if (step === '..') out.pop();
    else if (step !== '.') out.push(step);
    if (last && (step === '.' || step === '..')) out.push('');
  }
  return `/${out.join('/')}`;
}

/** The URL as curl prints it: `%{url_effective}` and redirects. */
export function urlText(url: CurlUrl): string {
  const user = url.user === undefined ? '' : `${url.user}@`;
  return `${url.scheme}://${user}${url.host}${url.portGiven ? `:${url.port}` : ''}${url.path}${url.query}`;
}

/** The Host header: the port only where it is not the scheme's own. */
export function hostHeader(url: CurlUrl): string {
  return url.port === PORTS[url.scheme] ? url.host : `${url.host}:${url.port}`;
}

/** Where a Location leads. Throws UrlRejected. */
export function resolveUrl(base: CurlUrl, location: string): CurlUrl {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) return parseUrl(location);
  if (location.startsWith('//')) return parseUrl(`${base.scheme}:${location}`);
  const root = `${base.scheme}://${base.host}${base.portGiven ? `:${base.port}` : ''}`;
  if (location.startsWith('/')) return parseUrl(root + location);
  if (location.startsWith('?')) return parseUrl(root + base.path + location);
  return parseUrl(`${root}${base.path.replace(/[^/]*$/, '')}${location}`);
}

/** URLs one glob may make. */
const MAX_URLS = 100_000;

/** `http://{a,b}/[1-3]` is six URLs; the pieces of each are `#1`, `#2` of -o. */
export function globUrls(text: string): { url: string; pieces: string[] }[] {
  const found = /\{([^{}]*)\}|\[(\d+)-(\d+)(?::(\d+))?\]|\[([a-zA-Z])-([a-zA-Z])(?::(\d+))?\]/.exec(
    text,
  );
  if (!found) return [{ url: text, pieces: [] }];
  const before = text.slice(0, found.index);
  const rest = globUrls(text.slice(found.index + found[0].length));
  const choices = choicesOf(found);
  if (choices.length * rest.length > MAX_URLS) throw new UrlRejected('bad range');
  return choices.flatMap((choice) =>
    rest.map(({ url, pieces }) => ({ url: before + choice + url, pieces: [choice, ...pieces] })),
  );
}

function choicesOf(found: RegExpExecArray): string[] {
  const [, list, from, to, step, first, last, letterStep] = found;
  if (list !== undefined) return list.split(',');
  const choices: string[] = [];
  if (from !== undefined && to !== undefined)
    for (
      let number = Number(from);
      number <= Number(to) && choices.length <= MAX_URLS;
      number += Number(step ?? 1) || 1
    )
      choices.push(String(number).padStart(from.startsWith('0') ? from.length : 0, '0'));
  else
    for (
      let code = (first ?? 'a').charCodeAt(0);
      code <= (last ?? 'a').charCodeAt(0);
      code += Number(letterStep ?? 1) || 1
    )
      choices.push(String.fromCharCode(code));
  return choices;
}
