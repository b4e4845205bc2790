// The last minutes as a ruler: hold still, go back, see them again. Knows moments, and nothing of what they show.

import { part } from '../page/dom.ts';
import { clockTime } from '../page/time.ts';
import { SPAN_MS, STEP_MS } from './history.ts';

/** Milliseconds for which a replay shows each step: ten times as fast as it was. */
const REPLAY_MS = 500;
const STEPS = SPAN_MS / STEP_MS;

export interface TimeStripOptions {
  /** Shows a moment of the past, or now. Resolves when it stands on the page. */
  show: (moment: number | undefined) => Promise<void>;
}

export class TimeStrip {
  readonly #place: HTMLElement;
  readonly #hold: HTMLElement;
  readonly #range: HTMLInputElement;
  readonly #options: TimeStripOptions;
  #latest = 0;
  /** Undefined while it follows the clock. */
  #moment: number | undefined;
  #replay: number | undefined;

  /** `hold` is the button that stops the picture where it is. */
  constructor(place: HTMLElement, hold: HTMLElement, options: TimeStripOptions) {
    this.#place = place;
    this.#hold = hold;
    this.#options = options;
    const range = place.querySelector('input');
    if (!range) throw new Error('the strip has no ruler');
    this.#range = range;
    range.max = String(STEPS);
    range.addEventListener('input', () => {
      const back = STEPS - Number(range.value);
      void this.#go(back === 0 ? undefined : gridded(this.#latest) - back * STEP_MS);
    });
    // What is seen, and not the beginning of its five seconds.
    hold.addEventListener('click', () => void this.#go(this.isLive ? this.#latest : undefined));
    part(place, '[data-now]').addEventListener('click', () => void this.#go(undefined));
    part(place, '[data-replay]').addEventListener('click', () => this.#play());
    this.#draw();
  }

  get isLive(): boolean {
    return this.#moment === undefined;
  }

  /** The newest moment there is. */
  tick(latest: number): void {
    this.#latest = latest;
    // What is older than the ruler cannot be shown again.
    if (this.#moment !== undefined && this.#moment < latest - SPAN_MS - STEP_MS)
      void this.#go(gridded(latest - SPAN_MS));
    this.#draw();
  }

  close(): void {
    this.#stop();
  }

  async #go(moment: number | undefined): Promise<void> {
    this.#stop();
    await this.#show(moment);
  }

  async #show(moment: number | undefined): Promise<void> {
    this.#moment = moment;
    this.#draw();
    await this.#options.show(this.#moment);
  }

  #play(): void {
    if (this.#replay !== undefined) {
      this.#stop();
      this.#draw();
      return;
    }
    const next = async (moment: number): Promise<void> => {
      await this.#show(moment >= this.#latest ? undefined : moment);
      if (this.#replay === undefined) return; // stopped meanwhile
      if (this.isLive) this.#stop();
      else this.#replay = window.setTimeout(() => void next(moment + STEP_MS), REPLAY_MS);
      this.#draw();
    };
    this.#replay = 0;
    void next(gridded(this.#latest - SPAN_MS));
  }

  #stop(): void {
    if (this.#replay !== undefined) clearTimeout(this.#replay);
    this.#replay = undefined;
  }

  #draw(): void {
    const back = this.#moment === undefined ? 0 : Math.max(0, this.#latest - this.#moment);
    const steps = (gridded(this.#latest) - gridded(this.#moment ?? this.#latest)) / STEP_MS;
    const value = String(Math.max(0, STEPS - steps));
    if (this.#range.value !== value) this.#range.value = value;
    const words =
      this.#moment === undefined
        ? `${clockTime(this.#latest)}, now`
        : `${clockTime(this.#moment)}, ${ago(back)} ago`;
    part(this.#place, 'output').textContent = words;
    this.#range.setAttribute('aria-valuetext', words);
    part(this.#place, '[data-now]').hidden = this.isLive;
    this.#hold.textContent = this.isLive ? 'Hold still' : 'Go on';
    part(this.#place, '[data-replay]').textContent =
      this.#replay === undefined ? 'Replay 5 min' : 'Stop';
  }
}

/** Moments that pages ask for are whole steps, so that they ask for the same ones. */
function gridded(moment: number): number {
  return Math.floor(moment / STEP_MS) * STEP_MS;
}

/** `35 s`, `2 min 05 s`. */
function ago(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
