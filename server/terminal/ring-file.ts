// The last megabytes of a session's output while nobody looks, in one file of fixed size that wraps around, readable by its owner only.
// Knows offsets, not what the bytes mean.

import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export class RingFile {
  readonly #path: string;
  readonly #size: number;
  #descriptor: number | undefined;
  #first: number;
  #end: number;

  /** Nothing is on disk before the first write. `offset` is that of the first byte to come. */
  constructor(path: string, size: number, offset: number) {
    this.#path = path;
    this.#size = size;
    this.#first = offset;
    this.#end = offset;
  }

  get start(): number {
    return Math.max(this.#first, this.#end - this.#size);
  }

  get end(): number {
    return this.#end;
  }

  /** Adds bytes; `evicted` sees what they overwrite, oldest first. Throws when the disk refuses. */
  append(bytes: Uint8Array, evicted: (bytes: Uint8Array) => void): void {
    for (let at = 0; at < bytes.length; at += this.#size) {
      const piece = bytes.subarray(at, at + this.#size);
      const start = Math.max(this.start, this.#end + piece.length - this.#size);
      if (start > this.start) evicted(this.read(this.start, start - this.start));
      this.#each(this.#end, piece.length, (place, from, length) => {
        writeSync(this.#open(), piece, from, length, place);
      });
      this.#end += piece.length;
    }
  }

  /** At most `most` bytes from `offset` on. */
  read(offset: number, most: number): Buffer {
    if (offset < this.start || offset > this.#end) {
      throw new RangeError(`offset ${offset} is outside of ${this.start} to ${this.#end}`);
    }
    // Zeroed: the file lies in the learner's own directory, and one they cut short must not show them our memory.
    const bytes = Buffer.alloc(Math.min(most, this.#end - offset));
    this.#each(offset, bytes.length, (place, from, length) => {
      readSync(this.#open(), bytes, from, length, place);
    });
    return bytes;
  }

  /** Takes the file away. */
  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    rmSync(this.#path, { force: true });
  }

  #open(): number {
    if (this.#descriptor === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      rmSync(this.#path, { force: true }); // one that a crash left behind may have other permissions
      this.#descriptor = openSync(this.#path, 'wx+', 0o600);
    }
    return this.#descriptor;
  }

  #each(
    offset: number,
    length: number,
    visit: (place: number, from: number, length: number) => void,
  ): void {
    for (let done = 0; done < length;) {
      const place = (offset + done) % this.#size;
      const some = Math.min(length - done, this.#size - place);
      visit(place, done, some);
      done += some;
    }
  }
}
