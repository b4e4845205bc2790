// <predict-guess data-guess="…">: a number that is guessed before the answer shows. A guess is kept in this browser, once.

import { announce } from './announce.ts';
import { define, part } from './dom.ts';
import { keep, recall } from './memory.ts';

/** Page Up and Page Down move by a tenth of the scale. */
const BIG_STEP = 0.1;

class PredictGuess extends HTMLElement {
  connectedCallback(): void {
    const range = this.#range;
    range.addEventListener('input', () => this.#place('[data-guessed]', range.value, range.value));
    range.addEventListener('keydown', (event) => this.#leap(event));
    part(this, '[data-keep]').addEventListener('click', () => this.#keep());
    const kept = recall(this.#key);
    if (kept !== undefined) range.value = kept;
    this.#place('[data-guessed]', range.value, range.value);
    if (kept === undefined) this.toggleAttribute('data-asking', true);
    else this.#answer(kept);
  }

  get #range(): HTMLInputElement {
    const range = part(this, '[data-range]');
    if (!(range instanceof HTMLInputElement)) throw new Error('the scale of a guess is no input');
    return range;
  }

  get #key(): string {
    return `meshproof:guess:${this.dataset['guess'] ?? ''}`;
  }

  #leap(event: KeyboardEvent): void {
    const direction = event.key === 'PageUp' ? 1 : event.key === 'PageDown' ? -1 : 0;
    if (direction === 0) return;
    event.preventDefault();
    const range = this.#range;
    const step = (Number(range.max) - Number(range.min)) * BIG_STEP;
    range.value = String(Number(range.value) + direction * step);
    this.#place('[data-guessed]', range.value, range.value);
  }

  #keep(): void {
    const guess = this.#range.value;
    keep(this.#key, guess);
    this.#answer(guess);
    const { answer = '', unit = '' } = this.dataset;
    announce(`You guessed ${guess}. It is ${answer} ${unit}.`);
    part(this, 'summary').focus({ preventScroll: true });
  }

  #answer(guess: string): void {
    const { answer = '', unit = '' } = this.dataset;
    this.removeAttribute('data-asking');
    part(this, '.scale').classList.remove('asking');
    this.#range.hidden = true;
    this.#place('[data-guessed]', guess, `you ${guess}`);
    this.#place('[data-true]', answer, `it is ${answer}`);
    part(this, '[data-true]').hidden = false;
    part(this, '[data-foot]').textContent = `Your guess was ${guess} ${unit}.`;
    part(this, 'details').setAttribute('open', '');
  }

  /** A pin stands where its number is on the scale. */
  #place(selector: string, number: string, words: string): void {
    const { min, max } = this.#range;
    const share = (Number(number) - Number(min)) / (Number(max) - Number(min));
    const pin = part(this, selector);
    pin.style.left = `${share * 100}%`;
    pin.textContent = words;
    // At the ends the words would leave the page.
    pin.dataset['at'] = share < 0.1 ? 'low' : share > 0.9 ? 'high' : 'middle';
  }
}

define('predict-guess', PredictGuess);
