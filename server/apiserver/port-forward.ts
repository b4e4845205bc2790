// port-forward over its three carriers: SPDY raw, SPDY inside a WebSocket (kubectl 1.31 and newer), and WebSocket channels
// (browsers and other client libraries). Each connection is dialled inside the cluster.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Upgrade } from '../../cluster/api/http.ts';
import { type ByteDuplex, Pipe, copy } from '../../cluster/streams.ts';
import { closeMessages, receiveBytes, receiveMessages, sendBytes, sendMessage } from './carrier.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

export type PortForward = Extract<Upgrade, { kind: 'port-forward' }>;

export async function forwardOverSpdy(
  socket: Duplex,
  head: Buffer,
  upgrade: PortForward,
): Promise<void> {
  const pairs = new StreamPairs(upgrade);
  const connection = new SpdyConnection({
    send: (bytes) => sendBytes(socket, bytes),
    onStream: (stream) => pairs.add(stream),
  });
  await receiveBytes(socket, head, (bytes) => connection.receive(bytes));
  connection.close();
}

/** The tunnel: SPDY's bytes in binary messages, cut anywhere. */
export async function forwardOverTunnel(socket: WebSocket, upgrade: PortForward): Promise<void> {
  const pairs = new StreamPairs(upgrade);
  const connection = new SpdyConnection({
    send: (bytes) => sendMessage(socket, bytes),
    onStream: (stream) => pairs.add(stream),
  });
  try {
    await receiveMessages(socket, (message) => connection.receive(message));
  } catch {
    await closeMessages(socket, 1002, 'not SPDY/3.1'); // Frames that make no sense end their connection.
  } finally {
    connection.close();
  }
}

/** Milliseconds the second stream of a pair may be late. As in the kubelet. */
const PAIR_TIMEOUT_MS = 30_000;

/** Clients open an error stream and a data stream for each connection, under one request id. */
class StreamPairs {
  readonly #upgrade: PortForward;
  readonly #waiting = new Map<string, { stream: SpdyStream; cancel: () => void }>();

  constructor(upgrade: PortForward) {
    this.#upgrade = upgrade;
  }

  add(stream: SpdyStream): void {
    const id = stream.headers.get('requestid') ?? '';
    const first = this.#waiting.get(id);
    if (!first) {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        stream.reset();
      }, PAIR_TIMEOUT_MS);
      this.#waiting.set(id, { stream, cancel: () => clearTimeout(late) });
      return;
    }
    first.cancel();
    this.#waiting.delete(id);
    const [data, error] = [first.stream, stream].sort(
      (a, b) => Number(typeOf(a) === 'error') - Number(typeOf(b) === 'error'),
    );
    const port = Number(stream.headers.get('port'));
    if (data && error && typeOf(data) === 'data' && typeOf(error) === 'error' && isPort(port))
      void this.#connect(data, error, port);
    else for (const each of [data, error]) each?.reset();
  }

  async #connect(data: SpdyStream, error: SpdyStream, port: number): Promise<void> {
    const complaint = await relay(this.#upgrade, port, {
      input: data.input,
      output: data.output,
    });
    // When the client itself has gone there is nobody to complain to.
    if (complaint) await error.output.write(Buffer.from(complaint)).catch(() => {});
    error.output.end();
    data.output.end();
  }
}

function typeOf(stream: SpdyStream): string | undefined {
  return stream.headers.get('streamtype');
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port <= 65_535;
}

/** Joins the client to a port of the pod until both directions are over. Resolves with what to tell the client, if anything. */
async function relay(
  upgrade: PortForward,
  port: number,
  client: ByteDuplex,
): Promise<string | undefined> {
  let pod: ByteDuplex;
  try {
    pod = await upgrade.dial(port);
  } catch (error) {
    client.input.cancel();
    return error instanceof Error ? error.message : String(error);
  }
  // Either side may be reset in the middle: that ends this direction, and its end the other.
  const up = copy(client.input, pod.output).catch(() => pod.output.end());
  const down = copy(pod.input, client.output).catch(() => client.output.end());
  await down;
  client.input.cancel();
  await up;
  return undefined;
}

/**
 * Channels: port number n of the query has channel 2n for data and 2n+1 for errors, each opened by the server with the
 * port as two bytes, low one first. One connection a port and WebSocket.
 */
export async function forwardOverChannels(
  socket: WebSocket,
  ports: readonly number[],
  upgrade: PortForward,
): Promise<void> {
  const inputs = ports.map(() => new Pipe());
  const received = receiveMessages(socket, async (message) => {
    const [channel] = message;
    const input = channel !== undefined && channel % 2 === 0 ? inputs[channel / 2] : undefined;
    // A connection that is over takes no more, and its client hears so by the data channel's end.
    await input?.write(Uint8Array.from(message.subarray(1))).catch(() => {});
  }).finally(() => inputs.forEach((input) => input.end()));
  const connections = ports.map(async (port, index) => {
    const input = inputs[index];
    if (!input) return;
    const say = (channel: number, bytes: Uint8Array) =>
      sendMessage(socket, Buffer.concat([Buffer.from([channel]), bytes]));
    const opening = Buffer.alloc(2);
    opening.writeUInt16LE(port);
    await say(2 * index, opening);
    await say(2 * index + 1, opening);
    const complaint = await relay(upgrade, port, {
      input,
      output: { write: (bytes) => say(2 * index, bytes), end: () => {} },
    });
    if (complaint) await say(2 * index + 1, Buffer.from(complaint));
  });
  // A client that goes in the middle ends its connections; that is no error of ours.
  await Promise.allSettled(connections);
  await closeMessages(socket, 1000, '');
  await received;
}
