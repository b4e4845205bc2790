// Waits between tries, growing and with jitter, so that many watchers do not come back at one moment.

import { setTimeout as wait } from 'node:timers/promises';

/** The first wait. Short: a cluster that restarts is back within a second. */
const FIRST_MS = 100;
/** The longest: a learner who starts a cluster sees green soon after. */
const LONGEST_MS = 2_000;

export class Backoff {
  readonly #signal: AbortSignal;
  #next = FIRST_MS;

  /** Waits end early, without an error, when the signal fires. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  reset(): void {
    this.#next = FIRST_MS;
  }

  async wait(): Promise<void> {
    const ms = this.#next * (0.5 + Math.random());
    this.#next = Math.min(LONGEST_MS, this.#next * 2);
    await this.pause(ms);
  }

  async pause(ms: number): Promise<void> {
    try {
      await wait(ms, undefined, { signal: this.#signal, ref: false });
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }
}
