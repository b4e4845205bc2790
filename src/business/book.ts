// A workbook as the page sees it: figures to edit, results that follow, drawings of them. The same description is written into the page
// at build time and kept up to date in the browser. Pure.

import type { Evidence } from '../../protocol/evidence.ts';
import { type Assumption, type Field, type Figures, figuresOf, written } from './assumption.ts';
import { BUILDING } from './build-or-take.ts';
import { DELIVERY } from './delivery.ts';
import { MARCUS } from './returns.ts';
import { el, type Tree } from './tree.ts';

export type BookName = 'worth' | 'delivery' | 'building';

export interface BookState {
  figures: Figures;
  /** What the learner's lab has measured so far. */
  evidence: readonly Evidence[];
}

export interface Book {
  name: BookName;
  /** The whole of it. */
  page(state: BookState): Tree;
  /** Results by name, as text: the page shows each wherever it asks for it. */
  results(state: BookState): Record<string, string>;
  /** Drawings by name. */
  drawings(state: BookState): Record<string, Tree>;
  /** Assumptions for which the lab has spoken, with what it said; `enough` when it showed as much as is assumed, or more. */
  spoken(state: BookState): Record<string, { words: string; enough: boolean }>;
}

/** Every figure of every book. One list: what one book uses of another is the same figure. */
export const ALL: readonly Assumption[] = [...MARCUS, ...DELIVERY, ...BUILDING];
const known = new Map(ALL.map((one) => [one.id, one]));

export const preloaded = (): Figures => figuresOf(ALL);

export function assumption(id: string): Assumption {
  const found = known.get(id);
  if (!found) throw new Error(`no book has a figure called ${id}`);
  return found;
}

/** A field that somebody may edit. Without a script it only shows what stands in it. */
export function field(id: string, which: Field, figures: Figures, label = ''): Tree {
  const { title, unit } = assumption(id);
  const figure = figures[id];
  const text =
    figure === undefined ? '' : which === 'source' ? figure.source : written(figure[which], unit);
  const names: Record<Field, string> = {
    value: 'likely',
    low: 'low',
    high: 'high',
    source: 'source',
  };
  return el('input', {
    type: 'text',
    readonly: '',
    value: text,
    class: which === 'source' ? 'source' : 'number',
    ...(which === 'source' ? { placeholder: 'no source' } : { inputmode: 'decimal' }),
    autocomplete: 'off',
    'aria-label': label || `${title}: ${names[which]}`,
    'data-figure': id,
    'data-field': which,
  });
}

/** A result, kept up to date by its name. */
export function result(name: string, results: Record<string, string>): Tree {
  return el('span', { 'data-result': name }, results[name] ?? '');
}

/** `no source`, or that there is one; solid once the lab has spoken. */
export function basis(
  id: string,
  { figures, evidence }: BookState,
  spoken: ReturnType<Book['spoken']>,
): Tree {
  const said = spoken[id];
  const state = { figures, evidence };
  return el(
    'span',
    { class: said?.enough ? 'src proven' : 'src assumed', 'data-basis': id },
    basisWords(id, state, said),
  );
}

export function basisWords(
  id: string,
  { figures }: BookState,
  said: { words: string } | undefined,
): string {
  if (said) return said.words;
  return figures[id]?.source ? 'assumption' : 'assumption, no source';
}

/** Cells of a table that a phone shows as lines: with roles, because such a display takes a table's own away. */
export const row = (attributes: Record<string, string>, ...cells: Tree[]): Tree =>
  el('tr', { role: 'row', ...attributes }, ...cells);
export const cell = (kind: string, ...children: Tree[]): Tree =>
  el('td', { role: 'cell', class: kind }, ...children);
export const name = (...children: Tree[]): Tree =>
  el('th', { role: 'rowheader', scope: 'row' }, ...children);
export const column = (kind: string, text: string): Tree =>
  el('th', { role: 'columnheader', scope: 'col', class: kind }, text);

export function table(
  kind: string,
  label: string,
  columns: readonly Tree[],
  rows: readonly Tree[],
): Tree {
  return el(
    'table',
    { role: 'table', class: `ledger ${kind}`, 'aria-label': label },
    el('thead', { role: 'rowgroup' }, row({}, ...columns)),
    el('tbody', { role: 'rowgroup' }, ...rows),
  );
}

/** Every assumption of a book with its range and its source, to edit. */
export function ranges(label: string, assumptions: readonly Assumption[], figures: Figures): Tree {
  return el(
    'details',
    { class: 'ranges' },
    el('summary', { class: 'btn' }, label),
    table(
      'assumed',
      label,
      [
        column('', 'Assumption'),
        column('n', 'Low'),
        column('n', 'Likely'),
        column('n', 'High'),
        column('wide', 'Who says so'),
      ],
      assumptions.map(({ id, title, unit }) =>
        row(
          {},
          name(title, unit === 'dollars' ? ', $' : ''),
          cell('n', field(id, 'low', figures)),
          cell('n', field(id, 'value', figures)),
          cell('n', field(id, 'high', figures)),
          cell('wide', field(id, 'source', figures)),
        ),
      ),
    ),
  );
}
