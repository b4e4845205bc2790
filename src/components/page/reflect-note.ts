// <reflect-note data-note="…">: an answer in the learner's own words, kept in this browser as they type.

import { define, part } from './dom.ts';
import { keep, recall } from './memory.ts';
import { clockTime } from './time.ts';

/** After the last key. */
const SAVE_AFTER_MS = 300;

class ReflectNote extends HTMLElement {
  #timer = 0;

  connectedCallback(): void {
    const area = this.querySelector('textarea');
    if (!area) return;
    area.value = recall(this.#key) ?? area.value;
    area.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#save(area.value), SAVE_AFTER_MS);
    });
    area.addEventListener('blur', () => this.#save(area.value));
  }

  get #key(): string {
    return `meshproof:note:${this.dataset['note'] ?? ''}`;
  }

  #save(text: string): void {
    clearTimeout(this.#timer);
    if (text === (recall(this.#key) ?? '')) return;
    part(this, '[data-saved]').textContent = keep(this.#key, text)
      ? `Saved on this machine at ${clockTime(Date.now())}.`
      : 'This browser does not keep anything: copy your answer before you leave.';
  }
}

define('reflect-note', ReflectNote);
