// A browser's page for the lab's client, made of Node: real requests and sockets with a cookie jar, and a network that can be cut.

import { randomBytes } from 'node:crypto';
import { WebSocket as Socket } from 'ws';
import type { Page } from '../../src/lab-client/page.ts';

export class NodePage implements Page {
  readonly origin: string;
  readonly #cookies = new Map<string, string>();
  readonly #kept = new Map<string, string>();
  readonly #moments = { wake: new Set<() => void>(), leave: new Set<() => void>() };
  readonly #sockets = new Set<Socket>();
  #hash: string;
  #ahead = 0;
  seen = true;
  /** False while the network is away: requests fail, sockets do not open. */
  online = true;

  constructor(url: string) {
    this.origin = new URL(url).origin;
    this.#hash = new URL(url).hash;
  }

  async fetch(path: string, init: RequestInit): Promise<Response> {
    if (!this.online) throw new TypeError('fetch failed');
    const headers = new Headers(init.headers);
    headers.set('origin', this.origin);
    headers.set('cookie', this.#cookie);
    const response = await fetch(new URL(path, this.origin), { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      this.#cookies.set(pair.split('=')[0] ?? '', pair);
    }
    return response;
  }

  socket(path: string, protocols: string[]): WebSocket {
    const url = new URL(
      path,
      (this.online ? this.origin : 'http://127.0.0.1:9').replace('http', 'ws'),
    );
    const socket = new Socket(url, protocols, {
      perMessageDeflate: false,
      headers: { origin: this.origin, cookie: this.#cookie },
    });
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // A browser only notes it in its console; `close` follows.
    socket.on('error', () => {});
    return socket as unknown as WebSocket;
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }

  now(): number {
    return performance.now() + this.#ahead;
  }

  /** The page's own clock goes forward. */
  later(ms: number): void {
    this.#ahead += ms;
  }

  random(): number {
    return 0.5;
  }

  id(): string {
    return randomBytes(8).toString('hex');
  }

  visible(): boolean {
    return this.seen;
  }

  on(moment: 'wake' | 'leave', run: () => void): () => void {
    this.#moments[moment].add(run);
    return () => this.#moments[moment].delete(run);
  }

  recall(key: string): string | undefined {
    return this.#kept.get(key);
  }

  keep(key: string, value: string | undefined): void {
    if (value === undefined) this.#kept.delete(key);
    else this.#kept.set(key, value);
  }

  hash(): string {
    return this.#hash;
  }

  clearHash(): void {
    this.#hash = '';
  }

  /** Another page of the same browser: its cookies and storage, not its life. */
  another(): NodePage {
    const page = new NodePage(this.origin);
    for (const [name, pair] of this.#cookies) page.#cookies.set(name, pair);
    for (const [key, value] of this.#kept) page.#kept.set(key, value);
    return page;
  }

  happen(moment: 'wake' | 'leave'): void {
    for (const run of this.#moments[moment]) run();
  }

  /** The network goes away, and open lines with it, without a word. */
  cut(): void {
    this.online = false;
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Lines stay open, and what the page sends from now on reaches nobody, as behind a hotel's door; until they are cut. */
  swallow(): void {
    for (const socket of this.#sockets) socket.send = () => {};
  }

  /** What the lab sends from now on reaches no page, though the lines stay open; until they are cut. */
  deafen(): void {
    for (const socket of this.#sockets) {
      const emit = socket.emit.bind(socket);
      socket.emit = (event, ...values: unknown[]) => event === 'message' || emit(event, ...values);
    }
  }

  /** The network is back. */
  mend(): void {
    this.online = true;
    this.happen('wake');
  }

  get #cookie(): string {
    return [...this.#cookies.values()].join('; ');
  }
}
