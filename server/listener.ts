// HTTP and upgrades behind one gate: nothing is created, read or handed on for anybody whom server/gate.ts refuses. Knows which
// answers and headers go out, not what they say.

import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { labError } from '../protocol/errors.ts';
import type { LabErrorCode } from '../protocol/errors.ts';
import { limits } from './config.ts';
import { KEY_HEADER } from './gate.ts';
import type { Gate } from './gate.ts';
import { match } from './routes/route.ts';
import type { LabAnswer, LabRequest, Route } from './routes/route.ts';
import { HEADERS_FOR_ALL, POLICY_FOR_DATA } from './static-files.ts';
import type { Handler } from './static-files.ts';

/** An upgrade that the gate let through: who, and where to. */
export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  browser: string;
  learner: string;
}

export interface ListenerOptions {
  port: number;
  learner: string;
  /** The gate needs the port, which is known only once we listen. */
  gate: (port: number) => Gate;
  routes: (gate: Gate) => Route[];
  /** Handles everything that is not the lab's. */
  pages: (gate: Gate) => Handler;
  /** Other sites at this port, each at a host and behind a door of its own. */
  neighbours?: readonly Neighbour[];
  /** By path: what becomes of a socket. */
  upgrades: Record<string, Upgraded>;
  log: (message: string) => void;
}

export interface Neighbour {
  owns: (headers: IncomingHttpHeaders, port: number | undefined) => boolean;
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

export interface Upgraded {
  /** A WebSocket cannot carry headers of the page's own: the key comes among its subprotocols, unless a ticket follows. */
  key: 'subprotocol' | 'none';
  take: (upgrade: Upgrade) => void;
}

/** `key.<the page's key>` among the subprotocols. */
const KEY_PROTOCOL = 'key.';

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly gate: Gate;
  readonly #routes: Route[];
  readonly #pages: Handler;

  private constructor(server: Server, options: ListenerOptions) {
    const { port } = server.address() as AddressInfo;
    this.#options = options;
    this.#server = server;
    this.gate = options.gate(port);
    this.#routes = options.routes(this.gate);
    this.#pages = options.pages(this.gate);
    server.on('request', (request, response) => void this.#serve(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Rejects when the port cannot be had. */
  static open(options: ListenerOptions): Promise<Listener> {
    const server = createServer({
      headersTimeout: limits.requestHeadMs,
      requestTimeout: limits.requestHeadMs * 3,
      connectionsCheckingInterval: limits.requestHeadMs / 2,
    });
    server.maxConnections = limits.webConnections;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve(new Listener(server, options));
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS_FOR_ALL)) response.setHeader(name, value);
    const url = addressOf(request);
    try {
      const neighbour = this.#options.neighbours?.find((one) =>
        one.owns(request.headers, request.socket.localPort),
      );
      const refused = this.gate.refusesHost(request.headers);
      if (neighbour) await neighbour.serve(request, response);
      else if (refused) fail(response, refused);
      else if (!url) fail(response, 'LAB_NOT_FOUND');
      else if (url.pathname.startsWith('/lab/')) await this.#lab(request, response, url);
      else if (request.method === 'GET' || request.method === 'HEAD')
        this.#pages(request, response);
      else fail(response, 'LAB_METHOD');
    } catch (error) {
      if (request.destroyed && !request.complete) return; // it went away in the middle of its body
      this.#options.log(
        `${request.method} ${url?.pathname}: ${String(error instanceof Error ? error.stack : error)}`,
      );
      if (response.headersSent) response.destroy();
      else fail(response, 'LAB_INTERNAL');
    }
  }

  async #lab(
    request: IncomingMessage,
    response: ServerResponse,
    { pathname, searchParams: query }: URL,
  ): Promise<void> {
    const { headers, method = 'GET' } = request;
    const refused = this.gate.refusesOrigin(headers, method !== 'GET' && method !== 'HEAD');
    if (refused) return fail(response, refused);
    const found = this.#route(method, pathname);
    if (typeof found === 'string') return fail(response, found);
    const { route, params } = found;
    const key = headers[KEY_HEADER];
    const browser = this.gate.browser(headers, typeof key === 'string' ? key : undefined);
    if (route.for !== 'anybody' && browser === undefined) return fail(response, 'LAB_LOCKED');
    const body = await bodyOf(request);
    if ('refused' in body) return fail(response, body.refused);
    const asked: LabRequest = {
      headers,
      params,
      query,
      body: body.json,
      learner: this.#options.learner,
    };
    const answer = await route.answer(asked, browser);
    if (typeof answer === 'string') fail(response, answer);
    else send(response, answer);
  }

  #route(
    method: string,
    path: string,
  ): { route: Route; params: Record<string, string> } | LabErrorCode {
    let known = false;
    for (const route of this.#routes) {
      const params = match(route.path, path);
      if (params === undefined) continue;
      if (route.method === method) return { route, params };
      known = true;
    }
    return known ? 'LAB_METHOD' : 'LAB_NOT_FOUND';
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy()); // it went away while it asked
    const { headers } = request;
    const upgraded = this.#options.upgrades[addressOf(request)?.pathname ?? ''];
    const refused = this.gate.refusesHost(headers) ?? this.gate.refusesOrigin(headers, true);
    if (refused) return refuse(socket, refused);
    if (!upgraded) return refuse(socket, 'LAB_NOT_FOUND');
    const browser = this.#browserOf(request, upgraded);
    if (browser === undefined) return refuse(socket, 'LAB_LOCKED');
    upgraded.take({ request, socket, head, browser, learner: this.#options.learner });
  }

  #browserOf({ headers }: IncomingMessage, { key }: Upgraded): string | undefined {
    if (key === 'none') return this.gate.browserOfCookie(headers);
    const shown = (headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((protocol) => protocol.trim())
      .find((protocol) => protocol.startsWith(KEY_PROTOCOL));
    return this.gate.browser(headers, shown?.slice(KEY_PROTOCOL.length));
  }
}

/** A JSON body is asked for by its type: a form of another site cannot send one. */
async function bodyOf(
  request: IncomingMessage,
): Promise<{ json: unknown } | { refused: LabErrorCode }> {
  if (!hasBody(request)) return { json: undefined };
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    return { refused: 'LAB_BODY' };
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > limits.webRequestBytes) return { refused: 'LAB_BODY_TOO_BIG' };
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { refused: 'LAB_BODY' }; // not JSON, and that is what the code says
  }
}

/** Undefined when the address is none: a client may ask for anything. */
function addressOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.parse(url, 'http://lab') ?? undefined;
}

function hasBody({ method }: IncomingMessage): boolean {
  return method === 'POST' || method === 'PUT';
}

function send(response: ServerResponse, { status = 200, body, cookies }: LabAnswer): void {
  const text = JSON.stringify(body);
  if (cookies) response.setHeader('Set-Cookie', cookies);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Content-Security-Policy': POLICY_FOR_DATA,
    'Cache-Control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function fail(response: ServerResponse, code: LabErrorCode): void {
  const { status = 500, say } = labError(code);
  // What was not read of a body that is too big must not be taken for the next request.
  if (hasBody(response.req) && !response.req.complete) response.setHeader('Connection', 'close');
  send(response, { status, body: { error: code, say } });
}

function refuse(socket: Duplex, code: LabErrorCode): void {
  const { status = 500, say } = labError(code);
  const body = JSON.stringify({ error: code, say });
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
