// <module-progress data-checks="…">: how far the path's line is solid.

import { define, part } from '../page/dom.ts';
import { lab } from '../page/lab.ts';

class ModuleProgress extends HTMLElement {
  #stop: (() => void) | undefined;
  #facts = '';

  connectedCallback(): void {
    this.#facts = part(this, '[data-facts]').textContent.trim();
    this.#stop = lab.on('check', () => this.#draw());
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  #draw(): void {
    const checks = (this.dataset['checks'] ?? '').split(' ').filter(Boolean);
    const proven = checks.filter((check) => lab.checks.get(check)?.proven).length;
    if (!proven) return;
    this.closest('li')?.style.setProperty('--proven', String(proven / checks.length));
    const words = `${this.#facts.replace(/, \d+ checks?$/, '')}, ${proven} of ${checks.length} proven`;
    part(this, '[data-facts]').textContent = words;
    this.querySelector('.mark')?.classList.toggle('proven', proven === checks.length);
  }
}

define('module-progress', ModuleProgress);
