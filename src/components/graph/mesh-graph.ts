// <mesh-graph>: the place of a picture on the page. Fetches what draws it when somebody sees it, and tells it when nobody does.

import { define } from '../page/dom.ts';
import type { LiveGraph } from './live-graph.ts';

class MeshGraph extends HTMLElement {
  #live: Promise<LiveGraph> | undefined;
  #observer: IntersectionObserver | undefined;
  #inView = false;
  readonly #turn = () => void this.#look();

  connectedCallback(): void {
    this.#observer = new IntersectionObserver((entries) => {
      this.#inView = entries.at(-1)?.isIntersecting ?? false;
      void this.#look();
    });
    this.#observer.observe(this);
    document.addEventListener('visibilitychange', this.#turn);
  }

  disconnectedCallback(): void {
    this.#observer?.disconnect();
    document.removeEventListener('visibilitychange', this.#turn);
    void this.#live?.then((live) => live.close());
    this.#live = undefined;
  }

  async #look(): Promise<void> {
    const seen = this.#inView && document.visibilityState === 'visible';
    if (!this.#live && !seen) return;
    this.#live ??= import('./live-graph.ts').then(({ LiveGraph }) => new LiveGraph(this));
    try {
      (await this.#live).seen(seen);
    } catch {
      this.#live = undefined; // the script is gone: a new build, say. Tried again when it is next seen.
    }
  }
}

define('mesh-graph', MeshGraph);
