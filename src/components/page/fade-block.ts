// <fade-block data-skill="…">: around a run block. Hides as much of its command as its learner can do without, takes what they write, and
// has the block run that. What they can is kept in this browser alone.

import { RUN_DONE, type RunDone, TYPE_BLOCK } from '../run/events.ts';
import { define, make, part } from './dom.ts';
import { lab, labIsThere } from './lab.ts';
import { keep, recall } from './memory.ts';
import { after, parsed, shown, type Skill } from './skill.ts';

/** Set by whoever wants to see every command whole. */
const WHOLE = 'meshproof:whole-commands';

class FadeBlock extends HTMLElement {
  #unlisten: (() => void) | undefined;
  #form: HTMLFormElement | undefined;
  #command = '';

  connectedCallback(): void {
    this.#command = this.#code.textContent;
    this.addEventListener(RUN_DONE, (event) => this.#ran(event));
    this.#unlisten = lab.on('state', () => this.#fade());
    this.#fade();
  }

  disconnectedCallback(): void {
    this.#unlisten?.();
  }

  get #code(): HTMLElement {
    return part(this, 'run-block code');
  }

  get #key(): string {
    return `meshproof:skill:${this.dataset['skill'] ?? ''}`;
  }

  /** Once, where there is a lab to try it in, and the block has not been run before. */
  #fade(): void {
    const { level } = parsed(recall(this.#key));
    const ran = this.querySelector('run-block')?.getAttribute('data-state') !== 'idle';
    if (this.#form || level === 0 || ran || !labIsThere() || recall(WHOLE)) return;
    const { goal = '', blank = '' } = this.dataset;
    const [before = '', behind = ''] = level === 1 ? this.#command.split(blank, 2) : [];
    const name = level === 1 ? `The missing part of the command: ${goal}` : `The command: ${goal}`;
    const input = make('input', {
      'aria-label': name,
      autocomplete: 'off',
      autocapitalize: 'off',
      spellcheck: 'false',
    });
    input.size = level === 1 ? Math.max(8, blank.length) : 32;
    const show = make('button', { class: 'btn bare', type: 'button' }, 'Show the command');
    const always = make('button', { class: 'btn bare', type: 'button' }, 'Always show commands');
    const form = make(
      'form',
      { class: 'fade' },
      make('p', { class: 'goal-line' }, goal),
      make(
        'p',
        { class: 'line' },
        make('span', { class: 'p', 'aria-hidden': 'true' }, '$ '),
        before,
        input,
        behind,
      ),
      make('div', { class: 'row' }, show, always, make('button', { class: 'btn do' }, 'Run')),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#run(`${before}${input.value.trim()}${behind}`);
    });
    show.addEventListener('click', () => {
      this.#keep(shown(parsed(recall(this.#key))));
      this.#unfold();
    });
    always.addEventListener('click', () => {
      keep(WHOLE, 'yes');
      this.#unfold();
    });
    this.#form = form;
    this.prepend(form);
    this.toggleAttribute('data-faded', true);
  }

  /** The block runs what its learner wrote, and shows it as its command. */
  #run(command: string): void {
    this.#code.textContent = command;
    this.querySelector('run-block')?.dispatchEvent(new Event(TYPE_BLOCK));
  }

  #ran(event: Event): void {
    if (!(event instanceof CustomEvent)) return;
    const { passed } = event.detail as RunDone;
    this.#keep(after(parsed(recall(this.#key)), passed));
    if (passed) this.#unfold();
  }

  /** The course's own words again. What was written stands in its receipt. */
  #unfold(): void {
    if (!this.#form) return;
    const had = this.#form.contains(document.activeElement);
    this.#form.remove();
    this.removeAttribute('data-faded');
    this.#code.textContent = this.#command;
    if (had) this.querySelector<HTMLElement>('[data-run]')?.focus({ preventScroll: true });
  }

  #keep(skill: Skill): void {
    keep(this.#key, JSON.stringify(skill));
  }
}

define('fade-block', FadeBlock);
