// What one terminal's shell is doing, as far as its marks tell: at its prompt, busy with a command, or inside a pod's
// shell. Pure. Marks are hints: any program can print them, and a shell without our rc file prints none.

import type { Mark } from '../../../protocol/terminal.ts';

export type ShellPhase =
  /** No mark has been heard. */
  | { kind: 'silent' }
  | { kind: 'prompt' }
  | { kind: 'busy'; program: string }
  /** A program with a prompt of its own runs in the shell: the shell of a pod. */
  | { kind: 'inside'; program: string; busy: boolean };

export class ShellLine {
  readonly name: string;
  readonly #listeners = new Set<(mark: Mark) => void>();
  #phase: ShellPhase = { kind: 'silent' };
  #line = '';

  constructor(name: string) {
    this.name = name;
  }

  get phase(): ShellPhase {
    return this.#phase;
  }

  mark(mark: Mark): void {
    this.#phase = mark.own ? this.#own(mark) : this.#foreign(mark);
    for (const listener of this.#listeners) listener(mark);
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
        return { kind: 'busy', program: this.#line.split('\n')[0] ?? '' };
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
