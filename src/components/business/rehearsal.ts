// A rehearsal that remembers: what was ticked, how one rated oneself, and which card is the weakest. Fetched when somebody sees it.

import { announce } from '../page/announce.ts';
import { part } from '../page/dom.ts';
import { keep, recall } from '../page/memory.ts';
import { stopwatch } from '../page/time.ts';

/** Said aloud when so many seconds are left. */
const WARNINGS = [300, 60];

export function open(element: HTMLElement): () => void {
  const rehearsal = new Rehearsal(element);
  return () => rehearsal.close();
}

class Rehearsal {
  readonly #element: HTMLElement;
  readonly #cards: HTMLElement[];
  #ends = 0;
  #timer = 0;
  #left = 0;

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#cards = [...element.querySelectorAll<HTMLElement>('[data-question]')];
    for (const card of this.#cards) this.#remember(card);
    part(element, '[data-start]').addEventListener('click', () => this.#toggle());
    part(element, '[data-next]').addEventListener('click', () => this.#next());
    this.#score();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get #ms(): number {
    return Number(this.#element.dataset['minutes'] ?? '20') * 60_000;
  }

  #toggle(): void {
    const start = part(this.#element, '[data-start]');
    if (this.#timer) {
      clearInterval(this.#timer);
      this.#timer = 0;
      start.textContent = 'Start the clock again';
      return;
    }
    this.#ends = Date.now() + this.#ms;
    this.#left = this.#ms / 1_000;
    this.#timer = window.setInterval(() => this.#tick(), 250);
    start.textContent = 'Stop the clock';
    this.#tick();
    this.#next();
  }

  #tick(): void {
    const left = this.#ends - Date.now();
    const seconds = Math.ceil(left / 1_000);
    const clock = part(this.#element, '[data-clock]');
    clock.textContent = left >= 0 ? stopwatch(1_000 * seconds) : `over by ${stopwatch(-left)}`;
    for (const warning of WARNINGS) {
      if (this.#left > warning && seconds <= warning) announce(`${warning / 60} minutes left`);
    }
    if (this.#left > 0 && seconds <= 0) announce('The time is over');
    this.#left = seconds;
  }

  /** The first card that was not rated; then the one that was rated worst. */
  #next(): void {
    const rated = this.#cards.map((card) => ({ card, rating: ratingOf(card) }));
    const open = rated.find(({ rating }) => rating === undefined);
    const weakest = rated.toSorted((a, b) => (a.rating ?? 0) - (b.rating ?? 0))[0];
    const card = (open ?? weakest)?.card;
    card?.scrollIntoView({ block: 'start' });
    card?.querySelector('textarea')?.focus({ preventScroll: true });
  }

  #score(): void {
    const ratings = this.#cards.map(ratingOf).filter((rating) => rating !== undefined);
    const sure = ratings.filter((rating) => rating === 2).length;
    part(this.#element, '[data-score]').textContent =
      ratings.length === 0
        ? `${this.#cards.length} cards, about ${Math.floor(this.#ms / 60_000 / this.#cards.length)} minutes each.`
        : `${ratings.length} of ${this.#cards.length} rehearsed, ${sure} that you would believe.`;
  }

  #remember(card: HTMLElement): void {
    const key = `meshproof:rehearsal:${card.dataset['question'] ?? ''}`;
    const inputs = [...card.querySelectorAll<HTMLInputElement>('fieldset input')];
    const kept = (recall(key) ?? '').split('');
    for (const [at, input] of inputs.entries()) input.checked = kept[at] === '1';
    card.addEventListener('change', () => {
      keep(key, inputs.map(({ checked }) => (checked ? '1' : '0')).join(''));
      this.#score();
    });
  }
}

function ratingOf(card: HTMLElement): number | undefined {
  const chosen = card.querySelector<HTMLInputElement>('.rating input:checked');
  return chosen ? Number(chosen.value) : undefined;
}
