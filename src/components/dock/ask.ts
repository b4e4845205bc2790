// A question over the terminal's screen: read, then answered by a button, Enter or Escape. Not modal: the lesson stays usable.

import { make } from '../page/dom.ts';

export interface Question {
  /** One line: what is about to happen. */
  title: string;
  says?: string;
  /** Shown as it stands, such as the lines of a paste. */
  text?: string;
  /** Asks for a word instead of a yes. */
  input?: { label: string; value: string; most: number };
  yes: string;
}

let asked = 0;

/** Undefined for no; for yes, what was written, or an empty text where nothing was asked for. One question at a time. */
export function ask(inside: HTMLElement, question: Question): Promise<string | undefined> {
  inside.querySelector<HTMLElement>('[data-no]')?.click();
  const before = document.activeElement;
  const id = `asked-${++asked}`;
  const yes = make('button', { type: 'submit' }, question.yes);
  const no = make('button', { type: 'button', 'data-no': '' }, 'Cancel');
  const input = question.input && inputOf(question.input);
  const form = make('form', { novalidate: '' }, make('h2', { id }, question.title));
  const box = make('div', { class: 'over ask', role: 'dialog', 'aria-labelledby': id }, form);
  if (question.says) form.append(make('p', {}, question.says));
  if (question.text !== undefined) {
    const name = { tabindex: '0', role: 'group', 'aria-label': 'Lines' };
    form.append(make('pre', name, question.text));
  }
  if (input) form.append(make('label', {}, question.input?.label ?? '', input));
  form.append(make('div', { class: 'acts' }, yes, no));
  inside.append(box);
  (input ?? yes).focus();
  input?.select();
  return new Promise((resolve) => {
    const answer = (value: string | undefined) => {
      const within = box.contains(document.activeElement);
      box.remove();
      if (within && before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(value);
    };
    no.addEventListener('click', () => answer(undefined));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      answer(input?.value.trim() ?? '');
    });
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') answer(undefined);
    });
  });
}

function inputOf({ value, most }: NonNullable<Question['input']>): HTMLInputElement {
  const input = make('input', { type: 'text', maxlength: String(most), autocomplete: 'off' });
  input.value = value;
  return input;
}
