// <lab-measured>: the numbers that a step's check has measured, as the lab tells them.

import type { Evidence } from '../../../protocol/evidence.ts';
import { amount, day, engineOf } from '../../business/measured.ts';
import { announce } from '../page/announce.ts';
import { define, part } from '../page/dom.ts';
import { lab } from '../page/lab.ts';
import { clockTime } from '../page/time.ts';

class LabMeasured extends HTMLElement {
  #stop: (() => void) | undefined;
  /** Undefined until the lab has first spoken: what was there before is not read aloud. */
  #known: Set<string> | undefined;

  connectedCallback(): void {
    for (const item of this.#items) {
      part(item, '[data-forget]').addEventListener('click', () => this.#forget(item));
    }
    this.#stop = lab.on('evidence', (evidence) => this.#show(evidence));
    if (lab.evidence.length > 0) this.#show(lab.evidence);
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  get #items(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[data-measure]')];
  }

  #show(evidence: readonly Evidence[]): void {
    for (const item of this.#items) {
      const found = evidence.find(({ measure }) => measure === item.dataset['measure']);
      item.toggleAttribute('data-there', found !== undefined);
      part(item, '[data-forget]').hidden = !found;
      const words = found ? amount(found.value, found.unit) : 'not measured yet';
      part(item, '[data-amount]').textContent = words;
      part(item, '[data-when]').textContent = found
        ? `${day(found.at)}, ${clockTime(found.at)}, ${engineOf(found)}. Kept for your business case.`
        : '';
      if (found && this.#known && !this.#known.has(found.measure)) {
        announce(`Measured: ${found.title}, ${words}`);
      }
    }
    this.#known = new Set(evidence.map(({ measure }) => measure));
  }

  #forget(item: HTMLElement): void {
    lab.forgetEvidence(item.dataset['measure'] ?? '').catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      part(item, '[data-when]').textContent = `It is still there. ${why}`;
    });
  }
}

define('lab-measured', LabMeasured);
