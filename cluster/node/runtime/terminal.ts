// A pseudo-terminal: the line discipline between what a person types and what programs read and write.
// Behaves as Linux' n_tty with the settings of a fresh shell. Knows nothing of processes: signals go out by a callback.

import { type ByteReader, type ByteWriter, concatBytes } from '../../streams.ts';
import type { Signal, Tty } from '../process.ts';

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Bytes for the person's screen; the writer waits until they are taken. */
  screen: (bytes: Uint8Array) => Promise<void>;
  /** To every process of the foreground group. */
  signal: (signal: Signal) => void;
  /** setForeground was called: what Ctrl-C reaches from now on. */
  foreground: (pids: readonly number[]) => void;
}

/** Linux' n_tty keeps 4 KiB of a line; what is typed beyond is dropped with a bell. */
const LINE_BYTES = 4_095;
/** Bytes typed and not read before the person's side waits. */
const READY_BYTES = 64 * 1024;

const NL = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const ESC_MASK = 0x40;
const DEL = 0x7f;

const control = (letter: string) => letter.charCodeAt(0) & 0x1f;
const INTR = control('C');
const QUIT = 0x1c;
const SUSP = control('Z');
const EOF = control('D');
const KILL = control('U');
const WORD_ERASE = control('W');
const LITERAL_NEXT = control('V');
const REPRINT = control('R');
const STOP = control('S');
const START = control('Q');
const BELL = Uint8Array.of(0x07);

const signalKeys: Readonly<Record<number, Signal>> = {
  [INTR]: 'SIGINT',
  [QUIT]: 'SIGQUIT',
  [SUSP]: 'SIGTSTP',
};

export class Terminal implements Tty {
  readonly input: ByteReader;
  readonly output: ByteWriter;
  readonly #options: TerminalOptions;
  readonly #resizeListeners = new Set<() => void>();
  #columns: number;
  #rows: number;
  #raw = false;
  #hungUp = false;
  /** The line being edited, in cooked mode. */
  #line: number[] = [];
  #literalNext = false;
  /** What programs may read. An empty chunk is Ctrl-D: it ends one read, not the terminal. */
  #ready: Uint8Array[] = [];
  #readyBytes = 0;
  #wakeReader: (() => void) | undefined;
  #wakeTypist: (() => void)[] = [];
  /** Ctrl-S holds output until Ctrl-Q. */
  #held: { promise: Promise<void>; release: () => void } | undefined;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#columns = options.columns ?? 80;
    this.#rows = options.rows ?? 24;
    this.input = {
      read: (max) => this.#read(max),
      unread: (bytes) => this.#unread(bytes),
      cancel: () => {},
    };
    this.output = { write: (bytes) => this.#write(bytes), end: () => {} };
  }

  get columns(): number {
    return this.#columns;
  }

  get rows(): number {
    return this.#rows;
  }

  get lineWaits(): boolean {
    return this.#ready.some((bytes) => bytes.includes(NL) || bytes.includes(CR));
  }

  /**
   * Raw hands every byte through: no echo, no editing, no signals, and CR stays CR. Output keeps turning NL into CR NL in
   * both modes, as the line editors of shells leave it.
   */
  setRaw(raw: boolean): void {
    if (raw && this.#line.length > 0) this.#push(Uint8Array.from(this.#line.splice(0)));
    this.#raw = raw;
    this.#literalNext = false;
    if (raw) this.#releaseOutput();
  }

  onResize(listener: () => void): () => void {
    this.#resizeListeners.add(listener);
    return () => this.#resizeListeners.delete(listener);
  }

  setForeground(pids: readonly number[]): void {
    this.#options.foreground(pids);
  }

  /** The person's window has another size: SIGWINCH, when it really has. */
  resize(columns: number, rows: number): void {
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.#options.signal('SIGWINCH');
    for (const listener of this.#resizeListeners) listener();
  }

  /** What the person types. Resolves when it is taken; a program that does not read makes it wait. */
  async type(bytes: Uint8Array): Promise<void> {
    if (this.#raw) this.#push(bytes);
    else for (const byte of bytes) this.#cook(byte);
    while (this.#readyBytes > READY_BYTES && !this.#hungUp)
      await new Promise<void>((resolve) => this.#wakeTypist.push(resolve));
  }

  /** The person has gone: readers are at the end, for good, and writers write to nobody. */
  hangUp(): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#releaseOutput();
    this.#wake();
    for (const wake of this.#wakeTypist.splice(0)) wake();
  }

  async #read(max = Infinity): Promise<Uint8Array | null> {
    for (;;) {
      const first = this.#ready[0];
      if (first) {
        if (first.length === 0) {
          this.#ready.shift();
          return null;
        }
        const taken = first.subarray(0, Math.min(max, first.length));
        if (taken.length === first.length) this.#ready.shift();
        else this.#ready[0] = first.subarray(taken.length);
        this.#readyBytes -= taken.length;
        if (this.#readyBytes <= READY_BYTES) for (const wake of this.#wakeTypist.splice(0)) wake();
        return taken;
      }
      if (this.#hungUp) return null;
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }

  #unread(bytes: Uint8Array): void {
    this.#ready.unshift(bytes);
    this.#readyBytes += bytes.length;
    this.#wake();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    while (this.#held) await this.#held.promise;
    if (this.#hungUp) return;
    await this.#options.screen(withCarriageReturns(bytes));
  }

  /** One typed byte in cooked mode. */
  #cook(typed: number): void {
    if (this.#literalNext) {
      this.#literalNext = false;
      return this.#insert(typed);
    }
    const byte = typed === CR ? NL : typed;
    const signal = signalKeys[byte];
    if (signal) return this.#interrupt(byte, signal);
    if (byte === STOP) return this.#holdOutput();
    if (this.#held) {
      this.#releaseOutput();
      if (byte === START) return;
    }
    switch (byte) {
      case START:
        return;
      case DEL:
        return this.#erase(this.#lastCharacter());
      case KILL:
        return this.#erase(this.#line.length);
      case WORD_ERASE:
        return this.#erase(this.#lastWord());
      case LITERAL_NEXT:
        this.#literalNext = true;
        return this.#echo(Uint8Array.of(0x5e, 0x08));
      case REPRINT:
        return this.#echo(
          concatBytes([shownByte(byte), Uint8Array.of(NL), ...this.#line.map(shownByte)]),
        );
      case EOF:
        return this.#push(Uint8Array.from(this.#line.splice(0)));
      case NL:
        this.#echo(Uint8Array.of(NL));
        return this.#push(Uint8Array.from([...this.#line.splice(0), NL]));
      default:
        return this.#insert(byte);
    }
  }

  #insert(byte: number): void {
    if (this.#line.length >= LINE_BYTES) return this.#echo(BELL);
    this.#line.push(byte);
    this.#echo(shownByte(byte));
  }

  #interrupt(byte: number, signal: Signal): void {
    this.#releaseOutput();
    this.#line = [];
    this.#ready = [];
    this.#readyBytes = 0;
    this.#echo(shownByte(byte));
    for (const wake of this.#wakeTypist.splice(0)) wake();
    this.#options.signal(signal);
  }

  #erase(count: number): void {
    let shown = 0;
    for (const byte of this.#line.splice(this.#line.length - count)) shown += widthOf(byte);
    const back = Uint8Array.of(0x08, 0x20, 0x08);
    if (shown > 0) this.#echo(concatBytes(Array.from({ length: shown }, () => back)));
  }

  /** Bytes of the last character: continuation bytes of UTF-8 go with their first. */
  #lastCharacter(): number {
    let count = 0;
    while (count < this.#line.length) {
      const byte = this.#line[this.#line.length - ++count] ?? 0;
      if ((byte & 0xc0) !== 0x80) break;
    }
    return count;
  }

  /** Bytes back to the beginning of the last word, blanks after it included. */
  #lastWord(): number {
    let at = this.#line.length;
    const isBlank = (index: number) => [0x20, TAB].includes(this.#line[index] ?? 0);
    while (at > 0 && isBlank(at - 1)) at--;
    while (at > 0 && !isBlank(at - 1)) at--;
    return this.#line.length - at;
  }

  #echo(bytes: Uint8Array): void {
    if (this.#hungUp) return;
    // The echo waits for nobody: a screen that is slow or gone must not stop the keyboard.
    this.#options.screen(withCarriageReturns(bytes)).catch(() => {});
  }

  #push(bytes: Uint8Array): void {
    this.#ready.push(bytes);
    this.#readyBytes += bytes.length;
    this.#wake();
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }

  #holdOutput(): void {
    if (this.#held) return;
    let release = () => {};
    const promise = new Promise<void>((resolve) => (release = resolve));
    this.#held = { promise, release };
  }

  #releaseOutput(): void {
    this.#held?.release();
    this.#held = undefined;
  }
}

/** ECHOCTL: control characters show as ^X. */
function shownByte(byte: number): Uint8Array {
  if (byte === DEL) return Uint8Array.of(0x5e, 0x3f);
  if (byte < 0x20 && byte !== TAB && byte !== NL) return Uint8Array.of(0x5e, byte | ESC_MASK);
  return Uint8Array.of(byte);
}

/** Columns a byte of the line takes; continuation bytes take none. */
function widthOf(byte: number): number {
  if (byte === DEL || (byte < 0x20 && byte !== TAB)) return 2;
  return (byte & 0xc0) === 0x80 ? 0 : 1;
}

/** ONLCR. */
function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  let count = 0;
  for (const byte of bytes) if (byte === NL) count++;
  if (count === 0) return bytes;
  const turned = new Uint8Array(bytes.length + count);
  let at = 0;
  for (const byte of bytes) {
    if (byte === NL) turned[at++] = CR;
    turned[at++] = byte;
  }
  return turned;
}
