// A request's way through nginx' phases: server, rewrites, location, access, content, error pages.

import type { HttpHeaders, HttpResponse } from '../../network/http.ts';
import type { ByteReader } from '../../streams.ts';
import type { Arrival, Place, ServeContext } from './context.ts';
import { finished, tokenOf } from './finish.ts';
import { type Location, type Server, remember } from './model.ts';
import { ClientGone, proxy } from './proxy.ts';
import { type Reply, errorPageFor, ownReply, pageOf, textReply } from './reply.ts';
import { NginxRequest, normalizePath } from './request.ts';
import { rewrite } from './rewrite.ts';
import { findLocation, isAllowed, serverFor } from './selection.ts';
import type { Settings } from './settings.ts';
import { filePath, serveStatic } from './static.ts';

/** Internal redirects of one request: nginx' own limit. */
const MAX_REDIRECTS = 10;

/** nginx' code for a client that left before its answer. */
const CLIENT_CLOSED = 499;
/** nginx' code for closing without an answer. */
const NO_ANSWER = 444;

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
