// Building a mesh against taking one: what each costs over the years, and when each is of use. Pure. What taking one costs is the
// business case's own (returns.ts): one figure, one place.

import { type Assumption, type Figures, likely } from './assumption.ts';

export const BUILDING: readonly Assumption[] = [
  {
    id: 'builders',
    title: 'Engineers who build',
    unit: 'count',
    value: 6,
    low: 4,
    high: 8,
    source: 'RapidScale’s draft',
  },
  {
    id: 'engineer-year',
    title: 'An engineer for a year',
    unit: 'dollars',
    value: 300_000,
    low: 200_000,
    high: 350_000,
    source: 'RapidScale’s draft, for those who build',
  },
  {
    id: 'build-months',
    title: 'Months until the first version',
    unit: 'months',
    value: 12,
    low: 9,
    high: 18,
    source: 'RapidScale’s draft',
  },
  {
    id: 'maintainers',
    title: 'Engineers who stay to maintain it',
    unit: 'count',
    value: 2,
    low: 1,
    high: 3,
    source: 'RapidScale’s draft',
  },
  {
    id: 'capable-months',
    title: 'Months until it does what Istio does today',
    unit: 'months',
    value: 18,
    low: 18,
    high: 24,
    source: 'RapidScale’s draft',
  },
  {
    id: 'take-months',
    title: 'Months until Istio is of use',
    unit: 'months',
    value: 3,
    low: 3,
    high: 6,
    source: 'RapidScale’s draft',
  },
];

/** Years that the comparison looks at. */
export const YEARS: readonly number[] = [1, 3, 5];

export function costOfBuilding(figures: Figures, years: number): number {
  const of = (id: string) => likely(figures, id);
  const price = of('engineer-year');
  const first = of('builders') * price * (of('build-months') / 12);
  return first + (years - 1) * of('maintainers') * price;
}

/** `samePrice`: half an engineer at what the builders cost. The draft counts those who run Istio at half the price of those who build. */
export function costOfTaking(figures: Figures, years: number, samePrice = false): number {
  const of = (id: string) => likely(figures, id);
  const running = samePrice ? of('engineer-year') / 2 : of('running');
  return of('learning') + of('migration') + years * running;
}

/** The part of what building costs that taking saves; negative when it costs more. */
export function cheaperBy(figures: Figures, years: number, samePrice = false): number {
  const build = costOfBuilding(figures, years);
  return build > 0 ? 1 - costOfTaking(figures, years, samePrice) / build : -Infinity;
}

/** How much sooner taking is of use, and the two ends of it. */
export function soonerBy(figures: Figures): { likely: number; least: number; most: number } {
  const [take, build] = [figures['take-months'], figures['capable-months']];
  if (!take || !build) throw new Error('the comparison has no months');
  return {
    likely: 1 - take.value / build.value,
    least: 1 - take.high / build.low,
    most: 1 - take.low / build.high,
  };
}

const DEARER_TO_BUILD = ['builders', 'engineer-year', 'build-months', 'maintainers'];
const DEARER_TO_TAKE = ['learning', 'migration', 'running'];

/** With every figure at the end that is kindest to building, and at the one that is unkindest. */
export function cheaperRange(figures: Figures, years: number): { least: number; most: number } {
  const at = (build: 'low' | 'high', take: 'low' | 'high'): Figures =>
    Object.fromEntries(
      Object.entries(figures).map(([id, figure]) => {
        if (DEARER_TO_BUILD.includes(id)) return [id, { ...figure, value: figure[build] }];
        if (DEARER_TO_TAKE.includes(id)) return [id, { ...figure, value: figure[take] }];
        return [id, figure];
      }),
    );
  return { least: cheaperBy(at('low', 'high'), years), most: cheaperBy(at('high', 'low'), years) };
}
