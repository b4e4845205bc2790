// <predict-guess data-guess="…">: a number that is guessed before the answer shows. A guess is kept in this browser, once. Where a block
// of the lesson answers, the learner's own cluster does: its number is read from the block's receipt, and drawn beside the guess.

import { numberIn } from '../../../protocol/number-in.ts';
import { announce } from './announce.ts';
import { define, part } from './dom.ts';
import { labIsThere } from './lab.ts';
import { keep, recall } from './memory.ts';
import { RUN_DONE } from '../run/events.ts';

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
    if (this.dataset['block']) document.addEventListener(RUN_DONE, this.#ran);
  }

  disconnectedCallback(): void {
    document.removeEventListener(RUN_DONE, this.#ran);
  }

  /** The receipt stands below its block once the event has bubbled. */
  readonly #ran = (event: Event) => {
    const { block, reads, none, counts } = this.dataset;
    if (!(event.target instanceof HTMLElement) || event.target.id !== block) return;
    queueMicrotask(() => {
      const papers = [...document.querySelectorAll(`#${block} .became .paper pre`)];
      const printed = papers.map(({ textContent }) => textContent).join('\n');
      const number = numberIn(printed, { reads, none, counts });
      const guess = recall(this.#key);
      if (number === undefined || guess === undefined) return;
      keep(`${this.#key}:measured`, String(number));
      this.#answer(guess);
      announce(`You guessed ${guess}. Your cluster says ${number}.`);
    });
  };

  /** What the learner's own cluster said; undefined until it has. */
  get #measured(): string | undefined {
    return this.dataset['block'] ? recall(`${this.#key}:measured`) : undefined;
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
    if (this.hasAttribute('data-waits')) {
      part(this, '[data-foot]').focus({ preventScroll: true });
      announce(`You guessed ${guess}. Run the next command, and your cluster answers.`);
      return;
    }
    announce(`You guessed ${guess}. It is ${answer} ${unit}.`);
    part(this, 'summary').focus({ preventScroll: true });
  }

  #answer(guess: string): void {
    const { answer = '', unit = '', block } = this.dataset;
    const measured = this.#measured;
    this.removeAttribute('data-asking');
    part(this, '.scale').classList.remove('asking');
    this.#range.hidden = true;
    this.#place('[data-guessed]', guess, `you ${guess}`);
    // Where a cluster can answer, the page does not get ahead of it.
    const waits = block !== undefined && measured === undefined && labIsThere();
    this.toggleAttribute('data-waits', waits);
    const foot = part(this, '[data-foot]');
    foot.tabIndex = -1;
    if (waits) {
      foot.textContent = `Your guess was ${guess} ${unit}. Run the next command, and your cluster answers.`;
      return;
    }
    const is = measured === undefined ? `it is ${answer}` : `your cluster ${measured}`;
    this.#place('[data-true]', measured ?? answer, is);
    part(this, '[data-true]').hidden = false;
    foot.textContent =
      measured === undefined
        ? `Your guess was ${guess} ${unit}.`
        : `Your guess was ${guess} ${unit}. Your cluster says ${measured}.`;
    part(this, 'details').setAttribute('open', '');
  }

  /** A pin stands where its number is on the scale. */
  #place(selector: string, number: string, words: string): void {
    const { min, max } = this.#range;
    const along = (Number(number) - Number(min)) / (Number(max) - Number(min));
    // A cluster may answer beyond the scale.
    const share = Math.min(1, Math.max(0, along));
    const pin = part(this, selector);
    pin.style.left = `${share * 100}%`;
    pin.textContent = words;
    // At the ends the words would leave the page.
    pin.dataset['at'] = share < 0.1 ? 'low' : share > 0.9 ? 'high' : 'middle';
  }
}

define('predict-guess', PredictGuess);
