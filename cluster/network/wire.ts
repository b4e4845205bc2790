// One direction of a connection: bytes that take a while to arrive, with back-pressure, an orderly end (FIN) or a
// sudden one (RST). A Pipe with a length. Knows nothing of addresses.

import type { Clock } from '../clock.ts';
import { BrokenPipe, type ByteReader, type ByteWriter } from '../streams.ts';

interface Chunk {
  bytes: Uint8Array;
  /** Cluster time at which it can be read. */
  arrivesAt: number;
}

export interface WireOptions {
  clock: Clock;
  /** Bytes on their way or unread before the writer waits: the socket's buffers. */
  capacity: number;
  /**
   * Cluster milliseconds from writing to reading. What would be less than a real millisecond, the shortest a timer can
   * wait, takes a turn of the event loop instead. 0 arrives at once, in the reader's own turn.
   */
  latencyMs: number;
  /** Told once each: nothing more can be written, nothing more will be read. */
  onEnd: () => void;
  onCancel: () => void;
}

export class Wire implements ByteReader, ByteWriter {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #latencyMs: number;
  readonly #onEnd: () => void;
  readonly #onCancel: () => void;
  #chunks: Chunk[] = [];
  #held = 0;
  #endsAt = Infinity;
  #ended = false;
  #cancelled = false;
  #broken: Error | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriters: (() => void)[] = [];

  constructor(options: WireOptions) {
    this.#clock = options.clock;
    this.#capacity = options.capacity;
    this.#latencyMs = options.latencyMs;
    this.#onEnd = options.onEnd;
    this.#onCancel = options.onCancel;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#broken) throw this.#broken;
      if (this.#cancelled || this.#ended) throw new BrokenPipe();
      const room = this.#capacity - this.#held;
      if (room <= 0) {
        await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
        continue;
      }
      const taken = rest.subarray(0, room);
      rest = rest.subarray(taken.length);
      this.#chunks.push({ bytes: taken, arrivesAt: this.#arrival() });
      this.#held += taken.length;
      this.#wake();
    }
  }

  async read(max = Infinity): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#cancelled) return null;
      const first = this.#chunks[0];
      const dueAt = first?.arrivesAt ?? (this.#ended ? this.#endsAt : undefined);
      if (dueAt === undefined) {
        if (this.#broken) throw this.#broken;
        await new Promise<void>((resolve) => (this.#wakeReader = resolve));
        if (this.#takesATurn) await this.#clock.sleep(0);
      } else if (dueAt > this.#clock.now() && !this.#broken) {
        await this.#until(dueAt);
      } else if (!first) {
        if (this.#broken) throw this.#broken;
        return null;
      } else {
        return this.#take(first, max);
      }
    }
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#endsAt = this.#arrival();
    this.#wake();
    this.#onEnd();
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#chunks = [];
    this.#held = 0;
    this.#wake();
    this.#release();
    this.#onCancel();
  }

  /** RST: what had arrived can still be read, then both sides get the error. */
  break(error: Error): void {
    if (this.#broken) return;
    this.#broken = error;
    this.#wake();
    this.#release();
    if (!this.#ended) this.#onEnd();
    this.#ended = true;
  }

  get #takesATurn(): boolean {
    return this.#latencyMs > 0 && !isTimed(this.#latencyMs, this.#clock);
  }

  #arrival(): number {
    return isTimed(this.#latencyMs, this.#clock) ? this.#clock.now() + this.#latencyMs : 0;
  }

  /** Waits for a moment, or for something that ends all waiting. */
  #until(at: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(at - this.#clock.now(), resolve);
      this.#wakeReader = () => {
        if (!this.#cancelled && !this.#broken) return;
        cancel();
        resolve();
      };
    });
  }

  #take(first: Chunk, max: number): Uint8Array {
    const { bytes } = first;
    const taken = bytes.length <= max ? bytes : bytes.subarray(0, max);
    if (taken.length === bytes.length) this.#chunks.shift();
    else first.bytes = bytes.subarray(taken.length);
    this.#held -= taken.length;
    this.#release();
    return taken;
  }

  #wake(): void {
    this.#wakeReader?.();
  }

  #release(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}

/** Whether a wait is long enough for a real timer. */
export function isTimed(ms: number, clock: Clock): boolean {
  return ms >= clock.speed;
}
