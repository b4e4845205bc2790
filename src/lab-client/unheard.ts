// What a page has typed and cannot know to have arrived: a line that breaks takes along what was on its way. Pure.

interface Piece {
  bytes: Uint8Array;
  /** The page's time, in milliseconds, at which it was typed. */
  at: number;
}

/** As much as one input may hold: a paste is lost as a whole or not at all. */
const MOST_BYTES = 64 * 1024;
/** Milliseconds after which a key would surprise whoever pressed it. As long as a program waits for a page that is away. */
const LATE_MS = 20_000;

export class Unheard {
  #pieces: Piece[] = [];
  /** Bytes in `#pieces`, and in all that was typed as the lab counts it. */
  #bytes = 0;
  #typed = 0;

  add(bytes: Uint8Array, at: number): void {
    this.#pieces.push({ bytes: bytes.slice(), at });
    this.#bytes += bytes.length;
    this.#typed += bytes.length;
    while (this.#bytes > MOST_BYTES) this.#bytes -= this.#pieces.shift()?.bytes.length ?? 0;
  }

  /**
   * The lab has heard `heard` bytes from this page, or cannot say (-1). What it has not is given back, oldest first, and is to be
   * typed again; `isLost` when that would come too late. From here on what is typed counts from there.
   */
  settle(heard: number, now: number): { again: Uint8Array[]; isLost: boolean } {
    const missing = this.#typed - heard;
    const isKnown = heard >= 0 && missing >= 0 && missing <= this.#bytes;
    const rest = isKnown ? this.#last(missing) : [];
    this.#pieces = [];
    this.#bytes = 0;
    this.#typed = Math.max(0, heard);
    const isLost = rest.some(({ at }) => now - at > LATE_MS);
    return { again: isLost ? [] : rest.map(({ bytes }) => bytes), isLost };
  }

  /** A piece of which only the end is missing is cut. */
  #last(length: number): Piece[] {
    const last: Piece[] = [];
    for (let left = length, at = this.#pieces.length - 1; left > 0 && at >= 0; at--) {
      const piece = this.#pieces[at] as Piece;
      const bytes = piece.bytes.subarray(Math.max(0, piece.bytes.length - left));
      last.unshift({ ...piece, bytes });
      left -= bytes.length;
    }
    return last;
  }
}
