// One-shot tickets: who may open a line to which terminal, for half a minute. The page asks for one with its cookie and key, and shows
// it in its first frame; so a cookie alone, or a page of another origin, opens nothing. Knows nothing of sockets.

import { randomBytes } from 'node:crypto';
import { limits } from '../config.ts';

export interface Admission {
  learner: string;
  session: string;
  /** The browser that asked: another one cannot use it. */
  browser: string;
}

export class Tickets {
  readonly #now: () => number;
  readonly #waiting = new Map<string, Admission & { until: number }>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** 128 bits of chance. The learner's oldest waiting ticket goes when there are too many. */
  issue(admission: Admission): string {
    this.#expire();
    const own = [...this.#waiting].filter(([, { learner }]) => learner === admission.learner);
    if (own.length >= limits.ticketsPerLearner) this.#waiting.delete(own[0]?.[0] ?? '');
    const ticket = randomBytes(16).toString('base64url');
    this.#waiting.set(ticket, { ...admission, until: this.#now() + limits.ticketLifetimeMs });
    return ticket;
  }

  /** True once, in time, for the very terminal and browser it was issued for. Whoever shows it uses it up. */
  redeem(ticket: string, { learner, session, browser }: Admission): boolean {
    const found = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    return (
      found !== undefined &&
      this.#now() <= found.until &&
      found.learner === learner &&
      found.session === session &&
      found.browser === browser
    );
  }

  #expire(): void {
    const now = this.#now();
    for (const [ticket, { until }] of this.#waiting) if (until < now) this.#waiting.delete(ticket);
  }
}
