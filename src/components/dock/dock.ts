// The dock at work: terminals as tabs, in one half or two, what is done with them, and what the rest of the page asks of them.
// Fetched when there is a lab. The element around it, and pages without a lab, know only terminal-dock.ts.

import { part } from '../page/dom.ts';
import { lab } from '../page/lab.ts';
import { keep, recall } from '../page/memory.ts';
import { type ActionId, actionOf, actionsOn, ariaKeys, platformOf, printed } from './actions.ts';
import { ask } from './ask.ts';
import { Clipboard } from './clipboard.ts';
import type { Desk, Typed } from './desk.ts';
import { movableDivider } from './divider.ts';
import { Drawer } from './drawer.ts';
import { FindBar } from './find-bar.ts';
import { phone, stepFont } from './font.ts';
import { Foot } from './foot.ts';
import { keyBytes } from './keys.ts';
import {
  LabTerminal,
  READER_KEY,
  TERMINAL_NEWS,
  TERMINAL_SAYS,
  type TerminalHost,
} from './lab-terminal.ts';
import { Panes } from './panes.ts';
import { openWindow, sessionOfWindow } from './pop-out.ts';
import { typeElsewhere, typeForOthers, type Wish } from './relay.ts';
import { fillSheet } from './sheet.ts';
import type { ShellLine } from './shell-line.ts';
import { movableSeam } from './split-seam.ts';
import { Tabs } from './tabs.ts';

/** Which terminal was in front, for this tab of the browser. */
const FRONT_KEY = 'meshproof:front';
/** Which two lay side by side, and whether the dock filled the window, for this tab, too. */
const HALVES_KEY = 'meshproof:halves';
const LARGE_KEY = 'meshproof:large';
/** As many as the server keeps of one. */
const LONGEST_NAME = 40;

export class Dock implements Desk, TerminalHost {
  readonly wayOut: string;
  readonly #root: HTMLElement;
  readonly #platform = platformOf(navigator.platform);
  readonly #actions = actionsOn(this.#platform);
  /** In a window of its own: one terminal, whose keys are here. */
  readonly #alone = sessionOfWindow();
  readonly #terminals: LabTerminal[] = [];
  readonly #tabs: Tabs;
  readonly #panes: Panes;
  readonly #foot: Foot;
  readonly #find: FindBar;
  readonly #clipboard: Clipboard;
  readonly #drawer: Drawer | undefined;
  /** Windows that this page has opened, by session. */
  readonly #windows = new Map<string, Window>();
  #filling: Promise<void> | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    const leave = this.#actions.find(({ id }) => id === 'leave');
    this.wayOut = printed(leave?.keys[0] ?? '', this.#platform);
    this.#tabs = new Tabs(
      part(root, '[role="tablist"]'),
      (session, byKey) => this.#choose(session, byKey),
      (session) => void this.#rename(session),
    );
    const screens = part(root, '.screens');
    this.#panes = new Panes(screens);
    movableSeam(part(root, '[data-seam]'), screens);
    this.#foot = new Foot(root, this.wayOut, () => ({
      front: this.#panes.front,
      isElsewhere: this.#isElsewhere(this.#panes.front),
    }));
    this.#clipboard = new Clipboard(screens, (text) => this.#foot.say(text));
    this.#find = new FindBar(
      () => this.#panes.front?.open(),
      () => this.#panes.front?.focusScreen(),
    );
    if (this.#alone === undefined) {
      this.#drawer = new Drawer(
        root,
        part(root, '[data-handle]'),
        part(root, '[data-grow]'),
        () => void this.#fill(),
      );
      movableDivider(part(root, '.divider'), root);
    }
    this.#listen();
    lab.on('state', () => this.#labChanged());
    lab.on('notice', (text) => this.#foot.say(text));
    this.#labChanged();
  }

  isAction(event: KeyboardEvent): boolean {
    return actionOf(event, this.#actions) !== undefined;
  }

  pasted(terminal: LabTerminal, text: string): void {
    void this.#clipboard.paste(terminal, text);
  }

  async type(text: string, shell: 'lab' | 'pod'): Promise<Typed> {
    this.#drawer?.open();
    await this.#fill();
    const terminal = this.#panes.front;
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
    const { offset: after } = line;
    const elsewhere = terminal.state === 'taken over';
    const typed = elsewhere
      ? await typeElsewhere({ session: terminal.session, as: 'run', text })
      : screen.run(text);
    return typed
      ? { as: 'typed', shell: line, after, patienceMs: terminal.patienceMs }
      : { as: 'not typed', because: whyNot(terminal) };
  }

  async line(session: string): Promise<ShellLine | undefined> {
    await this.#fill();
    const terminal = this.#terminals.find((each) => each.session === session);
    await terminal?.settle();
    return terminal?.line;
  }

  interrupt(): void {
    void this.#press('\x03', 'keys');
  }

  leave(): void {
    void this.#press('exit', 'run');
  }

  tell(news: string): void {
    part(this.#root, '[data-news]').textContent = news;
  }

  async #press(text: string, as: Wish['as']): Promise<void> {
    const front = this.#panes.front;
    if (front?.state === 'taken over') {
      await typeElsewhere({ session: front.session, as, text });
      return;
    }
    const screen = await front?.open();
    if (as === 'run') screen?.run(text);
    else screen?.send(text);
  }

  #listen(): void {
    const root = this.#root;
    for (const button of root.querySelectorAll<HTMLElement>('[data-do]')) {
      const action = this.#actions.find(({ id }) => id === button.dataset['do']);
      if (!action) continue;
      button.setAttribute('aria-keyshortcuts', ariaKeys(action));
      const [chord = ''] = action.keys;
      button.title = `${action.says} (${printed(chord, this.#platform)})`;
      button.addEventListener('click', () => void this.#act(action.id));
    }
    part(root, '[data-again]').addEventListener('click', () => void this.#restartFront());
    part(root, '[data-take]').addEventListener('click', () => this.#takeBack());
    for (const key of root.querySelectorAll<HTMLElement>('[data-key]')) {
      // Without this the soft keyboard would close with every key of the bar.
      key.addEventListener('pointerdown', (event) => event.preventDefault());
      key.addEventListener('click', () => void this.#barKey(key.dataset['key'] ?? ''));
    }
    root.addEventListener(TERMINAL_NEWS, ({ target }) => {
      if (target instanceof LabTerminal)
        this.#tabs.setBusy(target.session, target.line.phase.kind === 'busy');
      this.#foot.draw();
    });
    root.addEventListener(TERMINAL_SAYS, (event) => {
      if (event instanceof CustomEvent) this.#foot.say(String(event.detail));
    });
    root.addEventListener('focusin', ({ target }) => {
      const terminal = target instanceof Element ? target.closest('lab-terminal') : null;
      if (terminal instanceof LabTerminal && terminal !== this.#panes.front) this.#show(terminal);
    });
    document.addEventListener('keydown', (event) => this.#key(event));
    typeForOthers(({ session, as, text }) => this.#typeFor({ session, as, text }));
    const sheet = part(root, '#terminal-keys');
    fillSheet(sheet, this.#actions, this.#platform, (id) => {
      sheet.hidePopover();
      void this.#act(id);
    });
    this.#drawReader();
  }

  /** Keys of the table, wherever the focus is; those that write somewhere else write there. */
  #key(event: KeyboardEvent): void {
    const id = actionOf(event, this.#actions);
    if (!id) return;
    const { target } = event;
    const inDock = target instanceof Node && this.#root.contains(target);
    const writes =
      target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
    if (!inDock && (writes || id === 'leave' || id === 'copy')) return;
    event.preventDefault();
    event.stopPropagation();
    void this.#act(id);
  }

  async #act(id: ActionId): Promise<void> {
    const front = this.#panes.front;
    switch (id) {
      case 'go':
        this.#drawer?.open();
        await this.#fill();
        return this.#panes.front?.focusScreen();
      case 'leave':
        return front?.leave();
      case 'help':
        return part(this.#root, '#terminal-keys').showPopover();
      case 'new':
        await this.#openNew();
        return;
      case 'close':
        return this.#closeFront();
      case 'rename':
        return this.#rename(front?.session);
      case 'previous':
        return this.#step(-1);
      case 'next':
        return this.#step(1);
      case 'split':
        return this.#split();
      case 'other':
        return this.#panes.other?.focusScreen();
      case 'maximise':
        return this.#maximise();
      case 'pop-out':
        return this.#popOut();
      case 'find':
        return this.#find.open(part(this.#root, '.screens'));
      case 'copy':
        return this.#clipboard.copy((await front?.open())?.selection, 'Nothing is selected.');
      case 'copy-all':
        return this.#clipboard.copy((await front?.open())?.text(), 'Nothing has been printed.');
      case 'paste':
        return this.#clipboard.pasteInto(front);
      case 'interrupt':
        return this.interrupt();
      case 'clear':
        (await front?.open())?.clear();
        return this.#foot.say('What was printed is forgotten.');
      case 'restart':
        return this.#restart();
      case 'larger':
        return this.#font(1);
      case 'smaller':
        return this.#font(-1);
      case 'usual':
        return this.#font(0);
      case 'reader':
        return this.#toggleReader();
    }
  }

  #labChanged(): void {
    // On a phone the drawer peeks: terminals are opened when it does.
    if (lab.state === 'open' && this.#isSeen) void this.#fill();
    this.#foot.draw();
  }

  get #isSeen(): boolean {
    return part(this.#root, '.screens').getBoundingClientRect().top < window.innerHeight;
  }

  /** Terminals that exist already, or a first one. */
  #fill(): Promise<void> {
    this.#filling ??= this.#load().catch((error: unknown) => {
      this.#filling = undefined; // the next press tries again
      part(this.#root, '[data-blank]').textContent = sentenceOf(error);
    });
    return this.#filling;
  }

  async #load(): Promise<void> {
    const open = await lab.terminals();
    const alone = this.#alone;
    if (alone !== undefined) {
      const own = open.find(({ session }) => session === alone);
      if (!own) throw new Error('This terminal is closed. You can close this window.');
      document.title = own.name;
      this.#show(this.#add(own.session, own.name));
      this.#panes.front?.takeOver();
      return;
    }
    const terminals = open.length ? open : [await lab.openTerminal('shell 1')];
    for (const { session, name } of terminals) this.#add(session, name);
    const of = (wanted: string | null | undefined) =>
      this.#terminals.find(({ session }) => session === wanted);
    const last = of(sessionStorage.getItem(FRONT_KEY));
    const [first, second] = (sessionStorage.getItem(HALVES_KEY) ?? '').split(' ').map(of);
    if (first && second && !phone.matches) {
      this.#panes.show(first);
      this.#panes.split(second);
    }
    this.#show(last ?? this.#terminals[0]);
    if (sessionStorage.getItem(LARGE_KEY) && !phone.matches) this.#enlarge(true);
  }

  #add(session: string, name: string): LabTerminal {
    const terminal = new LabTerminal(session, name, lab.terminal(session), this);
    const tab = this.#tabs.add(session, name);
    terminal.id = `panel-${session}`;
    terminal.className = 'not-content';
    terminal.dataset['name'] = name;
    terminal.setAttribute('role', 'tabpanel');
    terminal.setAttribute('aria-labelledby', tab.id);
    part(this.#root, '.screens').append(terminal);
    this.#terminals.push(terminal);
    part(this.#root, '[data-blank]').hidden = true;
    return terminal;
  }

  #choose(session: string, byKey: boolean): void {
    const terminal = this.#terminals.find((each) => each.session === session);
    this.#show(terminal);
    if (!byKey) terminal?.focusScreen();
  }

  #show(front: LabTerminal | undefined): void {
    this.#panes.show(front);
    this.#drawTabs();
  }

  #drawTabs(): void {
    const { front, other, isSplit } = this.#panes;
    this.#tabs.show(front?.session, other?.session);
    const close = part(this.#root, '[data-do="close"]');
    close.hidden = this.#terminals.length < 2;
    if (front && this.#alone === undefined) {
      sessionStorage.setItem(FRONT_KEY, front.session);
      close.setAttribute('aria-label', `Close ${front.line.name}`);
    }
    part(this.#root, '[data-do="split"]').setAttribute('aria-pressed', String(isSplit));
    if (front && this.#alone === undefined && !phone.matches) {
      const halves = this.#panes.halves?.map(({ session }) => session).join(' ');
      sessionStorage.setItem(HALVES_KEY, halves ?? '');
    }
    this.#foot.draw();
  }

  async #openNew(wanted?: string): Promise<LabTerminal | undefined> {
    await this.#fill();
    try {
      const { session, name } = await lab.openTerminal(wanted ?? this.#freeName());
      const terminal = this.#add(session, name);
      this.#show(terminal);
      terminal.focusScreen();
      return terminal;
    } catch (error) {
      this.#foot.say(sentenceOf(error));
      return undefined;
    }
  }

  #freeName(): string {
    const taken = this.#terminals.map(({ line }) => line.name);
    let number = 1;
    while (taken.includes(`shell ${number}`)) number++;
    return `shell ${number}`;
  }

  async #closeFront(): Promise<void> {
    const front = this.#panes.front;
    if (!front || this.#terminals.length < 2) return;
    const { phase, name } = front.line;
    if (phase.kind === 'busy' || phase.kind === 'inside') {
      const sure = await ask(part(this.#root, '.screens'), {
        title: `Close ${name}?`,
        says: `${phase.program || 'A program'} still runs in it, and ends with it.`,
        yes: 'Close it',
      });
      if (sure === undefined) return;
    }
    try {
      await lab.closeTerminal(front.session);
    } catch (error) {
      return this.#foot.say(sentenceOf(error));
    }
    const next = this.#remove(front);
    if (next) this.#tabs.of(next.session)?.focus();
    this.#foot.say(`${name} closed`);
  }

  /** Answers the terminal that stands in front now. */
  #remove(gone: LabTerminal): LabTerminal | undefined {
    const at = this.#terminals.indexOf(gone);
    this.#tabs.of(gone.session)?.remove();
    gone.remove();
    this.#terminals.splice(at, 1);
    if (!this.#panes.drop(gone)) {
      this.#panes.show(this.#terminals[Math.min(at, this.#terminals.length - 1)]);
    }
    this.#drawTabs();
    return this.#panes.front;
  }

  async #restart(): Promise<void> {
    const front = this.#panes.front;
    if (!front) return;
    if (front.state === 'exited') return this.#restartFront();
    const sure = await ask(part(this.#root, '.screens'), {
      title: `A new shell in ${front.line.name}?`,
      says: 'What runs in it ends. What was printed stays.',
      yes: 'Start a new shell',
    });
    if (sure !== undefined) await front.restart();
  }

  /** A new shell in the same place; a new place where even that is gone. */
  async #restartFront(): Promise<void> {
    const ended = this.#panes.front;
    if (!ended || (await ended.restart())) return;
    try {
      await lab.closeTerminal(ended.session);
    } catch {
      // It is gone already, which is why it could not be restarted.
    }
    this.#remove(ended);
    await this.#openNew(ended.line.name);
  }

  async #rename(session: string | undefined): Promise<void> {
    const terminal = this.#terminals.find((each) => each.session === session);
    if (!terminal) return;
    const wanted = await ask(part(this.#root, '.screens'), {
      title: `Rename ${terminal.line.name}`,
      input: { label: 'Name', value: terminal.line.name, most: LONGEST_NAME },
      yes: 'Rename',
    });
    if (!wanted) return;
    try {
      const { name } = await lab.renameTerminal(terminal.session, wanted);
      terminal.rename(name);
      const tab = this.#tabs.of(terminal.session);
      if (tab) tab.textContent = name;
      this.#drawTabs();
      this.#foot.say(`Renamed to ${name}`);
    } catch (error) {
      this.#foot.say(sentenceOf(error));
    }
  }

  #step(by: 1 | -1): void {
    const { front } = this.#panes;
    if (!front) return;
    const count = this.#terminals.length;
    const next = this.#terminals[(this.#terminals.indexOf(front) + by + count) % count];
    this.#show(next);
    next?.focusScreen();
  }

  async #split(): Promise<void> {
    if (phone.matches) return this.#foot.say('There is no room for two halves here.');
    await this.#fill();
    const { front, isSplit } = this.#panes;
    if (isSplit) {
      this.#panes.join();
      this.#drawTabs();
      return front?.focusScreen();
    }
    const free = this.#terminals.find((terminal) => terminal !== front);
    if (free) this.#panes.split(free);
    else {
      const opened = await this.#openNew();
      if (!front || !opened) return;
      this.#panes.show(front);
      this.#panes.split(opened);
    }
    this.#drawTabs();
    this.#panes.front?.focusScreen();
  }

  #maximise(): void {
    if (phone.matches) return this.#drawer?.show(this.#drawer.size === 'full' ? 'half' : 'full');
    const large = document.documentElement.dataset['dock'] !== 'large';
    this.#enlarge(large);
    this.#foot.say(large ? 'The terminal fills the window.' : 'The lesson is back.');
  }

  #enlarge(large: boolean): void {
    const { dataset } = document.documentElement;
    if (large) dataset['dock'] = 'large';
    else delete dataset['dock'];
    sessionStorage.setItem(LARGE_KEY, large ? 'yes' : '');
    part(this.#root, '[data-do="maximise"]').setAttribute('aria-pressed', String(large));
  }

  #popOut(): void {
    const { front } = this.#panes;
    if (!front || this.#alone !== undefined) return;
    const opened = openWindow(front.session);
    if (!opened) return this.#foot.say('The browser refused to open a window.');
    this.#windows.set(front.session, opened);
  }

  #isElsewhere(terminal: LabTerminal | undefined): boolean {
    const opened = this.#windows.get(terminal?.session ?? '');
    return opened !== undefined && !opened.closed;
  }

  #takeBack(): void {
    const { front } = this.#panes;
    if (!front) return;
    front.takeOver();
    this.#windows.get(front.session)?.close();
    this.#windows.delete(front.session);
  }

  /** Another page of this browser asks: only where the keys are here. */
  #typeFor({ session, as, text }: Wish): boolean {
    const terminal = this.#terminals.find((each) => each.session === session);
    if (terminal?.state !== 'open') return false;
    void terminal.open().then((screen) => (as === 'run' ? screen.run(text) : screen.send(text)));
    return true;
  }

  #font(step: 1 | -1 | 0): void {
    const px = stepFont(step);
    for (const terminal of this.#terminals) terminal.fitFont();
    this.#foot.say(`Letters of ${px} pixels`);
  }

  #toggleReader(): void {
    const on = recall(READER_KEY) !== 'on';
    keep(READER_KEY, on ? 'on' : 'off');
    for (const terminal of this.#terminals) terminal.setScreenReader(on);
    this.#drawReader();
    this.#foot.say(on ? 'Screen reader mode is on, and remembered.' : 'Screen reader mode is off.');
  }

  #drawReader(): void {
    const on = recall(READER_KEY) === 'on';
    part(this.#root, '[data-action="reader"]').setAttribute('aria-pressed', String(on));
  }

  async #barKey(key: string): Promise<void> {
    const front = this.#panes.front;
    if (!front) return;
    if (key === 'Ctrl') front.holdControl(!front.holdsControl);
    else {
      const screen = await front.open();
      screen.send(keyBytes(key, screen.applicationArrows));
      screen.focus();
    }
  }
}

function whyNot({ state, line }: LabTerminal): string {
  switch (state) {
    case 'exited':
      return `The shell of ${line.name} has ended. Open a new one, then run this again.`;
    case 'taken over':
      return `Another window has the keys of ${line.name}, and does not answer. Take it back, then run this again.`;
    case 'open':
      return `${line.name} could not take it. Try again.`;
    case 'connecting':
    case 'offline':
      return `${line.name} is offline. Nothing was typed; try again when it is back.`;
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
