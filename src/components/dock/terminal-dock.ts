// <terminal-dock>: the terminals beside the lesson. What they need is fetched once there is a lab; a page without one keeps this
// much and shows nothing.

import { define, part } from '../page/dom.ts';
import { lab, labIsThere } from '../page/lab.ts';
import { type Desk, setDesk, type Typed } from './desk.ts';
import type { Dock } from './dock.ts';
import type { ShellLine } from './shell-line.ts';

class TerminalDock extends HTMLElement implements Desk {
  #dock: Promise<Dock> | undefined;

  connectedCallback(): void {
    setDesk(this);
    const load = () => {
      if (labIsThere()) this.#load().catch((error: unknown) => this.#failed(error));
    };
    lab.on('state', load);
    load();
  }

  async type(text: string, shell: 'lab' | 'pod'): Promise<Typed> {
    try {
      return await (await this.#load()).type(text, shell);
    } catch (error) {
      return { as: 'not typed', because: this.#failed(error) };
    }
  }

  async line(session: string): Promise<ShellLine | undefined> {
    return (await this.#load()).line(session);
  }

  interrupt(): void {
    void this.#dock?.then((dock) => dock.interrupt());
  }

  leave(): void {
    void this.#dock?.then((dock) => dock.leave());
  }

  tell(news: string): void {
    void this.#dock?.then((dock) => dock.tell(news));
  }

  #load(): Promise<Dock> {
    this.#dock ??= import('./dock.ts').then(({ Dock }) => new Dock(this));
    return this.#dock;
  }

  /** A new build has taken the script away, or the line is bad. */
  #failed(error: unknown): string {
    this.#dock = undefined;
    const says = `The terminal could not be loaded: ${error instanceof Error ? error.message : String(error)}. Reload the page.`;
    part(this, '[data-blank]').textContent = says;
    return says;
  }
}

define('terminal-dock', TerminalDock);
