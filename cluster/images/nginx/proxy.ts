// proxy_pass: a request goes on to an upstream server, and its answer comes back, or the reason why there is none.
// Source: nginx' proxy and upstream modules as documented; log lines as nginx writes them.

import type { Clock } from '../../clock.ts';
import { sendRequest } from '../../network/http-client.ts';
import { HttpError } from '../../network/http-message.ts';
import type { HttpResponse } from '../../network/http.ts';
import { type Connection, NetError, type NetworkNamespace } from '../../network/network.ts';
import { BrokenPipe, type ByteReader, nothing, readerOf } from '../../streams.ts';
import { isIPv4 } from '../../network/addresses.ts';
import type { Location, ProxyPass } from './model.ts';
import { ERRNO, replyOf, requestHeaders } from './proxy-messages.ts';
import { type Reply, ownReply } from './reply.ts';
import type { NginxRequest, UpstreamTry } from './request.ts';
import type { ProxySettings } from './settings.ts';
import { type Peer, PeerGroup, implicitUpstream, peerOf } from './upstream.ts';

export interface ProxyContext {
  net: NetworkNamespace;
  clock: Clock;
  serverToken: string;
  /** The running state of the group behind a `proxy_pass`; one for each location, as keepalive connections are. */
  groupOf(pass: ProxyPass): PeerGroup | undefined;
  logError(message: string, upstream: string): void;
  /** Resolves when the client has gone. */
  gone: () => Promise<void>;
  resolver: string | undefined;
}

/** Why one try failed: what nginx logs, answers, and counts it as for proxy_next_upstream. */
class TryFailure extends Error {
  readonly status: 502 | 504;
  readonly condition: 'error' | 'timeout' | 'invalid_header';
  /** Nothing was sent yet, so that even a POST may go elsewhere. */
  readonly unsent: boolean;

  constructor(
    message: string,
    options: { status: 502 | 504; condition: TryFailure['condition']; unsent: boolean },
  ) {
    super(message);
    this.name = 'TryFailure';
    this.status = options.status;
    this.condition = options.condition;
    this.unsent = options.unsent;
  }
}

/** The client went away while nginx waited: 499 in the log, and no answer to anybody. */
export class ClientGone extends Error {
  constructor() {
    super('client prematurely closed connection');
    this.name = 'ClientGone';
  }
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

/** Asks upstream servers until one answers or none is left. Rejects with ClientGone when the client went away meanwhile. */
export async function proxy(
  request: NginxRequest,
  location: Location,
  pass: ProxyPass,
  context: ProxyContext,
): Promise<Reply> {
  const settings = location.settings.proxy;
  const target = await targetOf(request, location, pass, context);
  if ('status' in target) return target;
  const { group, path } = target;
  const tried = new Set<Peer>();
  const startedAt = context.clock.now();
  for (;;) {
    const peer = group.pick(request, tried);
    if (!peer) return noneLeft(request, group, path, tried, context);
    tried.add(peer);
    const record: UpstreamTry = {
      address: `${peer.ip}:${peer.port}`,
      status: 0,
      connectMs: undefined,
      headerMs: undefined,
      responseMs: undefined,
    };
    request.upstreams.push(record);
    const url = `${pass.secure ? 'https' : 'http'}://${record.address}${path}`;
    try {
      if (pass.secure) await handshake(peer, settings, context);
      const response = await oneTry(request, settings, group, peer, path, record, context);
      record.status = response.status;
      const again = settings.nextOn.has(`http_${response.status}`);
      if (again && mayTryAgain(request, settings, group, tried, startedAt, context, false)) {
        response.body.cancel();
        continue;
      }
      group.succeeded(peer);
      return replyOf(request, location, pass, response, (message) =>
        context.logError(message, url),
      );
    } catch (error) {
      if (!(error instanceof TryFailure)) throw error;
      record.status = error.status;
      record.responseMs ??= context.clock.now() - startedAt;
      group.failed(peer);
      context.logError(error.message, url);
      const again = settings.nextOn.has(error.condition);
      if (!again || !mayTryAgain(request, settings, group, tried, startedAt, context, error.unsent))
        return ownReply(error.status, context.serverToken);
    }
  }
}

function mayTryAgain(
  request: NginxRequest,
  settings: ProxySettings,
  group: PeerGroup,
  tried: ReadonlySet<Peer>,
  startedAt: number,
  { clock }: ProxyContext,
  unsent: boolean,
): boolean {
  if (tried.size >= group.peers.length) return false;
  if (settings.nextTries > 0 && tried.size >= settings.nextTries) return false;
  if (settings.nextMs > 0 && clock.now() - startedAt >= settings.nextMs) return false;
  return unsent || IDEMPOTENT.has(request.method) || settings.nextOn.has('non_idempotent');
}

function noneLeft(
  request: NginxRequest,
  group: PeerGroup,
  path: string,
  tried: ReadonlySet<Peer>,
  context: ProxyContext,
): Reply {
  if (tried.size === 0) {
    const { name } = group.upstream;
    request.upstreams.push({
      address: name,
      status: 502,
      connectMs: undefined,
      headerMs: undefined,
      responseMs: 0,
    });
    context.logError('no live upstreams while connecting to upstream', `http://${name}${path}`);
  }
  return ownReply(502, context.serverToken);
}

/** The group and path a request goes to, or nginx' answer when there is none. */
async function targetOf(
  request: NginxRequest,
  location: Location,
  pass: ProxyPass,
  context: ProxyContext,
): Promise<{ group: PeerGroup; path: string } | Reply> {
  if (pass.target.kind === 'upstream') {
    request.proxyHost = pass.host;
    request.proxyPort = pass.port;
    const group = context.groupOf(pass);
    if (!group) return ownReply(500, context.serverToken);
    return { group, path: pathOf(request, location, pass.uri) };
  }
  const url = pass.target.url(request);
  const match = /^http:\/\/([^/?#:]+)(?::(\d+))?([/?].*)?$/.exec(url);
  if (!match) {
    context.logError(`invalid URL prefix in "${url}"`, '');
    return ownReply(500, context.serverToken);
  }
  const [, host = '', port = '80', uri] = match;
  request.proxyHost = match[2] === undefined ? host : `${host}:${port}`;
  request.proxyPort = port;
  const ips = await resolveNow(host, context);
  if (typeof ips === 'string') {
    context.logError(ips, '');
    return ownReply(502, context.serverToken);
  }
  const at = { name: 'proxy_pass', args: [], file: '', line: 0 };
  const group = new PeerGroup(
    implicitUpstream(host, Number(port), at),
    ips.map((ip) => peerOf(ip, Number(port))),
    { clock: context.clock, random: () => request.facts.random(), keepsByDefault: false },
  );
  return { group, path: uri ?? rawPath(request) };
}

/** At run time nginx asks its own resolver, which walks no search path. An error is a sentence. */
async function resolveNow(host: string, context: ProxyContext): Promise<string[] | string> {
  if (isIPv4(host)) return [host];
  if (context.resolver === undefined) return `no resolver defined to resolve ${host}`;
  const { code, records } = await context.net.query(host, 'A');
  const ips = records.flatMap(({ type, value }) => (type === 'A' ? [value] : []));
  if (ips.length > 0) return ips;
  const why = code === 'SERVFAIL' ? '2: Server failure' : '3: Host not found';
  return `${host} could not be resolved (${why})`;
}

function rawPath(request: NginxRequest): string {
  const args = request.args ? `?${request.args}` : '';
  return (request.rawUri ?? encodeURI(request.uri)) + args;
}

/** With a URI in proxy_pass, what the location matched is replaced by it; without, the path goes as it came. */
function pathOf(request: NginxRequest, location: Location, uri: string | undefined): string {
  if (uri === undefined) return rawPath(request);
  const args = request.args ? `?${request.args}` : '';
  const path = uri.startsWith('?') ? `/${uri}` : uri;
  return encodeURI(path + request.uri.slice(location.text.length)) + args;
}

async function oneTry(
  request: NginxRequest,
  settings: ProxySettings,
  group: PeerGroup,
  peer: Peer,
  path: string,
  record: UpstreamTry,
  context: ProxyContext,
): Promise<HttpResponse> {
  const { clock } = context;
  const startedAt = clock.now();
  const kept = settings.version === '1.1' ? group.reuse(peer) : undefined;
  const connection = kept ?? (await connect(peer, settings, context));
  record.connectMs = clock.now() - startedAt;
  peer.active++;
  let settled = false;
  const release = () => {
    if (settled) return;
    settled = true;
    peer.active--;
    record.responseMs = clock.now() - startedAt;
    group.keep(connection, peer);
  };
  try {
    const response = await answered(request, settings, connection, path, context);
    record.headerMs = clock.now() - startedAt;
    return {
      ...response,
      body: watched(response.body, settings.readMs, clock, connection, release),
    };
  } catch (error) {
    release();
    // A kept connection may have been closed by the other side just now: that says nothing of the server.
    if (kept && error instanceof TryFailure && error.condition === 'error')
      return oneTry(request, settings, group, peer, path, record, context);
    throw error;
  }
}

/** TLS ends here: what answers is plain text, and no TLS record. */
async function handshake(
  peer: Peer,
  settings: ProxySettings,
  context: ProxyContext,
): Promise<void> {
  const connection = await connect(peer, settings, context);
  connection.close();
  throw new TryFailure(
    'SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream',
    { status: 502, condition: 'error', unsent: true },
  );
}

async function connect(
  peer: Peer,
  { connectMs }: ProxySettings,
  { net }: ProxyContext,
): Promise<Connection> {
  try {
    return await net.connect(peer.ip, peer.port, { timeoutMs: connectMs });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const timedOut = error.code === 'ETIMEDOUT';
    throw new TryFailure(
      timedOut
        ? 'upstream timed out (110: Connection timed out) while connecting to upstream'
        : `connect() failed (${ERRNO[error.code] ?? ''}: ${error.message}) while connecting to upstream`,
      { status: timedOut ? 504 : 502, condition: timedOut ? 'timeout' : 'error', unsent: true },
    );
  }
}

async function answered(
  request: NginxRequest,
  settings: ProxySettings,
  connection: Connection,
  path: string,
  context: ProxyContext,
): Promise<HttpResponse> {
  const timedOut = Symbol('timed out');
  let stopTimer = () => {};
  const timeout = new Promise<typeof timedOut>((resolve) => {
    stopTimer = context.clock.after(settings.readMs, () => resolve(timedOut));
  });
  const sending = sendRequest(connection, {
    method: settings.method?.(request) ?? request.method,
    target: path,
    version: settings.version,
    headers: requestHeaders(request, settings),
    body: request.body.length > 0 ? readerOf(request.body) : nothing,
  });
  const clientGone = settings.ignoreClientAbort
    ? new Promise<never>(() => {})
    : context.gone().then(() => Promise.reject(new ClientGone()));
  try {
    const response = await Promise.race([sending, timeout, clientGone]);
    if (response !== timedOut) return response;
  } catch (error) {
    connection.reset();
    sending.catch(() => {});
    throw failureOf(error);
  } finally {
    stopTimer();
    clientGone.catch(() => {});
  }
  connection.reset();
  sending.catch(() => {});
  throw new TryFailure(
    'upstream timed out (110: Connection timed out) while reading response header from upstream',
    { status: 504, condition: 'timeout', unsent: false },
  );
}

function failureOf(error: unknown): unknown {
  const failure = (message: string, condition: TryFailure['condition'] = 'error') =>
    new TryFailure(message, { status: 502, condition, unsent: false });
  const reading = 'while reading response header from upstream';
  if (error instanceof NetError)
    return failure(`recv() failed (${ERRNO[error.code] ?? ''}: ${error.message}) ${reading}`);
  if (error instanceof BrokenPipe)
    return failure('writev() failed (32: Broken pipe) while sending request to upstream');
  if (!(error instanceof HttpError)) return error;
  if (error.code === 'EMPTY' || error.code === 'TRUNCATED')
    return failure(`upstream prematurely closed connection ${reading}`);
  return failure(`upstream sent no valid HTTP/1.0 header ${reading}`, 'invalid_header');
}

/** A body whose reader waits no longer than the read timeout, and which says when it is over, read to its end or not. */
function watched(
  body: ByteReader,
  readMs: number,
  clock: Clock,
  connection: Connection,
  ended: () => void,
): ByteReader {
  return {
    async read(max) {
      const stop = clock.after(readMs, () => connection.reset());
      try {
        const chunk = await body.read(max);
        if (!chunk) ended();
        return chunk;
      } catch (error) {
        ended();
        throw error;
      } finally {
        stop();
      }
    },
    cancel() {
      body.cancel();
      ended();
    },
  };
}
