// Tries again: soon at first, then later and later, at once when the page wakes; and not while nobody looks.

import type { Page } from './page.ts';

/** So that a blip is hardly seen, and a lab that is away for long is not asked all the time. */
const FIRST_MS = 250;
const LONGEST_MS = 5_000;
const GROWTH = 1.7;
/** Many pages that lost the same lab must not come back in step. */
const SPREAD = 0.3;

export class Retry {
  readonly #page: Page;
  readonly #run: () => void;
  readonly #stopWaking: () => void;
  #ms = FIRST_MS;
  #cancel: (() => void) | undefined;
  #waiting = false;

  constructor(page: Page, run: () => void) {
    this.#page = page;
    this.#run = run;
    this.#stopWaking = page.on('wake', () => this.#waiting && this.now());
  }

  /** Later than the last time. */
  later(): void {
    this.#cancel?.();
    this.#waiting = true;
    const spread = 1 - SPREAD + 2 * SPREAD * this.#page.random();
    this.#cancel = this.#page.after(this.#ms * spread, () => {
      if (this.#page.visible()) this.now();
    });
    this.#ms = Math.min(LONGEST_MS, this.#ms * GROWTH);
  }

  /** When the page is seen again, and no sooner. */
  whenSeen(): void {
    if (this.#page.visible()) this.later();
    else this.#waiting = true;
  }

  now(): void {
    this.cancel();
    this.#run();
  }

  /** It went well: the next time is soon again. */
  succeeded(): void {
    this.cancel();
    this.#ms = FIRST_MS;
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = false;
  }

  close(): void {
    this.cancel();
    this.#stopWaking();
  }
}
