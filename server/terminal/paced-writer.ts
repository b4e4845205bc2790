// Input on its way to a pty: a bounded queue, written as fast as the program reads and no faster. node-pty's own writer tries a full
// pty again at every turn of the event loop, which costs a core until the program reads. Knows nothing of frames or sessions.

import { limits } from '../config.ts';

/** Writes some of the bytes and says how many; 0 when the pty is full for now. Throws once the pty is gone. */
export type WriteSome = (bytes: Uint8Array) => number;

export class PacedWriter {
  readonly #write: WriteSome;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #retryMs: number = limits.inputRetryFirstMs;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Bytes that may be written at once; refilled with time. */
  #allowance: number = limits.inputQueueBytes;
  #refilledAt = performance.now();

  constructor(write: WriteSome) {
    this.#write = write;
  }

  get queued(): number {
    return this.#queued;
  }

  /** False when the queue has no room for all of it: then none of it is taken. */
  write(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    if (this.#queued + bytes.length > limits.inputQueueBytes) return false;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (!this.#timer) this.#pump();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queued = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #pump(): void {
    this.#timer = undefined;
    this.#refill();
    let next: Uint8Array | undefined;
    while ((next = this.#queue[0])) {
      const most = Math.min(next.length, Math.floor(this.#allowance));
      const written = most > 0 ? this.#write(next.subarray(0, most)) : 0;
      if (this.#closed) return;
      if (written === 0) {
        this.#later();
        return;
      }
      this.#retryMs = limits.inputRetryFirstMs;
      this.#queued -= written;
      this.#allowance -= written;
      if (written === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(written);
    }
  }

  #later(): void {
    this.#timer = setTimeout(() => this.#pump(), this.#retryMs);
    this.#retryMs = Math.min(limits.inputRetryLongestMs, this.#retryMs * 2);
  }

  #refill(): void {
    const now = performance.now();
    const seconds = (now - this.#refilledAt) / 1_000;
    this.#refilledAt = now;
    this.#allowance = Math.min(
      limits.inputQueueBytes,
      this.#allowance + seconds * limits.inputBytesPerSecond,
    );
  }
}
