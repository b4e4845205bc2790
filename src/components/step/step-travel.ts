// <step-travel data-step="…">: the ways to a step's known state. Fetches what shows them when somebody asks.

import { define, part } from '../page/dom.ts';

class StepTravel extends HTMLElement {
  #shown = false;

  connectedCallback(): void {
    part(this, 'details').addEventListener('toggle', () => void this.#open());
  }

  async #open(): Promise<void> {
    if (this.#shown) return;
    this.#shown = true;
    const { showJourneys } = await import('./journey-panel.ts');
    const { step = '', number = '' } = this.dataset;
    const checks = this.closest('lesson-step')?.getAttribute('data-checks') ?? '';
    showJourneys(part(this, '[data-panel]'), {
      step,
      number,
      checks: checks.split(' ').filter(Boolean),
    });
  }
}

define('step-travel', StepTravel);
