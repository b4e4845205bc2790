// <lab-terminal>: one terminal in its tab's panel. Fetches xterm when the panel is first seen, never before.
// Knows its shell and its screen; of the other terminals only what its dock tells it.

import type { TerminalState, TerminalStream } from '../../lab-client/lab.ts';
import type { Notice } from '../../../protocol/terminal.ts';
import { announce } from '../page/announce.ts';
import { define, make } from '../page/dom.ts';
import { recall } from '../page/memory.ts';
import { fontSize, phone } from './font.ts';
import { withControl } from './keys.ts';
import type { Screen } from './screen.ts';
import { SILENCE_MS } from '../run/run-record.ts';
import { ShellLine } from './shell-line.ts';

export const READER_KEY = 'meshproof:screen-reader';

/** A new shell is there within this, or it will not come. */
const RESTART_MS = 2_000;
/** A shell prints its first prompt within this, or has none that we hear. */
const SETTLE_MS = 5_000;
const LOOK_MS = 50;
/** On a bad line a mark may be sent several times before it comes. */
const WIRE_TIMES = 10;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Bubbles when what the foot of the dock says has changed. */
export const TERMINAL_NEWS = 'terminal-news';

/** Bubbles with a sentence for whoever types: a CustomEvent, its detail is the text. */
export const TERMINAL_SAYS = 'terminal-says';

/** What a terminal asks of the dock it is in. */
export interface TerminalHost {
  /** The keys that lead out, as they are printed. */
  readonly wayOut: string;
  /** True for keys that are the dock's. */
  isAction(event: KeyboardEvent): boolean;
  pasted(terminal: LabTerminal, text: string): void;
}

export class LabTerminal extends HTMLElement {
  readonly line: ShellLine;
  readonly session: string;
  state: TerminalState = 'connecting';
  detail = '';
  latency: number | undefined;
  /** Other pages that see this terminal. */
  watchers = 0;
  readonly #host: TerminalHost;
  readonly #stream: TerminalStream;
  #screen: Promise<Screen> | undefined;
  #seen: IntersectionObserver | undefined;
  #settled = false;
  /** The next key is typed with Ctrl held. */
  #control = false;
  #cameFrom: Element | null = null;

  constructor(session: string, name: string, stream: TerminalStream, host: TerminalHost) {
    super();
    this.session = session;
    this.line = new ShellLine(name, {
      session,
      printed: (from, to) => stream.printed(from, to),
    });
    this.#stream = stream;
    this.#host = host;
  }

  connectedCallback(): void {
    this.#seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void this.open();
    });
    this.#seen.observe(this);
    this.addEventListener('focusin', ({ relatedTarget }) => this.#entered(relatedTarget));
    phone.addEventListener('change', () => this.fitFont());
  }

  disconnectedCallback(): void {
    this.#seen?.disconnect();
    void this.#screen?.then((screen) => screen.close());
  }

  /** The screen, attached to its shell. Fetches what it needs the first time. */
  open(): Promise<Screen> {
    this.#seen?.disconnect();
    this.#screen ??= this.#build();
    return this.#screen;
  }

  /**
   * The screen, once its shell can take a line: connected, drawn, at its first prompt. Who presses Run as soon as the page
   * is there must not be told that the line is down. Gives up after SETTLE_MS; what is wrong is then in `state`.
   */
  async settle(): Promise<Screen> {
    const screen = await this.open();
    const until = Date.now() + SETTLE_MS;
    const comes = () =>
      this.state === 'connecting' ||
      (this.state === 'open' &&
        (!this.#stream.isCaughtUp ||
          screen.isDrawing ||
          (!this.#settled && this.line.phase.kind === 'silent')));
    while (Date.now() < until) {
      if (!comes()) {
        if (this.#settled) break;
        // The marks of the output that was caught up with come right behind it.
        await sleep(LOOK_MS);
        if (!comes()) break;
      }
      await sleep(LOOK_MS);
    }
    // A shell without marks is waited for once.
    this.#settled ||= this.state === 'open';
    return screen;
  }

  /** Follows a new choice of letters. */
  fitFont(): void {
    void this.#screen?.then((screen) => screen.setFontSize(fontSize()));
  }

  setScreenReader(on: boolean): void {
    void this.#screen?.then((screen) => screen.setScreenReader(on));
  }

  rename(name: string): void {
    this.line.name = name;
    this.dataset['name'] = name;
    void this.#screen?.then((screen) => screen.rename(name));
  }

  /** How long a shell that marks its commands may take to mark one: the line's own time on top of its own. */
  get patienceMs(): number {
    return SILENCE_MS + WIRE_TIMES * (this.latency ?? 0);
  }

  focusScreen(): void {
    void this.open().then((screen) => screen.focus());
  }

  holdControl(on: boolean): void {
    this.#control = on;
    this.#news();
  }

  takeOver(): void {
    this.#stream.takeOver();
    this.focusScreen();
  }

  /** False when the session is gone for good. */
  async restart(): Promise<boolean> {
    this.#stream.restart();
    const until = Date.now() + RESTART_MS;
    while (this.state === 'exited' && Date.now() < until) await sleep(LOOK_MS);
    if (this.state === 'exited') return false;
    this.focusScreen();
    return true;
  }

  get holdsControl(): boolean {
    return this.#control;
  }

  async #build(): Promise<Screen> {
    const fontFamily = getComputedStyle(this).getPropertyValue('--machine');
    const size = fontSize();
    const [{ Screen }] = await Promise.all([
      import('./screen.ts'),
      // xterm measures one letter when it opens: the face has to be there, both weights of it.
      document.fonts.load(`400 ${size}px ${fontFamily}`),
      document.fonts.load(`600 ${size}px ${fontFamily}`),
    ]);
    const box = make('div', { class: 'box' });
    this.append(box);
    return new Screen(box, this.#stream, {
      name: this.line.name,
      fontFamily,
      fontSize: size,
      screenReader: recall(READER_KEY) === 'on',
      isThePages: (event) => this.#host.isAction(event),
      pasted: (text) => this.#host.pasted(this, text),
      typed: (data) => this.#typed(data),
      onState: (state, detail) => {
        this.state = state;
        this.detail = detail;
        this.dataset['state'] = state;
        const comes = state === 'connecting' || state === 'offline';
        this.line.reached(comes ? undefined : Date.now());
        if (state === 'exited') this.line.ended();
        this.#news();
      },
      onLatency: (ms) => {
        this.latency = ms;
        this.#news();
      },
      onMark: (mark) => {
        this.line.mark(mark);
        this.#news();
      },
      onLost: () => announce(this.#whyLost()),
      onNotice: (notice) => this.#hear(notice),
    });
  }

  #whyLost(): string {
    if (this.state === 'taken over') return 'Another page has the keys of this terminal.';
    if (this.state === 'exited') return 'The shell has ended: what you type goes nowhere.';
    return 'Offline: what you type is not sent.';
  }

  #hear(notice: Notice): void {
    if (notice.kind === 'input')
      this.dispatchEvent(new CustomEvent(TERMINAL_SAYS, { detail: notice.say, bubbles: true }));
    if (notice.kind === 'watched') {
      this.watchers = notice.watchers;
      this.#news();
    }
  }

  #typed(data: string): string {
    if (!this.#control) return data;
    this.holdControl(false);
    return withControl(data);
  }

  #entered(from: EventTarget | null): void {
    if (from instanceof Node && this.contains(from)) return;
    this.#cameFrom = from instanceof Element ? from : null;
    announce(`Terminal, ${this.line.name}. Leave it with ${this.#host.wayOut}.`);
  }

  /** Back to where one was before. */
  leave(): void {
    const back =
      this.#cameFrom?.isConnected && this.#cameFrom instanceof HTMLElement
        ? this.#cameFrom
        : document.querySelector<HTMLElement>('terminal-dock [role="tab"][aria-selected="true"]');
    back?.focus();
    announce('Left the terminal.');
  }

  #news(): void {
    this.dispatchEvent(new Event(TERMINAL_NEWS, { bubbles: true }));
  }
}

define('lab-terminal', LabTerminal);
