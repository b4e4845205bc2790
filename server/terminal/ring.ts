// The last bytes a pty printed, addressed by their offset since the session began. One circular array that grows on demand.
// Knows offsets and nothing else.

/** Most sessions print a prompt and wait. */
const FIRST_CAPACITY = 4 * 1024;

export class Ring {
  /** Bytes kept when nobody asks for more. */
  readonly #keep: number;
  readonly #most: number;
  #bytes: Buffer;
  #start: number;
  #end: number;

  /** `keep` and `most` are powers of two. */
  constructor(keep: number, most: number, offset = 0) {
    this.#keep = keep;
    this.#most = most;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(FIRST_CAPACITY, most));
    this.#start = offset;
    this.#end = offset;
  }

  /** Offset of the oldest byte still here. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the newest byte. */
  get end(): number {
    return this.#end;
  }

  /**
   * Adds bytes; gives up the oldest beyond `keep`, but none at or after `retain` while that fits into `most`.
   * `evicted` sees what is given up, oldest first, before it is overwritten.
   */
  append(bytes: Uint8Array, retain: number, evicted: (bytes: Uint8Array) => void): void {
    let rest = bytes;
    while (rest.length > this.#most) {
      this.append(rest.subarray(0, this.#most), retain, evicted);
      rest = rest.subarray(this.#most);
    }
    const end = this.#end + rest.length;
    const wanted = Math.max(this.#start, Math.min(retain, end - this.#keep));
    const start = Math.max(wanted, end - this.#most, this.#start);
    this.#evict(Math.min(start, this.#end), evicted);
    this.#grow(end - this.#start);
    this.#put(rest);
    this.#end = end;
    if (start > this.#start) this.#evict(start, evicted);
  }

  /** Gives up everything before `offset`. */
  discard(offset: number, evicted: (bytes: Uint8Array) => void): void {
    this.#evict(Math.min(Math.max(offset, this.#start), this.#end), evicted);
  }

  /** Copies what is kept from `offset` on into `target`, as much as fits, and says how much. */
  copy(offset: number, target: Uint8Array, at = 0): number {
    if (offset < this.#start || offset > this.#end) {
      throw new RangeError(`offset ${offset} is outside of ${this.#start} to ${this.#end}`);
    }
    let copied = 0;
    for (const piece of this.#pieces(offset, this.#end)) {
      const some = piece.subarray(0, target.length - at - copied);
      target.set(some, at + copied);
      copied += some.length;
    }
    return copied;
  }

  #evict(offset: number, evicted: (bytes: Uint8Array) => void): void {
    if (offset <= this.#start) return;
    for (const piece of this.#pieces(this.#start, offset)) evicted(piece);
    this.#start = offset;
  }

  #grow(length: number): void {
    if (length <= this.#bytes.length) return;
    let capacity = this.#bytes.length;
    while (capacity < length) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(Math.min(capacity, this.#most));
    // A byte's place is its offset modulo the capacity, so that growing moves each to its new place.
    let offset = this.#start;
    for (const piece of this.#pieces(this.#start, this.#end)) {
      write(larger, offset, piece);
      offset += piece.length;
    }
    this.#bytes = larger;
  }

  #put(bytes: Uint8Array): void {
    write(this.#bytes, this.#end, bytes);
  }

  /** The bytes from one offset to another, in one piece or two. */
  #pieces(from: number, to: number): Uint8Array[] {
    const capacity = this.#bytes.length;
    const at = from % capacity;
    const length = to - from;
    const first = this.#bytes.subarray(at, Math.min(at + length, capacity));
    return first.length === length
      ? [first]
      : [first, this.#bytes.subarray(0, length - first.length)];
  }
}

function write(target: Buffer, offset: number, bytes: Uint8Array): void {
  const at = offset % target.length;
  const first = bytes.subarray(0, target.length - at);
  target.set(first, at);
  target.set(bytes.subarray(first.length), 0);
}
