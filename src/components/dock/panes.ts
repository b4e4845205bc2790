// Which terminals are seen: the one in front, and beside it another when the dock is split. Decides where; draws nothing.

import type { LabTerminal } from './lab-terminal.ts';

export class Panes {
  readonly #box: HTMLElement;
  #first: LabTerminal | undefined;
  #second: LabTerminal | undefined;
  #front: LabTerminal | undefined;

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  get front(): LabTerminal | undefined {
    return this.#front;
  }

  get isSplit(): boolean {
    return this.#second !== undefined;
  }

  /** The half that is not in front. */
  get other(): LabTerminal | undefined {
    return this.#second && (this.#front === this.#second ? this.#first : this.#second);
  }

  /** Both of them as they lie, when it is split. */
  get halves(): readonly [LabTerminal, LabTerminal] | undefined {
    return this.#first && this.#second && [this.#first, this.#second];
  }

  /** Puts it in front: in the half where it is, or in place of the one that was. */
  show(terminal: LabTerminal | undefined): void {
    if (terminal && terminal !== this.#first && terminal !== this.#second) {
      if (this.#second && this.#front === this.#second) this.#second = terminal;
      else this.#first = terminal;
    }
    this.#front = terminal;
    if (!terminal) this.#first = this.#second = undefined;
    this.#mark();
  }

  /** Opens a second half for it, and puts it in front. */
  split(terminal: LabTerminal): void {
    this.#first = this.#front;
    this.#second = terminal;
    this.#front = terminal;
    this.#mark();
  }

  /** Keeps what is in front. */
  join(): void {
    this.#first = this.#front;
    this.#second = undefined;
    this.#mark();
  }

  /** It has gone: what is left fills the dock. Answers whether another stands in front now. */
  drop(terminal: LabTerminal): boolean {
    const left = [this.#first, this.#second].find((each) => each && each !== terminal);
    if (terminal === this.#first || terminal === this.#second) {
      this.#first = left;
      this.#second = undefined;
      this.#front = left;
    }
    this.#mark();
    return this.#front !== undefined;
  }

  #mark(): void {
    this.#box.toggleAttribute('data-split', this.isSplit);
    for (const terminal of this.#box.querySelectorAll<LabTerminal>('lab-terminal')) {
      terminal.toggleAttribute('data-front', terminal === this.#front);
      terminal.toggleAttribute('data-first', this.isSplit && terminal === this.#first);
      terminal.toggleAttribute('data-second', terminal === this.#second);
    }
  }
}
