// The page's feed: what the engine and the checks say, from the present state on. Comes back by itself when the line is lost.

import { FEED_PATH, FEED_PROTOCOL } from './paths.ts';
import type { FeedMessage } from '../../protocol/lab.ts';
import { Retry } from './retry.ts';
import type { Page } from './page.ts';
import { fieldOf } from './requests.ts';
import type { Requests } from './requests.ts';

export interface FeedListener {
  message: (message: FeedMessage) => void;
  lost: () => void;
  /** The lab is there, but does not know this browser. */
  locked: () => void;
}

const KINDS: readonly unknown[] = ['state', 'engine', 'check', 'notice', 'evidence'];

/** A line on which nothing was heard for longer, while the page was away, may be dead without having said so. */
const DOUBT_MS = 30_000;

export class Feed {
  readonly #page: Page;
  readonly #requests: Requests;
  readonly #listener: FeedListener;
  readonly #retry: Retry;
  readonly #stopWaking: () => void;
  #socket: WebSocket | undefined;
  #heardAt = 0;
  #open = false;

  constructor(page: Page, requests: Requests, listener: FeedListener) {
    this.#page = page;
    this.#requests = requests;
    this.#listener = listener;
    this.#retry = new Retry(page, () => void this.open());
    this.#stopWaking = page.on('wake', () => this.#doubt());
  }

  async open(): Promise<void> {
    if (this.#socket || this.#open) return;
    this.#open = true;
    try {
      // Asked first, because a socket that is refused does not say why.
      if (await this.#requests.isOpen()) this.#connect();
      else this.#listener.locked();
    } catch {
      // No answer, or not the lab's: to the learner both are a lab that is away.
      this.#listener.lost();
      this.#retry.later();
    } finally {
      this.#open = false;
    }
  }

  close(): void {
    this.#retry.close();
    this.#stopWaking();
    this.#drop();
  }

  #connect(): void {
    const socket = this.#page.socket(FEED_PATH, [FEED_PROTOCOL, `key.${this.#requests.key ?? ''}`]);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (socket !== this.#socket || typeof data !== 'string') return;
      this.#heardAt = this.#page.now();
      this.#retry.succeeded();
      const message: unknown = JSON.parse(data);
      // A newer lab may tell more than this page knows.
      if (KINDS.includes(fieldOf(message, 'kind'))) this.#listener.message(message as FeedMessage);
    });
    socket.addEventListener('close', () => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.#listener.lost();
      this.#retry.later();
    });
  }

  #doubt(): void {
    if (!this.#socket || this.#page.now() - this.#heardAt < DOUBT_MS) return;
    this.#drop();
    void this.open();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}
