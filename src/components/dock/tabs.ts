// The tabs of the dock, as tabs everywhere: a name each, arrow keys between them. Knows terminals by their ids and names.

import { make } from '../page/dom.ts';

export class Tabs {
  readonly #list: HTMLElement;
  readonly #chosen: (session: string, byKey: boolean) => void;
  readonly #renamed: (session: string) => void;

  constructor(
    list: HTMLElement,
    chosen: (session: string, byKey: boolean) => void,
    renamed: (session: string) => void,
  ) {
    this.#list = list;
    this.#chosen = chosen;
    this.#renamed = renamed;
    list.addEventListener('keydown', (event) => this.#key(event));
  }

  add(session: string, name: string): HTMLElement {
    const tab = make(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${session}`,
        'aria-controls': `panel-${session}`,
        title: 'Double-click to rename',
      },
      name,
    );
    tab.addEventListener('click', () => this.#chosen(session, false));
    tab.addEventListener('dblclick', () => this.#renamed(session));
    this.#list.append(tab);
    return tab;
  }

  of(session: string): HTMLElement | null {
    return this.#list.querySelector<HTMLElement>(`#tab-${CSS.escape(session)}`);
  }

  /** `second` is seen, too, in the other half. */
  show(session: string | undefined, second: string | undefined): void {
    for (const tab of this.#all) {
      const chosen = tab.id === `tab-${session}`;
      tab.setAttribute('aria-selected', String(chosen));
      tab.setAttribute('tabindex', chosen ? '0' : '-1');
      tab.toggleAttribute('data-seen', tab.id === `tab-${second}`);
      if (chosen) tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }

  /** A command runs in it. */
  setBusy(session: string, busy: boolean): void {
    this.of(session)?.toggleAttribute('data-busy', busy);
  }

  get #all(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>('[role="tab"]')];
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const tabs = this.#all;
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    const last = tabs.length - 1;
    const to = {
      ArrowLeft: at <= 0 ? last : at - 1,
      ArrowRight: at === last ? 0 : at + 1,
      Home: 0,
      End: last,
    }[event.key];
    const next = to === undefined ? undefined : tabs[to];
    if (!next) return;
    event.preventDefault();
    this.#chosen(next.id.replace(/^tab-/, ''), true);
    next.focus();
  }
}
