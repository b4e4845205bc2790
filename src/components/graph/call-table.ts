// The same calls as a table: complete, what fails first. There for those who hear the page, and for those who would rather read.

import type { MeshNode } from '../../../protocol/graph.ts';
import { make } from '../page/dom.ts';
import { byTrouble, type DrawnCall, type Picture } from './picture.ts';
import {
  encrypted,
  milliseconds,
  percent,
  rateOf,
  seenBy,
  troubleCodes,
  versionName,
} from './words.ts';

const COLUMNS = ['From', 'To', 'Rate', 'Failed', '95% under', 'Encrypted', 'Seen by', 'Versions'];
/** Columns of figures: from, to and the words stand left. */
const FIGURES = [2, 3, 4];

export class CallTable {
  readonly element = make('table');
  readonly #body = make('tbody');
  readonly #rows = new Map<string, HTMLTableRowElement>();

  constructor(caption: string) {
    const heads = COLUMNS.map((name, at) =>
      make('th', { scope: 'col', ...(FIGURES.includes(at) && { class: 'n' }) }, name),
    );
    this.element.append(
      make('caption', { class: 'sr' }, caption),
      make('thead', {}, make('tr', {}, ...heads)),
      this.#body,
    );
  }

  show({ nodes, calls }: Picture): void {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const order = byTrouble(calls);
    const wanted = new Set(order.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const [at, call] of order.entries()) {
      const row = this.#rows.get(call.id) ?? emptyRow();
      this.#rows.set(call.id, row);
      // Moved only when its place has changed: a reader may be in the middle of it.
      if (this.#body.children[at] !== row)
        this.#body.insertBefore(row, this.#body.children[at] ?? null);
      fill(row, call, byId);
    }
  }
}

function emptyRow(): HTMLTableRowElement {
  const cells = COLUMNS.map((_, at) => make('td', FIGURES.includes(at) ? { class: 'n' } : {}));
  return make('tr', {}, ...cells);
}

function fill(
  row: HTMLTableRowElement,
  call: DrawnCall,
  nodes: ReadonlyMap<string, MeshNode>,
): void {
  const nameOf = (id: string) => nodes.get(id)?.name ?? id;
  const counted = call.protocol !== 'tcp' && !call.idle;
  const codes = troubleCodes(call.codes);
  const failed = `${percent(call.failed)}${codes === '' ? '' : ` (${codes})`}`;
  const texts = [
    nameOf(call.from),
    nameOf(call.to),
    call.idle ? 'idle' : rateOf(call),
    counted ? failed : '–',
    counted && call.p95 !== undefined ? milliseconds(call.p95) : '–',
    encrypted(call),
    seenBy(call, nameOf, (id) => nodes.get(id)?.proxy ?? true),
    call.split.length > 0 ? splitText(call) : '–',
  ];
  for (const [at, text] of texts.entries()) {
    const cell = row.cells[at];
    if (cell && cell.textContent !== text) cell.textContent = text;
  }
  row.className = call.idle ? 'idle' : call.health;
}

function splitText({ split }: DrawnCall): string {
  return split
    .filter(({ share = 0 }) => share > 0)
    .map((version) => `${versionName(version)} ${percent(version.share ?? 0)}`)
    .join(', ');
}
