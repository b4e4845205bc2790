// <engine-state>: what is behind the kubeconfig, in the bar.

import { define, part } from './dom.ts';
import { engineWords } from './engine-words.ts';
import { lab } from './lab.ts';

class EngineState extends HTMLElement {
  #stop: (() => void)[] = [];

  connectedCallback(): void {
    const draw = () => this.#draw();
    this.#stop = [lab.on('engine', draw), lab.on('state', draw)];
    draw();
  }

  disconnectedCallback(): void {
    for (const stop of this.#stop) stop();
  }

  #draw(): void {
    const { name, detail, full, hint } = engineWords(lab.state, lab.engine);
    part(this, '[data-name]').textContent = name;
    part(this, '[data-detail]').textContent = detail;
    part(this, '.dot').classList.toggle('full', full);
    this.title = hint;
  }
}

define('engine-state', EngineState);
