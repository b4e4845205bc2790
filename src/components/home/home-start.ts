// <home-start data-lessons="…">: the first button goes on where the learner stopped: with the lesson they opened last, or with the next
// one when that is proven. In another browser, with the last lesson in which something is proven.

import { define, part } from '../page/dom.ts';
import { LAST_LESSON } from '../page/lesson-here.ts';
import { lab } from '../page/lab.ts';
import { recall } from '../page/memory.ts';

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
    const opened = lessons.findIndex(({ href }) => href === recall(LAST_LESSON));
    const last =
      opened >= 0 ? opened : lessons.findLastIndex(({ checks }) => checks.some(isProven));
    const checks = lessons[last]?.checks ?? [];
    const isDone = checks.length > 0 && checks.every(isProven);
    const next = isDone ? (lessons[last + 1] ?? lessons[last]) : lessons[last];
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
