// Makes receipts of a shell's marks: which command was typed, what it showed, how it ended. Knows nothing of ptys or pages.
// Only our own rc file's marks count: a program can print others, and a pod's shell has commands of its own.

import type { Mark } from '../../protocol/terminal.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { limits } from '../config.ts';

/** A mark as a MarkReader finds it. */
type Read = Mark extends infer M ? (M extends Mark ? Omit<M, 'at'> : never) : never;

export class ReceiptReader {
  /** What was printed between two offsets, or as much of its beginning as is kept. */
  readonly #printed: (from: number, to: number) => Uint8Array;
  readonly #made: (receipt: Receipt) => void;
  #line = '';
  #running: { command: string; from: number } | undefined;

  constructor(printed: (from: number, to: number) => Uint8Array, made: (receipt: Receipt) => void) {
    this.#printed = printed;
    this.#made = made;
  }

  mark(mark: Read): void {
    if (!mark.own) return;
    if (mark.mark === 'line') {
      this.#line = mark.text;
    } else if (mark.mark === 'command') {
      // Of a pasted block, the next command tells how the one before it ended.
      this.#end(mark.previous ?? 0, mark.offset);
      this.#running = { command: this.#line, from: mark.offset };
    } else if (mark.mark === 'done') {
      this.#end(mark.exit ?? 0, mark.offset);
    }
  }

  #end(exit: number, to: number): void {
    if (!this.#running) return;
    const { command, from } = this.#running;
    this.#running = undefined;
    const bytes = this.#printed(from, Math.min(to, from + limits.receiptBytes));
    this.#made({ command, exit, output: plainText(Buffer.from(bytes).toString('utf8')) });
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
