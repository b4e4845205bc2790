// <quiz-card data-quiz="…">: remembers what was chosen, in this browser, and says each reason to those who do not see it open.

import { announce } from './announce.ts';
import { define } from './dom.ts';
import { fromJson, keep, recall } from './memory.ts';

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
    const kept = fromJson(recall(quizKey(this.dataset['quiz'] ?? '')));
    const chosen: unknown = Reflect.get(Object(kept), 'chosen');
    return Array.isArray(chosen) ? chosen.filter((one) => typeof one === 'string') : [];
  }
}

define('quiz-card', QuizCard);
