// The feed: tells every open page of a learner what happens, from the present state on. Remembers the newest of each thing, so that a
// page that comes, or comes back, is told all it needs in its first message. Knows nothing of how anything was decided.

import type { WebSocket } from 'ws';
import type { Evidence } from '../protocol/evidence.ts';
import type { EngineFacts, FeedMessage } from '../protocol/lab.ts';
import type { CheckState } from '../protocol/verdict.ts';
import { limits } from './config.ts';

interface Learner {
  engine: EngineFacts;
  checks: Map<string, CheckState>;
  evidence: Evidence[];
  pages: Map<WebSocket, { missed: number }>;
}

export interface FeedOptions {
  /** What is told of the engine before it has spoken. */
  engine: EngineFacts;
  log: (message: string) => void;
  /** A page of the learner has come or gone; `pages` are left. */
  audience?: (learner: string, pages: number) => void;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #learners = new Map<string, Learner>();
  readonly #heart: NodeJS.Timeout;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#heart = setInterval(() => this.#beat(), limits.heartbeatMs);
    this.#heart.unref();
  }

  /** To all pages of the learner, now; what is not a passing notice, to those that come later, too. */
  publish(learner: string, message: FeedMessage): void {
    const { pages } = this.#remember(learner, message);
    const text = JSON.stringify(message);
    for (const page of pages.keys()) this.#send(page, text);
  }

  /** How many pages of the learner listen. */
  pages(learner: string): number {
    return this.#learners.get(learner)?.pages.size ?? 0;
  }

  /** Takes over an open socket. Pages only listen: what they want, they ask for by plain requests. */
  serve(socket: WebSocket, learner: string): void {
    const { pages } = this.#of(learner);
    const page = { missed: 0 };
    pages.set(socket, page);
    socket.on('pong', () => (page.missed = 0));
    socket.on('message', () => socket.close(1003, 'LAB_FRAME_TEXT'));
    socket.on('error', (error) => this.#options.log(`a page's feed broke: ${error.message}`));
    socket.on('close', () => {
      pages.delete(socket);
      this.#options.audience?.(learner, pages.size);
    });
    this.#send(socket, JSON.stringify(this.#state(learner)));
    this.#options.audience?.(learner, pages.size);
  }

  close(): void {
    clearInterval(this.#heart);
    for (const { pages } of this.#learners.values()) {
      for (const socket of pages.keys()) socket.close(1001);
    }
  }

  #of(learner: string): Learner {
    let found = this.#learners.get(learner);
    if (!found) {
      found = { engine: this.#options.engine, checks: new Map(), evidence: [], pages: new Map() };
      this.#learners.set(learner, found);
    }
    return found;
  }

  #remember(learner: string, message: FeedMessage): Learner {
    const known = this.#of(learner);
    switch (message.kind) {
      case 'state':
        known.engine = message.engine;
        known.checks = new Map(message.checks.map((check) => [check.check, check]));
        known.evidence = message.evidence ?? [];
        break;
      case 'engine':
        known.engine = message.engine;
        break;
      case 'check':
        known.checks.set(message.check.check, message.check);
        break;
      case 'evidence':
        known.evidence = message.evidence;
        break;
      case 'receipt': // kept in the learner's record
      case 'notice':
        break; // for those who are here
    }
    return known;
  }

  #state(learner: string): FeedMessage {
    const { engine, checks, evidence } = this.#of(learner);
    const state: FeedMessage = { kind: 'state', learner, engine, checks: [...checks.values()] };
    return evidence.length > 0 ? { ...state, evidence } : state;
  }

  /** A page that does not read is cut off; when it comes back, it is told the state as it is then. */
  #send(socket: WebSocket, text: string): void {
    if (socket.bufferedAmount > limits.feedBacklogBytes) socket.terminate();
    else socket.send(text);
  }

  #beat(): void {
    for (const { pages } of this.#learners.values()) {
      for (const [socket, page] of pages) {
        if (page.missed++ >= limits.heartbeatMisses) socket.terminate();
        else socket.ping();
      }
    }
  }
}
