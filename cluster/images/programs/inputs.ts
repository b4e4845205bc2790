// The files a filter was given, one after another: `-` and none mean standard input, and what cannot be opened is told.

import type { Process } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import type { ByteReader } from '../../streams.ts';
import { describe, fileReader, resolvePath } from './files.ts';
import { complain } from './program.ts';

export interface NamedInput {
  /** As given; `-` for standard input. */
  name: string;
  reader: ByteReader;
}

/** Opens one file or device. Throws FileError. */
export function openInput(process: Process, name: string): ByteReader {
  if (name === '-' || name === '/dev/stdin' || name === '/dev/fd/0') return process.stdin;
  return fileReader(process.fs, resolvePath(process.cwd, name));
}

/** How programs word a file they cannot open: busybox's cat and its like say `can't open 'x': …`, others only the reason. */
export type OpenWords = 'plain' | 'cannot-open';

export class Inputs {
  readonly #process: Process;
  readonly #names: readonly string[];
  readonly #words: OpenWords;
  /** A file could not be read. */
  failed = false;

  constructor(process: Process, names: readonly string[], words: OpenWords = 'cannot-open') {
    this.#process = process;
    this.#names = names.length > 0 ? names : ['-'];
    this.#words = words;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<NamedInput> {
    for (const name of this.#names) {
      try {
        yield { name, reader: openInput(this.#process, name) };
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        this.failed = true;
        await complain(this.#process, openComplaint(name, error, this.#words));
      }
    }
  }
}

export function openComplaint(name: string, error: FileError, words: OpenWords): string {
  // Opening a directory works in life; reading it is what fails.
  if (error.code === 'EISDIR')
    return words === 'plain' ? `${name}: Is a directory` : 'read error: Is a directory';
  return words === 'plain'
    ? `${name}: ${describe(error)}`
    : `can't open '${name}': ${describe(error)}`;
}
