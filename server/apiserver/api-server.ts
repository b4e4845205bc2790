// The HTTPS face of one cluster: sockets and TLS on one side, ApiRequest and ApiResponse on the other.
// Knows nothing of kinds or objects. Upgraded connections go on in upgrade.ts.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import {
  type AddressInfo,
  type Server as NetServer,
  type Socket,
  createServer as createNetServer,
} from 'node:net';
import type { Duplex } from 'node:stream';
import type { ApiRequest, ApiResponse, Upgrade } from '../../cluster/api/http.ts';
import type { Platform } from '../../cluster/platform.ts';
import { type TokenCheck, authenticate, rejected } from './authentication.ts';
import type { Identity } from './certificates.ts';
import { send } from './response.ts';
import { badRequest, internalError, statusResponse, tooLarge, unauthorized } from './status.ts';
import { refuseUpgrade, serveUpgrade } from './upgrade.ts';

/** What the carrier needs of a cluster. */
export interface ClusterApi {
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** For requests that ask to leave HTTP: an answer that refuses, or what to run over the new carrier. */
  upgrade(request: ApiRequest): Promise<ApiResponse | Upgrade>;
  authenticateToken: TokenCheck;
}

export interface ApiServerOptions {
  cluster: ClusterApi;
  identity: Identity;
  /** 0 asks the system for a free one. */
  port: number;
  /** Bytes of one request body. */
  requestBytes: number;
  log: Platform['log'];
}

/** Loopback only: a cluster is for the learner's own machine. */
const HOST = '127.0.0.1';
/** Milliseconds a client may take to send its headers. Go clients send them in one write. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Milliseconds an idle connection is kept: client-go's own idle timeout is 90 s, so the client closes first. */
const KEEP_ALIVE_MS = 120_000;
/** Connections at once: kubectl's are short, informers hold one each. */
const MAX_CONNECTIONS = 1_000;
/** Bytes of an oversized body that are still read, so that its sender sees the answer. */
const DISCARD_BYTES = 64 * 1024 * 1024;

/** The first byte of every TLS connection. */
const TLS_HANDSHAKE = 0x16;
/** Go's words for whoever comes with plain HTTP: kubectl shows them. */
const NOT_TLS = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

export class ApiServer {
  /** Takes connections, and hands those that begin with TLS to the next. */
  readonly #front: NetServer;
  readonly #server: Server;
  readonly #options: ApiServerOptions;
  readonly #sockets = new Set<Socket>();
  #open = 0;
  #lastActive = Date.now();

  private constructor(options: ApiServerOptions) {
    this.#options = options;
    const { identity } = options;
    this.#server = createServer({
      ca: identity.caCertificate,
      cert: identity.serverCertificate,
      key: identity.serverKey,
      // Shown certificates are judged in authentication.ts: a foreign one is 401, none at all is anonymous.
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Watches and logs last as long as they last; ends of clients are seen on the socket.
      requestTimeout: 0,
    });
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      void this.#upgrade(request, socket, head);
    });
    this.#front = createNetServer((socket) => this.#meet(socket));
    this.#front.maxConnections = MAX_CONNECTIONS;
  }

  /** Resolves when it accepts connections. Rejects with the system's error (EADDRINUSE, EACCES). */
  static async listen(options: ApiServerOptions): Promise<ApiServer> {
    const server = new ApiServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#front.once('error', reject);
      server.#front.listen(options.port, HOST, () => {
        server.#front.off('error', reject);
        resolve();
      });
    });
    server.#front.on('error', (error) => options.log('error', `API server: ${error.message}`));
    return server;
  }

  get port(): number {
    return (this.#front.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://${HOST}:${this.port}`;
  }

  /** Requests and upgraded connections under way. */
  get open(): number {
    return this.#open;
  }

  /** When a request last came or ended, in milliseconds since the epoch. */
  get lastActive(): number {
    return this.#lastActive;
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#front.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    // Ends its own timers; it never listened.
    this.#server.close();
    await closed;
  }

  /** Looks at the first byte, as Go's server does, so that who forgot the "s" of https is told. */
  #meet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.setTimeout(HEADERS_TIMEOUT_MS, () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // A reset by the peer: whoever serves it sees its end.
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (!first) return; // It ended without a word.
      socket.setTimeout(0);
      if (first[0] !== TLS_HANDSHAKE) return void socket.end(NOT_TLS);
      socket.unshift(first);
      this.#server.emit('connection', socket);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    this.#enter();
    try {
      const answer = await this.#answer(request, gone.signal);
      if (gone.signal.aborted) return;
      await send(response, answer, { gzip: acceptsGzip(request) });
    } catch (error) {
      if (gone.signal.aborted) return;
      this.#options.log('error', `${request.method} ${request.url}: ${describe(error)}`);
      // The header is out, so an answer can no longer become an error: the client sees it cut off.
      response.destroy();
    } finally {
      this.#leave();
    }
  }

  async #answer(request: IncomingMessage, signal: AbortSignal): Promise<ApiResponse> {
    const asked = await this.#parse(request, signal);
    if ('status' in asked) return asked;
    const body = await readBody(request, this.#options.requestBytes);
    if (body === 'too large') return tooLarge(this.#options.requestBytes);
    try {
      return await this.#options.cluster.handle({ ...asked, body });
    } catch (error) {
      this.#options.log('error', `${request.method} ${asked.path}: ${describe(error)}`);
      return statusResponse(internalError(messageOf(error)));
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.on('close', () => gone.abort());
    socket.on('error', () => socket.destroy()); // A reset by the peer: 'close' follows, and ends what runs.
    this.#enter();
    try {
      const asked = await this.#parse(request, gone.signal);
      const answer =
        'status' in asked ? asked : await this.#options.cluster.upgrade({ ...asked, body: noBody });
      if ('status' in answer) await refuseUpgrade(socket, answer);
      else if ('query' in asked)
        await serveUpgrade({ request, socket, head, query: asked.query, upgrade: answer });
    } catch (error) {
      if (!gone.signal.aborted)
        this.#options.log('error', `${request.method} ${request.url}: ${describe(error)}`);
      socket.destroy();
    } finally {
      this.#leave();
    }
  }

  async #parse(
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Omit<ApiRequest, 'body'> | ApiResponse> {
    const user = await authenticate(request, this.#options.cluster.authenticateToken);
    if (user === rejected) return unauthorized;
    const [target, query] = splitOnce(request.url ?? '/', '?');
    const path = decodePath(target);
    if (path === undefined) return badRequest(`the path ${target} is not valid percent-encoding`);
    return {
      method: request.method ?? 'GET',
      path,
      query: new URLSearchParams(query),
      headers: joinedHeaders(request),
      user,
      signal,
    };
  }

  #enter(): void {
    this.#open++;
    this.#lastActive = Date.now();
  }

  #leave(): void {
    this.#open--;
    this.#lastActive = Date.now();
  }
}

const noBody = new Uint8Array(0);

async function readBody(
  request: IncomingMessage,
  limit: number,
): Promise<Uint8Array | 'too large'> {
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    discardRest(request);
    return 'too large';
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) {
      discardRest(request);
      return 'too large';
    }
    chunks.push(chunk);
  }
  const [only] = chunks;
  if (!only) return noBody;
  return chunks.length === 1 ? only : Buffer.concat(chunks);
}

/** A client that is still sending does not read the answer, so what it sends is taken and dropped, up to a bound. */
function discardRest(request: IncomingMessage): void {
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > DISCARD_BYTES) request.destroy();
  });
}

function joinedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct))
    if (values) headers[name] = values.join(', ');
  return headers;
}

function decodePath(path: string): string | undefined {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined; // Half an escape: the caller answers 400.
  }
}

function splitOnce(text: string, at: string): [string, string] {
  const found = text.indexOf(at);
  return found === -1 ? [text, ''] : [text.slice(0, found), text.slice(found + 1)];
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
