// <home-start data-lessons="…">: once something is proven, the first button goes on where the learner stopped.

import { define, part } from '../page/dom.ts';
import { lab } from '../page/lab.ts';

class HomeStart extends HTMLElement {
  #stop: (() => void) | undefined;

  connectedCallback(): void {
    this.#stop = lab.on('check', () => this.#draw());
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  #draw(): void {
    const isProven = (check: string) => lab.checks.get(check)?.proven !== undefined;
    const lessons = lessonsIn(this.dataset['lessons'] ?? '');
    // Where they stopped, not what they left out: whoever began with the second module does not want the first.
    const last = lessons.findLastIndex(({ checks }) => checks.some(isProven));
    const next = lessons[last]?.checks.every(isProven) ? lessons[last + 1] : lessons[last];
    if (!next) return;
    const link = part(this, 'a');
    link.setAttribute('href', next.href);
    link.textContent = `Go on with lesson ${next.number}`;
  }
}

/** One lesson a line: module and number, address and checks, blanks between. */
function lessonsIn(text: string): { number: string; href: string; checks: string[] }[] {
  return text.split('\n').map((line) => {
    const [number = '', href = '', ...checks] = line.split(' ');
    return { number, href, checks };
  });
}

define('home-start', HomeStart);
