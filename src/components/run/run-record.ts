// What becomes of one run of a block, from the marks of the shell it was typed into. Pure.
// A block pasted at once gives one `command` mark for each of its commands, which carries the status of the one before,
// and one `done` at its end.

import type { Mark } from '../../../protocol/terminal.ts';

export interface RunnableBlock {
  shell: 'lab' | 'pod';
  opensPodShell: boolean;
  /** The exit code the lesson means to show. */
  exitCode: number;
}

/** One command of a block. Its output stands between two offsets of the terminal's. */
export interface RanCommand {
  /** As the shell read it; empty where the shell does not say. */
  text: string;
  exitCode: number;
  ms: number;
  from: number;
  to: number;
}

export type Outcome =
  | { state: 'running'; inside: boolean }
  | {
      state: 'ended';
      passed: boolean;
      /** Of the last command. */
      exitCode: number;
      commands: RanCommand[];
      ms: number;
      at: number;
    }
  /** Typed, and nothing will be known of it. */
  | { state: 'sent'; at: number };

/** A shell that marks its commands has marked this one by now; the wire and a busy machine included. */
export const SILENCE_MS = 1_500;

export class RunRecord {
  readonly #block: RunnableBlock;
  readonly #typedAt: number;
  readonly #after: number;
  readonly #commands: RanCommand[] = [];
  #running: { text: string; at: number; from: number } | undefined;
  #startedAt: number | undefined;
  #line = '';
  #outcome: Outcome = { state: 'running', inside: false };

  /** Marks up to the offset `after` are of what ran before: a page that comes back hears them all again. */
  constructor(block: RunnableBlock, typedAt: number, after = -1) {
    this.#block = block;
    this.#typedAt = typedAt;
    this.#after = after;
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  get isOver(): boolean {
    return this.#outcome.state !== 'running';
  }

  /** Ours for the learner's shell; a pod's shell has no nonce, and ours end it when it is left. */
  mark(mark: Mark): void {
    if (this.isOver || mark.offset <= this.#after) return;
    if (this.#block.opensPodShell && !mark.own && mark.mark === 'prompt') {
      this.#outcome = { state: 'running', inside: true };
    }
    const counts = this.#block.shell === 'pod' ? !mark.own || mark.mark === 'done' : mark.own;
    if (!counts) return;
    if (mark.mark === 'line') this.#line = mark.text;
    else if (mark.mark === 'command') {
      this.#ended(mark.previous ?? 0, mark);
      this.#startedAt ??= mark.at;
      this.#running = { text: this.#line, at: mark.at, from: mark.offset };
    } else if (mark.mark === 'done' && this.#running) {
      const exitCode = mark.exit ?? 0;
      this.#ended(exitCode, mark);
      this.#end(exitCode, mark.at);
    }
  }

  /** Called SILENCE_MS after it was typed. */
  silence(now: number): void {
    if (!this.isOver && this.#startedAt === undefined) this.#outcome = { state: 'sent', at: now };
  }

  /** Of a pasted block, the next command tells how the one before it ended. */
  #ended(exitCode: number, { at, offset }: Mark): void {
    if (!this.#running) return;
    const { text, from } = this.#running;
    this.#commands.push({ text, exitCode, ms: at - this.#running.at, from, to: offset });
    this.#running = undefined;
  }

  #end(exitCode: number, at: number): void {
    const before = this.#commands.slice(0, -1);
    this.#outcome = {
      state: 'ended',
      // The lesson may mean its last command to fail, never the ones before it.
      passed:
        exitCode === this.#block.exitCode && before.every((command) => command.exitCode === 0),
      exitCode,
      commands: [...this.#commands],
      ms: at - (this.#startedAt ?? this.#typedAt),
      at,
    };
  }
}
