// A request's way through nginx' phases: server, rewrites, location, access, content, error pages, headers, log.

import type { Clock } from '../../clock.ts';
import type { FileSystem } from '../../node/file-system.ts';
import { inCidr } from '../../network/addresses.ts';
import type { HttpHeaders, HttpRequest, HttpResponse } from '../../network/http.ts';
import { keepsAlive } from '../../network/http-message.ts';
import type { Connection, NetworkNamespace } from '../../network/network.ts';
import type { ByteReader } from '../../streams.ts';
import { httpDate } from '../dates.ts';
import type { Condition, RewriteStep } from './levels.ts';
import type { Logs } from './logs.ts';
import {
  type Listen,
  type Location,
  type Model,
  type ProxyPass,
  type Server,
  remember,
} from './model.ts';
import { ClientGone, proxy } from './proxy.ts';
import {
  type Reply,
  errorPageFor,
  headersOf,
  ownReply,
  pageOf,
  reasonOf,
  textReply,
} from './reply.ts';
import { NginxRequest, type ServerFacts, normalizePath } from './request.ts';
import type { Settings } from './settings.ts';
import { filePath, serveStatic } from './static.ts';
import type { PeerGroup } from './upstream.ts';

export interface ServeContext {
  model: Model;
  files: FileSystem;
  net: NetworkNamespace;
  clock: Clock;
  facts: ServerFacts;
  logs: Logs;
  groupOf(pass: ProxyPass): PeerGroup | undefined;
  /** For stub_status. */
  counts: { active: number; accepted: number; requests: number };
  /** True while nginx shuts down: connections are closed after their answer. */
  closing(): boolean;
}

export interface Arrival {
  http: HttpRequest;
  connection: Connection;
  connectionNumber: number;
  connectionRequests: number;
  ssl: boolean;
  gone: () => Promise<void>;
}

/** Internal redirects of one request: nginx' own limit. */
const MAX_REDIRECTS = 10;

/** nginx' code for a client that left before its answer. */
const CLIENT_CLOSED = 499;
/** nginx' code for closing without an answer. */
const NO_ANSWER = 444;

/** Where a request stands after its rewrites. */
interface Place {
  location: Location;
  settings: Settings;
  proxy: ProxyPass | undefined;
}

/** Undefined closes the connection without a word. */
export async function serve(
  arrival: Arrival,
  context: ServeContext,
): Promise<HttpResponse | undefined> {
  const { connection } = arrival;
  const server = serverFor(context.model, connection, arrival.http);
  const { settings } = server;
  const http = { ...arrival.http, headers: validHeaders(arrival.http.headers, settings) };
  const body = await readBody(http.body, settings.maxBodyBytes);
  const request = new NginxRequest(http, connection, context.facts, {
    connectionNumber: arrival.connectionNumber,
    connectionRequests: arrival.connectionRequests,
    body: body ?? new Uint8Array(),
  });
  request.maps = context.model.maps;
  request.serverName = server.name;
  for (const name of server.names) {
    const match = name.kind === 'regex' ? name.regex.exec(request.host) : null;
    if (match) remember(request, match);
  }
  const answer = await answerOf(request, server, arrival, body === undefined, context);
  if (answer.reply.status === NO_ANSWER || answer.reply.status === CLIENT_CLOSED) {
    request.status = answer.reply.status;
    context.logs.access(request, answer.settings);
    return undefined;
  }
  return finished(request, answer.reply, answer.settings, arrival, context);
}

/** Names with an underscore are dropped unless asked for: many a lost header is that. */
function validHeaders(headers: HttpHeaders, { underscoresInHeaders }: Settings): HttpHeaders {
  return underscoresInHeaders ? headers : headers.filter(([name]) => !name.includes('_'));
}

async function answerOf(
  request: NginxRequest,
  server: Server,
  arrival: Arrival,
  tooLarge: boolean,
  context: ServeContext,
): Promise<{ reply: Reply; settings: Settings }> {
  const { settings } = server;
  const token = tokenOf(settings, context);
  const refusal = (status: number, note?: string) => ({
    reply: ownReply(
      status,
      token,
      note === undefined ? {} : pageReply(pageOf(status, token, note)),
    ),
    settings,
  });
  if (arrival.ssl) return refusal(400, 'The plain HTTP request was sent to HTTPS port');
  if (normalizePath(request.rawUri ?? '/') === undefined) return refusal(400);
  try {
    if (tooLarge) {
      context.logs.error(settings, 'error', 'client intended to send too large body', request);
      return await withErrorPage(
        request,
        server,
        ownReply(413, token),
        { ...noPlace(server) },
        arrival,
        context,
      );
    }
    return await route(request, server, arrival, context, 0);
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
    return { reply: { status: CLIENT_CLOSED, headers: [], body: emptyBody, own: true }, settings };
  }
}

const emptyBody: ByteReader = { read: () => Promise.resolve(null), cancel: () => {} };

function pageReply(page: string): Partial<Reply> {
  const { length, body } = textReply(200, page, 'text/html');
  return { contentType: 'text/html', length, body };
}

function noPlace(server: Server): Place {
  return { location: server.fallback, settings: server.settings, proxy: undefined };
}

/** From the server's rewrites to the content, and error pages of what comes out. */
async function route(
  request: NginxRequest,
  server: Server,
  arrival: Arrival,
  context: ServeContext,
  redirects: number,
): Promise<{ reply: Reply; settings: Settings }> {
  const token = tokenOf(server.settings, context);
  if (redirects > MAX_REDIRECTS) {
    context.logs.error(server.settings, 'error', 'rewrite or internal redirection cycle', request);
    return { reply: ownReply(500, token), settings: server.settings };
  }
  const before: Place = noPlace(server);
  if (redirects === 0) {
    const outcome = rewrite(request, server.rewrites, before, context);
    if (outcome.kind === 'reply')
      return withErrorPage(request, server, outcome.reply, before, arrival, context);
  }
  const location = findLocation(server.locations, request) ?? server.fallback;
  return atLocation(request, server, location, arrival, context, redirects);
}

async function atLocation(
  request: NginxRequest,
  server: Server,
  location: Location,
  arrival: Arrival,
  context: ServeContext,
  redirects: number,
): Promise<{ reply: Reply; settings: Settings }> {
  const place: Place = { location, settings: location.settings, proxy: location.proxy };
  const token = tokenOf(place.settings, context);
  request.documentRoot = place.settings.root(request);
  if (location.internal && redirects === 0)
    return withErrorPage(request, server, ownReply(404, token), place, arrival, context);
  const outcome = rewrite(request, location.rewrites, place, context);
  if (outcome.kind === 'again') return route(request, server, arrival, context, redirects + 1);
  if (outcome.kind === 'reply')
    return withErrorPage(request, server, outcome.reply, place, arrival, context);
  request.documentRoot = place.settings.root(request);
  if (!isAllowed(request, place.settings)) {
    context.logs.error(place.settings, 'error', 'access forbidden by rule', request);
    return withErrorPage(request, server, ownReply(403, token), place, arrival, context);
  }
  if (request.body.length > place.settings.maxBodyBytes)
    return withErrorPage(request, server, ownReply(413, token), place, arrival, context);
  const content = await contentOf(request, place, arrival, context);
  if (content.kind === 'reply')
    return withErrorPage(request, server, content.reply, place, arrival, context);
  if (content.kind === 'named') {
    const named = server.named.get(content.name);
    if (named) return atLocation(request, server, named, arrival, context, redirects + 1);
    context.logs.error(
      place.settings,
      'error',
      `could not find named location "${content.name}"`,
      request,
    );
    return withErrorPage(request, server, ownReply(500, token), place, arrival, context);
  }
  setUri(request, content.uri);
  return route(request, server, arrival, context, redirects + 1);
}

type Content =
  | { kind: 'reply'; reply: Reply }
  | { kind: 'redirect'; uri: string }
  | { kind: 'named'; name: string };

async function contentOf(
  request: NginxRequest,
  place: Place,
  arrival: Arrival,
  context: ServeContext,
): Promise<Content> {
  const { location, settings } = place;
  const token = tokenOf(settings, context);
  const tried = tryFiles(request, location, context);
  if (tried)
    return tried.kind === 'status'
      ? { kind: 'reply', reply: ownReply(tried.status, token) }
      : tried;
  const logError = (message: string, upstream?: string) =>
    context.logs.error(settings, 'error', message, request, upstream);
  if (place.proxy) {
    const reply = await proxy(request, { ...location, settings }, place.proxy, {
      net: context.net,
      clock: context.clock,
      serverToken: token,
      groupOf: (pass) => context.groupOf(pass),
      logError,
      gone: arrival.gone,
      resolver: settings.resolver,
    });
    return { kind: 'reply', reply };
  }
  if (location.stubStatus) return { kind: 'reply', reply: stubStatus(context) };
  return serveStatic(
    request,
    { ...location, settings },
    {
      files: context.files,
      serverToken: token,
      logError,
    },
  );
}

/** The first of try_files' candidates that is there decides; undefined when there is no try_files. */
function tryFiles(
  request: NginxRequest,
  location: Location,
  { files }: ServeContext,
): Exclude<Content, { kind: 'reply' }> | { kind: 'status'; status: number } | undefined {
  const { tryFiles: wanted } = location;
  if (!wanted) return undefined;
  for (const candidate of wanted.candidates) {
    const uri = candidate(request);
    const info = files.stat(filePath(request, location, uri));
    if (uri.endsWith('/') ? info?.type !== 'directory' : info?.type !== 'file') continue;
    request.uri = uri;
    return undefined;
  }
  if (wanted.last.kind === 'status') return wanted.last;
  const uri = wanted.last.uri(request);
  return uri.startsWith('@') ? { kind: 'named', name: uri } : { kind: 'redirect', uri };
}

function stubStatus({ counts }: ServeContext): Reply {
  const { active, accepted, requests } = counts;
  return textReply(
    200,
    `Active connections: ${active} \nserver accepts handled requests\n ${accepted} ${accepted} ${requests} \nReading: 0 Writing: 1 Waiting: ${Math.max(0, active - 1)} \n`,
    'text/plain',
  );
}

/** A path with its arguments, after an internal redirect. */
function setUri(request: NginxRequest, uri: string): void {
  const [path = '/', args] = uri.split(/\?(.*)/s);
  request.uri = path;
  request.rawUri = undefined;
  if (args !== undefined) request.args = args;
}

// Servers and locations.

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

function isAllowed(request: NginxRequest, { access }: Settings): boolean {
  const { ip } = request.connection.remote;
  for (const { allow, from } of access)
    if (from === 'all' || from === ip || (from.includes('/') && inCidr(ip, from))) return allow;
  return true;
}

// The rewrite module.

type RewriteOutcome = { kind: 'on' } | { kind: 'again' } | { kind: 'reply'; reply: Reply };

function rewrite(
  request: NginxRequest,
  steps: readonly RewriteStep[],
  place: Place,
  context: ServeContext,
): RewriteOutcome {
  let changed = false;
  for (const step of steps) {
    switch (step.kind) {
      case 'break':
        return { kind: 'on' };
      case 'set':
        request.variables.set(step.name, step.value(request));
        break;
      case 'return':
        return { kind: 'reply', reply: returned(request, step, place.settings, context) };
      case 'rewrite': {
        const outcome = rewriteOnce(request, step, place.settings, context);
        if (outcome === 'unchanged') break;
        if (outcome === 'break') return { kind: 'on' };
        if (typeof outcome === 'object') return { kind: 'reply', reply: outcome };
        changed = true;
        if (outcome === 'last') return { kind: 'again' };
        break;
      }
      case 'if': {
        if (!holds(request, step.holds, context)) break;
        place.settings = step.settings;
        place.proxy = step.proxy ?? place.proxy;
        const outcome = rewrite(request, step.steps, place, context);
        if (outcome.kind !== 'on') return outcome;
        if (step.steps.some(({ kind }) => kind === 'break')) return outcome;
        break;
      }
    }
  }
  return changed ? { kind: 'again' } : { kind: 'on' };
}

function returned(
  request: NginxRequest,
  { status, text }: Extract<RewriteStep, { kind: 'return' }>,
  settings: Settings,
  context: ServeContext,
): Reply {
  const token = tokenOf(settings, context);
  if (text === undefined) return ownReply(status, token);
  const words = text(request);
  if ([301, 302, 303, 307, 308].includes(status))
    return ownReply(status, token, { location: words });
  return textReply(status, words, settings.defaultType);
}

function rewriteOnce(
  request: NginxRequest,
  step: Extract<RewriteStep, { kind: 'rewrite' }>,
  settings: Settings,
  context: ServeContext,
): 'unchanged' | 'changed' | 'last' | 'break' | Reply {
  const match = step.regex.exec(request.uri);
  if (!match) return 'unchanged';
  remember(request, match);
  const to = step.to(request);
  const [path = '', own] = to.split(/\?(.*)/s);
  const args = [own, step.dropArgs ? '' : request.args].filter(Boolean).join('&');
  if (step.flag === 'redirect' || step.flag === 'permanent')
    return ownReply(step.flag === 'permanent' ? 301 : 302, tokenOf(settings, context), {
      location: path + (args ? `?${args}` : ''),
    });
  request.uri = path;
  request.rawUri = undefined;
  request.args = args;
  return step.flag ?? 'changed';
}

function holds(request: NginxRequest, condition: Condition, { files }: ServeContext): boolean {
  switch (condition.kind) {
    case 'value': {
      const value = condition.value(request);
      return value !== '' && value !== '0';
    }
    case 'equals':
      return (condition.value(request) === condition.other(request)) !== condition.negated;
    case 'matches': {
      const match = condition.regex.exec(condition.value(request));
      if (match) remember(request, match);
      return (match !== null) !== condition.negated;
    }
    case 'exists': {
      const info = files.stat(condition.path(request));
      const there =
        condition.type === 'f'
          ? info?.type === 'file'
          : condition.type === 'd'
            ? info?.type === 'directory'
            : condition.type === 'x'
              ? ((info?.mode ?? 0) & 0o111) !== 0
              : info !== undefined;
      return there !== condition.negated;
    }
  }
}

// What comes after the content.

async function withErrorPage(
  request: NginxRequest,
  server: Server,
  reply: Reply,
  place: Place,
  arrival: Arrival,
  context: ServeContext,
): Promise<{ reply: Reply; settings: Settings }> {
  const { settings } = place;
  const page = errorPageFor(reply, settings.errorPages, settings.proxy.interceptErrors);
  if (!page || request.inErrorPage) return { reply, settings };
  request.inErrorPage = true;
  reply.body.cancel();
  const uri = page.uri(request);
  const status = typeof page.answer === 'number' ? page.answer : reply.status;
  if (/^https?:\/\//.test(uri))
    return { reply: ownReply(302, tokenOf(settings, context), { location: uri }), settings };
  const named = uri.startsWith('@') ? server.named.get(uri) : undefined;
  if (!named) {
    setUri(request, uri);
    request.method = request.method === 'HEAD' ? 'HEAD' : 'GET';
  }
  const shown = named
    ? await atLocation(request, server, named, arrival, context, 1)
    : await route(request, server, arrival, context, 1);
  if (page.answer === 'page') return shown;
  return { ...shown, reply: { ...shown.reply, status, own: false } };
}

const HEADER_STATUSES = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** The answer with nginx' own headers around it; its log line is written when the last byte has gone. */
function finished(
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

function tokenOf({ serverTokens }: Settings, { facts }: ServeContext): string {
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

/** The whole body, or undefined when it is larger than allowed. */
async function readBody(body: ByteReader, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await body.read(); chunk; chunk = await body.read()) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
