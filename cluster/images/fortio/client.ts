// One connection's client, as fortio's fast one: it keeps its socket while answers are good, counts their bytes, and
// reads no further than it must. Knows nothing of pace or reports.

import { NetError, type Connection } from '../../network/network.ts';
import type { Process } from '../../node/process.ts';
import { BrokenPipe, concatBytes, textOf } from '../../streams.ts';
import { within } from '../programs/deadline.ts';
import { type Addresses, LookupFault } from './addresses.ts';
import { Histogram } from './histogram.ts';
import type { Attributes, Level, Log } from './log.ts';
import { type LoadRequest, wireOf } from './request.ts';

export interface Fetched {
  /** The status, or -1 when no answer came. */
  code: number;
  bytes: Uint8Array;
  /** Bytes of the head. fortio does not count the head of an answer that is no success. */
  headerSize: number;
}

export interface ClientOptions {
  process: Process;
  log: Log;
  addresses: Addresses;
  request: LoadRequest;
  /** Resolution of the connection times, in seconds, and where they begin. */
  resolution: number;
  offset: number;
  thread: number;
  run: number;
}

export const SOCKET_ERROR = -1;
/** Most that is read of one answer, as fortio's -httpbufferkb has it. */
const BUFFER_BYTES = 128 * 1024;

export function isGood(code: number): boolean {
  return (code >= 200 && code <= 299) || code === 418;
}

class TimedOut extends Error {}

export class FastClient {
  readonly #options: ClientOptions;
  readonly #wire: Uint8Array;
  #connection: Connection | undefined;
  #destination = '';
  #attempts = 0;
  /** How often each address was resolved to. */
  readonly addressUse = new Map<string, number>();
  /** Seconds each connection took. */
  readonly connectTimes: Histogram;
  /** Go's number of the goroutine that asks. */
  routine = 1;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#wire = wireOf(options.request);
    this.connectTimes = new Histogram(options.resolution, options.offset);
  }

  /** Looks its address up. Throws LookupFault. */
  async prepare(): Promise<this> {
    const { addresses, request } = this.#options;
    this.#destination = await addresses.next(request.resolve || request.url.host);
    this.#count();
    return this;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** Never rejects for what a network or a server may do: that is code -1. */
  async fetch(): Promise<Fetched> {
    const reused = this.#connection !== undefined;
    const connection = this.#connection ?? (await this.#connect());
    if (!connection) return { code: SOCKET_ERROR, bytes: new Uint8Array(), headerSize: 0 };
    this.#connection = undefined;
    const reading = new Reading(connection, this.#options.request);
    let failed: Error | undefined;
    try {
      await this.#inTime(connection, async () => {
        await connection.output.write(this.#wire);
        await reading.toEnd();
      });
    } catch (error) {
      if (!isNetworkFault(error)) throw error;
      failed = error;
    }
    if (failed && reused && reading.size === 0 && !(failed instanceof TimedOut)) {
      await this.#say('Info', 'Closing dead socket (err at first read)', 1119, {
        err: errorText(failed, connection),
      });
      connection.close();
      return this.fetch();
    }
    return this.#result(connection, reading, failed);
  }

  async #result(
    connection: Connection,
    reading: Reading,
    failed: Error | undefined,
  ): Promise<Fetched> {
    const { code, bytes, headerSize, keepAlive } = reading.result(failed !== undefined);
    if (failed) {
      const late = failed instanceof TimedOut;
      await this.#say(
        'Error',
        late ? 'Timeout error (incomplete/invalid response)' : 'Read error',
        1138,
        {
          err: errorText(failed, connection),
          size: bytes.length,
          header_len: headerSize,
          dest: this.#address(),
          url: this.#options.request.text,
        },
      );
    } else if (!isGood(code) && this.#options.request.logErrors) {
      const status = textOf(bytes.subarray(0, 12));
      await this.#say('Warning', 'Non ok http code', 1159, { code, status });
    }
    if (reading.unframed)
      await this.#say('Warning', 'Content-length missing', 1218, { header_len: headerSize });
    if (keepAlive) this.#connection = connection;
    else connection.close();
    return { code, bytes, headerSize };
  }

  async #connect(): Promise<Connection | undefined> {
    const { process, request } = this.#options;
    try {
      if (++this.#attempts > 1) await this.prepare();
    } catch (error) {
      if (!(error instanceof LookupFault)) throw error;
      await this.#say('Error', 'Unable to resolve hostname', 935, {
        hostname: request.url.host,
        err: error.message,
      });
      return undefined;
    }
    const began = process.clock.now();
    const took = () => this.connectTimes.record((process.clock.now() - began) / 1000);
    try {
      const connection = await process.net.connect(this.#destination, request.url.port, {
        timeoutMs: request.timeoutMs,
      });
      took();
      return connection;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      took();
      const why = error.code === 'ETIMEDOUT' ? 'i/o timeout' : `connect: ${reasonOf(error)}`;
      await this.#say('Error', 'Unable to connect', 962, {
        dest: this.#address(),
        err: `dial tcp ${this.#destination}:${request.url.port}: ${why}`,
        numfd: 6 + process.net.sockets().length,
      });
      return undefined;
    }
  }

  /** A connection that is late is closed, which ends whatever still waits for it. */
  async #inTime(connection: Connection, exchange: () => Promise<void>): Promise<void> {
    const { process, request } = this.#options;
    const running = exchange();
    try {
      await within(process.clock, request.timeoutMs, running, () => new TimedOut());
    } catch (error) {
      if (error instanceof TimedOut) {
        connection.close();
        connection.input.cancel();
        await running.catch(() => {}); // what it ended by is the close just above
      }
      throw error;
    }
  }

  #count(): void {
    const address = `${this.#destination}:${this.#options.request.url.port}`;
    this.addressUse.set(address, (this.addressUse.get(address) ?? 0) + 1);
  }

  #address(): object {
    return { IP: this.#destination, Port: this.#options.request.url.port, Zone: '' };
  }

  #say(level: Level, message: string, line: number, attributes: Attributes): Promise<void> {
    const { log, thread, run } = this.#options;
    return log.write({
      level,
      message,
      place: { file: 'http_client.go', line },
      routine: this.routine,
      attributes: { ...attributes, thread, run },
    });
  }
}

function isNetworkFault(error: unknown): error is Error {
  return (
    error instanceof NetError ||
    error instanceof BrokenPipe ||
    error instanceof TimedOut ||
    error instanceof Ended
  );
}

/** The server closed before it had answered. */
class Ended extends Error {}

function errorText(error: Error, { local, remote }: Connection): string {
  if (error instanceof Ended) return 'EOF';
  const why =
    error instanceof TimedOut
      ? 'i/o timeout'
      : error instanceof NetError
        ? `read: ${reasonOf(error)}`
        : 'write: broken pipe';
  return `read tcp ${local.ip}:${local.port}->${remote.ip}:${remote.port}: ${why}`;
}

function reasonOf({ code }: NetError): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'connection reset by peer';
    case 'EHOSTUNREACH':
      return 'no route to host';
    case 'ENETUNREACH':
      return 'network is unreachable';
    case 'ETIMEDOUT':
      return 'connection timed out';
    case 'EADDRINUSE':
      return 'address already in use';
    case 'EADDRNOTAVAIL':
      return 'cannot assign requested address';
  }
}

/** An answer while it comes. What follows a good answer's head is read to its end, of any other what came with it. */
class Reading {
  readonly #connection: Connection;
  readonly #request: LoadRequest;
  #chunks: Uint8Array[] = [];
  size = 0;
  /** Neither a length nor chunks: nobody can know where it ends. */
  unframed = false;

  constructor(connection: Connection, request: LoadRequest) {
    this.#connection = connection;
    this.#request = request;
  }

  /** HTTP/1.0 is not looked into: it ends with its connection, and counts as 200. */
  get #parses(): boolean {
    return this.#request.version === '1.1';
  }

  async toEnd(): Promise<void> {
    while (this.size < BUFFER_BYTES && !this.#isWhole()) {
      const chunk = await this.#connection.input.read(BUFFER_BYTES - this.size);
      if (!chunk) {
        if (this.size === 0) throw new Ended();
        return;
      }
      this.#chunks.push(chunk);
      this.size += chunk.length;
    }
  }

  #isWhole(): boolean {
    if (!this.#parses || this.size === 0) return false;
    const text = this.#latin();
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const body = end + 4;
    const head = text.slice(0, body);
    // A length that is told is read in one go with a short head, whatever the status: they are sent together.
    const length = /\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1];
    if (!this.#request.keepAlive && isGood(codeOf(text))) return false;
    if (length !== undefined) return this.size >= body + Number(length);
    if (!isGood(codeOf(text))) return true;
    if (/\r\ntransfer-encoding:\s*chunked/i.test(head)) return chunksEnd(text, body) !== undefined;
    this.unframed = true;
    return true;
  }

  result(failed: boolean): Fetched & { keepAlive: boolean } {
    const bytes = concatBytes(this.#chunks);
    if (failed) return { code: SOCKET_ERROR, bytes, headerSize: 0, keepAlive: false };
    if (!this.#parses) return { code: 200, bytes, headerSize: 0, keepAlive: false };
    const text = this.#latin();
    const code = codeOf(text);
    if (!isGood(code)) return { code, bytes, headerSize: 0, keepAlive: false };
    const keepAlive = this.#request.keepAlive && !this.unframed && this.#isWhole();
    const end = text.indexOf('\r\n\r\n');
    return { code, bytes, headerSize: end < 0 ? 0 : end + 4, keepAlive };
  }

  /** One character a byte, so that places in the text are places in the bytes. */
  #latin(): string {
    const [first, ...rest] = this.#chunks;
    if (first && rest.length > 0) this.#chunks = [concatBytes([first, ...rest])];
    let text = '';
    for (const byte of this.#chunks[0] ?? []) text += String.fromCharCode(byte);
    return text;
  }
}

/** The three digits behind `HTTP/1.1 `. */
function codeOf(text: string): number {
  const code = Number(text.slice(9, 12));
  return Number.isInteger(code) ? code : SOCKET_ERROR;
}

/** Where the last chunk ends; undefined while it has not come. */
function chunksEnd(text: string, from: number): number | undefined {
  for (let at = from; ;) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) return text.length;
    const end = line + 2 + size + 2;
    if (text.length < end) return undefined;
    if (size === 0) return end;
    at = end;
  }
}
