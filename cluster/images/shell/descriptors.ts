// File descriptors of a shell: which stream each number means, counted, so that a pipe closes when its last user has.

import type { Tty } from '../../node/process.ts';
import type { ByteReader, ByteWriter } from '../../streams.ts';
import { BrokenPipe, concatBytes } from '../../streams.ts';

/** A stream that takes back what was too much: `read` stops at a newline, the next command goes on there. */
export type Input = ByteReader & Required<Pick<ByteReader, 'unread'>>;

/** The stream itself where it can take bytes back (children must get the very one), else one around it that can. */
export function inputOf(reader: ByteReader): Input {
  return takesBack(reader) ? reader : new TakingBack(reader);
}

function takesBack(reader: ByteReader): reader is Input {
  return reader.unread !== undefined;
}

class TakingBack implements Input {
  readonly #reader: ByteReader;
  #back: Uint8Array | undefined;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  async read(max = Infinity, signal?: AbortSignal): Promise<Uint8Array | null> {
    const back = this.#back;
    if (!back) return this.#reader.read(max, signal);
    this.#back = back.length <= max ? undefined : back.subarray(max);
    return back.subarray(0, Math.min(max, back.length));
  }

  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#back = this.#back ? concatBytes([bytes, this.#back]) : bytes;
  }

  cancel(): void {
    this.#back = undefined;
    this.#reader.cancel();
  }
}

/** An open file description: shared by descriptors and processes, closed with the last of them. */
export class OpenFile {
  readonly input: Input | undefined;
  readonly output: ByteWriter | undefined;
  /** The terminal behind it. */
  readonly tty: Tty | undefined;
  readonly #close: () => void;
  #users = 1;

  private constructor(
    input: Input | undefined,
    output: ByteWriter | undefined,
    tty: Tty | undefined,
    close: () => void,
  ) {
    this.input = input;
    this.output = output;
    this.tty = tty;
    this.#close = close;
  }

  static reading(reader: ByteReader, tty?: Tty): OpenFile {
    return new OpenFile(inputOf(reader), undefined, tty, () => reader.cancel());
  }

  static writing(writer: ByteWriter): OpenFile {
    return new OpenFile(undefined, writer, undefined, () => writer.end());
  }

  static both(reader: ByteReader, writer: ByteWriter, close: () => void): OpenFile {
    return new OpenFile(inputOf(reader), writer, undefined, close);
  }

  /** A stream that belongs to somebody else, who closes it. */
  static borrowed(stream: {
    input?: ByteReader;
    output?: ByteWriter;
    tty?: Tty | undefined;
  }): OpenFile {
    return new OpenFile(stream.input && inputOf(stream.input), stream.output, stream.tty, () => {});
  }

  retain(): this {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users === 0) this.#close();
  }
}

export class Descriptors {
  readonly #files = new Map<number, OpenFile>();

  get(fd: number): OpenFile | undefined {
    return this.#files.get(fd);
  }

  /** Takes over the caller's hold on the file. */
  set(fd: number, file: OpenFile): void {
    const before = this.#files.get(fd);
    this.#files.set(fd, file);
    before?.release();
  }

  close(fd: number): void {
    this.#files.get(fd)?.release();
    this.#files.delete(fd);
  }

  copy(): Descriptors {
    const copy = new Descriptors();
    for (const [fd, file] of this.#files) copy.#files.set(fd, file.retain());
    return copy;
  }

  closeAll(): void {
    for (const file of this.#files.values()) file.release();
    this.#files.clear();
  }
}

/** What a program gets for a descriptor that is closed or open the other way. */
export const closedWriter: ByteWriter = {
  write: () => Promise.reject(new BrokenPipe()),
  end() {},
};
