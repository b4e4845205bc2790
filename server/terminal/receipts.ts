// Makes receipts of a shell's marks: which command was typed, what it showed, how it ended and when. Knows nothing of ptys or pages.
// Two shells may speak in one terminal: the learner's own, whose rc file signs its marks, and inside a command of it one in a simulated
// container, whose marks are anybody's. Unsigned marks end no signed command.

import type { Mark } from '../../protocol/terminal.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { limits } from '../config.ts';
import { Rate } from './rate.ts';

interface Running {
  command: string;
  from: number;
  at: number;
  /** The beginning of what it showed: a flood pushes it out of what the terminal keeps long before it ends. */
  shown: Uint8Array[];
  length: number;
  /** Where the next prompt began: a shell that reads a block line by line shows one before it tells how the command ended. */
  over?: { offset: number; at: number };
}

/** A receipt of a terminal that knows its own name. */
export type Made = Omit<Receipt, 'session'>;

export class ReceiptReader {
  /** What was printed between two offsets, a moment ago. */
  readonly #printed: (from: number, to: number) => Uint8Array;
  readonly #made: (receipt: Made) => void;
  readonly #lines: Record<Receipt['place'], string> = { lab: '', pod: '' };
  readonly #running: Partial<Record<Receipt['place'], Running>> = {};
  /** A program can print marks as fast as anything else; each costs a line in the learner's record. None crowds out a signed one. */
  readonly #rates: Record<Receipt['place'], Rate> = {
    lab: new Rate(limits.receiptsPerSecond, limits.receiptsAtOnce),
    pod: new Rate(limits.receiptsPerSecond, limits.receiptsAtOnce),
  };

  constructor(printed: (from: number, to: number) => Uint8Array, made: (receipt: Made) => void) {
    this.#printed = printed;
    this.#made = made;
  }

  mark(mark: Mark): void {
    const place = mark.own ? 'lab' : 'pod';
    // A shell in a pod runs inside a command of ours; at our own prompt nobody else has anything to say.
    if (place === 'pod' && !this.#running.lab) return;
    if (mark.mark === 'line') {
      this.#lines[place] = mark.text;
    } else if (mark.mark === 'prompt') {
      const running = this.#running[place];
      if (running) running.over ??= { offset: mark.offset, at: mark.at };
    } else if (mark.mark === 'command') {
      // Of a pasted block, the next command tells how the one before it ended.
      this.#end(place, mark.previous ?? 0, mark);
      this.#running[place] = {
        command: this.#lines[place],
        from: mark.offset,
        at: mark.at,
        shown: [],
        length: 0,
      };
      this.#lines[place] = '';
    } else if (mark.mark === 'done') {
      if (mark.exit === undefined) delete this.#running[place];
      else this.#end(place, mark.exit, mark);
    }
  }

  /** What was printed, after its marks; `offset` is that of the first byte. */
  output(bytes: Uint8Array, offset: number): void {
    for (const running of [this.#running.lab, this.#running.pod]) {
      if (!running || running.length >= limits.receiptBytes) continue;
      const start = running.from + running.length - offset;
      if (start < 0 || start >= bytes.length) continue;
      const some = bytes.slice(start, start + limits.receiptBytes - running.length);
      running.shown.push(some);
      running.length += some.length;
    }
  }

  /** The shell itself has ended, in the middle of a command or by one. */
  ended(exit: number, now: { offset: number; at: number }): void {
    this.#end('lab', exit, now);
  }

  #end(place: Receipt['place'], exit: number, ended: { offset: number; at: number }): void {
    const running = this.#running[place];
    if (!running) return;
    delete this.#running[place];
    if (place === 'lab') delete this.#running.pod; // whatever spoke inside is over with it
    if (!this.#rates[place].allows()) return;
    const { command, from, at, shown, length } = running;
    const { offset: to, at: until } = running.over ?? ended;
    const most = Math.min(to, from + limits.receiptBytes);
    const rest = this.#printed(from + length, Math.max(from + length, most));
    const bytes = Buffer.concat([...shown, rest]).subarray(0, most - from);
    const output = plainText(bytes.toString('utf8'));
    const ms = Math.max(0, until - at);
    this.#made({ offset: from, place, command, exit, at, ms, output, cut: most < to });
  }
}

const [ESC, BEL] = ['\u001b', '\u0007'];
/** What terminals obey and do not show: OSC with its end, CSI, the short ones. Source: ECMA-48. */
const SEQUENCES = [
  `${ESC}\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)`,
  `${ESC}\\[[0-?]*[ -/]*[@-~]`,
  `${ESC}[@-_]`,
].map((sequence) => new RegExp(sequence, 'g'));

/** Without escape sequences and carriage returns. */
export function plainText(text: string): string {
  return SEQUENCES.reduce((rest, sequence) => rest.replace(sequence, ''), text).replaceAll(
    '\r',
    '',
  );
}
