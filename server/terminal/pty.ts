// One shell on a pseudo-terminal: bytes out, paced bytes in, a size, an end. The only file that knows node-pty.

import { spawn } from 'node-pty';
import type { IPty } from 'node-pty';
import { writeSync } from 'node:fs';
import { withoutDescriptors } from './descriptors.ts';
import type { Command } from './descriptors.ts';
import { PacedWriter } from './paced-writer.ts';

export interface PtyOptions extends Command {
  directory: string;
  env: Record<string, string>;
  columns: number;
  rows: number;
  output: (bytes: Buffer) => void;
  /** After the last output. */
  ended: (code: number, signal: number) => void;
}

/**
 * While the pty is paused, how often we look whether its program has ended. node-pty then gives unread output 200 ms before it
 * throws it away, so we go on reading well before that.
 */
const PAUSED_LOOK_MS = 50;

export class Pty {
  readonly #pty: IPty;
  readonly #writer: PacedWriter;
  #paused = false;
  #ended = false;
  #look: NodeJS.Timeout | undefined;

  constructor({ file, args, directory, env, columns, rows, output, ended }: PtyOptions) {
    const command = withoutDescriptors({ file, args });
    this.#pty = spawn(command.file, command.args, {
      name: 'xterm-256color',
      cols: columns,
      rows,
      cwd: directory,
      env,
      encoding: null, // bytes: offsets are exact, and no character is cut between two reads
    });
    this.#writer = new PacedWriter((bytes) => writeSome(this.#pty, bytes));
    // Typed as strings whatever the encoding is.
    this.#pty.onData((bytes: string | Buffer) =>
      output(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)),
    );
    this.#pty.onExit(({ exitCode, signal }) => {
      this.#ended = true;
      clearInterval(this.#look);
      this.#writer.close();
      ended(exitCode, signal ?? 0);
    });
  }

  /** The process group and session of everything that was started in it, unless it made its own. */
  get pid(): number {
    return this.#pty.pid;
  }

  /** False when more waits already than the program will soon read. */
  write(bytes: Uint8Array): boolean {
    return this.#writer.write(bytes);
  }

  resize(columns: number, rows: number): void {
    if (this.#ended) return;
    try {
      this.#pty.resize(columns, rows);
    } catch (error) {
      if (!hasCode(error, 'EBADF')) throw error; // it ended a moment ago, and says so next
    }
  }

  pause(): void {
    if (this.#paused || this.#ended) return;
    this.#paused = true;
    this.#pty.pause();
    this.#look = setInterval(() => {
      if (!isAlive(this.#pty.pid)) this.resume();
    }, PAUSED_LOOK_MS);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    clearInterval(this.#look);
    this.#pty.resume();
  }
}

/** Writes without waiting. node-pty's types do not tell the descriptor, and its own `write` tries again at every turn when full. */
function writeSome(pty: IPty, bytes: Uint8Array): number {
  const { fd, _socket: socket } = pty as IPty & { fd?: unknown; _socket?: { destroyed?: unknown } };
  if (typeof fd !== 'number' || typeof socket?.destroyed !== 'boolean') {
    pty.write(Buffer.from(bytes)); // Windows: a pipe, with its own waiting
    return bytes.length;
  }
  // Once it is closed, the number may belong to somebody else's terminal.
  if (socket.destroyed) return 0;
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    // Full, since the program does not read; or its program has just ended, and `ended` comes next.
    if (hasCode(error, 'EAGAIN', 'EIO', 'EBADF')) return 0;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH'); // what we may not signal is alive, too
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
