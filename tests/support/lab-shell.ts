// A learner's terminal without a page: the same shell on the same kind of pty, typed into as the page types, and read by the
// marks its rc file prints.

import { randomBytes } from 'node:crypto';
import type { Mark } from '../../protocol/terminal.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { MarkReader } from '../../server/terminal/marks.ts';
import { Pty } from '../../server/terminal/pty.ts';
import { plainText, ReceiptReader } from '../../server/terminal/receipts.ts';
import type { Workspace } from '../../server/workspace/workspace.ts';
import { pasted } from '../../src/lab-client/paste.ts';

/** A command that has not ended by then hangs; the longest of a lesson takes a few seconds. A real cluster is created in minutes. */
const COMMAND_LIMIT_MS = process.env['MESHPROOF_ENGINE'] === 'kind' ? 900_000 : 60_000;

export interface Ran {
  /** The status of the block's first command that failed, or 0. */
  exit: number;
  /** What the terminal showed, without escape sequences. */
  output: string;
  /** What the commands themselves printed: without their echo and without prompts. */
  printed: string;
}

type Seen = Omit<Mark, 'at'> & { exit?: number; previous?: number };

export class LabShell {
  readonly #pty: Pty;
  #text = '';
  #bytes = Buffer.alloc(0);
  #bracketed = false;
  /** Whether this shell has ever asked for bracketed paste: an old bash never does. */
  #brackets = false;
  #marks: Seen[] = [];
  #ended = false;
  readonly #waiters = new Set<() => void>();

  /** `ran` hears of each command that the learner's own shell has ended. */
  constructor(workspace: Workspace, ran: (receipt: Receipt) => void = () => {}) {
    const nonce = randomBytes(16).toString('hex');
    const receipts = new ReceiptReader(
      (from, to) => this.#bytes.subarray(from, to),
      (receipt) => ran({ session: 'shell', ...receipt }),
    );
    const reader = new MarkReader(nonce, (mark) => {
      this.#marks.push(mark as Seen);
      receipts.mark({ ...mark, at: Date.now() });
    });
    this.#pty = new Pty({
      file: 'bash',
      args: ['--rcfile', workspace.rcFile],
      directory: workspace.startDirectory,
      env: { ...workspace.env, MESHPROOF_NONCE: nonce },
      columns: 120,
      rows: 30,
      output: (bytes) => {
        const offset = this.#bytes.length;
        this.#bytes = Buffer.concat([this.#bytes, bytes]);
        reader.scan(bytes, offset);
        const text = bytes.toString('utf8');
        this.#text += text;
        for (const [mode] of text.matchAll(/\x1b\[\?2004[hl]/g))
          this.#bracketed = mode.endsWith('h');
        this.#brackets ||= this.#bracketed;
        this.#wake();
      },
      ended: () => {
        this.#ended = true;
        this.#wake();
      },
    });
  }

  /** Resolves when the learner's own shell shows its prompt. */
  async ready(): Promise<void> {
    await this.#until('the first prompt', () =>
      this.#marks.some((mark) => mark.mark === 'input' && mark.own),
    );
  }

  /** Types a block into the learner's shell and waits until all of it is done. */
  async run(text: string): Promise<Ran> {
    await this.#atOwnPrompt();
    const from = this.#type(text);
    await this.#until(`the end of: ${text}`, () => this.#doneSince(from) !== undefined);
    return this.#ranSince(from);
  }

  /** Types a block that opens a shell inside a pod; resolves at that shell's first prompt, or when the block ended without one. */
  async openPod(text: string): Promise<Ran> {
    await this.#atOwnPrompt();
    const from = this.#type(text);
    await this.#until(
      `a pod's prompt after: ${text}`,
      () => this.#podPromptSince(from) || this.#doneSince(from) !== undefined,
    );
    return this.#ranSince(from);
  }

  /** Types a line into the pod's shell; resolves at its next prompt, or when the pod's shell has ended and ours is back. */
  async runInPod(text: string): Promise<Ran> {
    // Pasted lines are run one by one, each with a prompt after it, or in brackets all at once.
    const lines = this.#bracketed ? 1 : text.split('\n').length;
    const from = this.#type(text);
    const prompts = () =>
      this.#marks.slice(from.mark).filter((mark) => mark.mark === 'input' && !mark.own).length;
    await this.#until(
      `the pod's answer to: ${text}`,
      () => (this.#podDoneSince(from) && prompts() >= lines) || this.#doneSince(from) !== undefined,
    );
    return this.#ranSince(from);
  }

  /** Types a block, waits until `seen` is shown, presses Ctrl-C and waits for the prompt. */
  async runUntil(text: string, seen: string): Promise<Ran> {
    await this.#atOwnPrompt();
    const from = this.#type(text);
    await this.#until(`"${seen}" after: ${text}`, () =>
      plainText(this.#text.slice(from.text)).includes(seen),
    );
    this.#pty.write(Buffer.from('\x03'));
    await this.#until(`the prompt after Ctrl-C`, () => this.#doneSince(from) !== undefined);
    return this.#ranSince(from);
  }

  close(): void {
    if (!this.#ended) process.kill(-this.#pty.pid, 'SIGHUP');
  }

  /** A command has ended before the prompt after it stands: lines typed in between would be run one by one. */
  async #atOwnPrompt(): Promise<void> {
    await this.#until(
      'the prompt',
      () =>
        this.#marks.findLast((mark) => mark.own)?.mark === 'input' &&
        (this.#bracketed || !this.#brackets),
    );
  }

  #type(text: string): { mark: number; text: number } {
    const from = { mark: this.#marks.length, text: this.#text.length };
    this.#pty.write(Buffer.from(pasted(text, this.#bracketed)));
    return from;
  }

  #doneSince(from: { mark: number }): Seen | undefined {
    return this.#marks.slice(from.mark).find((mark) => mark.mark === 'done' && mark.own);
  }

  /** A prompt alone may be the one before, drawn again. */
  #podDoneSince(from: { mark: number }): boolean {
    const marks = this.#marks.slice(from.mark).filter((mark) => !mark.own);
    const began = marks.findIndex((mark) => mark.mark === 'command');
    return began >= 0 && marks.slice(began).some((mark) => mark.mark === 'done');
  }

  #podPromptSince(from: { mark: number }): boolean {
    return this.#marks.slice(from.mark).some((mark) => mark.mark === 'input' && !mark.own);
  }

  #ranSince(from: { mark: number; text: number }): Ran {
    const marks = this.#marks.slice(from.mark).filter((mark) => mark.own);
    // The first command's mark carries the status of what ran before this block.
    const between = marks
      .filter((mark) => mark.mark === 'command')
      .slice(1)
      .map((mark) => mark.previous ?? 0);
    const last = marks.find((mark) => mark.mark === 'done')?.exit ?? 0;
    return {
      exit: [...between, last].find((status) => status !== 0) ?? 0,
      output: plainText(this.#text.slice(from.text)),
      printed: this.#printedSince(from),
    };
  }

  /** From each command's mark to the mark that ends it, by whichever shell marks: a pod's own is not signed. */
  #printedSince(from: { mark: number }): string {
    const pieces: Buffer[] = [];
    let start: number | undefined;
    for (const { mark, offset } of this.#marks.slice(from.mark)) {
      if (mark === 'command') start ??= offset;
      else if (start !== undefined && (mark === 'done' || mark === 'prompt')) {
        pieces.push(this.#bytes.subarray(start, offset));
        start = undefined;
      }
    }
    // A line that was drawn over, as a spinner's, shows what it was last.
    const drawn = Buffer.concat(pieces)
      .toString('utf8')
      .replace(/[^\n]*\r(?![\r\n])/g, '');
    return plainText(drawn);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + COMMAND_LIMIT_MS;
    while (!holds()) {
      const rest = deadline - Date.now();
      if (rest <= 0 || this.#ended) {
        const why = this.#ended ? 'the shell has ended' : `waited ${COMMAND_LIMIT_MS / 1_000} s`;
        throw new Error(
          `${why} for ${what}\n--- the terminal's last lines:\n${plainText(this.#text).slice(-1_500)}`,
        );
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#waiters.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, rest);
        this.#waiters.add(wake);
      });
    }
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }
}
