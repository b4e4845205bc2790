// The one-page memo to the board, written from the learner's figures and measurements. Whatever it says has a basis that stands beside
// it; at the end it counts them. Pure.

import { spoken } from './assumption.ts';
import type { BookState } from './book.ts';
import { cheaperBy, costOfBuilding, costOfTaking } from './build-or-take.ts';
import {
  assumedClaim,
  assumedFrom,
  balanceOf,
  claim,
  followsClaim,
  measuredClaim,
  measuredFrom,
  sourcedClaim,
} from './claims.ts';
import { percent, shortDollars, span } from './figures.ts';
import { amount, day, type Pair, pairsOf } from './measured.ts';
import { returns, swings } from './returns.ts';
import { el, type Tree } from './tree.ts';

export interface Paper extends BookState {
  company: string;
  /** Milliseconds since the epoch; undefined on a page that was built and not yet opened. */
  today?: number;
}

/** Days of the trial that is asked for. */
const TRIAL_DAYS = 90;
const DAY_MS = 86_400_000;

/** Pairs of measurements in the order of the course, with where they are made and what they are called in short. */
export const PAIRS = [
  {
    pair: 'find-slow',
    title: 'Time to find the slow service',
    short: 'to find the slow service',
    lessons: 'lessons 1 and 5',
  },
  {
    pair: 'failed-requests',
    title: 'Failed requests in a wrong release',
    short: 'failed in a wrong release',
    lessons: 'lesson 6',
  },
  {
    pair: 'roll-back',
    title: 'Time to take a release back',
    short: 'to take a release back',
    lessons: 'lessons 6 and 11',
  },
] as const;

export function boardMemo(paper: Paper): Tree {
  const body = [
    ...head(paper),
    headlines(paper),
    el('h3', {}, 'What we measured'),
    measuredTable(paper),
    el(
      'div',
      { class: 'two' },
      el('div', {}, el('h3', {}, 'What we assume'), assumed(paper)),
      el('div', {}, el('h3', {}, 'What could prove us wrong'), wrong(paper)),
    ),
    el(
      'div',
      { class: 'two' },
      el('div', {}, el('h3', {}, 'What we ask for'), ask(paper)),
      el('div', {}, el('h3', {}, 'When we stop'), stop(paper)),
    ),
    el('h3', {}, 'What we did not choose'),
    notChosen(paper),
  ];
  return el(
    'article',
    { class: 'sheet memo', 'aria-label': 'Memo to the board' },
    ...body,
    balance(el('div', {}, ...body)),
    signatures(),
  );
}

function head({ company, today }: Paper): Tree[] {
  return [
    el(
      'p',
      { class: 'top' },
      el('b', {}, company),
      el('span', {}, 'Memo to the board'),
      el('span', { class: 'date' }, today === undefined ? '' : day(today)),
    ),
    el('h2', {}, 'Try a service mesh on three services for one quarter'),
    el(
      'p',
      { class: 'lead' },
      'To find out whether it makes wrong releases smaller and searches shorter on our own systems, before anybody decides about the other services.',
    ),
  ];
}

/** One engineer for a quarter. */
export function trialPrice({ figures }: BookState): number {
  return (figures['engineer-year']?.value ?? 0) / 4;
}

function headlines(paper: Paper): Tree {
  const { figures } = paper;
  const [all, labour] = [returns(figures), returns(figures, 'labour')];
  const pairs = pairsOf(paper.evidence);
  const measured = PAIRS.filter(({ pair }) => pair !== 'roll-back').map(({ pair, short }) => {
    const found = pairs.find((one) => one.pair === pair);
    if (!found?.with)
      return el(
        'div',
        {},
        el('b', {}, '—'),
        el('span', { class: 'basis' }, `${short}: not measured yet`),
      );
    const before = found.without
      ? `, was ${amount(found.without.value, found.without.unit)} without`
      : '';
    return el(
      'div',
      {},
      el('b', {}, measuredClaim(found.with)),
      el('span', { class: 'basis' }, `${short}${before}; measured`),
    );
  });
  return el(
    'div',
    { class: 'headlines' },
    ...measured,
    el(
      'div',
      {},
      el('b', {}, followsClaim(span(all.paybackMonths))),
      el('span', { class: 'basis' }, `to pay back, everything counted; assumption`),
    ),
    el(
      'div',
      {},
      el('b', {}, followsClaim(percent(labour.roi))),
      el('span', { class: 'basis' }, 'first-year return on labour alone; assumption'),
    ),
  );
}

export function measuredTable({ evidence }: BookState): Tree {
  const pairs = pairsOf(evidence);
  const th = (text: string, kind = '') =>
    el('th', { scope: 'col', ...(kind && { class: kind }) }, text);
  return el(
    'table',
    { class: 'ledger' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        th('In a lab of three services'),
        th('Without', 'n'),
        th('With', 'n'),
        th('When, on what'),
      ),
    ),
    el(
      'tbody',
      {},
      ...PAIRS.map(({ pair, title, lessons }) =>
        pairRow(
          title,
          lessons,
          pairs.find((one) => one.pair === pair),
        ),
      ),
    ),
  );
}

function pairRow(title: string, lessons: string, pair: Pair | undefined): Tree {
  const side = (evidence: Pair['with']) =>
    el('td', { class: 'n' }, evidence ? measuredClaim(evidence) : '—');
  const newest = [pair?.without, pair?.with]
    .filter((one) => one !== undefined)
    .toSorted((a, b) => b.at - a.at)[0];
  const basis = newest ? measuredFrom(newest) : `not measured yet: ${lessons}`;
  return el(
    'tr',
    {},
    el('th', { scope: 'row' }, title),
    side(pair?.without),
    side(pair?.with),
    el('td', {}, basis),
  );
}

/** The figures that move the answer most: whoever doubts the case begins there. */
function assumed(paper: Paper): Tree {
  const most = swings(paper.figures).slice(0, 3);
  return el(
    'ul',
    {},
    ...most.map(({ assumption: { id, title, value, unit } }) =>
      el(
        'li',
        {},
        `${title}: `,
        assumedClaim(id, paper, spoken(value, unit)),
        ` (${assumedFrom(id, paper)})`,
      ),
    ),
    el('li', {}, 'All of them, with ranges: the workbook.'),
  );
}

function wrong(paper: Paper): Tree {
  const { figures } = paper;
  const [first] = swings(figures);
  const labour = returns(figures, 'labour').paybackMonths;
  return el(
    'ul',
    {},
    ...(first
      ? [
          el(
            'li',
            {},
            `${first.assumption.title} at ${worstEnd(first)}: the first year returns `,
            followsClaim(percent(Math.min(first.atLow, first.atHigh))),
            ', not ',
            followsClaim(percent(returns(figures).roi)),
            '.',
          ),
        ]
      : []),
    el('li', {}, 'Only labour counts: paid back after ', followsClaim(span(labour)), '.'),
    el(
      'li',
      {},
      'Nobody keeps up: ',
      sourcedClaim('a new minor version every quarter', 'Istio’s release policy'),
      ' needs a named owner.',
    ),
  );
}

function worstEnd({
  assumption: { low, high, unit },
  atLow,
  atHigh,
}: ReturnType<typeof swings>[number]): string {
  return spoken(atLow <= atHigh ? low : high, unit);
}

function ask(paper: Paper): Tree {
  const price = trialPrice(paper);
  return el(
    'p',
    {},
    claim('assumption', shortDollars(price), assumedFrom('engineer-year', paper)),
    ` for one engineer for a quarter (${assumedFrom('engineer-year', paper)}), on three of our own services. No other team changes its code.`,
  );
}

function stop({ today }: Paper): Tree {
  const date =
    today === undefined ? `After ${TRIAL_DAYS} days` : `On ${day(today + TRIAL_DAYS * DAY_MS)}`;
  return el(
    'p',
    {},
    `${date}, unless on our own systems a wrong release `,
    claim('assumption', 'reaches fewer than 15% of requests', 'our own bar'),
    ' and is ',
    claim('assumption', 'taken back in under 60 seconds', 'our own bar'),
    ' (both our own bar).',
  );
}

function notChosen({ figures }: Paper): Tree {
  return el(
    'p',
    {},
    'Building our own: ',
    followsClaim(shortDollars(costOfBuilding(figures, 3))),
    ' in three years against ',
    followsClaim(shortDollars(costOfTaking(figures, 3))),
    ', so taking one is ',
    followsClaim(percent(cheaperBy(figures, 3))),
    ' cheaper (all of it follows from assumptions). A rollout tool alone gives the safe release, and neither the picture nor the encryption: a sound second choice.',
  );
}

function balance(body: Tree): Tree {
  const { measured, assumption, source, computed } = balanceOf(body);
  return el(
    'p',
    { class: 'balance' },
    `This memo makes ${measured + assumption + source + computed} claims: `,
    el('b', { class: 'good' }, `${measured} measured`),
    ', underlined solid; ',
    el('b', {}, `${assumption} assumed and ${computed} that follow from assumptions`),
    `, underlined dashed; ${source} from a source, dotted. What was measured was measured in a lab, and is to be repeated on our own systems.`,
  );
}

function signatures(): Tree {
  return el(
    'p',
    { class: 'sign' },
    el('span', {}, 'Presented by'),
    el('span', {}, 'Decision'),
    el('span', {}, 'Date'),
  );
}

/** One sentence below what was measured: on what, and what that is worth. */
export function basisWordsOf({ evidence }: BookState): string {
  const pairs = pairsOf(evidence).filter(({ without, with: after }) => without && after);
  if (pairs.length === 0)
    return 'Nothing has been measured on both sides yet: the lessons named above do it.';
  const simulated = evidence.some((one) => one.simulated);
  return `${pairs.length} of ${PAIRS.length} measured on both sides, by one person, once${simulated ? ', in a simulation' : ''}. To be repeated on our own systems.`;
}
