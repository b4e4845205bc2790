// A number in a paper for a board, together with who says so: measured, assumed, from a source, or computed from such figures. On paper
// a solid line and a dashed one, in Markdown a word behind it. Pure.

import type { Evidence } from '../../protocol/evidence.ts';
import { type Unit, spoken } from './assumption.ts';
import { assumption, type BookState } from './book.ts';
import { amount, day, engineOf } from './measured.ts';
import { el, type Tree } from './tree.ts';

export type Basis = 'measured' | 'assumption' | 'source' | 'computed';

/** Class of a claim's element, by what it rests on. */
export const CLAIM: Readonly<Record<Basis, string>> = {
  measured: 'claim measured',
  assumption: 'claim assumed',
  source: 'claim sourced',
  computed: 'claim computed',
};

/** `from`: the words that say where it comes from; they stand in the page, not only behind it. */
export function claim(basis: Basis, text: string, from: string): Tree {
  return el('span', { class: CLAIM[basis], 'data-basis-of': basis, 'data-from': from }, text);
}

export function measuredClaim(evidence: Evidence): Tree {
  return claim('measured', amount(evidence.value, evidence.unit), measuredFrom(evidence));
}

export const measuredFrom = (evidence: Evidence): string =>
  `measured ${day(evidence.at)}, ${engineOf(evidence)}`;

/** An assumption as it stands in the case now. */
export function assumedClaim(id: string, { figures }: BookState, text?: string): Tree {
  const figure = figures[id];
  const unit: Unit = assumption(id).unit;
  return claim(
    'assumption',
    text ?? spoken(figure?.value ?? NaN, unit),
    assumedFrom(id, { figures }),
  );
}

export function assumedFrom(id: string, { figures }: Pick<BookState, 'figures'>): string {
  return figures[id]?.source ? `assumption: ${figures[id].source}` : 'assumption, no source';
}

/** What follows from assumptions is one, however well it was computed. */
export function followsClaim(text: string): Tree {
  return claim('computed', text, 'follows from assumptions');
}

export function sourcedClaim(text: string, source: string): Tree {
  return claim('source', text, `source: ${source}`);
}

export type Balance = Record<Basis, number>;

/** How many claims of each kind a paper makes. */
export function balanceOf(paper: Tree): Balance {
  const balance: Balance = { measured: 0, assumption: 0, source: 0, computed: 0 };
  const walk = (tree: Tree): void => {
    if (typeof tree === 'string') return;
    const basis = tree.attributes['data-basis-of'];
    if (basis !== undefined && basis in balance) balance[basis as Basis]++;
    tree.children.forEach(walk);
  };
  walk(paper);
  return balance;
}
