// The ways to a step's known state, as buttons: each says first what it will change, and does it only when told again. Builds HTML.

import type { TravelPlan } from '../../../protocol/travel.ts';
import { announce } from '../page/announce.ts';
import { make } from '../page/dom.ts';
import { lab } from '../page/lab.ts';
import { differenceWords, planWords } from './journey-words.ts';
import { replay } from './replay.ts';

interface StepHere {
  step: string;
  number: string;
  checks: readonly string[];
}

export function showJourneys(place: HTMLElement, here: StepHere): void {
  new JourneyPanel(place, here);
}

class JourneyPanel {
  readonly #here: StepHere;
  readonly #said = make('div', { class: 'said', role: 'status' });

  constructor(place: HTMLElement, here: StepHere) {
    this.#here = here;
    const { step, number } = here;
    const buttons = [
      button(this.#isDone ? 'Undo this step' : 'Start here', () =>
        this.#plan(`start:${step}`, `Go to the beginning of ${number}`),
      ),
      button('Skip this step', () => this.#plan(`end:${step}`, `Go behind ${number}`)),
      button('Show how I differ', () => this.#compare()),
    ];
    place.replaceChildren(make('div', { class: 'row' }, ...buttons), this.#said);
  }

  /** Proven or skipped: then the end of the step is where the learner should be. */
  get #isDone(): boolean {
    const { checks } = this.#here;
    return (
      checks.length > 0 &&
      checks.every((check) => {
        const state = lab.checks.get(check);
        return state?.proven !== undefined || state?.skipped === true;
      })
    );
  }

  async #plan(to: string, goes: string): Promise<void> {
    await this.#trying(async () => {
      const plan = await (await lab.journeys()).plan(to);
      const list = make('ul', {}, ...planWords(plan).map((words) => make('li', {}, words)));
      const go = button(goes, () => this.#go(plan));
      go.classList.add('do');
      const stay = button('Stay here', () => this.#said.replaceChildren());
      this.#say(list, make('div', { class: 'row' }, go, stay));
      go.focus();
    });
  }

  async #go(plan: TravelPlan): Promise<void> {
    this.#say(
      make('p', {}, plan.how === 'restore' ? 'On the way …' : 'Typing into your terminal …'),
    );
    await this.#trying(async () => {
      const journeys = await lab.journeys();
      if (plan.how === 'replay') {
        await replay(plan, (words) => this.#say(make('p', {}, words)));
        await journeys.arrived(plan.to);
        this.#say(make('p', {}, 'All of it was typed. What it proved counts as skipped.'));
        return;
      }
      const { say, ms } = await journeys.go(plan.to);
      const back = button('Take me back', () => this.#back());
      const took = `${say} It took ${(ms / 1_000).toFixed(1)} s.`;
      this.#say(make('p', {}, took), make('div', { class: 'row' }, back));
      announce(took);
    });
  }

  async #back(): Promise<void> {
    await this.#trying(async () => {
      const { say } = await (await lab.journeys()).back();
      this.#say(make('p', {}, say));
      announce(say);
    });
  }

  async #compare(): Promise<void> {
    await this.#trying(async () => {
      const { step, number } = this.#here;
      const to = this.#isDone ? `end:${step}` : `start:${step}`;
      const moment = this.#isDone ? `the end of step ${number}` : `the beginning of step ${number}`;
      const found = await (await lab.journeys()).differences(to);
      if (!found) {
        this.#say(
          make(
            'p',
            {},
            `How things are at ${moment} is not recorded, so there is nothing to compare with.`,
          ),
        );
        return;
      }
      if (found.length === 0) {
        this.#say(make('p', {}, `Nothing differs from ${moment}.`));
        return;
      }
      const list = found.map((one) => make('li', {}, differenceWords(one)));
      this.#say(make('p', {}, `Compared with ${moment}:`), make('ul', {}, ...list));
    });
  }

  /** What the lab refuses, it says itself. */
  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#say(make('p', {}, error instanceof Error ? error.message : String(error)));
    }
  }

  #say(...parts: HTMLElement[]): void {
    this.#said.replaceChildren(...parts);
  }
}

function button(name: string, press: () => void | Promise<void>): HTMLButtonElement {
  const made = make('button', { class: 'btn', type: 'button' }, name);
  made.addEventListener('click', () => void press());
  return made;
}
