// One call as it is drawn: a line whose width is its rate and whose colour is its failures, an arrow, and its figures beside it.
// Knows nothing of who else calls.

import type { Layout, Line } from './layout.ts';
import { HEAD } from './layout.ts';
import type { DrawnCall } from './picture.ts';
import { draw, lock, say, set, style } from './svg.ts';
import { isEncrypted, milliseconds, percent, rateOf, troubleCodes } from './words.ts';

/** Width of a line: thin for a request now and then, thick for hundreds a second. */
const THINNEST = 1.6;
const THICKEST = 7;
const FOR_EACH_TENFOLD = 1.5;

export class CallLine {
  readonly element: SVGGElement;
  readonly #hit = draw('path', { class: 'hit' });
  readonly #halo = draw('path', { class: 'halo' });
  readonly #line = draw('path', { class: 'edge' });
  /** TCP is a double line: paper along its middle. */
  readonly #core = draw('path', { class: 'core' });
  readonly #arrow = draw('path', { class: 'arrow', d: `M0 0-${HEAD + 1}-4.5v9z` });
  readonly #first = draw('text', { class: 'tag' });
  readonly #second = draw('text', { class: 'tag sub' });
  readonly #lock = lock();

  constructor(id: string) {
    this.element = draw('g', { class: 'call', role: 'button', tabindex: -1, 'data-id': id });
    this.element.append(this.#hit, this.#halo, this.#line, this.#core, this.#arrow);
    this.element.append(this.#first, this.#second, this.#lock);
  }

  place({ path, tip, label }: Line, direction: Layout['direction']): void {
    for (const line of [this.#hit, this.#halo, this.#line, this.#core]) set(line, { d: path });
    set(this.#arrow, { transform: `translate(${tip.x} ${tip.y}) rotate(${tip.angle})` });
    const right = direction === 'right';
    const [x, anchor] = right ? [label.x, 'middle'] : [label.x - LABEL.width / 2, 'start'];
    set(this.#first, { x, y: label.y + (right ? -8 : 4), 'text-anchor': anchor });
    set(this.#second, { x, y: label.y + (right ? 18 : 20), 'text-anchor': anchor });
    this.#label = { x, y: label.y + (right ? 14 : 16), right };
    this.#placeLock();
  }
  #label = { x: 0, y: 0, right: true };

  /** `figures`: always, or only where something fails, when lines are many. */
  show(call: DrawnCall, label: string, figures: boolean): void {
    const colour = colourOf(call);
    const half = call.oneSided && !call.idle ? ' half' : '';
    const encrypted = !call.idle && isEncrypted(call);
    set(this.element, { class: `call ${colour}${half}`, 'aria-label': label });
    style(this.#line, 'stroke-width', `${widthOf(call)}px`);
    style(this.#halo, 'stroke-width', `${widthOf(call) + 7}px`);
    const failing = colour === 'bad' || colour === 'some';
    const shown = figures || failing;
    const [first, second] = shown ? tagsOf(call, failing) : ['', ''];
    say(this.#first, first);
    say(this.#second, figures ? second : '');
    this.#lock.toggleAttribute('hidden', !(encrypted && figures));
    this.#placeLock();
  }

  #placeLock(): void {
    const { x, y, right } = this.#label;
    const letters = this.#second.textContent?.length ?? 0;
    // In front of the second line of figures, or alone in its place.
    const half = (letters * SMALL_LETTER) / 2;
    const at = right ? (letters > 0 ? x - half - 11 : x) : x + 5;
    set(this.#lock, { transform: `translate(${Math.round(at)} ${y})` });
    const indent = !right && !this.#lock.hasAttribute('hidden') ? 16 : 0;
    set(this.#second, { dx: indent });
  }
}

const SMALL_LETTER = 6.95;

/** Room that a line's figures take: `27.1% fail`, `100/s, no answer`. */
export const LABEL = { width: 92, height: 38 };

function tagsOf(call: DrawnCall, failing: boolean): [string, string] {
  if (call.idle) return ['idle', ''];
  if (failing) {
    const codes = troubleCodes(call.codes).split(', ')[0] ?? '';
    const share =
      call.failed > 0 ? `${percent(call.failed)} fail` : `${percent(call.refused)} refused`;
    return [share, [rateOf(call), codes].filter(Boolean).join(', ')];
  }
  const answered = call.protocol !== 'tcp' && call.p95 !== undefined;
  return [rateOf(call), answered ? milliseconds(call.p95 ?? 0) : ''];
}

function colourOf({ idle, protocol, health }: DrawnCall): 'idle' | 'tcp' | 'bad' | 'some' | 'ok' {
  if (idle) return 'idle';
  if (protocol === 'tcp') return 'tcp';
  if (health === 'failure') return 'bad';
  return health === 'degraded' ? 'some' : 'ok';
}

function widthOf({ idle, protocol, rate }: DrawnCall): number {
  if (idle) return 2.4;
  // A thousand bytes weigh what a request does.
  const weight = protocol === 'tcp' ? rate / 1_000 : rate;
  const width = THINNEST + FOR_EACH_TENFOLD * Math.log10(1 + weight);
  const least = protocol === 'tcp' ? 4 : THINNEST;
  return Math.round(Math.min(THICKEST, Math.max(least, width)) * 10) / 10;
}
