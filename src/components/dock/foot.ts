// The foot of the dock: how the line to the shell is, what runs and for how long, and over the screen what to do where it is not
// there. Draws; decides nothing.

import { announce } from '../page/announce.ts';
import { part } from '../page/dom.ts';
import { lab } from '../page/lab.ts';
import { stopwatch } from '../page/time.ts';
import { footWords } from './foot-words.ts';
import type { LabTerminal } from './lab-terminal.ts';

const TICK_MS = 1_000;
/** As long as a glance at the foot takes. */
const SAID_MS = 4_000;
/** Shorter commands would flicker. */
const SHOWN_FROM_MS = 2_000;

export interface FootSees {
  front: LabTerminal | undefined;
  /** It stands in a window that this page has opened. */
  isElsewhere: boolean;
}

export class Foot {
  readonly #root: HTMLElement;
  readonly #see: () => FootSees;
  #offlineSince = 0;
  #timer = 0;
  #frame = 0;
  /** What was just done, until when it is shown. */
  #said: { text: string; until: number } | undefined;

  constructor(root: HTMLElement, wayOut: string, see: () => FootSees) {
    this.#root = root;
    this.#see = see;
    for (const place of root.querySelectorAll('[data-leave]')) place.textContent = wayOut;
  }

  /** What an action came to, for a moment, to those who see; others hear the same. */
  say(text: string): void {
    announce(text);
    this.#said = { text, until: Date.now() + SAID_MS };
    this.draw();
  }

  /** Once a frame: a program can print marks by the thousand. */
  draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const root = this.#root;
    const { front, isElsewhere } = this.#see();
    const away = lab.state === 'offline' || front?.state === 'offline';
    if (away) this.#offlineSince ||= Date.now();
    else this.#offlineSince = 0;
    const words = footWords({
      lab: lab.state,
      terminal: front?.state,
      detail: front?.detail ?? '',
      latency: front?.latency,
      watchers: front?.watchers ?? 0,
      offlineMs: this.#offlineSince ? Date.now() - this.#offlineSince : 0,
    });
    // What this page has opened itself is no news.
    const elsewhere = isElsewhere && front?.state === 'taken over';
    const { line: says, away: isAway } = elsewhere
      ? { line: 'in a window of its own', away: false }
      : words;
    const said = this.#said && Date.now() < this.#said.until ? this.#said.text : undefined;
    part(root, '[data-shell]').textContent = front ? 'bash' : '';
    part(root, '[data-over]').hidden = front?.state !== 'exited' && front?.state !== 'taken over';
    part(root, '[data-again]').hidden = front?.state !== 'exited';
    part(root, '[data-take]').hidden = front?.state !== 'taken over';
    part(root, '[data-why]').textContent = elsewhere ? 'In a window of its own.' : says;
    const line = part(root, '[data-line]');
    line.textContent = said ?? says;
    line.classList.toggle('away', isAway && said === undefined);
    line.classList.toggle('said', said !== undefined);
    part(root, '[data-key="Ctrl"]').setAttribute(
      'aria-pressed',
      String(front?.holdsControl ?? false),
    );
    const runs = this.#drawRunning(front);
    clearTimeout(this.#timer);
    if (away || runs || said !== undefined)
      this.#timer = window.setTimeout(() => this.draw(), TICK_MS);
  }

  /** True while a command runs. */
  #drawRunning(front: LabTerminal | undefined): boolean {
    const phase = front?.line.phase;
    const running = part(this.#root, '[data-running]');
    if (phase?.kind !== 'busy' || front?.state === 'exited') {
      running.hidden = true;
      return false;
    }
    const ms = Date.now() - phase.since;
    running.hidden = ms < SHOWN_FROM_MS;
    part(running, '[data-program]').textContent = phase.program;
    part(running, '[data-elapsed]').textContent = stopwatch(ms);
    return true;
  }
}
