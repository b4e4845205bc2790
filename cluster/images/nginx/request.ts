// One request on its way through nginx, and the $variables that can be asked of it.

import type { Clock } from '../../clock.ts';
import { type HttpHeaders, type HttpRequest, headerOf } from '../../network/http.ts';
import type { Connection } from '../../network/network.ts';
import { commonLogDate } from '../dates.ts';
import { timestamp } from '../../time.ts';

/** What nginx knows beside the request: itself and where it runs. */
export interface ServerFacts {
  readonly version: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly pid: number;
  random(): number;
}

/** Of one try at an upstream. */
export interface UpstreamTry {
  address: string;
  status: number;
  connectMs: number | undefined;
  headerMs: number | undefined;
  responseMs: number | undefined;
}

export class NginxRequest {
  readonly http: HttpRequest;
  readonly connection: Connection;
  readonly facts: ServerFacts;
  /** The connection's number, as error log lines count them. */
  readonly connectionNumber: number;
  /** Which request of its connection. */
  readonly connectionRequests: number;
  readonly startedAt: number;
  readonly body: Uint8Array;
  method: string;
  /** Decoded and normalized path, as locations match it. */
  uri: string;
  args: string;
  /** The path as it came, for proxies; undefined once it was rewritten. */
  rawUri: string | undefined;
  serverName = '';
  documentRoot = '';
  requestFilename = '';
  /** By `set`, regex groups and maps. */
  readonly variables = new Map<string, string>();
  maps: ReadonlyMap<string, (request: NginxRequest) => string> = new Map();
  /** An error page is being made: its own errors get none. */
  inErrorPage = false;
  captures: readonly string[] = [];
  proxyHost = '';
  proxyPort = '';
  readonly upstreams: UpstreamTry[] = [];
  upstreamHeaders: HttpHeaders = [];
  status = 0;
  sentHeaders: HttpHeaders = [];
  bodyBytesSent = 0;
  headerBytesSent = 0;
  #id: string | undefined;

  constructor(
    http: HttpRequest,
    connection: Connection,
    facts: ServerFacts,
    place: { connectionNumber: number; connectionRequests: number; body: Uint8Array },
  ) {
    this.http = http;
    this.connection = connection;
    this.facts = facts;
    this.connectionNumber = place.connectionNumber;
    this.connectionRequests = place.connectionRequests;
    this.body = place.body;
    this.startedAt = facts.clock.now();
    this.method = http.method;
    const { path, args } = splitTarget(http.target);
    this.rawUri = path;
    this.args = args;
    this.uri = normalizePath(path) ?? path;
  }

  /** nginx' $host: the request line's, the Host header's without its port, or the server's name. */
  get host(): string {
    const absolute = /^https?:\/\/([^/?#]+)/i.exec(this.http.target)?.[1];
    const host = absolute ?? headerOf(this.http.headers, 'host');
    return host ? host.replace(/:\d*$/, '').toLowerCase() : this.serverName;
  }

  /** 32 hexadecimal digits, the same however often they are asked for. */
  get id(): string {
    this.#id ??= Array.from({ length: 32 }, () =>
      Math.floor(this.facts.random() * 16).toString(16),
    ).join('');
    return this.#id;
  }

  get requestLine(): string {
    return `${this.http.method} ${this.http.target} HTTP/${this.http.version}`;
  }

  header(name: string): string {
    return headerOf(this.http.headers, name) ?? '';
  }

  variable(name: string): string {
    const own = this.variables.get(name);
    if (own !== undefined) return own;
    const map = this.maps.get(name);
    if (map) return map(this);
    if (/^\d$/.test(name)) return this.captures[Number(name)] ?? '';
    const builtIn = builtIns[name];
    if (builtIn) return builtIn(this);
    for (const [prefix, read] of prefixed)
      if (name.startsWith(prefix)) return read(this, name.slice(prefix.length));
    return '';
  }
}

function splitTarget(target: string): { path: string; args: string } {
  const relative = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/, '') || '/';
  const question = relative.indexOf('?');
  return question === -1
    ? { path: relative, args: '' }
    : { path: relative.slice(0, question), args: relative.slice(question + 1) };
}

/** Percent signs decoded, slashes merged, dots walked. Undefined for a path that leaves the root or is no UTF-8. */
export function normalizePath(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path.replace(/%(?![0-9a-fA-F]{2})/g, '%25'));
  } catch {
    return undefined; // Bytes that are no UTF-8: nginx passes them on, this cluster's paths are text.
  }
  const parts: string[] = [];
  for (const part of decoded.split('/').slice(1)) {
    if (part === '..' && parts.length === 0) return undefined;
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const directory = /\/(\.{0,2})$/.test(decoded) && parts.length > 0;
  return `/${parts.join('/')}${directory ? '/' : ''}`;
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);
const listed = (request: NginxRequest, read: (one: UpstreamTry) => string) =>
  request.upstreams.map(read).join(', ');
const duration = (ms: number | undefined) => (ms === undefined ? '-' : seconds(ms));

type Read = (request: NginxRequest) => string;

const builtIns: Readonly<Record<string, Read>> = {
  args: (request) => request.args,
  query_string: (request) => request.args,
  is_args: (request) => (request.args ? '?' : ''),
  uri: (request) => request.uri,
  document_uri: (request) => request.uri,
  request_uri: (request) => request.http.target,
  request: (request) => request.requestLine,
  request_method: (request) => request.method,
  request_id: (request) => request.id,
  request_length: (request) =>
    String(
      request.http.headers.reduce(
        (sum, [name, value]) => sum + name.length + value.length + 4,
        request.requestLine.length + 4 + request.body.length,
      ),
    ),
  request_time: (request) => seconds(request.facts.clock.now() - request.startedAt),
  request_filename: (request) => request.requestFilename,
  request_body: (request) => new TextDecoder().decode(request.body),
  request_completion: () => 'OK',
  document_root: (request) => request.documentRoot,
  realpath_root: (request) => request.documentRoot,
  host: (request) => request.host,
  hostname: (request) => request.facts.hostname,
  server_name: (request) => request.serverName,
  server_addr: (request) => request.connection.local.ip,
  server_port: (request) => String(request.connection.local.port),
  server_protocol: (request) => `HTTP/${request.http.version}`,
  scheme: () => 'http',
  https: () => '',
  remote_addr: (request) => request.connection.remote.ip,
  binary_remote_addr: (request) => request.connection.remote.ip,
  remote_port: (request) => String(request.connection.remote.port),
  remote_user: (request) => basicUser(request.header('authorization')),
  content_type: (request) => request.header('content-type'),
  content_length: (request) => request.header('content-length'),
  connection: (request) => String(request.connectionNumber),
  connection_requests: (request) => String(request.connectionRequests),
  status: (request) => String(request.status).padStart(3, '0'),
  body_bytes_sent: (request) => String(request.bodyBytesSent),
  bytes_sent: (request) => String(request.bodyBytesSent + request.headerBytesSent),
  time_local: (request) => commonLogDate(request.facts.clock.now()),
  time_iso8601: (request) => timestamp(request.facts.clock.now()).replace('Z', '+00:00'),
  msec: (request) => seconds(request.facts.clock.now()),
  pid: (request) => String(request.facts.pid),
  nginx_version: (request) => request.facts.version,
  pipe: () => '.',
  proxy_host: (request) => request.proxyHost,
  proxy_port: (request) => request.proxyPort,
  proxy_add_x_forwarded_for: (request) => {
    const before = request.header('x-forwarded-for');
    const { ip } = request.connection.remote;
    return before ? `${before}, ${ip}` : ip;
  },
  upstream_addr: (request) => listed(request, ({ address }) => address),
  upstream_status: (request) => listed(request, ({ status }) => String(status || '-')),
  upstream_connect_time: (request) => listed(request, ({ connectMs }) => duration(connectMs)),
  upstream_header_time: (request) => listed(request, ({ headerMs }) => duration(headerMs)),
  upstream_response_time: (request) => listed(request, ({ responseMs }) => duration(responseMs)),
  upstream_cache_status: () => '',
};

const headerName = (name: string) => name.replaceAll('_', '-');

const prefixed: readonly [string, (request: NginxRequest, name: string) => string][] = [
  ['http_', (request, name) => joinedHeader(request.http.headers, headerName(name))],
  ['sent_http_', (request, name) => headerOf(request.sentHeaders, headerName(name)) ?? ''],
  ['upstream_http_', (request, name) => headerOf(request.upstreamHeaders, headerName(name)) ?? ''],
  ['arg_', (request, name) => argument(request.args, name)],
  ['cookie_', (request, name) => cookie(request.header('cookie'), name)],
];

/** Whether nginx has such a variable before any configuration adds its own. */
export function isBuiltIn(name: string): boolean {
  return (
    /^\d$/.test(name) || name in builtIns || prefixed.some(([prefix]) => name.startsWith(prefix))
  );
}

/** Repeated headers are one variable: nginx joins their values. */
function joinedHeader(headers: HttpHeaders, name: string): string {
  return headers
    .filter(([other]) => other.toLowerCase() === name)
    .map(([, value]) => value)
    .join(', ');
}

function argument(args: string, name: string): string {
  for (const pair of args.split('&')) {
    const [key = '', ...value] = pair.split('=');
    if (key.toLowerCase() === name) return value.join('=');
  }
  return '';
}

function cookie(header: string, name: string): string {
  for (const pair of header.split(';')) {
    const [key = '', ...value] = pair.trim().split('=');
    if (key === name) return value.join('=');
  }
  return '';
}

/** The name of a Basic authorization. Its 64 characters are decoded by hand: there is no atob here. */
function basicUser(authorization: string): string {
  const encoded = /^basic ([A-Za-z0-9+/]+)/i.exec(authorization)?.[1];
  if (!encoded) return '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let text = '';
  let bits = 0;
  let count = 0;
  for (const char of encoded) {
    bits = ((bits << 6) | alphabet.indexOf(char)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    text += String.fromCharCode((bits >> count) & 0xff);
  }
  return text.split(':')[0] ?? '';
}
