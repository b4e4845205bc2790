// The two halves of an HTTP exchange as a proxy handles them: a request it may send several times, an answer of its own.

import { httpDate } from '../../api/http-date.ts';
import type { HttpHeaders, HttpRequest, HttpResponse } from '../../network/http.ts';
import { reasonOf } from '../../network/http-server.ts';
import { bytesOf, nothing, readerOf, type ByteReader } from '../../streams.ts';

/** A request with its whole body, so that it can be sent again and copied. */
export interface HeldRequest {
  method: string;
  target: string;
  /** Lower-case names; `host` is the authority. */
  headers: HttpHeaders;
  body: Uint8Array;
}

export function toSend({ method, target, headers, body }: HeldRequest): HttpRequest {
  const framed = headers.filter(([name]) => name !== 'content-length');
  const length: HttpHeaders =
    body.length > 0 || headers.some(([name]) => name === 'content-length')
      ? [['content-length', String(body.length)]]
      : [];
  return {
    method,
    target,
    version: '1.1',
    headers: [...framed, ...length],
    body: body.length > 0 ? readerOf(body) : nothing,
  };
}

/** An answer that the proxy gives itself, with the headers Envoy gives it. */
export function localReply(
  status: number,
  text: string,
  context: { now: number; server: string },
  extra: HttpHeaders = [],
): HttpResponse {
  const bytes = bytesOf(text);
  const length: HttpHeaders = status === 204 ? [] : [['content-length', String(bytes.length)]];
  const type: HttpHeaders = text === '' ? [] : [['content-type', 'text/plain']];
  return {
    version: '1.1',
    status,
    reason: reasonOf(status),
    headers: [
      ...extra,
      ...length,
      ...type,
      ['date', httpDate(context.now)],
      ['server', context.server],
    ],
    body: bytes.length > 0 ? readerOf(bytes) : nothing,
  };
}

/** Passes bytes on, counts them, and tells once how they ended: at their end or before it. */
export class WatchedBody implements ByteReader {
  readonly #body: ByteReader;
  readonly #expected: number | undefined;
  readonly #ended: (complete: boolean) => void;
  #told = false;
  bytes = 0;

  /** @param expected bytes, where that is known: then nobody reads on to the end. */
  constructor(body: ByteReader, expected: number | undefined, ended: (complete: boolean) => void) {
    this.#body = body;
    this.#expected = expected;
    this.#ended = ended;
  }

  async read(max?: number): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#body.read(max);
      if (chunk) this.bytes += chunk.length;
      else this.#tell(true);
      return chunk;
    } catch (error) {
      this.#tell(false);
      throw error;
    }
  }

  cancel(): void {
    this.#body.cancel();
    this.#tell(this.#expected !== undefined && this.bytes >= this.#expected);
  }

  #tell(complete: boolean): void {
    if (this.#told) return;
    this.#told = true;
    this.#ended(complete);
  }
}
