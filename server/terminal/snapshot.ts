// A screen on demand: kept output in, the escape sequences that draw its last state out. In a thread of its own, one at a time, which
// ends when nobody asks; so a session costs nothing for it while it runs.

import { Worker } from 'node:worker_threads';
import { limits } from '../config.ts';

export interface Drawing {
  id: number;
  /** Sequences to write first. */
  modes: string;
  bytes: Uint8Array;
  columns: number;
  rows: number;
  scrollback: number;
}

export interface Drawn {
  id: number;
  screen: Uint8Array<ArrayBuffer>;
}

interface Waiting {
  drawing: Drawing;
  resolve: (screen: Uint8Array | undefined) => void;
}

export class Snapshots {
  readonly #log: (message: string) => void;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  /** The screen as sequences for a fresh terminal, or undefined when it could not be drawn in time. */
  draw(drawing: Omit<Drawing, 'id' | 'scrollback'>): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const whole = { ...drawing, id: ++this.#count, scrollback: limits.snapshotScrollback };
      this.#waiting.push({ drawing: whole, resolve });
      this.#next();
    });
  }

  async close(): Promise<void> {
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
    await this.#end(undefined);
  }

  #next(): void {
    if (this.#current) return;
    clearTimeout(this.#timer);
    this.#current = this.#waiting.shift();
    if (!this.#current) {
      this.#timer = setTimeout(() => void this.#end(undefined), limits.snapshotIdleMs);
      this.#timer.unref();
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.postMessage(this.#current.drawing);
    this.#timer = setTimeout(
      () => void this.#end(`drawing a screen took more than ${limits.snapshotTimeoutMs} ms`),
      limits.snapshotTimeoutMs,
    );
  }

  #start(): Worker {
    const worker = new Worker(new URL('./snapshot-worker.ts', import.meta.url));
    worker.unref();
    worker.on('message', (drawn: Drawn) => {
      if (worker === this.#worker && drawn.id === this.#current?.drawing.id) {
        this.#answer(drawn.screen);
      }
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) void this.#end(`drawing a screen failed: ${error.message}`);
    });
    return worker;
  }

  #answer(screen: Uint8Array | undefined): void {
    const current = this.#current;
    this.#current = undefined;
    current?.resolve(screen);
    this.#next();
  }

  /** Ends the thread; a drawing it was at has failed, those that wait get a new one. */
  async #end(why: string | undefined): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    if (why !== undefined) this.#log(why);
    if (this.#current) this.#answer(undefined);
    await worker?.terminate();
  }
}
