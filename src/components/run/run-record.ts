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

export type Outcome =
  | { state: 'running'; inside: boolean }
  | {
      state: 'ended';
      passed: boolean;
      exitCode: number;
      exitCodes: number[];
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
  readonly #codes: number[] = [];
  #startedAt: number | undefined;
  #outcome: Outcome = { state: 'running', inside: false };

  constructor(block: RunnableBlock, typedAt: number) {
    this.#block = block;
    this.#typedAt = typedAt;
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  get isOver(): boolean {
    return this.#outcome.state !== 'running';
  }

  /** Ours for the learner's shell; a pod's shell has no nonce, and ours end it when it is left. */
  mark(mark: Mark): void {
    if (this.isOver) return;
    if (this.#block.opensPodShell && !mark.own && mark.mark === 'prompt') {
      this.#outcome = { state: 'running', inside: true };
    }
    const counts = this.#block.shell === 'pod' ? !mark.own || mark.mark === 'done' : mark.own;
    if (!counts) return;
    if (mark.mark === 'command') {
      if (this.#startedAt === undefined) this.#startedAt = mark.at;
      else if (mark.previous !== undefined) this.#codes.push(mark.previous);
    } else if (mark.mark === 'done' && this.#startedAt !== undefined) {
      this.#end(mark.exit ?? 0, mark.at);
    }
  }

  /** Called SILENCE_MS after it was typed. */
  silence(now: number): void {
    if (!this.isOver && this.#startedAt === undefined) this.#outcome = { state: 'sent', at: now };
  }

  #end(exitCode: number, at: number): void {
    this.#codes.push(exitCode);
    const before = this.#codes.slice(0, -1);
    this.#outcome = {
      state: 'ended',
      // The lesson may mean its last command to fail, never the ones before it.
      passed: exitCode === this.#block.exitCode && before.every((code) => code === 0),
      exitCode,
      exitCodes: [...this.#codes],
      ms: at - (this.#startedAt ?? this.#typedAt),
      at,
    };
  }
}
