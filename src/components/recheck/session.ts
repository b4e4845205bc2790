// One re-check: a few questions, one after another, each with its reason once it is answered. Builds HTML; nothing is counted up.

import { announce } from '../page/announce.ts';
import { make } from '../page/dom.ts';
import { fromJson, keep, recall } from '../page/memory.ts';
import { type Asked, asked } from './questions.ts';
import { AGAIN } from './re-check.ts';

/** As many as three minutes allow. */
const QUESTIONS = 4;

export function session(place: HTMLElement, quizzes: readonly string[]): void {
  const all = asked(quizzes, QUESTIONS, () => Math.random());
  // A lesson without a question of its own is not asked for again and again.
  for (const quiz of quizzes) remember(quiz);
  show(place, all, 0);
}

function show(place: HTMLElement, all: readonly Asked[], at: number): void {
  const question = all[at];
  if (!question) {
    const end = make(
      'p',
      { tabindex: '-1' },
      'That is all for now. The next time comes by itself, later each time.',
    );
    place.replaceChildren(end);
    end.focus();
    return;
  }
  const input = make('input', {
    type: 'number',
    step: 'any',
    id: 'recheck-answer',
    inputmode: 'decimal',
  });
  const said = make('div', { class: 'said', role: 'status' });
  const answer = make('button', { class: 'btn do' }, 'Answer');
  const form = make(
    'form',
    {},
    make('p', { class: 'label' }, `${at + 1} of ${all.length}`),
    make('label', { for: 'recheck-answer' }, question.ask),
    make('div', { class: 'row' }, input, make('span', {}, question.unit), answer),
    said,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (input.value === '') return;
    const words = reply(question, Number(input.value));
    const next = make(
      'button',
      { class: 'btn', type: 'button' },
      at + 1 < all.length ? 'Next' : 'Done',
    );
    next.addEventListener('click', () => show(place, all, at + 1));
    said.replaceChildren(make('p', {}, words), next);
    answer.disabled = true;
    input.readOnly = true;
    announce(words);
    next.focus();
  });
  place.replaceChildren(form);
  input.focus();
}

function reply({ answer, within, unit, because }: Asked, given: number): string {
  const is = Math.abs(given - answer) <= within ? 'So it is' : 'It is otherwise';
  const about = within > 0 ? 'about ' : '';
  return `${is}: ${about}${answer.toLocaleString('en-US')} ${unit}. ${because}`;
}

function remember(quiz: string): void {
  const before: unknown = Reflect.get(Object(fromJson(recall(AGAIN + quiz))), 'again');
  const again = (typeof before === 'number' ? before : 0) + 1;
  keep(AGAIN + quiz, JSON.stringify({ at: Date.now(), again }));
}
