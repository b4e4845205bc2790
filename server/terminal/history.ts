// What a terminal printed, as far back as it is kept: the ring in memory, and behind it the file while nobody looks; with the
// private modes that held where it begins. Knows nothing of pages, ptys or time.

import { PrivateModes } from '../../protocol/private-modes.ts';
import { limits } from '../config.ts';
import { RingFile } from './ring-file.ts';
import { Ring } from './ring.ts';

/** Where the kept output can begin: behind a newline or at a sequence, with the modes that hold there. */
export interface Beginning {
  offset: number;
  /** Sequences for the modes that hold there. */
  modes: string;
}

/** A kept stretch of output, with what a terminal must be told before it draws it. */
export interface Stretch {
  /** Offset of the byte behind it. */
  offset: number;
  /** Sequences for the modes that held at its beginning. */
  modes: string;
  bytes: Buffer;
  /** Sequences for what a screen that is written down again leaves out. */
  after: string;
}

/** Modes that the serializer does not write: the hidden cursor, and how mouse reports are written. */
const LEFT_OUT: ReadonlySet<number> = new Set([25, 1005, 1006, 1015]);

/** How far to look for a place where a cut stretch can begin cleanly. */
const CLEAN_START_BYTES = 4 * 1024;
const NEWLINE = 0x0a;
const ESC = 0x1b;

export class History {
  readonly #path: string;
  readonly #ring = new Ring(limits.ringBytes, limits.ringMostBytes);
  /** The modes at the beginning of the ring, of the file, and now. */
  #ringModes = new PrivateModes();
  #fileModes = new PrivateModes();
  readonly #modes = new PrivateModes();
  #file: RingFile | undefined;
  /** Why the file stopped, once: the disk is full, say. */
  readonly #failed: (error: unknown) => void;

  constructor(path: string, failed: (error: unknown) => void) {
    this.#path = path;
    this.#failed = failed;
  }

  get start(): number {
    return this.#file ? Math.min(this.#file.start, this.#ring.start) : this.#ring.start;
  }

  /** Where the part in memory begins. */
  get memoryStart(): number {
    return this.#ring.start;
  }

  get end(): number {
    return this.#ring.end;
  }

  get alternateScreen(): boolean {
    return this.#modes.alternateScreen;
  }

  /** Sequences that bring a fresh terminal into the modes that hold now. */
  get modes(): string {
    return this.#modes.sequences();
  }

  get keepsFile(): boolean {
    return this.#file !== undefined;
  }

  /** Bytes at or after `retain` stay in memory, up to the ring's most. */
  append(bytes: Uint8Array, retain: number): void {
    this.#modes.scan(bytes);
    this.#ring.append(bytes, retain, (evicted) => this.#ringModes.scan(evicted));
    if (this.#file) this.#toFile(bytes);
  }

  /** From here on more is kept than memory holds. */
  keepFile(): void {
    if (this.#file) return;
    this.#file = new RingFile(this.#path, limits.ringFileBytes, this.#ring.start);
    this.#fileModes = this.#ringModes.copy();
    this.#toFile(this.#fromMemory(this.#ring.start, this.#ring.end - this.#ring.start));
  }

  dropFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** At most `most` bytes from `offset` on, which must be kept. */
  read(offset: number, most: number): Buffer {
    if (offset >= this.#ring.start) return this.#fromMemory(offset, most);
    if (!this.#file) throw new RangeError(`offset ${offset} is no longer kept`);
    return this.#file.read(offset, most);
  }

  /** The same, without a copy in between: into `target` from `at` on. Says how much. */
  copy(offset: number, target: Uint8Array, at: number): number {
    if (offset >= this.#ring.start) return this.#ring.copy(offset, target, at);
    const bytes = this.read(offset, target.length - at);
    target.set(bytes, at);
    return bytes.length;
  }

  /** The earliest place from which a terminal can draw what is kept, up to now. */
  beginning(): Beginning {
    const fromFile = this.#file !== undefined && this.#file.start < this.#ring.start;
    const start = fromFile ? this.start : this.#ring.start;
    const modes = (fromFile ? this.#fileModes : this.#ringModes).copy();
    const head = this.read(start, Math.min(CLEAN_START_BYTES, this.end - start));
    const cut = start === 0 ? 0 : cleanStart(head);
    modes.scan(head.subarray(0, cut));
    return { offset: start + cut, modes: modes.sequences() };
  }

  /** Everything that is kept, cut so that it does not begin in the middle of a character or a sequence. */
  everything(): Stretch {
    const { offset, modes } = this.beginning();
    return {
      offset: this.end,
      modes,
      bytes: this.read(offset, this.end - offset),
      after: this.#modes.sequences(LEFT_OUT),
    };
  }

  /** Forgets everything but the line that is being written, which is a prompt most of the time. */
  clear(): void {
    this.dropFile();
    const last = this.#fromMemory(
      Math.max(this.#ring.start, this.#ring.end - CLEAN_START_BYTES),
      CLEAN_START_BYTES,
    );
    const line = last.length - (last.lastIndexOf(NEWLINE) + 1);
    this.#ring.discard(this.#ring.end - line, (evicted) => this.#ringModes.scan(evicted));
  }

  close(): void {
    this.dropFile();
  }

  #fromMemory(offset: number, most: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(most, this.#ring.end - offset));
    this.#ring.copy(offset, bytes);
    return bytes;
  }

  #toFile(bytes: Uint8Array): void {
    try {
      this.#file?.append(bytes, (evicted) => this.#fileModes.scan(evicted));
    } catch (error) {
      // A full disk costs the far past, not the shell.
      this.dropFile();
      this.#failed(error);
    }
  }
}

function cleanStart(head: Buffer): number {
  const newline = head.indexOf(NEWLINE);
  if (newline !== -1) return newline + 1;
  return Math.max(0, head.indexOf(ESC));
}
