// The last commands of a learner's terminals, for checks of steps that change nothing: what a terminal showed is seen, and
// never proves anything. Knows nothing of terminals; whoever has receipts adds them.

import type { Receipt } from '../../protocol/receipt.ts';

/** What a check may look at. */
type Seen = Pick<Receipt, 'command' | 'exit' | 'output'>;

/** Inside a pod anybody can print a mark: no check looks at receipts from there. */
type Offered = Seen & { place?: Receipt['place'] };

/** How many are kept: a step shows a handful, and a curious learner types more in between. */
const KEPT = 30;

export class Receipts {
  readonly #receipts: Seen[] = [];
  readonly #observers = new Set<() => void>();

  add({ command, exit, output, place = 'lab' }: Offered): void {
    if (place !== 'lab') return;
    this.#receipts.push({ command, exit, output });
    if (this.#receipts.length > KEPT) this.#receipts.shift();
    for (const changed of this.#observers) changed();
  }

  /** Those in which a command begins with these words, wherever it stands on its line; newest last. */
  of(words: string): Seen[] {
    return this.#receipts.filter(({ command }) =>
      command.split(/\||&&|;|\n|\$\(/).some((part) => begins(part, words)),
    );
  }

  /** Calls `changed` after each new one, until the returned function is called. */
  observe(changed: () => void): () => void {
    this.#observers.add(changed);
    return () => this.#observers.delete(changed);
  }
}

function begins(command: string, words: string): boolean {
  const typed = command.trim().split(/\s+/);
  return words.split(/\s+/).every((word, at) => typed[at] === word);
}
