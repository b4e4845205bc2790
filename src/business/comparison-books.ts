// Two smaller workbooks: the five measures of delivery, and building against taking. Pure.

import type { Evidence } from '../../protocol/evidence.ts';
import {
  assumption,
  basis,
  type Book,
  cell,
  column,
  field,
  name,
  ranges,
  result,
  row,
  table,
} from './book.ts';
import {
  BUILDING,
  cheaperBy,
  cheaperRange,
  costOfBuilding,
  costOfTaking,
  soonerBy,
  YEARS,
} from './build-or-take.ts';
import { DELIVERY, improvement, MEASURES } from './delivery.ts';
import { dollars, percent } from './figures.ts';
import { amount, day, engineOf } from './measured.ts';
import { el } from './tree.ts';
import { tools } from './worth-book.ts';

/** The measurement that speaks for a recovery time: taking a bad version back, in the lab. */
const RECOVERY = { pair: 'roll-back', side: 'with' };
const recoveryOf = (evidence: readonly Evidence[]) =>
  evidence.find(({ pair, side }) => pair === RECOVERY.pair && side === RECOVERY.side);

export const deliveryBook: Book = {
  name: 'delivery',
  results: ({ figures }) =>
    Object.fromEntries(
      MEASURES.map((measure) => [
        measure.id,
        improvement(measure, figures) ?? 'nobody at RapidScale counts it',
      ]),
    ),
  drawings: () => ({}),
  spoken: ({ figures, evidence }) => {
    const recovery = recoveryOf(evidence);
    const assumed = figures['recovery-after'];
    if (!recovery || !assumed) return {};
    const words = `${amount(recovery.value, recovery.unit)} measured on ${day(recovery.at)}, ${engineOf(recovery)}, without the time until somebody notices`;
    return { 'recovery-after': { words, enough: recovery.value <= 60 * assumed.value } };
  },
  page: (state) => {
    const found = deliveryBook.results(state);
    const said = deliveryBook.spoken(state);
    return el(
      'div',
      { class: 'workbook' },
      table(
        'delivery',
        'Five measures of delivery, before and after',
        [
          column('', 'Measure'),
          column('n', 'Before'),
          column('n', 'After'),
          column('wide', 'Improvement'),
        ],
        MEASURES.map(({ id, title, asks, before, after }) =>
          row(
            {},
            name(
              title,
              el('span', { class: 'asks' }, asks),
              ...(after ? [basis(after, state, said)] : []),
            ),
            before ? cell('n', field(before, 'value', state.figures)) : cell('n empty'),
            after ? cell('n', field(after, 'value', state.figures)) : cell('n empty'),
            cell('wide', result(id, found)),
          ),
        ),
      ),
      el(
        'p',
        { class: 'small' },
        'Improvement: what went away, divided by what was there; in brackets from the least to the most that the ranges allow. Names: DORA’s, as its guide has them now (source: dora.dev). The figures are none of DORA’s.',
      ),
      ranges('Every assumption, its range and who says so', DELIVERY, state.figures),
      tools(),
    );
  },
};

/** What taking a mesh costs is the same figure in either book. */
const TAKING = ['learning', 'migration', 'running'].map(assumption);

export const buildingBook: Book = {
  name: 'building',
  results: ({ figures }) => {
    const { likely, least, most } = soonerBy(figures);
    const range = cheaperRange(figures, 3);
    const found: Record<string, string> = {
      sooner: percent(likely),
      'sooner-range': `${percent(least)} to ${percent(most)}`,
      same: percent(cheaperBy(figures, 3, true)),
      range: `${percent(range.least)} to ${percent(range.most)}`,
    };
    for (const years of YEARS) {
      found[`build-${years}`] = dollars(costOfBuilding(figures, years));
      found[`take-${years}`] = dollars(costOfTaking(figures, years));
      found[`cheaper-${years}`] = percent(cheaperBy(figures, years));
    }
    return found;
  },
  drawings: () => ({}),
  spoken: () => ({}),
  page: (state) => {
    const found = buildingBook.results(state);
    const of = (key: string) => result(key, found);
    return el(
      'div',
      { class: 'workbook' },
      table(
        'figures-of',
        'What the comparison rests on',
        [column('', 'Assumption'), column('n', 'Likely')],
        BUILDING.map(({ id, title, unit }) =>
          row(
            {},
            name(title, unit === 'dollars' ? ', $' : '', basis(id, state, {})),
            cell('n', field(id, 'value', state.figures)),
          ),
        ),
      ),
      table(
        'years',
        'Build and take, over the years',
        [
          column('', 'In all, after'),
          column('n', 'Build'),
          column('n', 'Take'),
          column('n', 'Cheaper by'),
        ],
        YEARS.map((years) =>
          row(
            {},
            name(years === 1 ? 'one year' : `${years} years`),
            cell('n', of(`build-${years}`)),
            cell('n', of(`take-${years}`)),
            cell('n', of(`cheaper-${years}`)),
          ),
        ),
      ),
      el(
        'p',
        { class: 'small' },
        'Build: engineers × price × months ÷ 12, then those who maintain it each further year. Take: learning and moving over once, running it each year, as in lesson 8. Over three years, taking is cheaper by ',
        of('range'),
        ' between the kindest and the unkindest figures for building, and by ',
        of('same'),
        ' if whoever runs it costs what a builder costs. It is of use ',
        of('sooner'),
        ' sooner (',
        of('sooner-range'),
        ').',
      ),
      ranges(
        'Every assumption, its range and who says so',
        [...BUILDING, ...TAKING],
        state.figures,
      ),
      tools(),
    );
  },
};
