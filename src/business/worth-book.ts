// The workbook of what a mesh is worth: results with their formulas, hard savings apart from soft ones, costs with the proxies', what
// moves the answer, when it pays back, and every assumption with its range and source. Pure.

import { likely, spoken } from './assumption.ts';
import {
  basis,
  type Book,
  type BookState,
  cell,
  column,
  field,
  name,
  ranges,
  result,
  row,
  table,
} from './book.ts';
import { payback, rangeWords, SCOPE_WORDS, tornado, verdict } from './drawings.ts';
import { dollars, percent, span, whole } from './figures.ts';
import { measuredShare } from './measured.ts';
import {
  type Group,
  type Line,
  LINES,
  MARCUS,
  proxiesMonthly,
  returns,
  SCOPES,
  shareSaved,
  softShare,
  sumOf,
  sums,
} from './returns.ts';
import { el, type Tree } from './tree.ts';

const SAVED = LINES.map(({ saved }) => saved);

export const worthBook: Book = {
  name: 'worth',
  page,
  results,
  drawings: ({ figures, evidence }) => ({
    tornado: tornado(figures, measuredIds({ figures, evidence })),
    payback: payback(figures),
  }),
  spoken: ({ figures, evidence }) =>
    Object.fromEntries(
      SAVED.flatMap((id) => {
        const measured = measuredShare(id, evidence);
        return measured
          ? [[id, { words: measured.words, enough: measured.share >= likely(figures, id) }]]
          : [];
      }),
    ),
};

export function measuredIds({ evidence }: BookState): Set<string> {
  return new Set(SAVED.filter((id) => measuredShare(id, evidence) !== undefined));
}

function results(state: BookState): Record<string, string> {
  const { figures } = state;
  const [draft, labour] = [
    returns(figures, 'everything', false),
    returns(figures, 'labour', false),
  ];
  const [whole_, wholeLabour] = [returns(figures), returns(figures, 'labour')];
  const { today, worth } = sums(figures);
  const roi = (of: typeof draft) =>
    `(${whole(of.firstYearValue)} − ${whole(of.firstYearCost)}) ÷ ${whole(of.firstYearCost)}`;
  const proxies = whole(likely(figures, 'proxies'));
  const found: Record<string, string> = {
    roi: percent(draft.roi),
    'roi-formula': roi(draft),
    'roi-proxies': `${percent(whole_.roi)} with the machines of ${proxies} proxies`,
    payback: span(draft.paybackMonths),
    'payback-formula': `${whole(draft.once)} ÷ (${whole(draft.monthly)} − ${whole(draft.yearly / 12)}) months`,
    'payback-proxies': `${span(whole_.paybackMonths)} with the proxies`,
    share: percent(shareSaved(figures)),
    'share-formula': `${whole(worth)} ÷ ${whole(today)}`,
    'share-note': 'says nothing of what a mesh costs',
    labour: percent(labour.roi),
    'labour-formula': roi(labour),
    'labour-proxies': `${percent(wholeLabour.roi)} with the proxies`,
    today: whole(today),
    worth: whole(worth),
    soft: percent(softShare(figures)),
    once: whole(draft.once),
    yearly: whole(whole_.yearly),
    first: dollars(whole_.firstYearCost),
    proxies: whole(12 * proxiesMonthly(figures)),
    'proxies-formula': proxiesFormula(state),
    verdict: verdict(figures, measuredIds(state)),
  };
  for (const line of LINES) {
    const sum = sumOf(line, figures);
    found[`${line.id}-today`] = whole(sum.today);
    found[`${line.id}-worth`] = whole(sum.worth);
    found[`${line.id}-price`] = whole(likely(figures, line.price));
  }
  for (const group of ['labour', 'business'] as const) {
    found[`${group}-sum-today`] = whole(sums(figures, group).today);
    found[`${group}-sum-worth`] = whole(sums(figures, group).worth);
  }
  for (const scope of SCOPES) {
    found[`range-${scope}`] = rangeWords(figures, scope);
    found[`roi-${scope}`] = percent(returns(figures, scope).roi);
    found[`payback-${scope}`] = span(returns(figures, scope).paybackMonths);
  }
  return found;
}

function proxiesFormula({ figures }: BookState): string {
  const of = (id: string, unit: 'count' | 'size' | 'dollars') => spoken(likely(figures, id), unit);
  return `${of('proxies', 'count')} × (${of('proxy-cpu', 'size')} × ${of('cpu-price', 'dollars')} + ${of('proxy-memory', 'size')} × ${of('memory-price', 'dollars')}) × 12`;
}

function page(state: BookState): Tree {
  const { figures } = state;
  const found = results(state);
  const said = worthBook.spoken(state);
  const of = (key: string) => result(key, found);
  return el(
    'div',
    { class: 'workbook' },
    el(
      'div',
      { class: 'figures' },
      headline(of, 'roi', 'first-year return, everything counted', 'roi-proxies'),
      headline(of, 'payback', 'until it has paid for itself', 'payback-proxies'),
      headline(of, 'share', 'of today’s monthly cost saved', 'share-note'),
      headline(of, 'labour', 'first-year return on labour alone', 'labour-proxies'),
    ),
    table(
      'savings',
      'What today costs a month, and what a mesh would save of it',
      [
        column('', 'Each month'),
        column('n', 'How much'),
        column('n', 'Price, $'),
        column('n', 'Today, $'),
        column('n', 'Saved'),
        column('n', 'Worth, $'),
      ],
      [
        ...group('Labour: hard savings', 'labour', state, found, said),
        ...group('Business: soft savings', 'business', state, found, said),
        row(
          { class: 'sum' },
          name('All of it'),
          cell('n empty'),
          cell('n empty'),
          cell('n', of('today')),
          cell('n', of('share')),
          cell('n', of('worth')),
        ),
      ],
    ),
    el(
      'p',
      { class: 'small' },
      'How much × price = today; today × saved = worth. ',
      of('soft'),
      ' of the worth is soft: nobody pays a bill for it.',
    ),
    table(
      'costs',
      'What a mesh costs',
      [column('', 'What it costs'), column('n', 'Once, $'), column('n', 'Each year, $')],
      [
        cost('learning', 'Learning, 2 engineers for 2 months', 'once', state, said),
        cost('migration', 'Moving over, 3 months of work', 'once', state, said),
        cost('running', 'Running it, half an engineer', 'yearly', state, said),
        row(
          {},
          name('Machines for the proxies', el('span', { class: 'formula' }, of('proxies-formula'))),
          cell('n empty'),
          cell('n', of('proxies')),
        ),
        row(
          { class: 'sum' },
          name('First year ', of('first')),
          cell('n', of('once')),
          cell('n', of('yearly')),
        ),
      ],
    ),
    el('p', { class: 'says' }, of('verdict')),
    drawing(
      'tornado',
      'What moves the answer',
      'First-year return, proxies counted, if one figure alone goes from its low to its high end. The upright line is where it stands now.',
      state,
      [
        ['soft', 'soft'],
        ['hard', 'hours and costs'],
        ['measured', 'measured by you'],
      ],
    ),
    drawing(
      'payback',
      'When it pays back',
      'Money in minus money out, proxies counted.',
      state,
      [],
    ),
    table(
      'cases',
      'What follows, by what one counts',
      [
        column('', 'Counting'),
        column('n', 'Return'),
        column('n', 'Worst to best'),
        column('n', 'Paid back'),
      ],
      SCOPES.map((scope) =>
        row(
          {},
          name(el('i', { class: `swatch ${scope}`, 'aria-hidden': 'true' }), SCOPE_WORDS[scope]),
          cell('n', of(`roi-${scope}`)),
          cell('n', of(`range-${scope}`)),
          cell('n', of(`payback-${scope}`)),
        ),
      ),
    ),
    el(
      'p',
      { class: 'small' },
      'Worst and best: every figure at once at that end of its range. Neither will happen; the truth lies between.',
    ),
    ranges('Every assumption, its range and who says so', MARCUS, figures),
    tools(),
  );
}

function headline(of: (key: string) => Tree, key: string, words: string, note: string): Tree {
  return el(
    'div',
    {},
    el('b', {}, of(key)),
    el('span', { class: 'as' }, words),
    el('span', { class: 'formula' }, of(`${key}-formula`)),
    el('span', { class: 'formula' }, of(note)),
  );
}

function group(
  title: string,
  which: Group,
  state: BookState,
  found: Record<string, string>,
  said: ReturnType<Book['spoken']>,
): Tree[] {
  const of = (key: string) => result(key, found);
  return [
    row(
      { class: 'group' },
      el('th', { role: 'rowheader', scope: 'rowgroup', colspan: 3 }, title),
      cell('n', of(`${which}-sum-today`)),
      cell('n empty'),
      cell('n', of(`${which}-sum-worth`)),
    ),
    ...LINES.filter((line) => line.group === which).map((line) => saving(line, state, of, said)),
  ];
}

function saving(
  line: Line,
  state: BookState,
  of: (key: string) => Tree,
  said: ReturnType<Book['spoken']>,
): Tree {
  const { figures } = state;
  const unit = line.quantity.endsWith('weeks') ? 'weeks' : 'hours';
  return row(
    {},
    name(line.title, basis(line.saved, state, said)),
    cell('n', field(line.quantity, 'value', figures, `${line.title}: ${unit} a month`)),
    cell('n', of(`${line.id}-price`)),
    cell('n', of(`${line.id}-today`)),
    cell('n', field(line.saved, 'value', figures, `${line.title}: share saved`)),
    cell('n', of(`${line.id}-worth`)),
  );
}

function cost(
  id: string,
  title: string,
  when: 'once' | 'yearly',
  state: BookState,
  said: ReturnType<Book['spoken']>,
): Tree {
  const input = cell('n', field(id, 'value', state.figures, `${title}: dollars`));
  const empty = cell('n empty');
  return row(
    {},
    name(title, basis(id, state, said)),
    ...(when === 'once' ? [input, empty] : [empty, input]),
  );
}

function drawing(
  key: 'tornado' | 'payback',
  title: string,
  words: string,
  state: BookState,
  legend: readonly (readonly [string, string])[],
): Tree {
  return el(
    'figure',
    { class: 'drawing' },
    el('figcaption', {}, el('b', {}, title), ' ', words),
    el('div', { 'data-drawing': key }, worthBook.drawings(state)[key] ?? ''),
    ...(legend.length
      ? [
          el(
            'p',
            { class: 'legend' },
            ...legend.map(([kind, text]) =>
              el('span', {}, el('i', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), text),
            ),
          ),
        ]
      : []),
  );
}

/** What a script adds. */
export function tools(): Tree {
  return el(
    'div',
    { class: 'tools scripted' },
    el('button', { type: 'button', class: 'btn', 'data-csv': '' }, 'Save as CSV'),
    el(
      'button',
      { type: 'button', class: 'btn bare', 'data-reset': '' },
      'Back to Marcus’s figures',
    ),
    el('span', { 'data-kept': '', 'aria-live': 'polite' }, 'Kept on this machine as you type.'),
  );
}
