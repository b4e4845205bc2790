// <quiz-card data-quiz="…">: remembers what was chosen, in this browser, and says each reason to those who do not see it open.

import { announce } from './announce.ts';
import { define } from './dom.ts';
import { keep, recall } from './memory.ts';

/** What re-checks read, too: when the quiz was last done, and which choices stand. */
export const quizKey = (quiz: string): string => `meshproof:quiz:${quiz}`;

class QuizCard extends HTMLElement {
  connectedCallback(): void {
    for (const choice of this.#kept()) {
      const input = document.getElementById(choice);
      if (input instanceof HTMLInputElement) input.checked = true;
    }
    this.addEventListener('change', ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      const chosen = [...this.querySelectorAll<HTMLInputElement>('input:checked')].map(
        ({ id }) => id,
      );
      keep(quizKey(this.dataset['quiz'] ?? ''), JSON.stringify({ at: Date.now(), chosen }));
      announce(target.parentElement?.querySelector('.because')?.textContent ?? '');
    });
  }

  #kept(): string[] {
    try {
      const value: unknown = JSON.parse(recall(quizKey(this.dataset['quiz'] ?? '')) ?? '{}');
      const chosen: unknown = Reflect.get(Object(value), 'chosen');
      return Array.isArray(chosen) ? chosen.filter((one) => typeof one === 'string') : [];
    } catch {
      return []; // changed by hand: nothing is chosen
    }
  }
}

define('quiz-card', QuizCard);
