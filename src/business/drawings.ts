// The two drawings of the business case: what moves the answer, and when it pays back. SVG as trees, in ink and paper, with the same
// in words: the description is computed, never written beside it. Pure.

import { type Figures, spoken } from './assumption.ts';
import { percent, shortDollars, span } from './figures.ts';
import {
  outermost,
  type Returns,
  returns,
  type Scope,
  SCOPES,
  type Swing,
  swings,
  width,
} from './returns.ts';
import { type Branch, el, type Tree } from './tree.ts';

/** As many rows as somebody reads; the others move less. */
export const ROWS = 8;
/** A narrow picture: on a phone its letters stay letters. */
const WIDTH = 400;
const ROW = 44;
/** Room for a figure beside either end of a bar. */
const EDGE = 48;

/** `measured`: ids of assumptions for which the learner's lab has spoken. */
export function tornado(figures: Figures, measured: ReadonlySet<string> = new Set()): Branch {
  const rows = swings(figures).slice(0, ROWS);
  const base = returns(figures).roi;
  const ends = [base, ...rows.flatMap(({ atLow, atHigh }) => [atLow, atHigh])];
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const x = (roi: number) =>
    round(EDGE + ((roi - least) / (most - least || 1)) * (WIDTH - 2 * EDGE));
  const height = rows.length * ROW + 8;
  return el(
    'svg',
    {
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-labelledby': 'tornado-title tornado-text',
      class: 'tornado',
    },
    el('title', { id: 'tornado-title' }, 'What moves the answer'),
    el('desc', { id: 'tornado-text' }, tornadoWords(figures)),
    hatch(),
    el('path', { class: 'base', d: `M${x(base)} 0V${height}` }),
    ...rows.flatMap((swing, at) => row(swing, at * ROW, x, measured.has(swing.assumption.id))),
  );
}

function row(
  { assumption, atLow, atHigh, soft }: Swing,
  y: number,
  x: (roi: number) => number,
  measured: boolean,
): Tree[] {
  const [left, right] = [Math.min(atLow, atHigh), Math.max(atLow, atHigh)];
  const kind = measured ? 'measured' : soft ? 'soft' : 'hard';
  const range = `${spoken(assumption.low, assumption.unit)} to ${spoken(assumption.high, assumption.unit)}`;
  return [
    el(
      'text',
      { x: 0, y: y + 13 },
      el('tspan', { class: 'name' }, shortTitle(assumption.title)),
      el('tspan', { class: 'range', dx: 7 }, range),
    ),
    el('rect', {
      class: kind,
      x: x(left),
      y: y + 21,
      width: Math.max(1.5, round(x(right) - x(left))),
      height: 13,
    }),
    el('text', { class: 'end', x: x(left) - 5, y: y + 32 }, percent(left)),
    el('text', { class: 'start', x: x(right) + 5, y: y + 32 }, percent(right)),
  ];
}

/** Diagonals for what is soft: the weights of a drawing in one ink. */
function hatch(): Branch {
  return el(
    'defs',
    {},
    el(
      'pattern',
      {
        id: 'soft-hatch',
        width: 5,
        height: 5,
        patternUnits: 'userSpaceOnUse',
        patternTransform: 'rotate(45)',
      },
      el('path', { class: 'hatch', d: 'M0 0V5' }),
    ),
  );
}

/** The unit stands in the range beside it. */
const shortTitle = (title: string) => title.split(/[,:]/)[0] ?? title;

/** The same for those who do not see it. */
export function tornadoWords(figures: Figures): string {
  const rows = swings(figures).slice(0, ROWS);
  const lines = rows.map(({ assumption, atLow, atHigh }) => {
    const at = (value: number, roi: number) =>
      `${percent(roi)} at ${spoken(value, assumption.unit)}`;
    return `${shortTitle(assumption.title)}: ${at(assumption.low, atLow)}, ${at(assumption.high, atHigh)}.`;
  });
  return [
    `First-year return, ${percent(returns(figures).roi)} as it stands, if one figure alone changes; widest first.`,
    ...lines,
  ].join(' ');
}

/** One sentence: which figure moves the answer most, and whether anybody measured it. */
export function verdict(figures: Figures, measured: ReadonlySet<string> = new Set()): string {
  const all = swings(figures);
  const [first] = all;
  if (!first)
    return 'Every figure stands on a point without a range. Say for each how wrong it may be.';
  const subject = shortTitle(first.assumption.title);
  const moves = `${subject} moves the answer most: between its low and its high value lie ${Math.round(100 * width(first))} points of return.`;
  const known = all.filter(({ assumption }) => measured.has(assumption.id));
  if (measured.has(first.assumption.id))
    return `${moves} You measured it in a lab. Measure it again on a system of your own.`;
  if (known.length === 0) return `${moves} Nobody has measured it. Say so before the board does.`;
  const least = known.every((one) => width(one) < width(first) / 3);
  return `${moves} Nobody has measured it${least ? ', and what you measured moves the answer far less' : ''}. Say so before the board does.`;
}

const MONTHS_SHOWN = 14;
const [TOP, BOTTOM, LEFT] = [10, 210, 54];
const LINE_CLASS: Record<Scope, string> = { everything: 'all', downtime: 'some', labour: 'labour' };
export const SCOPE_WORDS: Record<Scope, string> = {
  everything: 'everything counted',
  downtime: 'labour and downtime',
  labour: 'labour alone',
};

/** Money in minus money out, month by month. */
export function payback(figures: Figures): Branch {
  const cases = SCOPES.map((scope) => ({ scope, of: returns(figures, scope) }));
  const once = Math.max(1, ...cases.map(({ of }) => of.once));
  const [most, least] = [2.4 * once, -1.2 * once];
  const x = (month: number) => round(LEFT + (month / MONTHS_SHOWN) * (WIDTH - LEFT - 8));
  const y = (money: number) => round(TOP + ((most - money) / (most - least)) * (BOTTOM - TOP));
  const grid = [2 * once, once, 0, -once];
  return el(
    'svg',
    {
      viewBox: `0 0 ${WIDTH} 246`,
      role: 'img',
      'aria-labelledby': 'payback-title payback-text',
      class: 'payback',
    },
    el('title', { id: 'payback-title' }, 'When it pays back'),
    el('desc', { id: 'payback-text' }, paybackWords(figures)),
    ...grid.flatMap((money) => [
      el('path', { class: money === 0 ? 'zero' : 'rule', d: `M${LEFT} ${y(money)}H${WIDTH - 8}` }),
      el(
        'text',
        { class: 'end', x: LEFT - 6, y: y(money) + 4 },
        money === 0 ? '0' : shortDollars(money),
      ),
    ]),
    ...cases.map(({ scope, of }) =>
      el('path', { class: `line ${LINE_CLASS[scope]}`, d: course(of, x, y, { most, least }) }),
    ),
    ...cases
      .filter(({ of }) => of.paybackMonths <= MONTHS_SHOWN)
      .map(({ of }) => el('circle', { cx: x(of.paybackMonths), cy: y(0), r: 4.5 })),
    ...[3, 6, 9, 12].map((month) =>
      el('text', { class: 'mid', x: x(month), y: BOTTOM + 18 }, String(month)),
    ),
    el('text', { class: 'end', x: WIDTH - 8, y: BOTTOM + 34 }, 'months after the investment'),
  );
}

/** A straight line from what was spent, until it leaves the picture. */
function course(
  { once, monthly, yearly }: Returns,
  x: (month: number) => number,
  y: (money: number) => number,
  { most, least }: { most: number; least: number },
): string {
  const gain = monthly - yearly / 12;
  const edge = gain > 0 ? (most + once) / gain : gain < 0 ? (least + once) / gain : Infinity;
  const last = Math.min(MONTHS_SHOWN, edge);
  return `M${x(0)} ${y(-once)}L${x(last)} ${y(gain * last - once)}`;
}

export function paybackWords(figures: Figures): string {
  return SCOPES.map((scope) => {
    const { paybackMonths } = returns(figures, scope);
    const words = SCOPE_WORDS[scope];
    const name = words.charAt(0).toUpperCase() + words.slice(1);
    return Number.isFinite(paybackMonths)
      ? `${name}: paid back after ${span(paybackMonths)}.`
      : `${name}: never paid back.`;
  }).join(' ');
}

/** `Between −76% and 1,200%, if every figure turned out at its worst or at its best.` */
export function rangeWords(figures: Figures, scope: Scope = 'everything'): string {
  const { worst, best } = outermost(figures, scope);
  return `${percent(worst)} to ${percent(best)}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
