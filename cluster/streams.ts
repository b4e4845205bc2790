// Byte streams with back-pressure, inside one cluster: pipes of shells, connections of pods, logs and attached terminals.
// Knows nothing of processes or networks.

/** Where bytes come from. One reader at a time. */
export interface ByteReader {
  /**
   * The next bytes, at most `max` of them, waiting for some; null at the end. Rejects if the stream was broken. A process's
   * standard input also rejects with the signal's reason, and has then taken nothing; other streams need not look at it,
   * for their next reader takes the place of one that waits.
   */
  read(max?: number, signal?: AbortSignal): Promise<Uint8Array | null>;
  /** Says that nothing more will be read: writers get a BrokenPipe. */
  cancel(): void;
  /** Takes bytes back that were read too much: the next read, by whoever shares the stream, begins with them. */
  unread?(bytes: Uint8Array): void;
}

/** Where bytes go. */
export interface ByteWriter {
  /** Resolves when the bytes are taken. Rejects with BrokenPipe when nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more bytes will come. Calling it again does nothing. */
  end(): void;
}

export interface ByteDuplex {
  readonly input: ByteReader;
  readonly output: ByteWriter;
}

/** Nobody reads what was written: a shell's SIGPIPE, a socket's EPIPE. */
export class BrokenPipe extends Error {
  constructor() {
    super('Broken pipe');
    this.name = 'BrokenPipe';
  }
}

const PIPE_BYTES = 64 * 1024;

/** A bounded queue of bytes with a writing and a reading end, as pipe(2). */
export class Pipe implements ByteReader, ByteWriter {
  readonly #capacity: number;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #ended = false;
  #broken: Error | undefined;
  #cancelled = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriters: (() => void)[] = [];

  /** @param capacity bytes held before a writer waits. Linux's pipes hold 64 KiB. */
  constructor(capacity = PIPE_BYTES) {
    this.#capacity = capacity;
  }

  /** Bytes written and not yet read. */
  get held(): number {
    return this.#held;
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
      this.#chunks.push(taken);
      this.#held += taken.length;
      this.#wake();
    }
  }

  async read(max = Infinity): Promise<Uint8Array | null> {
    for (;;) {
      const first = this.#chunks[0];
      if (first) {
        const taken = first.length <= max ? first : first.subarray(0, max);
        if (taken.length === first.length) this.#chunks.shift();
        else this.#chunks[0] = first.subarray(taken.length);
        this.#held -= taken.length;
        for (const wake of this.#wakeWriters.splice(0)) wake();
        return taken;
      }
      if (this.#broken) throw this.#broken;
      if (this.#ended || this.#cancelled) return null;
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#chunks = [];
    this.#held = 0;
    this.#wake();
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }

  /** Ends both sides with an error, as a reset connection does. What was already written can still be read. */
  break(error: Error): void {
    this.#broken ??= error;
    this.#wake();
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }
}

const encoder = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Everything up to the end. Use it only where the source is bounded. */
export async function readAll(reader: ByteReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) chunks.push(chunk);
  return concatBytes(chunks);
}

/** Moves bytes until the end and then ends the writer. Rejects with what either side rejected with. */
export async function copy(reader: ByteReader, writer: ByteWriter): Promise<void> {
  for (let chunk = await reader.read(); chunk; chunk = await reader.read())
    await writer.write(chunk);
  writer.end();
}

/** A reader that is at its end from the start: /dev/null. */
export const nothing: ByteReader = { read: () => Promise.resolve(null), cancel: () => {} };

/** Reads what is given and then ends. */
export function readerOf(bytes: Uint8Array | string): ByteReader {
  const pipe = new Pipe(Infinity);
  const given = typeof bytes === 'string' ? bytesOf(bytes) : bytes;
  if (given.length > 0) void pipe.write(given);
  pipe.end();
  return pipe;
}
