// <proof-tally data-checks="…">: how many of these checks have ever been proven. `data-whole` counts in words alone.

import { define } from './dom.ts';
import { lab, labIsThere } from './lab.ts';

class ProofTally extends HTMLElement {
  #stop: (() => void)[] = [];

  connectedCallback(): void {
    const draw = () => this.#draw();
    this.#stop = [lab.on('check', draw), lab.on('state', draw)];
    draw();
  }

  disconnectedCallback(): void {
    for (const stop of this.#stop) stop();
  }

  #draw(): void {
    const checks = (this.dataset['checks'] ?? '').split(' ').filter(Boolean);
    const proven = checks.filter((check) => lab.checks.get(check)?.proven).length;
    const words = `${proven} of ${checks.length} proven`;
    if (this.hasAttribute('data-whole')) {
      this.hidden = !labIsThere() || checks.length === 0;
      const count = this.querySelector('.count');
      if (count) count.textContent = words;
      count?.classList.toggle('none', proven === 0);
      return;
    }
    // A lesson's checks are proven in any order; the dashes only count.
    for (const [at, dash] of this.querySelectorAll('i').entries()) {
      dash.classList.toggle('on', at < proven);
    }
    const spoken = this.querySelector('.sr');
    if (spoken && labIsThere()) spoken.textContent = words;
  }
}

define('proof-tally', ProofTally);
