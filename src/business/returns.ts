// Marcus's question in sums: what today costs, what a mesh would save of it, what the mesh costs, and what follows. Each sum is a
// function of the figures alone. Pure; draws nothing.

import { type Assumption, type Figures, figuresOf, having, likely } from './assumption.ts';

/** `labour`: hours that somebody is paid for, hard savings. `business`: what nobody pays a bill for, soft ones. */
export type Group = 'labour' | 'business';

export interface Line {
  id: string;
  title: string;
  group: Group;
  /** Ids of assumptions: how much a month, at what price, and the share a mesh would save. */
  quantity: string;
  price: string;
  saved: string;
}

const NONE = '';
const HANDBOOK = 'RapidScale’s draft';

/** An assumption whose range is ours: nobody at RapidScale gave one. */
function assume(
  id: string,
  title: string,
  unit: Assumption['unit'],
  [low, value, high]: readonly [number, number, number],
  source = NONE,
): Assumption {
  return { id, title, unit, value, low, high, source };
}

/** Marcus's case as his draft has it, its ranges ours. Where a source is empty, nobody could name one. */
export const MARCUS: readonly Assumption[] = [
  assume(
    'developer-rate',
    'A developer’s hour',
    'dollars',
    [120, 150, 180],
    `${HANDBOOK}: blended rate`,
  ),
  assume(
    'operations-rate',
    'An hour of operations',
    'dollars',
    [160, 200, 240],
    `${HANDBOOK}: senior rate`,
  ),
  assume('debugging-hours', 'Debugging across services, hours a month', 'hours', [20, 40, 60]),
  assume('debugging-saved', 'Debugging saved', 'share', [0.4, 0.7, 0.85]),
  assume('retries-hours', 'Writing retries, hours a month', 'hours', [10, 20, 30]),
  assume('retries-saved', 'Retries saved', 'share', [0.6, 0.9, 0.95]),
  assume('monitoring-hours', 'Setting up monitoring, hours a month', 'hours', [15, 30, 45]),
  // Two lines of one draft that contradict each other: the lower is the low end here.
  assume(
    'monitoring-saved',
    'Monitoring saved',
    'share',
    [0.8, 1, 1],
    `${HANDBOOK} counts 100%; its slides say 80% less`,
  ),
  assume('deployments-hours', 'Mending deployments, hours a month', 'hours', [15, 25, 40]),
  assume('deployments-saved', 'Mending deployments saved', 'share', [0.4, 0.8, 0.9]),
  assume(
    'configuration-hours',
    'Configuring services by hand, hours a month',
    'hours',
    [30, 60, 80],
  ),
  assume('configuration-saved', 'Configuration saved', 'share', [0.3, 0.6, 0.8]),
  assume('incidents-hours', 'Answering incidents, hours a month', 'hours', [20, 40, 60]),
  assume('incidents-saved', 'Incidents saved', 'share', [0.2, 0.5, 0.7]),
  assume('downtime-hours', 'Downtime from deployments, hours a month', 'hours', [1, 4, 6]),
  assume('downtime-price', 'An hour of downtime', 'dollars', [5_000, 10_000, 15_000]),
  assume('downtime-saved', 'Downtime avoided', 'share', [0.4, 1, 1]),
  assume('late-weeks', 'Features come late, weeks a month', 'weeks', [1, 2, 3]),
  assume('late-price', 'A week of delay', 'dollars', [20_000, 50_000, 75_000]),
  assume('late-saved', 'Delay avoided', 'share', [0, 0.5, 0.75]),
  assume(
    'learning',
    'Learning, two engineers for two months',
    'dollars',
    [80_000, 100_000, 150_000],
  ),
  assume('migration', 'Moving over, three months of work', 'dollars', [100_000, 150_000, 250_000]),
  assume(
    'running',
    'Running it, half an engineer a year',
    'dollars',
    [50_000, 75_000, 150_000],
    `${HANDBOOK}; elsewhere it counts an engineer at $300k, which makes $150k`,
  ),
  assume('proxies', 'Proxies: forty services with three copies each', 'count', [60, 120, 240]),
  assume(
    'proxy-cpu',
    'Processors one proxy reserves',
    'size',
    [0.05, 0.1, 0.2],
    'Istio’s default request; the high end is its published figure for 1,000 requests a second',
  ),
  assume(
    'proxy-memory',
    'Memory one proxy reserves, GiB',
    'size',
    [0.06, 0.125, 0.25],
    'Istio’s default request',
  ),
  assume('cpu-price', 'A processor a month', 'dollars', [15, 25, 40]),
  assume('memory-price', 'A GiB of memory a month', 'dollars', [2, 4, 6]),
];

export const LINES: readonly Line[] = [
  line('debugging', 'Debugging across services', 'labour', 'developer-rate'),
  line('retries', 'Writing retries', 'labour', 'developer-rate'),
  line('monitoring', 'Setting up monitoring', 'labour', 'developer-rate'),
  line('deployments', 'Mending deployments', 'labour', 'developer-rate'),
  line('configuration', 'Configuring services by hand', 'labour', 'operations-rate'),
  line('incidents', 'Answering incidents', 'labour', 'operations-rate'),
  line('downtime', 'Downtime from deployments', 'business', 'downtime-price'),
  { ...line('late', 'Features that come late', 'business', 'late-price'), quantity: 'late-weeks' },
];

function line(id: string, title: string, group: Group, price: string): Line {
  return { id, title, group, quantity: `${id}-hours`, price, saved: `${id}-saved` };
}

export const marcusFigures = (): Figures => figuresOf(MARCUS);

export interface Sum {
  today: number;
  worth: number;
}

/** A line's cost a month today, and the part of it that a mesh would save. */
export function sumOf({ quantity, price, saved }: Line, figures: Figures): Sum {
  const today = likely(figures, quantity) * likely(figures, price);
  return { today, worth: today * likely(figures, saved) };
}

/** All lines of a group, or of both. */
export function sums(figures: Figures, group?: Group): Sum {
  return LINES.filter((one) => group === undefined || one.group === group)
    .map((one) => sumOf(one, figures))
    .reduce((all, { today, worth }) => ({ today: all.today + today, worth: all.worth + worth }), {
      today: 0,
      worth: 0,
    });
}

/** Dollars a month for what the proxies reserve, whether they have work or not. */
export function proxiesMonthly(figures: Figures): number {
  const of = (id: string) => likely(figures, id);
  return (
    of('proxies') * (of('proxy-cpu') * of('cpu-price') + of('proxy-memory') * of('memory-price'))
  );
}

/** What counts as value: all of it; without features that come sooner; saved hours alone. */
export type Scope = 'everything' | 'downtime' | 'labour';
export const SCOPES: readonly Scope[] = ['everything', 'downtime', 'labour'];

export interface Returns {
  /** Dollars. */
  monthly: number;
  firstYearValue: number;
  once: number;
  yearly: number;
  firstYearCost: number;
  /** (value − cost) ÷ cost of the first year. */
  roi: number;
  /** Until what was spent once has come back; Infinity when running it costs more than it saves. */
  paybackMonths: number;
}

/** `proxies`: with the machines that the proxies need. RapidScale's draft left them out. */
export function returns(figures: Figures, scope: Scope = 'everything', proxies = true): Returns {
  const monthly = valueOf(figures, scope);
  const once = likely(figures, 'learning') + likely(figures, 'migration');
  const yearly = likely(figures, 'running') + (proxies ? 12 * proxiesMonthly(figures) : 0);
  const [firstYearValue, firstYearCost] = [12 * monthly, once + yearly];
  const gain = monthly - yearly / 12;
  return {
    monthly,
    firstYearValue,
    once,
    yearly,
    firstYearCost,
    roi: firstYearCost > 0 ? (firstYearValue - firstYearCost) / firstYearCost : Infinity,
    paybackMonths: gain > 0 ? once / gain : Infinity,
  };
}

function valueOf(figures: Figures, scope: Scope): number {
  const labour = sums(figures, 'labour').worth;
  if (scope === 'labour') return labour;
  const downtime = LINES.filter(({ id }) => id === 'downtime').map(
    (one) => sumOf(one, figures).worth,
  );
  return scope === 'downtime'
    ? downtime.reduce((all, worth) => all + worth, labour)
    : sums(figures).worth;
}

/** The part of today's cost that would go. No return: what the mesh costs does not occur in it. */
export function shareSaved(figures: Figures): number {
  const { today, worth } = sums(figures);
  return today > 0 ? worth / today : 0;
}

/** The part of the value that nobody pays a bill for. */
export function softShare(figures: Figures): number {
  const all = sums(figures).worth;
  return all > 0 ? sums(figures, 'business').worth / all : 0;
}

export interface Swing {
  assumption: Assumption;
  /** The first-year return with this figure alone at its low and at its high end. */
  atLow: number;
  atHigh: number;
  /** What kind of figure moves it: a soft saving, or hours and costs. */
  soft: boolean;
}

/** What moves the answer, widest first: each figure alone from one end of its range to the other. */
export function swings(figures: Figures, assumptions = MARCUS): Swing[] {
  const soft = new Set(
    LINES.filter(({ group }) => group === 'business').flatMap(({ quantity, price, saved }) => [
      quantity,
      price,
      saved,
    ]),
  );
  return assumptions
    .flatMap((assumption) => {
      const figure = figures[assumption.id];
      if (!figure || figure.low === figure.high) return [];
      const [atLow, atHigh] = [figure.low, figure.high].map(
        (value) => returns(having(figures, assumption.id, value)).roi,
      ) as [number, number];
      return [
        { assumption: { ...assumption, ...figure }, atLow, atHigh, soft: soft.has(assumption.id) },
      ];
    })
    .sort((a, b) => width(b) - width(a));
}

export const width = ({ atLow, atHigh }: Pick<Swing, 'atLow' | 'atHigh'>): number =>
  Math.abs(atHigh - atLow);

/** The first-year return if every figure turned out at its worst, and at its best. Neither will happen; the truth lies between. */
export function outermost(
  figures: Figures,
  scope: Scope = 'everything',
): { worst: number; best: number } {
  let [worst, best] = [figures, figures];
  for (const { id } of MARCUS) {
    const figure = figures[id];
    if (!figure) continue;
    const better = (value: number) => returns(having(figures, id, value), scope).roi;
    const [bad, good] =
      better(figure.low) <= better(figure.high)
        ? [figure.low, figure.high]
        : [figure.high, figure.low];
    worst = having(worst, id, bad);
    best = having(best, id, good);
  }
  return { worst: returns(worst, scope).roi, best: returns(best, scope).roi };
}
