import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../protocol/evidence.ts';
import { having } from './assumption.ts';
import { boardDeck } from './board-deck.ts';
import { boardMemo } from './board-memo.ts';
import { preloaded } from './book.ts';
import { books } from './books.ts';
import { balanceOf } from './claims.ts';
import { csv } from './csv.ts';
import { markdown } from './markdown.ts';
import { textOf } from './tree.ts';

const AT = new Date(2026, 10, 29, 10, 41).getTime();
const measured = (
  pair: string,
  side: 'without' | 'with',
  value: number,
  unit: Evidence['unit'],
): Evidence => ({
  measure: `${pair}-${side}`,
  title: 'Measured',
  pair,
  side,
  unit,
  how: 'Counted, by the proxies',
  value,
  at: AT,
  engine: 'Embedded cluster',
  simulated: true,
});
const evidence = [
  measured('find-slow', 'without', 250, 'seconds'),
  measured('find-slow', 'with', 50, 'seconds'),
  measured('failed-requests', 'without', 41, 'requests'),
  measured('failed-requests', 'with', 1, 'requests'),
];
const paper = { figures: preloaded(), evidence, company: 'RapidScale', today: AT };

test('the memo says of every number where it comes from, and counts them', () => {
  const memo = boardMemo(paper);
  const text = textOf(memo);
  assert.match(text, /29 November 2026/);
  assert.match(text, /50 sto find the slow service, was 4 min 10 s without; measured/);
  assert.match(
    text,
    /41 requests1 requestmeasured 29 November 2026, Embedded cluster \(simulated\)/,
  );
  assert.match(text, /−6\.7%first-year return on labour alone; assumption/);
  assert.match(text, /Delay avoided: 50% \(assumption, no source\)/);
  assert.match(text, /On 27 February 2027, unless/);
  const { measured: proven, assumption, source, computed } = balanceOf(memo);
  assert.match(
    text,
    new RegExp(`${proven + assumption + source + computed} claims: ${proven} measured`),
  );
  assert.equal(proven, 6);
});

test('without measurements the memo says so, and claims none', () => {
  const memo = boardMemo({ ...paper, evidence: [] });
  assert.equal(balanceOf(memo).measured, 0);
  assert.match(textOf(memo), /not measured yet: lessons 1 and 5/);
});

test('the deck has five slides, and the fourth says in words what it draws', () => {
  const slides = boardDeck(paper);
  assert.equal(slides.length, 5);
  assert.match(
    markdown(...slides),
    /# What moves the answer\n\nFirst-year return, 321% as it stands/,
  );
});

test('in Markdown a claim carries its basis', () => {
  const text = markdown(boardMemo(paper));
  assert.match(text, /^RapidScale · Memo to the board · 29 November 2026\n\n# Try a service mesh/);
  assert.match(
    text,
    /\*\*50 s\*\* _\[measured 29 November 2026, Embedded cluster \(simulated\)\]_/,
  );
  assert.match(text, /\| Time to find the slow service \| \*\*4 min 10 s\*\* /);
  assert.doesNotMatch(text, /undefined|NaN/);
});

test('a measured share is shown beside what is assumed, and proves it only when it reaches it', () => {
  const state = { figures: preloaded(), evidence };
  assert.equal(
    books.worth.spoken(state)['debugging-saved']?.words,
    '80% measured on 29 November 2026, Embedded cluster (simulated)',
  );
  assert.equal(books.worth.spoken(state)['debugging-saved']?.enough, true);
  assert.equal(
    books.worth.spoken({ ...state, figures: having(state.figures, 'debugging-saved', 0.9) })[
      'debugging-saved'
    ]?.enough,
    false,
  );
});

test('the table for a spreadsheet has every assumption, and runs nothing', () => {
  const figures = {
    ...preloaded(),
    proxies: { value: 3, low: 1, high: 9, source: '=HYPERLINK("x"), said “a”, "b"' },
  };
  const rows = csv({ figures, evidence }).split('\r\n');
  assert.ok(
    rows.includes(
      'assumption,"Debugging across services, hours a month",20,40,60,hours,assumption,no source,,',
    ),
  );
  assert.ok(rows.some((row) => row.includes(`"'=HYPERLINK(""x""), said “a”, ""b"""`)));
  assert.ok(
    rows.some((row) =>
      row.startsWith(
        'measurement,"Measured, with the mesh",,1,,requests,measured,"Counted, by the proxies",2026-11-29T',
      ),
    ),
  );
});

test('every result that a workbook’s page asks for, there is', () => {
  const state = { figures: preloaded(), evidence: [] };
  for (const book of Object.values(books)) {
    const results = book.results(state);
    const asked = [...JSON.stringify(book.page(state)).matchAll(/"data-result":"([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    assert.ok(asked.length > 4, book.name);
    assert.deepEqual(
      asked.filter((name) => !results[name]),
      [],
      book.name,
    );
  }
});
