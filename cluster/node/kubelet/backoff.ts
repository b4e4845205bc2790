// How long to wait before trying again what failed: doubling, and forgotten after a long quiet. One for each container or
// image. Source: the public documentation of container restarts (10 s, doubling, capped at five minutes, reset after ten).

/** First wait before a crashed container is started again, or an image pulled again. */
const FIRST_MS = 10_000;
const MOST_MS = 300_000;

export interface BackoffState {
  /** The wait that holds now. */
  ms: number;
  /** Cluster time at which it was set. */
  at: number;
}

export class Backoff {
  #state: BackoffState | undefined;

  constructor(state?: BackoffState) {
    this.#state = state;
  }

  get state(): BackoffState | undefined {
    return this.#state;
  }

  /** Milliseconds left of the wait, counted from what failed at `failedAt`; 0 when it may be tried. */
  remaining(failedAt: number, now: number): number {
    if (!this.#state || this.#expired(failedAt)) return 0;
    return Math.max(0, failedAt + this.#state.ms - now);
  }

  /** The wait itself, for messages. */
  get ms(): number {
    return this.#state?.ms ?? FIRST_MS;
  }

  /** Notes another attempt: the next wait is twice as long. */
  next(failedAt: number, now: number): void {
    const ms =
      !this.#state || this.#expired(failedAt) ? FIRST_MS : Math.min(this.#state.ms * 2, MOST_MS);
    this.#state = { ms, at: now };
  }

  #expired(failedAt: number): boolean {
    return this.#state !== undefined && failedAt - this.#state.at > 2 * MOST_MS;
  }
}
