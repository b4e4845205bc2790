// Which objects a controller must look at next. A key waits at most once however often it is added, is never worked on
// twice at a time, and is tried again with back-off when its work fails. Knows nothing of what the work is.
// The rules are those of client-go's rate-limited work queue, which every Kubernetes controller stands on.

import type { Clock, TaskOptions } from '../clock.ts';
import type { Cancel, Platform } from '../platform.ts';
import { isRefusal } from './refusals.ts';

/** First wait after a failure; each further failure of the key doubles it. client-go's default. */
const RETRY_BASE_MS = 5;
/** client-go's default ceiling. */
const RETRY_MAX_MS = 1_000_000;
/** Keys worked on at the same time: --concurrent-deployment-syncs and its siblings default to 5. */
const DEFAULT_CONCURRENCY = 5;

export interface WorkQueueOptions {
  /** For the operator's log: `deployment`. */
  name: string;
  clock: Clock;
  log: Platform['log'];
  /** Brings one object to where it should be. A rejection is retried. */
  sync(key: string): Promise<void>;
  concurrency?: number;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In order of arrival. */
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { due: number; cancel: Cancel }>();
  #woken = false;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys not yet worked on, those that wait for their time included. */
  get length(): number {
    return this.#waiting.size + this.#delayed.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#waiting.add(key);
    this.#wake();
  }

  /** Adds the key after `ms` of cluster time. Of several waits for one key the earliest holds. */
  addAfter(key: string, ms: number, options?: TaskOptions): void {
    if (this.#closed) return;
    if (ms <= 0) return this.add(key);
    const due = this.#options.clock.now() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier && earlier.due <= due) return;
    earlier?.cancel();
    const added = () => {
      this.#delayed.delete(key);
      this.add(key);
    };
    const cancel = this.#options.clock.after(ms, added, options);
    this.#delayed.set(key, { due, cancel });
  }

  /** Adds the key after the back-off that its failures so far have earned. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(RETRY_BASE_MS * 2 ** failures, RETRY_MAX_MS));
  }

  /** Nothing more is started; what is being worked on comes to its end. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
  }

  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    this.#options.clock.after(0, () => {
      this.#woken = false;
      this.#startWork();
    });
  }

  #startWork(): void {
    const limit = this.#options.concurrency ?? DEFAULT_CONCURRENCY;
    for (const key of this.#waiting) {
      if (this.#working.size >= limit) return;
      if (this.#working.has(key)) continue;
      this.#waiting.delete(key);
      this.#working.add(key);
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    try {
      await this.#options.sync(key);
      this.#failures.delete(key);
    } catch (error) {
      // A refusal (a conflict, a full store) is news to the controller only; anything else is a fault of ours.
      if (!isRefusal(error)) {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#options.log('error', `${this.#options.name} controller: ${what}`);
      }
      this.addRateLimited(key);
    } finally {
      this.#working.delete(key);
      if (this.#waiting.size > 0 && !this.#closed) this.#wake();
    }
  }
}
