// What one terminal's shell is doing, as far as its marks tell: at its prompt, busy with a command, or inside a pod's
// shell. Pure. Marks are hints: any program can print them, and a shell without our rc file prints none.

import type { Mark } from '../../../protocol/terminal.ts';
import type { Printed } from '../../lab-client/lab.ts';

export type ShellPhase =
  /** No mark has been heard. */
  | { kind: 'silent' }
  | { kind: 'prompt' }
  /** `since` is when it began, in milliseconds since the epoch. */
  | { kind: 'busy'; program: string; since: number }
  /** A program with a prompt of its own runs in the shell: the shell of a pod. */
  | { kind: 'inside'; program: string; busy: boolean };

/** The terminal behind a line: its id, and what it printed lately. */
export interface Behind {
  session: string;
  printed: (from: number, to: number) => Printed;
}

/** Marks that a block of a page that came back may still ask for. */
const MARKS_KEPT = 1_000;

export class ShellLine {
  name: string;
  readonly session: string;
  readonly printed: Behind['printed'];
  readonly #listeners = new Set<(mark: Mark) => void>();
  #phase: ShellPhase = { kind: 'silent' };
  #line = '';
  #offset = -1;
  /** As many as the lab keeps. */
  #marks: Mark[] = [];
  #reachedAt: number | undefined;

  constructor(name: string, { session, printed }: Behind) {
    this.name = name;
    this.session = session;
    this.printed = printed;
  }

  /** Of the last mark that was heard: those of what is typed now come behind it. */
  get offset(): number {
    return this.#offset;
  }

  get phase(): ShellPhase {
    return this.#phase;
  }

  /** Since when nothing more has to come before it can be heard, in milliseconds since the epoch; undefined while its line is down. */
  reached(at: number | undefined): void {
    this.#reachedAt = at === undefined ? undefined : (this.#reachedAt ?? at);
  }

  /** Milliseconds since `from` for which it could have been heard, without a break. */
  audibleFor(from: number, now: number): number {
    return this.#reachedAt === undefined ? 0 : Math.max(0, now - Math.max(from, this.#reachedAt));
  }

  mark(mark: Mark): void {
    this.#offset = mark.offset;
    this.#marks.push(mark);
    if (this.#marks.length > 2 * MARKS_KEPT) this.#marks = this.#marks.slice(-MARKS_KEPT);
    this.#phase = mark.own ? this.#own(mark) : this.#foreign(mark);
    for (const listener of this.#listeners) listener(mark);
  }

  /** The marks behind an offset that were heard already. */
  heard(after: number): Mark[] {
    return this.#marks.filter(({ offset }) => offset > after);
  }

  /** A shell that comes after it has said nothing yet. */
  ended(): void {
    this.#phase = { kind: 'silent' };
  }

  /** Hears each mark after the phase has followed it. */
  on(listener: (mark: Mark) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #own(mark: Mark): ShellPhase {
    switch (mark.mark) {
      case 'prompt':
      case 'input':
      case 'done':
        return { kind: 'prompt' };
      case 'line':
        this.#line = mark.text;
        return this.#phase;
      case 'command':
        return { kind: 'busy', program: this.#line.split('\n')[0] ?? '', since: mark.at };
      case 'cwd':
        return this.#phase;
    }
  }

  /** Marks without our nonce count only while a command of ours runs: they are what it prints. */
  #foreign(mark: Mark): ShellPhase {
    const phase = this.#phase;
    if (phase.kind !== 'busy' && phase.kind !== 'inside') return phase;
    const { program } = phase;
    switch (mark.mark) {
      case 'prompt':
      case 'input':
      case 'done':
        return { kind: 'inside', program, busy: false };
      case 'command':
        return { kind: 'inside', program, busy: true };
      case 'line':
      case 'cwd':
        return phase;
    }
  }
}
