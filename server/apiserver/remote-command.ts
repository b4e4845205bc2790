// exec and attach over either carrier: the five streams of a remote command, and the verdict at its end.
// Sources: Kubernetes' channel protocol v4 and v5 over WebSocket, and its stream types over SPDY.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Upgrade } from '../../cluster/api/http.ts';
import type { RemoteStreams } from '../../cluster/api/kubelet.ts';
import { type ByteReader, type ByteWriter, Pipe, textOf } from '../../cluster/streams.ts';
import {
  closeBytes,
  closeMessages,
  receiveBytes,
  receiveMessages,
  sendBytes,
  sendMessage,
} from './carrier.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';
import { type Status, commandExited, commandSucceeded, internalError } from './status.ts';

export type RemoteCommand = Extract<Upgrade, { kind: 'remote-command' }>;

/** Milliseconds a SPDY client may take to open the streams it asked for. As in the kubelet. */
const STREAMS_TIMEOUT_MS = 30_000;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5: the next byte names a channel that the client closes. */
const CLOSE = 255;

/** Serves one WebSocket until the command has ended or the client has gone. */
export async function commandOverWebSocket(
  socket: WebSocket,
  upgrade: RemoteCommand,
  command: readonly string[],
): Promise<void> {
  const gone = new AbortController();
  const stdin = new Pipe();
  const window = new Window();
  const received = receiveMessages(socket, async (message) => {
    const [channel, ...closing] = message.subarray(0, 2);
    if (channel === STDIN) await feed(stdin, message.subarray(1));
    else if (channel === RESIZE) window.resized(message.subarray(1));
    else if (channel === CLOSE && closing[0] === STDIN) stdin.end();
  }).finally(() => {
    gone.abort();
    stdin.end();
  });
  const status = await run(upgrade, command, {
    ...(upgrade.stdin && { stdin }),
    ...(upgrade.stdout && { stdout: channelWriter(socket, STDOUT) }),
    ...(upgrade.stderr && !upgrade.tty && { stderr: channelWriter(socket, STDERR) }),
    onResize: (listener) => window.onResize(listener),
    signal: gone.signal,
  });
  stdin.cancel();
  if (!gone.signal.aborted) {
    await sendMessage(socket, onChannel(ERROR, Buffer.from(JSON.stringify(status)))).catch(
      () => {}, // It has gone this very moment: nobody is left to be told.
    );
    await closeMessages(socket, 1000, '');
  }
  await received;
}

function channelWriter(socket: WebSocket, channel: number): ByteWriter {
  return {
    write: (bytes) => sendMessage(socket, onChannel(channel, bytes)),
    end: () => {}, // Channels end with the connection.
  };
}

function onChannel(channel: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  return message;
}

/** Serves one raw SPDY connection until the command has ended or the client has gone. */
export async function commandOverSpdy(
  socket: Duplex,
  head: Buffer,
  upgrade: RemoteCommand,
  command: readonly string[],
): Promise<void> {
  const gone = new AbortController();
  const streams = new CommandStreams(upgrade);
  const connection = new SpdyConnection({
    send: (bytes) => sendBytes(socket, bytes),
    onStream: (stream) => streams.add(stream),
  });
  const received = receiveBytes(socket, head, (bytes) => connection.receive(bytes)).finally(() => {
    gone.abort();
    connection.close();
    streams.giveUp();
  });
  if (!(await streams.complete())) {
    socket.destroy();
    return received;
  }
  const window = new Window();
  const resize = streams.get('resize');
  if (resize) void window.follow(resize.input);
  const status = await run(upgrade, command, {
    ...streams.remote(),
    onResize: (listener) => window.onResize(listener),
    signal: gone.signal,
  });
  if (!gone.signal.aborted) {
    const error = streams.get('error');
    // A client that goes this very moment is nobody to be told.
    await error?.output.write(Buffer.from(JSON.stringify(status))).catch(() => {});
    for (const type of ['stdout', 'stderr', 'error']) streams.get(type)?.output.end();
    await closeBytes(socket);
  }
  await received;
}

/** The streams a SPDY client opens one by one, each with its type in a header. */
class CommandStreams {
  readonly #expected: string[];
  readonly #streams = new Map<string, SpdyStream>();
  #settle: ((complete: boolean) => void) | undefined;
  #over = false;

  constructor(upgrade: RemoteCommand) {
    this.#expected = [
      'error',
      ...(upgrade.stdin ? ['stdin'] : []),
      ...(upgrade.stdout ? ['stdout'] : []),
      ...(upgrade.stderr && !upgrade.tty ? ['stderr'] : []),
      ...(upgrade.tty ? ['resize'] : []),
    ];
  }

  get(type: string): SpdyStream | undefined {
    return this.#streams.get(type);
  }

  add(stream: SpdyStream): void {
    this.#streams.set(stream.headers.get('streamtype') ?? '', stream);
    if (this.#isComplete()) this.#settle?.(true);
  }

  /** The client has gone. */
  giveUp(): void {
    this.#over = true;
    this.#settle?.(false);
  }

  /** True when all that was asked for is open; false when that took too long or the client has gone. */
  async complete(): Promise<boolean> {
    if (this.#isComplete() || this.#over) return this.#isComplete();
    let late: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve) => {
        this.#settle = resolve;
        late = setTimeout(() => resolve(false), STREAMS_TIMEOUT_MS);
      });
    } finally {
      clearTimeout(late);
    }
  }

  remote(): Pick<RemoteStreams, 'stdin' | 'stdout' | 'stderr'> {
    const stdin = this.get('stdin');
    const stdout = this.get('stdout');
    const stderr = this.get('stderr');
    return {
      ...(stdin && { stdin: stdin.input }),
      ...(stdout && { stdout: stdout.output }),
      ...(stderr && { stderr: stderr.output }),
    };
  }

  #isComplete(): boolean {
    return this.#expected.every((type) => this.#streams.has(type));
  }
}

async function run(
  upgrade: RemoteCommand,
  command: readonly string[],
  streams: RemoteStreams,
): Promise<Status> {
  try {
    const result = await upgrade.run(streams);
    if ('error' in result) return { ...internalError(''), message: result.error };
    return result.exitCode === 0 ? commandSucceeded : commandExited(result.exitCode, command);
  } catch (error) {
    return internalError(error instanceof Error ? error.message : String(error));
  }
}

/** Stdin that nobody reads any more is dropped, as a closed pipe's is. */
async function feed(stdin: Pipe, bytes: Uint8Array): Promise<void> {
  await stdin.write(Uint8Array.from(bytes)).catch(() => {});
}

/** The client's window: listeners hear of each size, and of the present one when they come late. */
class Window {
  readonly #listeners: ((columns: number, rows: number) => void)[] = [];
  #size: [columns: number, rows: number] | undefined;

  onResize(listener: (columns: number, rows: number) => void): void {
    this.#listeners.push(listener);
    if (this.#size) listener(...this.#size);
  }

  /** One JSON text `{"Width":80,"Height":24}`. Nonsense and a hidden window's zeros are no size. */
  resized(bytes: Uint8Array): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(textOf(bytes));
    } catch {
      return; // Said above: no size.
    }
    const columns = numberOf(parsed, 'Width');
    const rows = numberOf(parsed, 'Height');
    if (!columns || !rows) return;
    this.#size = [columns, rows];
    for (const listener of this.#listeners) listener(columns, rows);
  }

  /** Sizes as SPDY clients send them: one JSON text a line. */
  async follow(input: ByteReader): Promise<void> {
    for (let bytes = await input.read(); bytes; bytes = await input.read())
      for (const line of textOf(bytes).split('\n')) this.resized(Buffer.from(line));
  }
}

/** A terminal's side has at most this many cells: Linux keeps it in 16 bits. */
const MAX_CELLS = 65_535;

/** Go's decoder takes a key in any case: client-node says `width`. */
function numberOf(value: unknown, name: string): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const wanted = name.toLowerCase();
  const found = Object.entries(value).find(([key]) => key.toLowerCase() === wanted)?.[1] as unknown;
  return Number.isInteger(found) && Number(found) > 0 && Number(found) <= MAX_CELLS
    ? Number(found)
    : undefined;
}
