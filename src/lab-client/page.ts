// What the lab's client needs of the browser, in one place: requests, sockets, time, storage, and the moments when a page wakes or goes.
// Tests bring their own. Knows nothing of the lab.

import { keep, recall } from './key.ts';

export interface Page {
  /** `http://127.0.0.1:4747` */
  readonly origin: string;
  fetch(path: string, init: RequestInit): Promise<Response>;
  socket(path: string, protocols: string[]): WebSocket;
  /** Calls once, later; the answer undoes it. */
  after(ms: number, run: () => void): () => void;
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** An id nobody else has. */
  id(): string;
  /** False while it stands behind another tab. */
  visible(): boolean;
  /** `wake`: seen again, restored, or online again. `leave`: closed, or on the way to another page. */
  on(moment: 'wake' | 'leave', run: () => void): () => void;
  /** Storage that no other origin reads. */
  recall(key: string): string | undefined;
  keep(key: string, value: string | undefined): void;
  hash(): string;
  clearHash(): void;
}

const ID_BYTES = 12;

export function browserPage(): Page {
  return {
    origin: location.origin,
    fetch: (path, init) => fetch(path, { ...init, cache: 'no-store', credentials: 'same-origin' }),
    socket: (path, protocols) =>
      new WebSocket(new URL(path, location.origin.replace(/^http/, 'ws')), protocols),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
    random: () => Math.random(),
    id: () =>
      Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join(''),
    visible: () => document.visibilityState === 'visible',
    on: (moment, run) => {
      if (moment === 'leave') return listen(window, 'pagehide', run);
      const seen = () => document.visibilityState === 'visible' && run();
      const ends = [
        listen(window, 'online', run),
        listen(window, 'pageshow', run),
        listen(document, 'visibilitychange', seen),
      ];
      return () => ends.forEach((end) => end());
    },
    recall,
    keep,
    hash: () => location.hash,
    clearHash: () => history.replaceState(history.state, '', location.pathname + location.search),
  };
}

function listen(target: EventTarget, event: string, run: () => void): () => void {
  target.addEventListener(event, run);
  return () => target.removeEventListener(event, run);
}
