// The web server's line to the holder: questions with answers, sockets handed over, and what the holder tells unasked.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Answer, Ask, FromWeb, ToWeb } from '../protocol/processes.ts';
import { limits } from './config.ts';
import type { Upgrade } from './listener.ts';

export type Told = Exclude<ToWeb, { kind: 'answer' }>;

export class HolderLine {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  /** `told` hears everything that is not an answer; `gone` that the holder has ended. */
  constructor(told: (message: Told) => void, gone: () => void) {
    process.on('message', (data) => {
      const message = data as ToWeb;
      if (message.kind === 'answer') this.#waiting.get(message.id)?.(message.answer);
      else told(message);
    });
    process.on('disconnect', gone);
  }

  send(message: FromWeb): void {
    process.send?.(message);
  }

  /** An answer, or LAB_INTERNAL when there is none in time. */
  ask(ask: Ask): Promise<Answer> {
    const id = ++this.#count;
    return new Promise((resolve) => {
      const finish = (answer: Answer) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(
        () => finish({ answer: 'error', code: 'LAB_INTERNAL' }),
        limits.askTimeoutMs,
      );
      this.#waiting.set(id, finish);
      this.send({ kind: 'ask', id, ask });
    });
  }

  /** The holder serves the socket from here on: it goes on when we die, and no byte is copied twice. */
  handOver({ request, socket, head, learner, browser }: Upgrade): void {
    const { method = 'GET', url = '/', headers } = request;
    const message: FromWeb = {
      kind: 'upgrade',
      request: { method, url, headers, learner, browser },
      head,
    };
    stopReading(socket);
    process.send?.(message, socket as Socket, { keepOpen: false }, (error) => {
      if (error) socket.destroy();
    });
  }
}

/**
 * Our copy of the socket stays open until the holder has said that it has its own, and what we read meanwhile would be lost. Node
 * offers no public way: `pause` goes on reading into its buffer.
 */
function stopReading(socket: Duplex & { _handle?: { readStop?: () => void } }): void {
  socket._handle?.readStop?.();
}
