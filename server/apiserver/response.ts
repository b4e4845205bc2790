// Puts what the cluster answered on the wire: whole bodies at once, streams as fast as their reader takes them.

import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { ApiResponse } from '../../cluster/api/http.ts';

/** From this many bytes on the real API server compresses, at its fastest level. */
const GZIP_FROM_BYTES = 128 * 1024;

export interface Accepts {
  gzip: boolean;
}

/** Resolves when all is handed to the socket, or the client has gone. */
export async function send(
  response: ServerResponse,
  answer: ApiResponse,
  accepts: Accepts,
): Promise<void> {
  // HTTP/1.1 keeps connections by default, and Go's server says no more about it.
  if (response.shouldKeepAlive) response.removeHeader('Connection');
  const { body } = answer;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    response.writeHead(answer.status, answer.headers);
    return sendStream(response, body);
  }
  const bytes = Buffer.from(body);
  if (accepts.gzip && bytes.length > GZIP_FROM_BYTES && answer.status === 200) {
    const packed = await promisify(gzip)(bytes, { level: constants.Z_BEST_SPEED });
    response.writeHead(200, {
      ...answer.headers,
      'Content-Encoding': 'gzip',
      Vary: 'Accept-Encoding',
      'Content-Length': packed.length,
    });
    response.end(packed);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': bytes.length });
  response.end(bytes);
}

async function sendStream(
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  // A watch may have nothing to say for minutes: its client waits for the header.
  response.flushHeaders();
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await roomOrEnd(response);
  }
  response.end();
}

/** Resolves when the client has read enough for more, or has gone. */
function roomOrEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
