// <lesson-step data-checks="…">: its line is solid once every check in it has been proven.

import { define, part } from '../page/dom.ts';
import { lab } from '../page/lab.ts';

class LessonStep extends HTMLElement {
  #stop: (() => void) | undefined;
  /** Undefined until the lab has first spoken: what was proven before the page opened is shown without motion. */
  #proven: boolean | undefined;

  connectedCallback(): void {
    this.#stop = lab.on('check', () => this.#draw());
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  #draw(): void {
    const checks = (this.dataset['checks'] ?? '').split(' ').filter(Boolean);
    if (!checks.length || !checks.some((check) => lab.checks.has(check))) return;
    const proven = checks.every((check) => lab.checks.get(check)?.proven);
    const step = part(this, '.step');
    step.classList.toggle('proving', proven && this.#proven === false);
    step.classList.toggle('proven', proven);
    const skipped = !proven && checks.some((check) => lab.checks.get(check)?.skipped);
    step.classList.toggle('skipped', skipped);
    this.#proven = proven;
  }
}

define('lesson-step', LessonStep);
