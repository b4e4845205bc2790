// Five slides for twenty minutes, from the same figures as the memo. Pure.

import { basisWordsOf, type Paper, measuredTable, trialPrice } from './board-memo.ts';
import { assumedFrom, claim, followsClaim, sourcedClaim } from './claims.ts';
import { rangeWords, SCOPE_WORDS, tornado, verdict } from './drawings.ts';
import { dollars, percent, shortDollars, span } from './figures.ts';
import { day } from './measured.ts';
import { returns, SCOPES, softShare, sums } from './returns.ts';
import { el, type Tree } from './tree.ts';
import { measuredIds } from './worth-book.ts';

export function boardDeck(paper: Paper): Tree[] {
  const slides: readonly (readonly [title: string, ...content: Tree[]])[] = [
    ['Why do features come later as we grow?', ...question(paper)],
    ['What we saw in a lab', ...seen(paper)],
    ['What it is worth, by what one counts', ...worth(paper)],
    ['What moves the answer', ...moves(paper)],
    ['What we ask, and when we stop', ...ask(paper)],
  ];
  return slides.map(([title, ...content], at) =>
    el(
      'article',
      { class: 'sheet slide', 'aria-label': `Slide ${at + 1} of ${slides.length}: ${title}` },
      el('h2', {}, title),
      ...content,
      el(
        'p',
        { class: 'foot' },
        `${paper.company}${paper.today === undefined ? '' : `, ${day(paper.today)}`}`,
        el('span', {}, `${at + 1} of ${slides.length}`),
      ),
    ),
  );
}

function question(paper: Paper): Tree[] {
  const { today } = sums(paper.figures);
  return [
    el(
      'p',
      { class: 'big' },
      followsClaim(dollars(today)),
      ' a month goes into finding faults, mending releases and waiting.',
    ),
    el(
      'p',
      {},
      'The sum of eight assumptions, each on the workbook with its range and who says so. Nobody has measured one of them yet.',
    ),
    el('p', {}, 'We propose to measure two of them on our own systems, for one quarter.'),
  ];
}

function seen(paper: Paper): Tree[] {
  return [measuredTable(paper), el('p', {}, basisWordsOf(paper))];
}

function worth({ figures }: Paper): Tree[] {
  const th = (text: string, kind = '') =>
    el('th', { scope: 'col', ...(kind && { class: kind }) }, text);
  return [
    el(
      'table',
      { class: 'ledger' },
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          th('Counting'),
          th('First-year return', 'n'),
          th('Worst to best', 'n'),
          th('Paid back', 'n'),
        ),
      ),
      el(
        'tbody',
        {},
        ...SCOPES.map((scope) => {
          const { roi, paybackMonths } = returns(figures, scope);
          return el(
            'tr',
            {},
            el('th', { scope: 'row' }, SCOPE_WORDS[scope]),
            el('td', { class: 'n' }, followsClaim(percent(roi))),
            el('td', { class: 'n' }, rangeWords(figures, scope)),
            el('td', { class: 'n' }, followsClaim(span(paybackMonths))),
          );
        }),
      ),
    ),
    el(
      'p',
      {},
      `Everything here follows from assumptions. ${percent(softShare(figures))} of the value is soft: downtime and delay, for which nobody pays a bill. The machines of the proxies are counted.`,
    ),
  ];
}

function moves(paper: Paper): Tree[] {
  const measured = measuredIds(paper);
  return [
    el('div', { class: 'drawing' }, tornado(paper.figures, measured)),
    el('p', { class: 'big' }, verdict(paper.figures, measured)),
  ];
}

function ask(paper: Paper): Tree[] {
  const from = assumedFrom('engineer-year', paper);
  return [
    el(
      'p',
      { class: 'big' },
      claim('assumption', shortDollars(trialPrice(paper)), from),
      ` for one engineer for a quarter, on three services. (${from})`,
    ),
    el(
      'ul',
      {},
      el(
        'li',
        {},
        'We stop after 90 days unless a wrong release reaches fewer than 15% of requests and is taken back in under 60 seconds (our own bar).',
      ),
      el('li', {}, 'It can be taken out again: a label, and a restart.'),
      el(
        'li',
        {},
        'It needs an owner: ',
        sourcedClaim('a new minor version every quarter', 'Istio’s release policy'),
        ' (source: Istio’s release policy).',
      ),
    ),
  ];
}
