// One HTTP/1.1 request over a byte stream inside the cluster: what the proxy subresource and webhooks need of HTTP.
// Knows the message format; knows no resources. Source: RFC 9112.

import { type ByteDuplex, type ByteReader, bytesOf, concatBytes, textOf } from '../streams.ts';

export interface HttpRequest {
  method: string;
  target: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
}

export interface HttpAnswer {
  status: number;
  headers: [string, string][];
  /** Ends with the answer; the connection is closed then. */
  body: AsyncIterable<Uint8Array>;
}

/** Bytes of an answer's head. */
const HEAD_BYTES = 64 * 1024;

/** Sends the request and reads the answer's head. Throws an Error with Go's words for what is no answer. */
export async function exchange(
  connection: ByteDuplex,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const stop = () => {
    connection.input.cancel();
    connection.output.end();
  };
  signal.addEventListener('abort', stop, { once: true });
  await connection.output.write(requestBytes(request));
  const reader = new LineReader(connection.input);
  const head = await reader.head();
  const [line = '', ...rest] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1];
  if (status === undefined) throw new Error(`malformed HTTP response ${JSON.stringify(line)}`);
  const headers = rest
    .map((each): [string, string] => {
      const colon = each.indexOf(':');
      return [each.slice(0, colon).trim(), each.slice(colon + 1).trim()];
    })
    .filter(([name]) => name !== '');
  const body = bodyOf(reader, request.method, Number(status), headers, () => {
    signal.removeEventListener('abort', stop);
    stop();
  });
  return { status: Number(status), headers, body };
}

function requestBytes({ method, target, headers, body }: HttpRequest): Uint8Array {
  const lines = [`${method} ${target} HTTP/1.1`];
  for (const [name, value] of headers) lines.push(`${name}: ${value.replace(/[\r\n]/g, ' ')}`);
  if (body.length > 0 || method === 'POST' || method === 'PUT' || method === 'PATCH')
    lines.push(`Content-Length: ${body.length}`);
  lines.push('Connection: close', '', '');
  return concatBytes([bytesOf(lines.join('\r\n')), body]);
}

class LineReader {
  readonly #input: ByteReader;
  #held = new Uint8Array(0);

  constructor(input: ByteReader) {
    this.#input = input;
  }

  async head(): Promise<string> {
    let text = '';
    for (;;) {
      const chunk = await this.#input.read();
      if (!chunk) throw new Error(text === '' ? 'EOF' : 'unexpected EOF');
      this.#held = new Uint8Array(concatBytes([this.#held, chunk]));
      text = textOf(this.#held);
      const end = text.indexOf('\r\n\r\n');
      if (end !== -1) {
        this.#held = this.#held.subarray(bytesOf(text.slice(0, end + 4)).length);
        return text.slice(0, end);
      }
      if (this.#held.length > HEAD_BYTES) throw new Error('response headers are too large');
    }
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf(0x0a);
      if (end !== -1) {
        const line = textOf(this.#held.subarray(0, end)).replace(/\r$/, '');
        this.#held = this.#held.subarray(end + 1);
        return line;
      }
      const chunk = await this.#input.read();
      if (!chunk) throw new Error('unexpected EOF');
      this.#held = new Uint8Array(concatBytes([this.#held, chunk]));
    }
  }

  async bytes(max: number): Promise<Uint8Array | null> {
    if (this.#held.length > 0) {
      const taken = this.#held.subarray(0, max);
      this.#held = this.#held.subarray(taken.length);
      return taken;
    }
    return this.#input.read(max);
  }
}

async function* bodyOf(
  reader: LineReader,
  method: string,
  status: number,
  headers: readonly [string, string][],
  done: () => void,
): AsyncGenerator<Uint8Array> {
  const header = (name: string) =>
    headers.find(([each]) => each.toLowerCase() === name)?.[1].toLowerCase();
  try {
    if (method === 'HEAD' || status === 204 || status === 304) return;
    if (header('transfer-encoding') === 'chunked') return yield* chunked(reader);
    const length = header('content-length');
    let left = length === undefined ? Infinity : Number(length);
    while (left > 0) {
      const chunk = await reader.bytes(left);
      if (!chunk) return;
      left -= chunk.length;
      yield chunk;
    }
  } finally {
    done();
  }
}

async function* chunked(reader: LineReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    let left = Number.parseInt(await reader.line(), 16);
    if (!(left > 0)) return;
    while (left > 0) {
      const chunk = await reader.bytes(left);
      if (!chunk) throw new Error('unexpected EOF');
      left -= chunk.length;
      yield chunk;
    }
    await reader.line();
  }
}
