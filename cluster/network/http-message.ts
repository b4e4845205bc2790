// HTTP/1.1 messages on the wire: heads, the three ways a body ends, and reading them back. Source: RFC 9112.
// Shared by http-client.ts and http-server.ts. Knows nothing of connections: bytes come from a reader and go to a writer.

import { type ByteReader, type ByteWriter, bytesOf, concatBytes, nothing } from '../streams.ts';
import { type HttpHeaders, headerOf } from './http.ts';

export type HttpErrorCode =
  /** The other side closed before the first byte of a message. */
  | 'EMPTY'
  /** What came is not HTTP/1.x, or breaks its grammar. */
  | 'MALFORMED'
  /** The other side closed in the middle of a head or body. */
  | 'TRUNCATED'
  /** A head or body above the limit of its reader. */
  | 'TOO_LARGE'
  /** A version of HTTP that is not 1.x. */
  | 'VERSION';

export class HttpError extends Error {
  readonly code: HttpErrorCode;
  /** TRUNCATED bodies of known length: the bytes that did not come. */
  readonly missing: number | undefined;

  constructor(code: HttpErrorCode, message: string, missing?: number) {
    super(message);
    this.name = 'HttpError';
    this.code = code;
    this.missing = missing;
  }
}

/** How a reader learns where a body ends. */
export type Framing =
  { kind: 'none' } | { kind: 'length'; bytes: number } | { kind: 'chunked' } | { kind: 'close' };

export interface RequestHead {
  method: string;
  target: string;
  version: '1.0' | '1.1';
  headers: HttpHeaders;
}

export interface ResponseHead {
  version: '1.0' | '1.1';
  status: number;
  reason: string;
  headers: HttpHeaders;
}

/** Bytes of one chunk-size line with its extensions. */
const CHUNK_LINE_BYTES = 4_096;
/** Bytes of all trailers together. They are read and dropped. */
const TRAILER_BYTES = 16 * 1024;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (\S+) HTTP\/(\d)\.(\d)$/;
const STATUS_LINE = /^HTTP\/(\d)\.(\d) (\d{3})(?: (.*))?$/;
/** Control characters end or split headers; a tab may stand inside a value. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const BAD_VALUE = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Names that were found good, so that the same few are not judged again with every message. */
const tokens = new Set<string>();
const KNOWN_TOKENS = 1_000;

function isToken(name: string): boolean {
  if (tokens.has(name)) return true;
  if (!TOKEN.test(name)) return false;
  if (tokens.size < KNOWN_TOKENS) tokens.add(name);
  return true;
}

/** Reads lines and bytes of one direction of a connection; what it read too much stays for the next message. */
export class MessageReader {
  readonly #input: ByteReader;
  #held: Uint8Array | undefined;
  /** A read under way on behalf of `gone`; whoever reads next takes what it brings. */
  #ahead: Promise<Uint8Array | null> | undefined;

  constructor(input: ByteReader) {
    this.#input = input;
  }

  /** The next bytes, at most `max`, or null at the end. */
  async bytes(max = Infinity): Promise<Uint8Array | null> {
    const held = this.#held ?? (await (this.#ahead ?? this.#input.read()));
    this.#held = undefined;
    // The end is kept: a reader asks for it again.
    if (held) this.#ahead = undefined;
    if (!held || held.length <= max) return held;
    this.#held = held.subarray(max);
    return held.subarray(0, max);
  }

  /** A line without its CR LF (or LF); null when the end comes first. TOO_LARGE when it is longer than `limit` bytes. */
  async line(limit: number): Promise<string | null> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const chunk = await this.bytes();
      if (!chunk) {
        if (length === 0) return null;
        throw new HttpError('TRUNCATED', 'the connection ended in the middle of a line');
      }
      const end = chunk.indexOf(0x0a);
      const part = end === -1 ? chunk : chunk.subarray(0, end);
      length += part.length;
      if (length > limit) throw new HttpError('TOO_LARGE', `a line of more than ${limit} bytes`);
      parts.push(part);
      if (end === -1) continue;
      if (end + 1 < chunk.length) this.#held = chunk.subarray(end + 1);
      return textOfLine(parts);
    }
  }

  /**
   * The lines before the next empty one, where all of them have already come within `limit` bytes: the usual case, read at
   * once. Undefined otherwise, and then nothing was taken.
   */
  async wholeHead(limit: number): Promise<string[] | undefined> {
    const chunk = await this.bytes();
    if (!chunk) return undefined;
    const end = chunk.length > limit ? -1 : blankLine(chunk);
    if (end === -1) {
      this.#held = chunk;
      return undefined;
    }
    if (end < chunk.length) this.#held = chunk.subarray(end);
    const text = decoder.decode(chunk.subarray(0, end));
    const lines = text.split('\n');
    // Behind the last line break stands nothing, before it the empty line.
    lines.length -= 2;
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  /** Resolves when the other side has closed or broken off. Stays pending for ever when bytes come instead. */
  gone(): Promise<void> {
    if (this.#held) return new Promise(() => {});
    this.#ahead ??= this.#input.read();
    return new Promise((resolve) => {
      this.#ahead?.then((chunk) => {
        if (!chunk) resolve();
      }, resolve);
    });
  }

  cancel(): void {
    this.#input.cancel();
  }
}

const decoder = new TextDecoder();

function textOfLine(parts: Uint8Array[]): string {
  const line = concatBytes(parts);
  const end = line.at(-1) === 0x0d ? line.length - 1 : line.length;
  return decoder.decode(line.subarray(0, end));
}

/** Where the bytes behind the first empty line begin that is not the very first line; -1 when there is none. */
function blankLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    const next = bytes[at + 1] === 0x0d ? at + 2 : at + 1;
    if (at > 1 && bytes[next] === 0x0a) return next + 1;
  }
  return -1;
}

/** Reads a request's head; null when the client closed between requests. */
export async function readRequestHead(
  reader: MessageReader,
  limit: number,
): Promise<RequestHead | null> {
  const whole = await reader.wholeHead(limit);
  let first = whole ? (whole.shift() ?? '') : await reader.line(limit);
  // RFC 9112 2.2: an empty line before a request is forgiven.
  if (first === '') first = whole ? (whole.shift() ?? '') : await reader.line(limit);
  if (first === null) return null;
  const match = REQUEST_LINE.exec(first);
  if (!match) throw new HttpError('MALFORMED', `this is no request line: ${shown(first)}`);
  const [, method = '', target = '', major, minor] = match;
  if (major !== '1') throw new HttpError('VERSION', `HTTP/${major}.${minor} is not supported`);
  const headers = whole ? whole.map(parseHeader) : await readHeaders(reader, limit - first.length);
  return { method, target, version: minor === '0' ? '1.0' : '1.1', headers };
}

/** Reads a response's head. */
export async function readResponseHead(
  reader: MessageReader,
  limit: number,
): Promise<ResponseHead> {
  const whole = await reader.wholeHead(limit);
  const first = whole ? (whole.shift() ?? '') : await reader.line(limit);
  if (first === null) throw new HttpError('EMPTY', 'the server closed without an answer');
  const match = STATUS_LINE.exec(first);
  if (!match) throw new HttpError('MALFORMED', `this is no status line: ${shown(first)}`);
  const [, major, minor, status, reason = ''] = match;
  if (major !== '1') throw new HttpError('VERSION', `HTTP/${major}.${minor} is not supported`);
  const headers = whole ? whole.map(parseHeader) : await readHeaders(reader, limit - first.length);
  return { version: minor === '0' ? '1.0' : '1.1', status: Number(status), reason, headers };
}

async function readHeaders(reader: MessageReader, limit: number): Promise<HttpHeaders> {
  const headers: HttpHeaders = [];
  let left = limit;
  for (;;) {
    if (left <= 0) throw new HttpError('TOO_LARGE', 'the headers are too large');
    const line = await reader.line(left);
    if (line === null) throw new HttpError('TRUNCATED', 'the connection ended inside the headers');
    if (line === '') return headers;
    left -= line.length + 2;
    headers.push(parseHeader(line));
  }
}

function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1).trim();
  if (colon < 1 || !isToken(name) || BAD_VALUE.test(value))
    throw new HttpError('MALFORMED', `this is no header: ${shown(line)}`);
  return [name, value];
}

/** How a request's body ends. MALFORMED where two readings are possible: that is how requests are smuggled. */
export function requestFraming(headers: HttpHeaders): Framing {
  const coding = headerOf(headers, 'transfer-encoding');
  const length = contentLength(headers);
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked')
      throw new HttpError('MALFORMED', `transfer coding ${shown(coding)} is not supported`);
    if (length !== undefined)
      throw new HttpError('MALFORMED', 'both Content-Length and Transfer-Encoding');
    return { kind: 'chunked' };
  }
  return length === undefined || length === 0
    ? { kind: 'none' }
    : { kind: 'length', bytes: length };
}

/** How the body of the answer to a `method` request ends. */
export function responseFraming(method: string, status: number, headers: HttpHeaders): Framing {
  if (!mayHaveBody(method, status)) return { kind: 'none' };
  const coding = headerOf(headers, 'transfer-encoding');
  if (coding !== undefined)
    return /(^|[\s,])chunked$/i.test(coding) ? { kind: 'chunked' } : { kind: 'close' };
  const length = contentLength(headers);
  return length === undefined ? { kind: 'close' } : { kind: 'length', bytes: length };
}

export function mayHaveBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
}

function contentLength(headers: HttpHeaders): number | undefined {
  const values = headers.filter(([name]) => name.toLowerCase() === 'content-length');
  const first = values[0]?.[1];
  if (first === undefined) return undefined;
  if (!/^\d{1,15}$/.test(first) || values.some(([, value]) => value !== first))
    throw new HttpError('MALFORMED', `Content-Length ${shown(first)} is no length`);
  return Number(first);
}

/** Whether the connection may carry another message after this one. */
export function keepsAlive(version: '1.0' | '1.1', headers: HttpHeaders): boolean {
  const options = (headerOf(headers, 'connection') ?? '')
    .split(',')
    .map((option) => option.trim().toLowerCase());
  return version === '1.1' ? !options.includes('close') : options.includes('keep-alive');
}

/** The body of a message being read. `done` once its last byte was taken, so that the next message can be read. */
export interface Body extends ByteReader {
  readonly done: boolean;
}

export function bodyOf(reader: MessageReader, framing: Framing, limit = Infinity): Body {
  switch (framing.kind) {
    case 'none':
      return { done: true, read: () => nothing.read(), cancel: () => {} };
    case 'length':
      return new LengthBody(reader, framing.bytes);
    case 'chunked':
      return new ChunkedBody(reader, limit);
    case 'close':
      return new CloseBody(reader);
  }
}

class LengthBody implements Body {
  readonly #reader: MessageReader;
  #left: number;
  #cancelled = false;

  constructor(reader: MessageReader, bytes: number) {
    this.#reader = reader;
    this.#left = bytes;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  async read(max = Infinity): Promise<Uint8Array | null> {
    if (this.#left === 0 || this.#cancelled) return null;
    const chunk = await this.#reader.bytes(Math.min(max, this.#left));
    if (!chunk) throw new HttpError('TRUNCATED', 'the body ended early', this.#left);
    this.#left -= chunk.length;
    return chunk;
  }

  cancel(): void {
    this.#cancelled = true;
  }
}

class ChunkedBody implements Body {
  readonly #reader: MessageReader;
  readonly #limit: number;
  #total = 0;
  /** Bytes left of the present chunk; undefined before a size line. */
  #left: number | undefined;
  #cancelled = false;
  done = false;

  constructor(reader: MessageReader, limit: number) {
    this.#reader = reader;
    this.#limit = limit;
  }

  async read(max = Infinity): Promise<Uint8Array | null> {
    if (this.done || this.#cancelled) return null;
    if (this.#left === undefined) {
      this.#left = await this.#size();
      if (this.#left === 0) {
        await this.#trailers();
        this.done = true;
        return null;
      }
    }
    const chunk = await this.#reader.bytes(Math.min(max, this.#left));
    if (!chunk) throw new HttpError('TRUNCATED', 'the body ended inside a chunk');
    this.#left -= chunk.length;
    if (this.#left === 0) await this.#chunkEnd();
    return chunk;
  }

  cancel(): void {
    this.#cancelled = true;
  }

  async #size(): Promise<number> {
    const line = await this.#line(CHUNK_LINE_BYTES);
    const match = /^([0-9a-fA-F]{1,8})[ \t]*(;.*)?$/.exec(line);
    if (!match) throw new HttpError('MALFORMED', `this is no chunk size: ${shown(line)}`);
    const size = parseInt(match[1] ?? '', 16);
    this.#total += size;
    if (this.#total > this.#limit)
      throw new HttpError('TOO_LARGE', `a body of more than ${this.#limit} bytes`);
    return size;
  }

  async #chunkEnd(): Promise<void> {
    if ((await this.#line(2)) !== '')
      throw new HttpError('MALFORMED', 'a chunk is longer than its size');
    this.#left = undefined;
  }

  async #trailers(): Promise<void> {
    let left = TRAILER_BYTES;
    for (let line = await this.#line(left); line !== ''; line = await this.#line(left))
      left -= line.length;
  }

  async #line(limit: number): Promise<string> {
    const line = await this.#reader.line(limit);
    if (line === null) throw new HttpError('TRUNCATED', 'the body ended between chunks');
    return line;
  }
}

/** Ends with its connection, so no message can follow. */
class CloseBody implements Body {
  readonly #reader: MessageReader;
  readonly done = false;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  read(max?: number): Promise<Uint8Array | null> {
    return this.#reader.bytes(max);
  }

  cancel(): void {
    this.#reader.cancel();
  }
}

/** The head as bytes. Throws a TypeError for what would break out of its line: the caller let it through. */
export function headBytes(startLine: string, headers: HttpHeaders): Uint8Array {
  if (BAD_VALUE.test(startLine)) throw new TypeError(`line break in ${shown(startLine)}`);
  let text = `${startLine}\r\n`;
  for (const [name, value] of headers) {
    if (!isToken(name) || BAD_VALUE.test(value))
      throw new TypeError(`${shown(`${name}: ${value}`)} cannot be sent as a header`);
    text += `${name}: ${value}\r\n`;
  }
  return bytesOf(`${text}\r\n`);
}

/** Sends a body as its framing says. A body shorter than its promised length rejects: its reader would wait for ever. */
export async function writeBody(
  output: ByteWriter,
  body: ByteReader,
  framing: Framing,
): Promise<void> {
  switch (framing.kind) {
    case 'none':
      body.cancel();
      return;
    case 'length':
      return writeLength(output, body, framing.bytes);
    case 'chunked':
      for (let chunk = await body.read(); chunk; chunk = await body.read()) {
        if (chunk.length === 0) continue;
        const size = bytesOf(`${chunk.length.toString(16)}\r\n`);
        await output.write(concatBytes([size, chunk, CRLF]));
      }
      return output.write(LAST_CHUNK);
    case 'close':
      for (let chunk = await body.read(); chunk; chunk = await body.read())
        await output.write(chunk);
  }
}

const CRLF = bytesOf('\r\n');
const LAST_CHUNK = bytesOf('0\r\n\r\n');

async function writeLength(output: ByteWriter, body: ByteReader, bytes: number): Promise<void> {
  let left = bytes;
  while (left > 0) {
    const chunk = await body.read(left);
    if (!chunk) throw new HttpError('TRUNCATED', 'the body is shorter than its length', left);
    left -= chunk.length;
    await output.write(chunk);
  }
  body.cancel();
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
