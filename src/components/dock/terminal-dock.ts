// <terminal-dock>: the learner's terminals as tabs beside the lesson. Opens the first one by itself once the lab is there.

import { announce } from '../page/announce.ts';
import { define, make, part } from '../page/dom.ts';
import { lab } from '../page/lab.ts';
import { recall } from '../page/memory.ts';
import { type Desk, setDesk, type Typed } from './desk.ts';
import { movableDivider } from './divider.ts';
import { Drawer } from './drawer.ts';
import { footWords } from './foot-words.ts';
import { keyBytes } from './keys.ts';
import { exit, LabTerminal, READER_KEY, setScreenReader, TERMINAL_NEWS } from './lab-terminal.ts';

/** Which terminal was in front, for this tab of the browser. */
const FRONT_KEY = 'meshproof:front';
const OFFLINE_TICK_MS = 1_000;

class TerminalDock extends HTMLElement implements Desk {
  readonly #terminals: LabTerminal[] = [];
  #drawer: Drawer | undefined;
  #filling: Promise<void> | undefined;
  #offlineSince = 0;
  #timer = 0;

  connectedCallback(): void {
    setDesk(this);
    this.#drawer = new Drawer(
      this,
      part(this, '[data-handle]'),
      part(this, '[data-grow]'),
      () => void this.#fill(),
    );
    movableDivider(part(this, '.divider'), this);
    for (const place of this.querySelectorAll('[data-leave]')) place.textContent = exit.name;
    part(this, '[data-new]').addEventListener('click', () => void this.#openNew());
    part(this, '[data-close]').addEventListener('click', () => void this.#closeFront());
    part(this, '[data-again]').addEventListener('click', () => void this.#restartFront());
    part(this, '[data-take]').addEventListener('click', () => this.#front?.takeOver());
    part(this, '[role="tablist"]').addEventListener('keydown', (event) => this.#tabKey(event));
    this.addEventListener(TERMINAL_NEWS, () => this.#foot());
    for (const key of this.querySelectorAll<HTMLElement>('[data-key]')) {
      // Without this the soft keyboard would close with every key of the bar.
      key.addEventListener('pointerdown', (event) => event.preventDefault());
      key.addEventListener('click', () => void this.#press(key.dataset['key'] ?? ''));
    }
    this.#readerToggle();
    lab.on('state', () => this.#labChanged());
    lab.on('notice', (text) => announce(text));
    this.#labChanged();
  }

  get #front(): LabTerminal | undefined {
    return this.#terminals.find((terminal) => terminal.hasAttribute('data-front'));
  }

  async type(text: string, shell: 'lab' | 'pod'): Promise<Typed> {
    this.#drawer?.open();
    await this.#fill();
    const terminal = this.#front;
    if (!terminal) return { as: 'not typed', because: 'No terminal could be opened.' };
    const screen = await terminal.settle();
    const { line } = terminal;
    const { phase } = line;
    if (phase.kind === 'inside' && (shell === 'lab' || phase.busy)) {
      return { as: 'waits', program: phase.program, leave: !phase.busy, shell: line };
    }
    if (phase.kind === 'busy' && shell === 'lab') {
      return { as: 'waits', program: phase.program, leave: false, shell: line };
    }
    if (phase.kind === 'prompt' && shell === 'pod') {
      return {
        as: 'not typed',
        because: 'No pod’s shell is open here. Run the block that opens one first.',
      };
    }
    if (!screen.run(text)) {
      return {
        as: 'not typed',
        because: `${line.name} is offline. Nothing was typed; try again when it is back.`,
      };
    }
    return { as: 'typed', shell: line };
  }

  interrupt(): void {
    void this.#front?.open().then((screen) => screen.send('\x03'));
  }

  leave(): void {
    void this.#front?.open().then((screen) => screen.run('exit'));
  }

  tell(news: string): void {
    part(this, '[data-news]').textContent = news;
  }

  #labChanged(): void {
    if (lab.state === 'open') {
      // On a phone the drawer peeks: terminals are opened when it does.
      if (this.#isSeen) void this.#fill();
      this.#offlineSince = 0;
    } else if (lab.state === 'offline') this.#offlineSince ||= Date.now();
    this.#foot();
  }

  get #isSeen(): boolean {
    return part(this, '.screens').getBoundingClientRect().top < window.innerHeight;
  }

  /** Terminals that exist already, or a first one. */
  #fill(): Promise<void> {
    this.#filling ??= this.#load().catch((error: unknown) => {
      this.#filling = undefined; // the next press tries again
      part(this, '[data-blank]').textContent =
        error instanceof Error ? error.message : String(error);
    });
    return this.#filling;
  }

  async #load(): Promise<void> {
    const open = await lab.terminals();
    const terminals = open.length ? open : [await lab.openTerminal('shell 1')];
    for (const { session, name } of terminals) this.#add(session, name);
    const last = sessionStorage.getItem(FRONT_KEY);
    this.#show(this.#terminals.find(({ session }) => session === last) ?? this.#terminals[0]);
  }

  #add(session: string, name: string): LabTerminal {
    const terminal = new LabTerminal(session, name, lab.terminal(session));
    const tab = make(
      'button',
      { type: 'button', role: 'tab', id: `tab-${session}`, 'aria-controls': `panel-${session}` },
      name,
    );
    tab.addEventListener('click', () => {
      this.#show(terminal);
      terminal.focusScreen();
    });
    terminal.id = `panel-${session}`;
    terminal.className = 'not-content';
    terminal.setAttribute('role', 'tabpanel');
    terminal.setAttribute('aria-labelledby', tab.id);
    part(this, '[role="tablist"]').append(tab);
    part(this, '.screens').append(terminal);
    this.#terminals.push(terminal);
    part(this, '[data-blank]').hidden = true;
    return terminal;
  }

  #show(front: LabTerminal | undefined): void {
    for (const terminal of this.#terminals) {
      const tab = this.#tabOf(terminal);
      const chosen = terminal === front;
      terminal.toggleAttribute('data-front', chosen);
      tab?.setAttribute('aria-selected', String(chosen));
      tab?.setAttribute('tabindex', chosen ? '0' : '-1');
    }
    part(this, '[data-close]').hidden = this.#terminals.length < 2;
    if (front) {
      sessionStorage.setItem(FRONT_KEY, front.session);
      part(this, '[data-close]').setAttribute('aria-label', `Close ${front.line.name}`);
    }
    this.#foot();
  }

  #tabOf({ session }: LabTerminal): HTMLElement | null {
    return this.querySelector<HTMLElement>(`#tab-${CSS.escape(session)}`);
  }

  async #openNew(wanted?: string): Promise<void> {
    await this.#fill();
    try {
      const { session, name } = await lab.openTerminal(wanted ?? this.#freeName());
      const terminal = this.#add(session, name);
      this.#show(terminal);
      terminal.focusScreen();
    } catch (error) {
      announce(error instanceof Error ? error.message : String(error));
    }
  }

  #freeName(): string {
    const taken = this.#terminals.map(({ line }) => line.name);
    let number = 1;
    while (taken.includes(`shell ${number}`)) number++;
    return `shell ${number}`;
  }

  async #closeFront(): Promise<void> {
    const front = this.#front;
    if (!front) return;
    const at = this.#terminals.indexOf(front);
    try {
      await lab.closeTerminal(front.session);
    } catch (error) {
      return announce(error instanceof Error ? error.message : String(error));
    }
    this.#tabOf(front)?.remove();
    front.remove();
    this.#terminals.splice(at, 1);
    const next = this.#terminals[Math.min(at, this.#terminals.length - 1)];
    this.#show(next);
    if (next) this.#tabOf(next)?.focus();
    announce(`${front.line.name} closed`);
  }

  /** A new shell in the same place; a new place where even that is gone. */
  async #restartFront(): Promise<void> {
    const ended = this.#front;
    if (!ended || (await ended.restart())) return;
    try {
      await lab.closeTerminal(ended.session);
    } catch {
      // It is gone already, which is why it could not be restarted.
    }
    const at = this.#terminals.indexOf(ended);
    this.#tabOf(ended)?.remove();
    ended.remove();
    this.#terminals.splice(at, 1);
    await this.#openNew(ended.line.name);
  }

  /** Left, Right, Home and End, as tabs everywhere. */
  #tabKey(event: KeyboardEvent): void {
    const front = this.#front;
    if (!front) return;
    const at = this.#terminals.indexOf(front);
    const last = this.#terminals.length - 1;
    const to = {
      ArrowLeft: at === 0 ? last : at - 1,
      ArrowRight: at === last ? 0 : at + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = this.#terminals[to];
    this.#show(next);
    if (next) this.#tabOf(next)?.focus();
  }

  async #press(key: string): Promise<void> {
    const front = this.#front;
    if (!front) return;
    if (key === 'Ctrl') front.holdControl(!front.holdsControl);
    else {
      const screen = await front.open();
      screen.send(keyBytes(key, screen.applicationArrows));
      screen.focus();
    }
  }

  #readerToggle(): void {
    const box = this.querySelector<HTMLInputElement>('[data-reader]');
    if (!box) return;
    box.checked = recall(READER_KEY) === 'on';
    box.addEventListener('change', () => {
      setScreenReader(
        box.checked,
        this.#terminals.filter((one) => one === this.#front),
      );
    });
  }

  #foot(): void {
    const front = this.#front;
    const words = footWords({
      lab: lab.state,
      terminal: front?.state,
      detail: front?.detail ?? '',
      latency: front?.latency,
      watchers: front?.watchers ?? 0,
      offlineMs: this.#offlineSince ? Date.now() - this.#offlineSince : 0,
    });
    part(this, '[data-shell]').textContent = front ? 'bash' : '';
    part(this, '[data-over]').hidden = front?.state !== 'exited' && front?.state !== 'taken over';
    part(this, '[data-again]').hidden = front?.state !== 'exited';
    part(this, '[data-take]').hidden = front?.state !== 'taken over';
    part(this, '[data-why]').textContent = words.line;
    const line = part(this, '[data-line]');
    line.textContent = words.line;
    line.classList.toggle('away', words.away);
    part(this, '[data-key="Ctrl"]').setAttribute(
      'aria-pressed',
      String(front?.holdsControl ?? false),
    );
    clearTimeout(this.#timer);
    if (words.away && this.#offlineSince) {
      this.#timer = window.setTimeout(() => this.#foot(), OFFLINE_TICK_MS);
    }
  }
}

define('terminal-dock', TerminalDock);
