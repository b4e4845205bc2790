// <re-check>: a line that offers three minutes of questions when a week has passed since a lesson. Knows only this browser; fetches the
// questions when somebody says yes.

import { define, make } from '../page/dom.ts';
import { fromJson, recall } from '../page/memory.ts';
import { due, type Remembered } from './due.ts';

const QUIZ = 'meshproof:quiz:';
export const AGAIN = 'meshproof:again:';

class ReCheck extends HTMLElement {
  connectedCallback(): void {
    const quizzes = due(remembered(), Date.now());
    if (quizzes.length === 0) return;
    const start = make('button', { class: 'btn', type: 'button' }, 'Ask me');
    const later = make('button', { class: 'btn bare', type: 'button' }, 'Not now');
    const line = make(
      'div',
      { class: 'recheck', role: 'group', 'aria-label': 'Re-check' },
      make(
        'p',
        {},
        'A week has passed. Three minutes, a few questions with new numbers: what is left?',
      ),
      make('div', { class: 'row' }, start, later),
    );
    start.addEventListener('click', () => {
      void import('./session.ts').then(({ session }) => session(line, quizzes));
    });
    later.addEventListener('click', () => (this.hidden = true));
    this.replaceChildren(line);
    this.hidden = false;
  }
}

/** Every quiz of this browser, with its last time. */
function remembered(): Map<string, Remembered> {
  const found = new Map<string, Remembered>();
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(QUIZ)) continue;
      const quiz = key.slice(QUIZ.length);
      const last = [timeIn(recall(key)), timeIn(recall(AGAIN + quiz))].filter((at) => at > 0);
      const again: unknown = Reflect.get(Object(fromJson(recall(AGAIN + quiz))), 'again');
      if (last.length > 0)
        found.set(quiz, { at: Math.max(...last), again: typeof again === 'number' ? again : 0 });
    }
  } catch {
    // storage is switched off: nothing was remembered
  }
  return found;
}

function timeIn(text: string | undefined): number {
  const at: unknown = Reflect.get(Object(fromJson(text)), 'at');
  return typeof at === 'number' ? at : 0;
}

define('re-check', ReCheck);
