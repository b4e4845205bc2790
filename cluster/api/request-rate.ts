// How many requests a cluster takes: a bucket that fills with time and gives one drop a request. Stands where a real server
// bounds the requests in flight; ours are answered one after the other. Knows no requests.

export interface RateLimits {
  requestsPerSecond: number;
  requestBurst: number;
}

export class RequestRate {
  readonly #limits: RateLimits;
  /** Real time, in milliseconds: clients do not hurry because a cluster's clock does. */
  readonly #now: () => number;
  #left: number;
  #filledAt: number;

  constructor(limits: RateLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#left = limits.requestBurst;
    this.#filledAt = now();
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    const { requestsPerSecond, requestBurst } = this.#limits;
    const now = this.#now();
    // A machine's clock may be set back.
    const gained = (Math.max(0, now - this.#filledAt) / 1_000) * requestsPerSecond;
    this.#left = Math.min(requestBurst, this.#left + gained);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
