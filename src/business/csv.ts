// The business case as a table for a spreadsheet: every assumption, every result, every measurement, each with where it comes from.
// RFC 4180. Pure.

import type { BookState } from './book.ts';
import { ALL } from './book.ts';
import { books } from './books.ts';
import { engineOf } from './measured.ts';

type Row = readonly (string | number)[];

const HEAD: Row = [
  'part',
  'item',
  'low',
  'likely',
  'high',
  'unit',
  'basis',
  'source or how',
  'when',
  'engine',
];

export function csv(state: BookState): string {
  return [HEAD, ...assumptions(state), ...results(state), ...measurements(state)]
    .map((row) => row.map(cell).join(','))
    .join('\r\n')
    .concat('\r\n');
}

function assumptions({ figures }: BookState): Row[] {
  return ALL.flatMap(({ id, title, unit }) => {
    const figure = figures[id];
    if (!figure) return [];
    const { low, value, high, source } = figure;
    return [
      ['assumption', title, low, value, high, unit, 'assumption', source || 'no source', '', ''],
    ];
  });
}

const RESULTS: readonly (readonly [name: string, title: string])[] = [
  ['roi', 'First-year return, everything counted, without the proxies’ machines'],
  ['roi-everything', 'First-year return, everything counted'],
  ['roi-downtime', 'First-year return, labour and downtime'],
  ['roi-labour', 'First-year return, labour alone'],
  ['payback-everything', 'Paid back after, everything counted'],
  ['share', 'Of today’s monthly cost saved'],
];

function results(state: BookState): Row[] {
  const found = books.worth.results(state);
  return RESULTS.map(([name, title]) => [
    'result',
    title,
    '',
    found[name] ?? '',
    '',
    '',
    'computed',
    'from the assumptions above',
    '',
    '',
  ]);
}

function measurements({ evidence }: BookState): Row[] {
  return evidence.map((one) => {
    const side = one.side ? `, ${one.side} the mesh` : '';
    return [
      'measurement',
      one.title + side,
      '',
      one.value,
      '',
      one.unit,
      'measured',
      one.how,
      new Date(one.at).toISOString(),
      engineOf(one),
    ];
  });
}

/** Quoted where it has to be. What begins like a formula gets an apostrophe: a spreadsheet would run it. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+@\t\r]|^-(?!\d)/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
