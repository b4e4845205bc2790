// The parts of a business case as elements. Each stands in the page already; what makes it answer is fetched when it comes into sight.

import { define } from '../page/dom.ts';

/** Pixels before it is seen: enough for a fetch while somebody scrolls. */
const AHEAD = '400px';

interface Opener {
  /** Makes the element answer; the answer undoes what has to be undone. */
  open: (element: HTMLElement) => () => void;
}

function lazily(name: string, load: () => Promise<Opener>): void {
  define(
    name,
    class extends HTMLElement {
      #observer: IntersectionObserver | undefined;
      #close: (() => void) | undefined;

      connectedCallback(): void {
        this.#observer = new IntersectionObserver(
          (entries) => entries.some(({ isIntersecting }) => isIntersecting) && void this.#open(),
          { rootMargin: AHEAD },
        );
        this.#observer.observe(this);
      }

      disconnectedCallback(): void {
        this.#observer?.disconnect();
        this.#close?.();
        this.#close = undefined;
      }

      async #open(): Promise<void> {
        this.#observer?.disconnect();
        try {
          const { open } = await load();
          if (this.isConnected && !this.#close) this.#close = open(this);
        } catch {
          this.#observer?.observe(this); // the script is gone: a new build, say. Tried again when it is next seen.
        }
      }
    },
  );
}

lazily('lab-workbook', () => import('./workbook.ts'));
lazily('board-pack', () => import('./board-pack.ts'));
lazily('evidence-ledger', () => import('./evidence-ledger.ts'));
lazily('board-rehearsal', () => import('./rehearsal.ts'));
lazily('demo-script', () => import('./demo-script.ts'));
