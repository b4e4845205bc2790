// Find: a line above the screen. Types of what it found: which of how many. Knows nothing of xterm.

import { make } from '../page/dom.ts';
import type { Found, Screen } from './screen.ts';

/** One for the dock; it searches whatever terminal is in front when a key is pressed in it. */
export class FindBar {
  readonly #front: () => Promise<Screen> | undefined;
  readonly #closed: () => void;
  readonly #box: HTMLFormElement;
  readonly #input = make('input', { type: 'search', 'aria-label': 'Find in the terminal' });
  readonly #count = make('span', { role: 'status', class: 'count' });
  #searched: Screen | undefined;

  constructor(front: () => Promise<Screen> | undefined, closed: () => void) {
    this.#front = front;
    this.#closed = closed;
    const before = make('button', { type: 'button', 'aria-label': 'Find the one before' }, '↑');
    const after = make('button', { type: 'button', 'aria-label': 'Find the one after' }, '↓');
    const close = make('button', { type: 'button' }, 'Close');
    this.#box = make(
      'form',
      { class: 'find', role: 'search', 'aria-label': 'In the terminal' },
      this.#input,
      this.#count,
      before,
      after,
      close,
    );
    // What was printed last is looked at first.
    this.#box.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#find(false);
    });
    this.#input.addEventListener('input', () => this.#find(false));
    before.addEventListener('click', () => this.#find(false));
    after.addEventListener('click', () => this.#find(true));
    close.addEventListener('click', () => this.close());
    this.#box.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
      else if (event.key === 'Enter' && event.shiftKey && event.target === this.#input) {
        event.preventDefault();
        this.#find(true);
      } else return;
      event.stopPropagation();
    });
  }

  open(above: HTMLElement): void {
    above.before(this.#box);
    this.#input.focus();
    this.#input.select();
  }

  close(): void {
    this.#box.remove();
    this.#count.textContent = '';
    this.#searched?.endFind();
    this.#closed();
  }

  #find(forward: boolean): void {
    void this.#front()?.then((screen) => {
      if (this.#searched !== screen) this.#searched?.endFind();
      this.#searched = screen;
      return screen.find(this.#input.value, forward, (found) => this.#tell(found));
    });
    if (this.#input.value === '') this.#count.textContent = '';
  }

  #tell({ at, of }: Found): void {
    const word = this.#input.value;
    this.#count.textContent =
      word === '' ? '' : of === 0 ? 'not found' : at < 0 ? `over ${of}` : `${at + 1} of ${of}`;
  }
}
