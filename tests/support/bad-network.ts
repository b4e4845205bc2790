// A network that is far away and loses packets, as TCP shows it to programs: nothing is missing or out of order, but everything takes
// its time, and what was lost comes a retransmission later with everything behind it. Between a page and a lab, on one machine.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { seededRandom } from './bad-days.ts';

export interface NetworkOptions {
  /** Milliseconds there and back. */
  roundTripMs: number;
  /** Share of packets that are lost. */
  loss: number;
  seed: number;
}

/** Bytes of one packet: each may be lost by itself. */
const PACKET_BYTES = 1_400;
/** Round trips after which a sender tells that a packet was lost: the least that TCP waits, at a steady line. */
const RETRANSMIT_ROUND_TRIPS = 1.5;

export class BadNetwork {
  readonly #server: Server;
  readonly #options: NetworkOptions;
  readonly #random: () => number;
  readonly #sockets = new Set<Socket>();
  #target = 0;
  lost = 0;

  private constructor(server: Server, options: NetworkOptions) {
    this.#server = server;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    server.on('connection', (near) => this.#join(near));
  }

  static async open(options: NetworkOptions): Promise<BadNetwork> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BadNetwork(server, options);
  }

  /** Where a page finds the lab through this network. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The lab's port. */
  leadTo(port: number): void {
    this.#target = port;
  }

  /** Every line breaks, without a word to either side's program. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      this.#sockets.add(from);
      from.on('error', () => to.destroy()); // the other side hears of it, too
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      this.#carry(from, to);
    }
  }

  /** One direction of a line. */
  #carry(from: Socket, to: Socket): void {
    const { roundTripMs, loss } = this.#options;
    let due = 0;
    // One after the other: timers of different lengths would change their order.
    const waiting: { due: number; arrive: () => void }[] = [];
    const arrive = () => {
      for (let first = waiting[0]; first; first = waiting[0]) {
        const wait = first.due - performance.now();
        if (wait > 0) {
          setTimeout(arrive, wait);
          return;
        }
        waiting.shift();
        first.arrive();
      }
    };
    const later = (run: () => void) => {
      waiting.push({ due, arrive: run });
      if (waiting.length === 1) arrive();
    };
    from.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += PACKET_BYTES) {
        const packet = bytes.subarray(at, at + PACKET_BYTES);
        const isLost = this.#random() < loss;
        if (isLost) this.lost++;
        const wait = roundTripMs / 2 + (isLost ? RETRANSMIT_ROUND_TRIPS * roundTripMs : 0);
        // What comes later waits for what was lost: the order is kept.
        due = Math.max(due, performance.now() + wait);
        later(() => {
          if (to.writable) to.write(packet);
        });
      }
    });
    from.on('end', () => later(() => to.end()));
  }
}
