// One service as it is drawn: a box with its name, what there is to say under it, and a row for each version when there are several.
// Knows nothing of where it stands.

import type { MeshNode, MeshVersion } from '../../../protocol/graph.ts';
import { draw, say, set, style } from './svg.ts';
import { percent, underName, versionName } from './words.ts';

/** Widths of a letter of the machine's face: 13px for names, 11.5px below them. */
const LETTER = 7.85;
const SMALL_LETTER = 6.95;
const LONGEST_NAME = 22;
const HEIGHT = 48;
const ROW = 19;
const ROWS_MOST = 4;
/** Room for `2 of 3 pods, v1`, so that a box never grows by its figures. */
const NARROWEST = 124;
const NARROWEST_WITH_ROWS = 176;
const SIDE = 12;
/** Where a row's bar begins and how much its figure takes at the end. */
const BAR_FROM = 58;
const FIGURE = 50;

/** Names alone, where services are many. */
const DENSE_HEIGHT = 30;
const DENSE_NARROWEST = 84;

const rowsOf = ({ versions }: MeshNode): MeshVersion[] =>
  versions.length > 1 ? versions.slice(0, ROWS_MOST) : [];

/** `dense`: among many others, where there is room for names alone. */
export function sizeOf(node: MeshNode, dense: boolean): { width: number; height: number } {
  const rows = dense ? 0 : rowsOf(node).length;
  const name = Math.min(node.name.length, LONGEST_NAME) * LETTER + 2 * SIDE;
  if (dense) return { width: Math.ceil(Math.max(DENSE_NARROWEST, name)), height: DENSE_HEIGHT };
  const least = rows > 0 ? NARROWEST_WITH_ROWS : NARROWEST;
  return {
    width: Math.ceil(Math.max(least, name)),
    height: HEIGHT + (rows > 0 ? rows * ROW + 4 : 0),
  };
}

export class ServiceBox {
  readonly element: SVGGElement;
  readonly #halo = draw('rect', { class: 'halo', rx: 7 });
  readonly #box = draw('rect', { class: 'box', rx: 4 });
  readonly #name = draw('text', { y: 21, 'text-anchor': 'middle' });
  readonly #under = draw('text', { class: 'sub', y: 38, 'text-anchor': 'middle' });
  readonly #rows = draw('g');
  readonly #title = draw('title');

  constructor(id: string) {
    this.element = draw('g', { class: 'node', role: 'button', tabindex: -1, 'data-id': id });
    this.element.append(this.#title, this.#halo, this.#box, this.#name, this.#under, this.#rows);
  }

  show(node: MeshNode, dense: boolean): void {
    const { width, height } = sizeOf(node, dense);
    const state = node.health === 'failure' ? 'sick' : node.proxy ? '' : 'plain';
    set(this.element, { class: `node ${state}`.trim(), 'aria-label': labelOf(node) });
    set(this.#halo, { x: -5, y: -5, width: width + 10, height: height + 10 });
    set(this.#box, { width, height, rx: node.tcp ? Math.min(height, HEIGHT) / 2 : 4 });
    set(this.#name, { x: width / 2, y: dense ? 20 : 21 });
    set(this.#under, { x: width / 2 });
    say(this.#name, shortened(node.name));
    const under = dense ? '' : underName(node);
    say(this.#under, under.length * SMALL_LETTER > width - SIDE ? shortened(under, 16) : under);
    say(
      this.#title,
      node.namespace === '' ? node.name : `${node.name}, namespace ${node.namespace}`,
    );
    this.#showRows(dense ? [] : rowsOf(node), width);
  }

  #showRows(versions: MeshVersion[], width: number): void {
    const rows = this.#rows.children;
    while (rows.length > versions.length) rows[rows.length - 1]?.remove();
    while (rows.length < versions.length)
      this.#rows.append(emptyRow(HEIGHT + 8 + rows.length * ROW));
    for (const [at, version] of versions.entries()) {
      const row = rows[at];
      if (row) showRow(row, version, width);
    }
  }
}

function emptyRow(y: number): SVGGElement {
  return draw(
    'g',
    { transform: `translate(0 ${y})` },
    draw('text', { class: 'sub', x: SIDE, y: 4 }),
    draw('rect', { class: 'track', x: BAR_FROM, y: -3, height: 6 }),
    draw('rect', { class: 'share', x: BAR_FROM, y: -3, height: 6 }),
    draw('text', { class: 'sub figure', y: 4, 'text-anchor': 'end' }),
  );
}

function showRow(row: Element, version: MeshVersion, width: number): void {
  const [name, track, share, figure] = row.children;
  if (!name || !track || !(share instanceof SVGElement) || !figure) return;
  const { share: part = 0, failed } = version;
  const room = width - BAR_FROM - FIGURE - SIDE / 2;
  const bad = failed >= 0.1 ? ' bad' : failed > 0 ? ' some' : '';
  set(row, { class: `version${bad}` });
  say(name, shortened(versionName(version), 6));
  set(track, { width: room });
  style(share, 'width', `${Math.round(part * room * 10) / 10}px`);
  set(figure, { x: width - SIDE });
  say(figure, version.share === undefined ? '–' : percent(part));
}

function labelOf(node: MeshNode): string {
  const versions = rowsOf(node).map((version) => {
    const fails = version.failed > 0 ? `, fails ${percent(version.failed)}` : '';
    return `${versionName(version)} ${version.share === undefined ? 'nothing' : percent(version.share)}${fails}`;
  });
  const under = underName(node);
  return [`Service ${node.name}`, under, ...versions].filter(Boolean).join(', ');
}

function shortened(text: string, letters = LONGEST_NAME): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}
