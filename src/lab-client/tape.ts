// What a terminal has printed lately, by offset: what the receipt of a command is cut from. Keeps the last bytes and
// forgets the rest. Pure; knows nothing of frames.

/** A long table many times over. What a flood prints before its last bytes is in the terminal. */
const KEPT_BYTES = 128 * 1024;

export interface Printed {
  bytes: Uint8Array;
  /** Bytes that were printed between the two offsets, before `bytes`, and are not here. */
  missing: number;
}

export class Tape {
  readonly #most: number;
  #pieces: Uint8Array[] = [];
  #start = 0;
  #end = 0;

  constructor(most = KEPT_BYTES) {
    this.#most = most;
  }

  /** A screen stands for all before `offset`: of that there are no bytes. */
  reset(offset: number): void {
    this.#pieces = [];
    this.#start = offset;
    this.#end = offset;
  }

  append(offset: number, bytes: Uint8Array): void {
    if (offset !== this.#end) this.reset(offset);
    this.#pieces.push(bytes);
    this.#end = offset + bytes.length;
    let [first] = this.#pieces;
    while (first && this.#end - this.#start - first.length >= this.#most) {
      this.#start += first.length;
      this.#pieces.shift();
      [first] = this.#pieces;
    }
  }

  between(from: number, to: number): Printed {
    const end = Math.min(to, this.#end);
    const start = Math.min(end, Math.max(from, this.#start));
    const bytes = new Uint8Array(end - start);
    let at = this.#start;
    for (const piece of this.#pieces) {
      const [first, last] = [Math.max(start, at), Math.min(end, at + piece.length)];
      if (first < last) bytes.set(piece.subarray(first - at, last - at), first - start);
      at += piece.length;
    }
    return { bytes, missing: Math.max(0, start - from) };
  }
}
