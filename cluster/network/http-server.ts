// The answering side of HTTP/1.1: requests of one connection in their order, kept alive as both sides wish.
// Knows nothing of what is asked: the caller's handle does.

import type { Clock } from '../clock.ts';
import { BrokenPipe, nothing, readerOf } from '../streams.ts';
import { type HttpHeaders, type HttpRequest, type HttpResponse, headerOf } from './http.ts';
import {
  type Body,
  type Framing,
  HttpError,
  MessageReader,
  bodyOf,
  headBytes,
  keepsAlive,
  mayHaveBody,
  readRequestHead,
  requestFraming,
  responseFraming,
  writeBody,
} from './http-message.ts';
import { type Connection, NetError } from './network.ts';

/**
 * Answers one request. Undefined closes the connection without a word, as nginx's 444 does. `gone` resolves when the
 * client breaks off while it waits; ask for it only when the request's body has been read.
 */
export type HttpHandle = (
  request: HttpRequest,
  connection: Connection,
  gone: () => Promise<void>,
) => Promise<HttpResponse | undefined>;

export interface HttpServerOptions {
  /** Bytes of a request's head. Past it: 431. Default 32 KiB, as nginx's four buffers of 8. */
  headBytes: number;
  /** Bytes of a request's body. Past it: 413. Default 8 MiB. */
  bodyBytes: number;
  /** Answers on one connection before it is closed. Default 1,000, as nginx. */
  requests: number;
  /** How long a connection may wait for its next request. Without it: for ever. */
  idle?: { clock: Clock; ms: number };
  /** The answer to what is no request. Default: an empty one with the status. */
  refuse: (status: number, why: string, connection: Connection) => HttpResponse;
}

const defaults: HttpServerOptions = {
  headBytes: 32 * 1024,
  bodyBytes: 8 * 1024 * 1024,
  requests: 1_000,
  refuse: (status) => textResponse(status, ''),
};

/** Bytes of an unwanted request body that are read away to keep a connection; a longer one closes it. */
const DRAIN_BYTES = 64 * 1024;

/**
 * Serves until the connection ends, and closes it. Resolves also when the client broke off; rejects with what `handle`
 * rejected with, after the client got a 500.
 */
export async function serveHttp(
  connection: Connection,
  handle: HttpHandle,
  options: Partial<HttpServerOptions> = {},
): Promise<void> {
  const settings = { ...defaults, ...options };
  const reader = new MessageReader(connection.input);
  try {
    for (let left = settings.requests; left > 0; left--) {
      if (!(await serveOne(connection, reader, handle, settings, left === 1))) break;
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  } finally {
    connection.close();
  }
}

/** Resolves with true when the connection may serve another request. */
async function serveOne(
  connection: Connection,
  reader: MessageReader,
  handle: HttpHandle,
  settings: HttpServerOptions,
  last: boolean,
): Promise<boolean> {
  let request: HttpRequest & { body: Body };
  try {
    const next = await nextRequest(connection, reader, settings);
    if (!next) return false;
    request = next;
  } catch (error) {
    if (!(error instanceof HttpError) || error.code === 'TRUNCATED') throw error;
    await answer(connection, '1.1', 'GET', closing(refusal(error, connection, settings)));
    return false;
  }
  let response: HttpResponse | undefined;
  try {
    response = await handle(request, connection, () => reader.gone());
  } catch (error) {
    if (isGone(error)) throw error;
    await answer(connection, request.version, request.method, closing(textResponse(500, '')));
    throw error;
  }
  if (!response) return false;
  if (response.status === 101 && response.upgraded) {
    await connection.output.write(headBytes('HTTP/1.1 101 Switching Protocols', response.headers));
    const input = {
      read: (max?: number) => reader.bytes(max),
      cancel: () => reader.cancel(),
    };
    await response.upgraded({ input, output: connection.output });
    return false;
  }
  const persistent =
    !last &&
    keepsAlive(request.version, request.headers) &&
    headerOf(response.headers, 'connection')?.toLowerCase() !== 'close';
  const framing = await answer(
    connection,
    request.version,
    request.method,
    persistent ? keeping(response, request.version) : closing(response),
  );
  return persistent && framing.kind !== 'close' && (await drained(request.body));
}

async function nextRequest(
  connection: Connection,
  reader: MessageReader,
  settings: HttpServerOptions,
): Promise<(HttpRequest & { body: Body }) | null> {
  const stopWaiting = settings.idle?.clock.after(settings.idle.ms, () => connection.input.cancel());
  const head = await readRequestHead(reader, settings.headBytes).finally(() => stopWaiting?.());
  if (!head) return null;
  if (head.version === '1.1' && headerOf(head.headers, 'host') === undefined)
    throw new HttpError('MALFORMED', 'client sent HTTP/1.1 request without "Host" header');
  const framing = requestFraming(head.headers);
  if (framing.kind === 'length' && framing.bytes > settings.bodyBytes)
    throw new HttpError('TOO_LARGE', `a body of ${framing.bytes} bytes`);
  const body = bodyOf(reader, framing, settings.bodyBytes);
  const expects = headerOf(head.headers, 'expect')?.toLowerCase() === '100-continue';
  return {
    ...head,
    body: expects && head.version === '1.1' ? new ExpectedBody(connection, body) : body,
  };
}

/** A body its client holds back until it hears `100 Continue`, which is when somebody first reads it. */
class ExpectedBody implements Body {
  readonly #connection: Connection;
  readonly #body: Body;
  #asked = false;

  constructor(connection: Connection, body: Body) {
    this.#connection = connection;
    this.#body = body;
  }

  get done(): boolean {
    return this.#body.done;
  }

  async read(max?: number): Promise<Uint8Array | null> {
    if (!this.#asked) {
      this.#asked = true;
      await this.#connection.output.write(headBytes('HTTP/1.1 100 Continue', []));
    }
    return this.#body.read(max);
  }

  /** Nobody asked for it, so it may never come and cannot be drained. */
  get held(): boolean {
    return !this.#asked;
  }

  cancel(): void {
    this.#body.cancel();
  }
}

/** Sends an answer and returns how its body was framed. The body is cancelled at the end, whatever that was. */
async function answer(
  connection: Connection,
  version: '1.0' | '1.1',
  method: string,
  response: HttpResponse,
): Promise<Framing> {
  const { status, reason } = response;
  const { headers, framing } = framed(version, method, response);
  try {
    await connection.output.write(
      headBytes(`HTTP/${response.version} ${status} ${reason}`.trimEnd(), headers),
    );
    await writeBody(connection.output, response.body, framing);
  } finally {
    response.body.cancel();
  }
  return framing;
}

/** Adds what the client needs to find the body's end: nothing, chunks, or the end of the connection for HTTP/1.0. */
function framed(
  version: '1.0' | '1.1',
  method: string,
  response: HttpResponse,
): { headers: HttpHeaders; framing: Framing } {
  let { headers } = response;
  const old = version === '1.0';
  if (old) headers = headers.filter(([name]) => name.toLowerCase() !== 'transfer-encoding');
  const framing = responseFraming(method, response.status, headers);
  if (framing.kind !== 'close') return { headers, framing };
  if (old) return { headers, framing };
  return {
    headers: [...headers, ['Transfer-Encoding', 'chunked']],
    framing: { kind: 'chunked' },
  };
}

/** HTTP/1.0 clients need to be told that the connection stays. */
function keeping(response: HttpResponse, version: '1.0' | '1.1'): HttpResponse {
  if (version === '1.1' || headerOf(response.headers, 'connection') !== undefined) return response;
  return { ...response, headers: [...response.headers, ['Connection', 'keep-alive']] };
}

function closing(response: HttpResponse): HttpResponse {
  if (headerOf(response.headers, 'connection') !== undefined) {
    const headers = response.headers.map(([name, value]): [string, string] =>
      name.toLowerCase() === 'connection' ? [name, 'close'] : [name, value],
    );
    return { ...response, headers };
  }
  return { ...response, headers: [...response.headers, ['Connection', 'close']] };
}

function refusal(
  error: HttpError,
  connection: Connection,
  settings: HttpServerOptions,
): HttpResponse {
  const status =
    error.code === 'TOO_LARGE'
      ? error.message.startsWith('a body')
        ? 413
        : 431
      : error.code === 'VERSION'
        ? 505
        : 400;
  return settings.refuse(status, error.message, connection);
}

/** Reads away what the handler left of a short body; false when that is too much. */
async function drained(body: Body): Promise<boolean> {
  if (body instanceof ExpectedBody && body.held && !body.done) return false;
  let left = DRAIN_BYTES;
  while (!body.done && left > 0) {
    const chunk = await body.read(left);
    if (chunk) left -= chunk.length;
    else if (!body.done) return false;
  }
  return body.done;
}

/** The client went away: its own affair, and no error of the server. */
function isGone(error: unknown): boolean {
  return (
    error instanceof BrokenPipe ||
    error instanceof NetError ||
    (error instanceof HttpError && error.code === 'TRUNCATED')
  );
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  418: "I'm a teapot",
  421: 'Misdirected Request',
  425: 'Too Early',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** RFC 9110's words for a status; empty for one it does not know. */
export function reasonOf(status: number): string {
  return reasons[status] ?? '';
}

/** A whole answer of known length. */
export function textResponse(
  status: number,
  text: string | Uint8Array,
  headers: HttpHeaders = [],
): HttpResponse {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const length: HttpHeaders = mayHaveBody('GET', status)
    ? [['Content-Length', String(bytes.length)]]
    : [];
  return {
    version: '1.1',
    status,
    reason: reasonOf(status),
    headers: [...headers, ...length],
    body: bytes.length > 0 ? readerOf(bytes) : nothing,
  };
}
