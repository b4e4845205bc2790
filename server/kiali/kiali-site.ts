// The whole Kiali of the learner's cluster, at a host of its own: kiali-<chance>.localhost. Its pages are somebody else's program;
// at the lab's own origin their scripts could read the page's key and with it open a terminal. Here they reach Kiali and nothing else.
// What goes out to the cluster: a method, a path below /kiali, a few headers, a body. No cookie, no key.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { labError } from '../../protocol/errors.ts';
import type { LabErrorCode } from '../../protocol/errors.ts';
import type { ApiServer } from '../checks/api-server.ts';
import { limits } from '../config.ts';
import { KIALI_SERVICE } from './service.ts';

export interface KialiSiteOptions {
  /** Undefined while there is no cluster. */
  api: () => Promise<Pick<ApiServer, 'send'> | undefined>;
  log: (message: string) => void;
  now?: () => number;
}

/** Looking, and what Kiali's pages ask by POST. It also writes to the cluster, by PATCH and DELETE: that is kubectl's, here. */
const METHODS = ['GET', 'HEAD', 'POST'];
const TO_KIALI = [
  'accept',
  'accept-language',
  'content-type',
  'if-modified-since',
  'if-none-match',
];
const FROM_KIALI = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'vary',
];

/** Its scripts are built to be evaluated in place; they may talk to their own host alone, and nobody may frame them. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-src 'none'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const COOKIE = 'kiali';
/** Milliseconds between a press of the button and the page that it opens. */
const CODE_MS = 60_000;
const CODES = 16;

/** Loopback, as a browser on this machine names it: elsewhere `*.localhost` is another machine. */
const THIS_MACHINE = /^(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)$/;

export class KialiSite {
  readonly #options: KialiSiteOptions;
  readonly #now: () => number;
  /** Not to be guessed, so that neither another site nor another port of this machine can be it. */
  readonly #name = `kiali-${randomBytes(10).toString('hex')}.localhost`;
  readonly #session = randomBytes(24).toString('base64url');
  readonly #codes = new Map<string, number>();

  constructor(options: KialiSiteOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The address that lets a browser in, once; undefined for one that is not on this machine. */
  entrance({ host = '' }: IncomingHttpHeaders): string | undefined {
    const [, port] = THIS_MACHINE.exec(host) ?? [];
    if (port === undefined) return undefined;
    const code = randomBytes(16).toString('base64url');
    this.#codes.set(code, this.#now() + CODE_MS);
    for (const oldest of this.#codes.keys()) {
      if (this.#codes.size <= CODES) break;
      this.#codes.delete(oldest);
    }
    return `http://${this.#name}:${port}/enter?code=${code}`;
  }

  owns({ host }: IncomingHttpHeaders, port: number | undefined): boolean {
    return host === `${this.#name}:${port}`;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Content-Security-Policy', POLICY);
    const { method = 'GET', headers } = request;
    const url = URL.parse(request.url ?? '', `http://${headers.host}`);
    if (!METHODS.includes(method)) return refuse(response, 'LAB_METHOD');
    if (!url || url.host !== headers.host) return refuse(response, 'LAB_NOT_FOUND');
    if (url.pathname === '/enter') return this.#enter(response, method, url);
    if (!this.#isOpen(headers)) return refuse(response, 'LAB_KIALI_LOCKED');
    if (isForeign(headers, method)) return refuse(response, 'LAB_ORIGIN');
    if (url.pathname === '/') return redirect(response, '/kiali/');
    if (!isBelowKiali(url.pathname)) return refuse(response, 'LAB_NOT_FOUND');
    const body = await bodyOf(request);
    if (body === undefined) {
      response.setHeader('Connection', 'close');
      return refuse(response, 'LAB_BODY_TOO_BIG');
    }
    await this.#pass(request, response, method, url.pathname + url.search, body);
  }

  #enter(response: ServerResponse, method: string, { searchParams }: URL): void {
    const code = searchParams.get('code') ?? '';
    const until = this.#codes.get(code);
    this.#codes.delete(code);
    if (method !== 'GET' || until === undefined || this.#now() > until)
      return refuse(response, 'LAB_KIALI_LOCKED');
    // Lax and not Strict: the course is another site to the browser, and it is the course that leads here.
    response.setHeader('Set-Cookie', `${COOKIE}=${this.#session}; Path=/; HttpOnly; SameSite=Lax`);
    redirect(response, '/kiali/');
  }

  #isOpen({ cookie = '' }: IncomingHttpHeaders): boolean {
    return cookie.split(';').some((part) => {
      const [name, value = ''] = part.trim().split('=');
      return name === COOKIE && equal(value, this.#session);
    });
  }

  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    path: string,
    body: Buffer,
  ): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      const api = await this.#options.api();
      if (!api) return refuse(response, 'LAB_KIALI_AWAY');
      const headers = picked(request.headers, TO_KIALI);
      const answer = await api.send(
        { method, path: KIALI_SERVICE + path, headers, ...(body.length > 0 && { body }) },
        gone.signal,
      );
      await hand(answer, response);
    } catch (error) {
      if (gone.signal.aborted) return; // nobody waits any more
      this.#options.log(`Kiali: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else refuse(response, 'LAB_KIALI_AWAY');
    }
  }
}

async function hand(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const { statusCode = 502, headers } = answer;
  const location = headers.location === undefined ? undefined : ownAddress(headers.location);
  const shown = { ...picked(headers, FROM_KIALI), ...(location !== undefined && { location }) };
  if (!/^text\/html\b/.test(headers['content-type'] ?? '') || response.req.method === 'HEAD') {
    response.writeHead(statusCode, shown);
    await pipeline(answer, response);
    return;
  }
  // The API server puts its own path before every link of a page; below a host of its own they stay as Kiali wrote them.
  const page = await textOf(answer);
  const mended = Buffer.from(page.replaceAll(KIALI_SERVICE, ''));
  response.writeHead(statusCode, { ...shown, 'content-length': mended.length });
  response.end(mended);
}

/** Undefined for an address that is not Kiali's: nobody is led elsewhere. */
function ownAddress(location: string): string | undefined {
  const path = location.startsWith(KIALI_SERVICE) ? location.slice(KIALI_SERVICE.length) : location;
  return isBelowKiali(path.split(/[?#]/)[0] ?? '') ? path : undefined;
}

/** A URL has no dots left that climb; what an encoded slash or dot would become behind us, is nothing we can know. */
function isBelowKiali(path: string): boolean {
  return /^\/kiali(?:\/|$)/.test(path) && !/%(?:2e|2f|5c|00)|\\|\/\.{1,2}(?:\/|$)/i.test(path);
}

/** Only Kiali's own pages ask, but for the link that leads to them. */
function isForeign(
  { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode }: IncomingHttpHeaders,
  method: string,
): boolean {
  const changes = method !== 'GET' && method !== 'HEAD';
  if (origin === undefined ? changes : origin !== `http://${host}`) return true;
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return changes || mode !== 'navigate';
}

function picked(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** Undefined when it is too big. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.kialiRequestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.kialiPageBytes)
      throw new Error(`a page of more than ${limits.kialiPageBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { Location: to, 'Cache-Control': 'no-store' }).end();
}

/** A person reads this, in a tab of its own. */
function refuse(response: ServerResponse, code: LabErrorCode): void {
  const { status = 500, say } = labError(code);
  const text = `${say}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function equal(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
