// A simulated TCP connection: two wires and the two ends that hold them.
// Knows nothing of who connects to whom.

import type { Clock } from '../clock.ts';
import { type Address, type Connection, NetError } from './network.ts';
import { Wire } from './wire.ts';

export interface ConnectionOptions {
  clock: Clock;
  latencyMs: number;
  /** Bytes in flight or unread in each direction. */
  bufferBytes: number;
}

/** Where each end believes it is: a Service or a masquerade stands between when they differ. */
export interface ConnectionEnds {
  client: { local: Address; remote: Address };
  server: { local: Address; remote: Address };
}

/** One end. It is closed once it will neither write nor read any more. */
export class ConnectionEnd implements Connection {
  readonly local: Address;
  readonly remote: Address;
  readonly input: Wire;
  readonly output: Wire;
  #closed = false;
  #listeners: (() => void)[] = [];

  constructor(addresses: { local: Address; remote: Address }, input: Wire, output: Wire) {
    this.local = addresses.local;
    this.remote = addresses.remote;
    this.input = input;
    this.output = output;
  }

  /** Calls back once, when this end will neither write nor read any more; at once when that is so already. */
  onClosed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#listeners.push(listener);
  }

  /** Told by the wires. */
  markClosed(): void {
    this.#closed = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  close(): void {
    this.output.end();
    this.input.cancel();
  }

  reset(): void {
    const error = new NetError('ECONNRESET', 'Connection reset by peer');
    this.output.break(error);
    this.input.break(error);
  }
}

/** Connects two ends. */
export function connectEnds(
  ends: ConnectionEnds,
  options: ConnectionOptions,
): { client: ConnectionEnd; server: ConnectionEnd } {
  const { clock, latencyMs, bufferBytes: capacity } = options;
  const client = new OpenHalves(() => pair.client.markClosed());
  const server = new OpenHalves(() => pair.server.markClosed());
  const wire = (from: OpenHalves, to: OpenHalves) =>
    new Wire({
      clock,
      latencyMs,
      capacity,
      onEnd: () => {
        from.written();
        to.read();
      },
      onCancel: () => to.read(),
    });
  const up = wire(client, server);
  const down = wire(server, client);
  const pair = {
    client: new ConnectionEnd(ends.client, down, up),
    server: new ConnectionEnd(ends.server, up, down),
  };
  return pair;
}

/** Watches one end's two directions. */
class OpenHalves {
  readonly #onClosed: () => void;
  #writing = true;
  #reading = true;
  #told = false;

  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  written(): void {
    this.#writing = false;
    this.#check();
  }

  read(): void {
    this.#reading = false;
    this.#check();
  }

  #check(): void {
    if (this.#writing || this.#reading || this.#told) return;
    this.#told = true;
    this.#onClosed();
  }
}
