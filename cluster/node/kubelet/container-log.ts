// The log of one run of a container: lines with their time and stream, the newest within a limit. Readers may follow it.
// As containerd's, it holds whole lines: a prompt without a newline is not in it until the line ends.
// Knows nothing of pods or of the API's answer.

import type { LogOptions } from '../../api/kubelet.ts';
import { nanoTimestamp, timeOf } from '../../controllers/times.ts';
import { bytesOf, concatBytes, textOf } from '../../streams.ts';

type Stream = 'stdout' | 'stderr';

interface Line {
  /** Cluster milliseconds. */
  time: number;
  stream: Stream;
  /** With its newline, unless it was cut. */
  bytes: Uint8Array;
}

/** Plain data: survives JSON. Bytes that are no UTF-8 do not. */
export type LogSnapshot = [time: number, stream: Stream, text: string][];

/** containerd cuts longer lines. */
const LINE_BYTES = 16 * 1024;
const NEWLINE = 10;

export class ContainerLog {
  readonly #limit: number;
  #lines: Line[] = [];
  /** Lines dropped so far: a follower's place is counted from the very first line. */
  #dropped = 0;
  #held = 0;
  readonly #open: Record<Stream, Uint8Array[]> = { stdout: [], stderr: [] };
  readonly #openBytes: Record<Stream, number> = { stdout: 0, stderr: 0 };
  #closed = false;
  readonly #followers = new Set<() => void>();

  /** @param limit bytes kept; the oldest lines go first. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  write(stream: Stream, bytes: Uint8Array, now: number): void {
    let from = 0;
    while (from < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, from);
      const room = LINE_BYTES - this.#openBytes[stream];
      const end = Math.min(newline < 0 ? bytes.length : newline + 1, from + room);
      const piece = bytes.slice(from, end);
      this.#open[stream].push(piece);
      this.#openBytes[stream] += piece.length;
      from = end;
      if (piece.at(-1) === NEWLINE || this.#openBytes[stream] >= LINE_BYTES)
        this.#endLine(stream, now);
    }
  }

  /** Nothing more will be written: open lines are kept as they are, and followers come to their end. */
  close(now: number): void {
    if (this.#closed) return;
    this.#endLine('stdout', now);
    this.#endLine('stderr', now);
    this.#closed = true;
    this.#wake();
  }

  /** The last bytes of what was written, for a termination message. */
  tail(lines: number, bytes: number): string {
    const text = this.#lines
      .slice(-lines)
      .map((line) => textOf(line.bytes))
      .join('');
    return text.slice(-bytes);
  }

  /** What the options ask for, and what comes after it while `follow` holds and `signal` is quiet. */
  async *read(
    options: Omit<LogOptions, 'container' | 'previous'>,
    now: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const since = sinceOf(options, now);
    let left = options.limitBytes ?? Infinity;
    let next = this.#startOf(options.tailLines, since);
    while (left > 0 && !signal.aborted) {
      const fresh = this.#lines.slice(Math.max(0, next - this.#dropped));
      next = this.#dropped + this.#lines.length;
      const wanted = fresh.filter((line) => line.time >= since);
      if (wanted.length > 0) {
        const chunk = concatBytes(
          wanted.map((line) => (options.timestamps ? stamped(line) : line.bytes)),
        ).slice(0, left);
        left -= chunk.length;
        yield chunk;
        continue;
      }
      if (!options.follow || this.#closed) return;
      await this.#more(signal);
    }
  }

  snapshot(): LogSnapshot {
    return this.#lines.map(({ time, stream, bytes }) => [time, stream, textOf(bytes)]);
  }

  static restore(snapshot: LogSnapshot, limit: number): ContainerLog {
    const log = new ContainerLog(limit);
    for (const [time, stream, text] of snapshot) log.#keep({ time, stream, bytes: bytesOf(text) });
    return log;
  }

  #startOf(tailLines: number | undefined, since: number): number {
    if (tailLines === undefined) return this.#dropped;
    const eligible = this.#lines.filter((line) => line.time >= since).length;
    return this.#dropped + this.#lines.length - Math.min(tailLines, eligible);
  }

  #endLine(stream: Stream, now: number): void {
    const pieces = this.#open[stream];
    if (pieces.length === 0) return;
    this.#open[stream] = [];
    this.#openBytes[stream] = 0;
    this.#keep({ time: now, stream, bytes: concatBytes(pieces) });
    this.#wake();
  }

  #keep(line: Line): void {
    this.#lines.push(line);
    this.#held += line.bytes.length;
    // Dropped in batches, so that the cost is constant for each line.
    if (this.#held <= this.#limit * 1.1) return;
    let drop = 0;
    while (this.#held > this.#limit && drop < this.#lines.length - 1) {
      this.#held -= this.#lines[drop]?.bytes.length ?? 0;
      drop++;
    }
    this.#lines = this.#lines.slice(drop);
    this.#dropped += drop;
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#followers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#followers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #wake(): void {
    for (const follower of this.#followers) follower();
  }
}

function stamped(line: Line): Uint8Array {
  return concatBytes([bytesOf(`${nanoTimestamp(line.time)} `), line.bytes]);
}

function sinceOf(options: { sinceSeconds?: number; sinceTime?: string }, now: number): number {
  if (options.sinceSeconds !== undefined) return now - options.sinceSeconds * 1000;
  return timeOf(options.sinceTime) ?? -Infinity;
}
