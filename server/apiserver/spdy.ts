// SPDY/3.1 framing, the server's half: streams with headers over any byte carrier. kubectl up to 1.30 runs exec and attach
// over it, and every kubectl its port-forward, raw or inside a WebSocket.
// Source: SPDY Protocol, Draft 3.1. Like the Go library at the other end it leaves flow control to the carrier.

import { type Inflate, constants, createInflate } from 'node:zlib';
import { type ByteReader, type ByteWriter, Pipe } from '../../cluster/streams.ts';

export interface SpdyStream {
  readonly id: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly input: ByteReader;
  readonly output: ByteWriter;
  /** Ends both directions at once, as an error. */
  reset(): void;
}

export interface SpdyOptions {
  /** Hands bytes to the carrier, in order; resolves when it would take more. */
  send(bytes: Uint8Array): Promise<void>;
  onStream(stream: SpdyStream): void;
}

const CONTROL = 0x8000;
const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const HEADERS = 8;

const FIN = 0x01;
const STATUS_PROTOCOL_ERROR = 1;
const STATUS_REFUSED_STREAM = 3;
const STATUS_CANCEL = 5;

const FRAME_HEADER_BYTES = 8;
/** A control frame is held whole. The longest one that clients send is a few hundred bytes. */
const MAX_CONTROL_BYTES = 64 * 1024;
/** One header block, inflated. */
const MAX_HEADERS_BYTES = 64 * 1024;
/** Bytes a stream holds for a slow reader before the carrier is read no further. */
const STREAM_BYTES = 256 * 1024;
/** Streams open at once: a browser behind a port-forward opens two for each of its connections. */
const MAX_STREAMS = 512;
/** Payload of one data frame sent. */
const DATA_BYTES = 32 * 1024;

export class SpdyError extends Error {}

export class SpdyConnection {
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, Stream>();
  readonly #inflater = new HeaderInflater();
  #sentHeaders = false;
  #held = Buffer.alloc(0);
  /** The data frame in the middle of which the last bytes ended. */
  #data: { stream: Stream | undefined; left: number; fin: boolean } | undefined;
  #closed = false;

  constructor(options: SpdyOptions) {
    this.#options = options;
  }

  /** Takes bytes of the carrier, in any cut; await it before the next call. Rejects with SpdyError on nonsense. */
  async receive(bytes: Uint8Array): Promise<void> {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    while (!this.#closed && (this.#data ? await this.#receiveData() : await this.#receiveFrame()));
  }

  /** The carrier has gone: every stream ends. */
  close(): void {
    this.#closed = true;
    this.#inflater.close();
    for (const stream of this.#streams.values()) stream.end();
    this.#streams.clear();
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  /** False when more bytes are needed. */
  async #receiveData(): Promise<boolean> {
    const frame = this.#data;
    if (!frame) return true;
    if (frame.left > 0) {
      if (this.#held.length === 0) return false;
      const payload = this.#take(Math.min(frame.left, this.#held.length));
      frame.left -= payload.length;
      // Copied: the pipe may hold it long after the carrier's buffer is used again.
      await frame.stream?.push(Buffer.from(payload));
    }
    if (frame.left === 0) {
      this.#data = undefined;
      if (frame.fin) frame.stream?.finish();
    }
    return true;
  }

  async #receiveFrame(): Promise<boolean> {
    if (this.#held.length < FRAME_HEADER_BYTES) return false;
    const first = this.#held.readUInt16BE(0);
    const flags = this.#held.readUInt8(4);
    const length = this.#held.readUIntBE(5, 3);
    if (!(first & CONTROL)) {
      const id = this.#take(FRAME_HEADER_BYTES).readUInt32BE(0);
      this.#data = { stream: this.#streams.get(id), left: length, fin: (flags & FIN) !== 0 };
      return true;
    }
    if ((first & ~CONTROL) !== VERSION) throw new SpdyError(`SPDY version ${first & ~CONTROL}`);
    if (length > MAX_CONTROL_BYTES) throw new SpdyError(`a control frame of ${length} bytes`);
    if (this.#held.length < FRAME_HEADER_BYTES + length) return false;
    const type = this.#held.readUInt16BE(2);
    this.#take(FRAME_HEADER_BYTES);
    await this.#control(type, flags, Buffer.from(this.#take(length)));
    return true;
  }

  async #control(type: number, flags: number, payload: Buffer): Promise<void> {
    switch (type) {
      case SYN_STREAM:
        return this.#synStream(flags, payload);
      case RST_STREAM: {
        const stream = this.#streams.get(payload.readUInt32BE(0));
        stream?.end();
        return;
      }
      case PING:
        return this.#send(controlFrame(PING, 0, payload));
      case GOAWAY:
        return this.close();
      case HEADERS:
        // Nobody sends them; read all the same, for the compression's state is one for all blocks.
        await this.#inflater.headers(payload.subarray(4));
        return;
      default:
        return; // SETTINGS, WINDOW_UPDATE and what later drafts added say nothing we act on.
    }
  }

  async #synStream(flags: number, payload: Buffer): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#inflater.headers(payload.subarray(10));
    if (this.#streams.has(id)) return this.#reset(id, STATUS_PROTOCOL_ERROR);
    if (this.#streams.size >= MAX_STREAMS) return this.#reset(id, STATUS_REFUSED_STREAM);
    const stream = new Stream(id, headers, {
      send: (frame) => this.#send(frame),
      over: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    await this.#send(this.#reply(id));
    if (flags & FIN) stream.finish();
    this.#options.onStream(stream);
  }

  /** A reply without headers: we send no other blocks, so ours are written out by hand, stored and not deflated. */
  #reply(id: number): Buffer {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(id);
    const block = this.#sentHeaders ? NO_HEADERS : Buffer.concat([ZLIB_START, NO_HEADERS]);
    this.#sentHeaders = true;
    return controlFrame(SYN_REPLY, 0, Buffer.concat([head, block]));
  }

  #reset(id: number, status: number): Promise<void> {
    return this.#send(resetFrame(id, status));
  }

  async #send(frame: Buffer): Promise<void> {
    if (!this.#closed) await this.#options.send(frame);
  }
}

class Stream implements SpdyStream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly input: ByteReader;
  readonly output: ByteWriter;
  readonly #pipe = new Pipe(STREAM_BYTES);
  readonly #line: { send(frame: Buffer): Promise<void>; over(): void };
  #localOver = false;
  #remoteOver = false;

  constructor(
    id: number,
    headers: ReadonlyMap<string, string>,
    line: { send(frame: Buffer): Promise<void>; over(): void },
  ) {
    this.id = id;
    this.headers = headers;
    this.#line = line;
    this.input = this.#pipe;
    this.output = { write: (bytes) => this.#write(bytes), end: () => this.#endOutput() };
  }

  async push(payload: Buffer): Promise<void> {
    if (payload.length === 0 || this.#remoteOver) return;
    // A reader that has gone no longer cares; the sender is not told until it reads or ends.
    await this.#pipe.write(payload).catch(() => {});
  }

  /** The peer will send no more. */
  finish(): void {
    this.#remoteOver = true;
    this.#pipe.end();
    if (this.#localOver) this.#line.over();
  }

  /** Both directions are over without another frame. */
  end(): void {
    this.#localOver = true;
    this.finish();
  }

  reset(): void {
    if (this.#localOver && this.#remoteOver) return;
    // A lost carrier ends the connection by itself, so a failing send needs no second handling.
    void this.#line.send(resetFrame(this.id, STATUS_CANCEL)).catch(() => {});
    this.end();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#localOver; at += DATA_BYTES)
      await this.#line.send(dataFrame(this.id, 0, bytes.subarray(at, at + DATA_BYTES)));
  }

  #endOutput(): void {
    if (this.#localOver) return;
    this.#localOver = true;
    void this.#line.send(dataFrame(this.id, FIN, new Uint8Array(0))).catch(() => {}); // As in reset().
    if (this.#remoteOver) this.#line.over();
  }
}

function controlFrame(type: number, flags: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUInt16BE(CONTROL | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function dataFrame(id: number, flags: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUInt32BE(id, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function resetFrame(id: number, status: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(id, 0);
  payload.writeUInt32BE(status, 4);
  return controlFrame(RST_STREAM, 0, payload);
}

/** Header blocks of one direction: one zlib stream for the life of the connection. */
class HeaderInflater {
  readonly #inflate: Inflate = createInflate({
    dictionary: DICTIONARY,
    flush: constants.Z_SYNC_FLUSH,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  #chunks: Buffer[] = [];
  #length = 0;
  #failed: Error | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#length += chunk.length;
      // A bomb is not kept; that it was too long is said below.
      if (this.#length <= MAX_HEADERS_BYTES) this.#chunks.push(chunk);
    });
    this.#inflate.on('error', (error) => {
      this.#failed = error;
      this.#wake?.();
    });
  }

  async headers(block: Buffer): Promise<Map<string, string>> {
    this.#chunks = [];
    this.#length = 0;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#inflate.write(block, () => resolve());
    });
    if (this.#failed)
      throw new SpdyError(`a header block that cannot be read: ${this.#failed.message}`);
    if (this.#length > MAX_HEADERS_BYTES) throw new SpdyError('a header block that is too long');
    return headersIn(Buffer.concat(this.#chunks));
  }

  close(): void {
    this.#inflate.close();
  }
}

/** A count, then names and values, each with its length before it; all numbers 32 bits. */
function headersIn(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const number = () => {
    if (at + 4 > block.length) throw new SpdyError('a header block that is cut off');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    if (at + length > block.length) throw new SpdyError('a header block that is cut off');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  for (let left = number(); left > 0; left--) {
    const name = text();
    headers.set(name.toLowerCase(), text());
  }
  return headers;
}

/** Words both sides of the compression know from the start, each with its length before it. Draft 3.1, section 2.6.10.1. */
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow ' +
  'authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie ' +
  'keep-alive origin';
/** What follows them: numbers, phrases, names of days and months, media types, without lengths. */
const PHRASES =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden' +
  '404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug ' +
  'Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,' +
  'application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch' +
  'charset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

const DICTIONARY = Buffer.concat([
  ...WORDS.split(' ').map((word) => {
    const text = Buffer.from(word.replace('_', ' '));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, text]);
  }),
  Buffer.from(PHRASES),
]);

/** zlib's header: deflate with a 32 KiB window and a preset dictionary, named by its Adler-32. */
const ZLIB_START = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);
/** A stored deflate block of four zero bytes, a count of no headers; and an empty one: Go's reader hands a block out at the next. */
const NO_HEADERS = Buffer.from([
  0x00, 0x04, 0x00, 0xfb, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
]);

/** For tests: what a client's deflater needs. */
export const spdyDictionary: Uint8Array = DICTIONARY;
