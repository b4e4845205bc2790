// How a long command tells where it is: one line that is drawn again on a terminal, and lines one by one in a file or pipe.
// It goes to stderr, as istioctl's does.

import type { Io } from './command.ts';

const GREEN = '\x1b[32m';
const YELLOW = '\x1b[33m';
const RED = '\x1b[31m';
const PLAIN = '\x1b[0m';

export class Progress {
  readonly #io: Io;
  /** What stands on the open line of a terminal, or was said last. */
  #shown = '';
  #open = false;

  constructor(io: Io) {
    this.#io = io;
  }

  /** Goes on; a later line takes its place. */
  now(text: string): void {
    if (text === this.#shown) return;
    this.#shown = text;
    if (this.#io.interactive) this.#io.err(`\r\x1b[K${YELLOW}-${PLAIN} ${text}`);
    else this.#io.err(`- ${text}\n`);
    this.#open = this.#io.interactive;
  }

  done(text: string): void {
    this.#end('✔', GREEN, text);
  }

  failed(text: string): void {
    this.#end('✘', RED, text);
  }

  #end(sign: string, colour: string, text: string): void {
    const clear = this.#open ? '\r\x1b[K' : '';
    this.#open = false;
    this.#shown = '';
    const drawn = this.#io.interactive ? `${colour}${sign}${PLAIN}` : sign;
    this.#io.err(`${clear}${drawn} ${text}\n`);
  }
}
