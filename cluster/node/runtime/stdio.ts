// The standard streams of processes: shared between parents and children, each process dying without taking what
// another should read. Knows nothing of what flows.

import { type ByteReader, type ByteWriter, concatBytes } from '../../streams.ts';

/** What a stream asks of its process before and while it waits. */
export interface StreamUser {
  /** Counts as work, waits while the process is stopped, rejects when it is dead. */
  enter(): Promise<void>;
  /** The same promise's outcome, or a rejection as soon as the process dies. */
  whileAlive<Result>(promise: Promise<Result>): Promise<Result>;
}

/**
 * One stream that several processes read in turn. A read that was under way when its process died is not lost: the next
 * reader gets what it brings.
 */
export class SharedInput {
  readonly #source: ByteReader;
  #held: Uint8Array | undefined;
  #pending: Promise<void> | undefined;
  /** The source ended once: the next read is told so. A terminal may go on after that. */
  #atEnd = false;
  #error: { reason: unknown } | undefined;

  constructor(source: ByteReader) {
    this.#source = source;
  }

  get source(): ByteReader {
    return this.#source;
  }

  async read(max: number, user: StreamUser, signal?: AbortSignal): Promise<Uint8Array | null> {
    for (;;) {
      const held = this.#held;
      if (held) {
        const taken = held.length <= max ? held : held.subarray(0, max);
        this.#held = taken.length === held.length ? undefined : held.subarray(max);
        return taken;
      }
      if (this.#error) {
        const { reason } = this.#error;
        this.#error = undefined;
        throw reason;
      }
      if (this.#atEnd) {
        this.#atEnd = false;
        return null;
      }
      this.#pending ??= this.#fetch();
      await user.whileAlive(signal ? unlessAborted(this.#pending, signal) : this.#pending);
    }
  }

  /** Gives bytes back to the stream, or keeps them for its next reader. */
  unread(bytes: Uint8Array): void {
    if (!this.#held && this.#source.unread) return this.#source.unread(bytes);
    this.#held = this.#held ? concatBytes([bytes, this.#held]) : bytes;
  }

  async #fetch(): Promise<void> {
    try {
      const chunk = await this.#source.read();
      if (chunk) this.#held = chunk;
      else this.#atEnd = true;
    } catch (reason) {
      this.#error = { reason };
    } finally {
      this.#pending = undefined;
    }
  }
}

/** A promise's outcome, or a rejection when the signal comes first. */
function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise
      .finally(() => signal.removeEventListener('abort', abort))
      .then(resolve, (error: unknown) =>
        reject(error instanceof Error ? error : new Error(String(error))),
      );
  });
}

const sharedInputs = new WeakMap<ByteReader, SharedInput>();

/** One SharedInput for each stream, however many processes it is handed to. */
export function sharedInput(source: ByteReader): SharedInput {
  if (source instanceof ProcessInput) return source.shared;
  let shared = sharedInputs.get(source);
  if (!shared) sharedInputs.set(source, (shared = new SharedInput(source)));
  return shared;
}

export class ProcessInput implements ByteReader {
  readonly shared: SharedInput;
  readonly #user: StreamUser;

  constructor(shared: SharedInput, user: StreamUser) {
    this.shared = shared;
    this.#user = user;
  }

  async read(max = Infinity, signal?: AbortSignal): Promise<Uint8Array | null> {
    await this.#user.enter();
    return this.shared.read(max, this.#user, signal);
  }

  cancel(): void {
    this.shared.source.cancel();
  }

  unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.shared.unread(bytes);
  }
}

export class ProcessOutput implements ByteWriter {
  readonly sink: ByteWriter;
  readonly #user: StreamUser;

  constructor(sink: ByteWriter, user: StreamUser) {
    this.sink = sink instanceof ProcessOutput ? sink.sink : sink;
    this.#user = user;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#user.enter();
    const writing = this.sink.write(bytes);
    // When the process dies first, what becomes of its last bytes is nobody's concern.
    writing.catch(() => {});
    await this.#user.whileAlive(writing);
  }

  end(): void {
    this.sink.end();
  }
}
