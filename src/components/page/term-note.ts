// <term-note>: what a word means. Styles show it; Escape takes it away until the pointer or the focus comes anew.

import { define, part } from './dom.ts';

class TermNote extends HTMLElement {
  #stop = new AbortController();

  connectedCallback(): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const show = () => this.removeAttribute('data-hidden');
    this.addEventListener('pointerenter', show, { signal });
    this.addEventListener('focusin', show, { signal });
    const word = part(this, 'button');
    // Safari gives no focus to a button that was pressed, and on a touch screen nothing else would show the note.
    word.addEventListener('click', () => word.focus(), { signal });
    document.addEventListener(
      'keydown',
      ({ key }) => {
        if (key === 'Escape') this.setAttribute('data-hidden', '');
      },
      { signal },
    );
  }

  disconnectedCallback(): void {
    this.#stop.abort();
  }
}

define('term-note', TermNote);
