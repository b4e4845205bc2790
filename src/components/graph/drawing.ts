// The picture as SVG: boxes and lines that stay the same elements from frame to frame, one tab stop, arrow keys between them.
// Knows nothing of labs, and keeps nothing but what is drawn.

import { CallLine, LABEL } from './call-line.ts';
import { type Direction, layOut, type Layout } from './layout.ts';
import type { Picture } from './picture.ts';
import { ServiceBox, sizeOf } from './service-box.ts';
import { draw, set } from './svg.ts';
import { callLabel } from './words.ts';

/** More lines than this have figures only where something fails: all of them could not be read anyway. */
const LINES_WITH_FIGURES = 24;
/** More services than this show their names alone. */
const SERVICES_WITH_WORDS = 16;
/** Smaller than this a picture is scrolled instead: 13px become 9. */
const SMALLEST_SCALE = 0.72;
/** On a whole screen: 13px become 24, to be read from the back of a room. */
const LARGEST_SCALE = 1.85;

export interface DrawingOptions {
  /** A service or call was chosen, or none any more. */
  chosen: (id: string | undefined) => void;
}

export class Drawing {
  readonly #canvas: HTMLElement;
  readonly #options: DrawingOptions;
  readonly #svg = draw('svg', { role: 'group', 'aria-label': 'Services and calls' });
  readonly #lines = draw('g');
  readonly #boxes = draw('g');
  readonly #calls = new Map<string, CallLine>();
  readonly #nodes = new Map<string, ServiceBox>();
  #layout: Layout | undefined;
  #shape = '';
  #order: string[] = [];
  #chosen: string | undefined;

  constructor(canvas: HTMLElement, options: DrawingOptions) {
    this.#canvas = canvas;
    this.#options = options;
    this.#svg.append(this.#lines, this.#boxes);
    canvas.append(this.#svg);
    this.#svg.addEventListener('click', (event) => this.#click(event));
    this.#svg.addEventListener('keydown', (event) => this.#key(event));
    // On the canvas: an SVG that listens for focus would become a stop of its own in Chromium.
    canvas.addEventListener('focusin', (event) => this.#stopAt(idOf(event.target)));
  }

  show(picture: Picture): void {
    const names = new Map(picture.nodes.map(({ id, name }) => [id, name]));
    const figures = picture.calls.length <= LINES_WITH_FIGURES;
    const dense = picture.nodes.length > SERVICES_WITH_WORDS;
    this.#layOut(picture, figures, dense);
    // Easing sixty lines costs more than it shows.
    this.#svg.toggleAttribute('data-calm', !figures);
    keep(this.#nodes, picture.nodes, this.#boxes, (id) => new ServiceBox(id));
    keep(this.#calls, picture.calls, this.#lines, (id) => new CallLine(id));
    for (const node of picture.nodes) {
      const box = this.#nodes.get(node.id);
      const place = this.#layout?.nodes.get(node.id);
      if (!box || !place) continue;
      box.show(node, dense);
      box.element.style.transform = `translate(${place.x}px, ${place.y}px)`;
    }
    for (const call of picture.calls) {
      const line = this.#calls.get(call.id);
      const place = this.#layout?.lines.get(call.id);
      if (!line || !place || !this.#layout) continue;
      line.show(
        call,
        callLabel(call, (id) => names.get(id) ?? id),
        figures,
      );
      line.place(place, this.#layout.direction);
    }
    this.#stopAt(this.#order.find((id) => this.#element(id)?.tabIndex === 0) ?? this.#order[0]);
    this.choose(this.#chosen);
  }

  /** The canvas has another width. */
  resize(picture: Picture | undefined): void {
    this.#shape = '';
    if (picture) this.show(picture);
  }

  choose(id: string | undefined): void {
    this.#chosen = id;
    for (const one of this.#order) {
      this.#element(one)?.setAttribute('aria-pressed', String(one === id));
    }
  }

  /** Once for the same things in the same room: numbers move nothing. */
  #layOut(picture: Picture, figures: boolean, dense: boolean): void {
    const nodes = picture.nodes.map((node) => ({ id: node.id, ...sizeOf(node, dense) }));
    const calls = picture.calls.map(({ id, from, to }) => ({ id, from, to }));
    const shape = JSON.stringify([nodes, calls, figures]);
    if (shape === this.#shape) return;
    this.#shape = shape;
    const room = this.#canvas.clientWidth - PADDING;
    const of = (direction: Direction) =>
      layOut({ nodes, calls, label: figures ? LABEL : undefined }, direction);
    const right = of('right');
    const down = right.width > room || this.#isWhole ? of('down') : right;
    const layout = this.#fits(down, room) > this.#fits(right, room) ? down : right;
    this.#layout = layout;
    const scale = Math.max(SMALLEST_SCALE, this.#fits(layout, room));
    set(this.#svg, {
      viewBox: `0 0 ${layout.width} ${layout.height}`,
      width: Math.round(layout.width * scale),
      height: Math.round(layout.height * scale),
    });
    this.#order = inReadingOrder(layout);
  }

  /** In the column as wide as it is at most; on a whole screen, such as a wall's, as large as there is room. */
  #fits({ width, height }: Layout, room: number): number {
    if (!this.#isWhole) return Math.min(1, room / width);
    const high = (this.#canvas.clientHeight - PADDING) / height;
    return Math.min(LARGEST_SCALE, room / width, high);
  }

  get #isWhole(): boolean {
    return document.fullscreenElement?.contains(this.#canvas) ?? false;
  }

  #click(event: Event): void {
    const id = idOf(event.target);
    const next = id === this.#chosen ? undefined : id;
    this.choose(next);
    this.#options.chosen(next);
  }

  #key(event: KeyboardEvent): void {
    const at = this.#order.indexOf(idOf(event.target) ?? '');
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: this.#order.length - 1,
    }[event.key];
    if (to !== undefined) {
      const element = this.#element(this.#order[Math.max(0, Math.min(to, this.#order.length - 1))]);
      element?.focus({ preventScroll: true });
      element?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    } else if (event.key === 'Enter' || event.key === ' ') this.#click(event);
    else if (event.key === 'Escape' && this.#chosen !== undefined) {
      this.choose(undefined);
      this.#options.chosen(undefined);
    } else return;
    event.preventDefault();
  }

  /** The one place where Tab stops. */
  #stopAt(id: string | undefined): void {
    if (id === undefined) return;
    for (const one of this.#order) {
      const element = this.#element(one);
      const index = one === id ? 0 : -1;
      if (element && element.tabIndex !== index) element.tabIndex = index;
    }
  }

  #element(id = ''): SVGGElement | undefined {
    return (this.#nodes.get(id) ?? this.#calls.get(id))?.element;
  }
}

/** Left and right of the picture, in the canvas. */
const PADDING = 16;

/** Elements for these things, new ones at the end, and none for others. */
function keep<T extends { element: Element }>(
  known: Map<string, T>,
  things: readonly { id: string }[],
  parent: Element,
  make: (id: string) => T,
): void {
  const wanted = new Set(things.map(({ id }) => id));
  for (const [id, { element }] of known) {
    if (wanted.has(id)) continue;
    element.remove();
    known.delete(id);
  }
  for (const id of wanted) {
    if (known.has(id)) continue;
    const made = make(id);
    known.set(id, made);
    parent.append(made.element);
  }
}

/** Along the calls: a service, then what it calls. */
function inReadingOrder({ direction, nodes, lines }: Layout): string[] {
  const along = direction === 'right' ? 'x' : 'y';
  const across = direction === 'right' ? 'y' : 'x';
  const places = [
    ...[...nodes].map(([id, place]) => ({ id, along: place[along], across: place[across] })),
    ...[...lines].map(([id, { label }]) => ({ id, along: label[along], across: label[across] })),
  ];
  return places.sort((a, b) => a.along - b.along || a.across - b.across).map(({ id }) => id);
}

function idOf(target: EventTarget | null): string | undefined {
  const found = target instanceof Element ? target.closest<SVGGElement>('g[data-id]') : null;
  return found?.dataset['id'];
}
