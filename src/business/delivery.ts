// Five measures of how software is delivered, before and after, in the words DORA uses now (dora.dev, "DORA's software delivery
// metrics"), and what follows from their figures. Pure.

import { type Assumption, type Figures, likely } from './assumption.ts';
import { percent, trimmed } from './figures.ts';

export interface DeliveryMeasure {
  id: string;
  /** DORA's own name. */
  title: string;
  /** What it asks, in our words. */
  asks: string;
  /** DORA's two groups. */
  group: 'throughput' | 'instability';
  /** Ids of assumptions; absent where nobody at RapidScale counts it. */
  before?: string;
  after?: string;
  /** Whether more of it is better. */
  more: boolean;
}

const MARCUS = 'Marcus’s estimate';
const HOPE = '';

export const DELIVERY: readonly Assumption[] = [
  {
    id: 'lead-before',
    title: 'Change lead time today, days',
    unit: 'days',
    value: 6,
    low: 5,
    high: 7,
    source: MARCUS,
  },
  {
    id: 'lead-after',
    title: 'Change lead time hoped for, days',
    unit: 'days',
    value: 1.5,
    low: 1,
    high: 2,
    source: HOPE,
  },
  {
    id: 'frequency-before',
    title: 'Deployments a week today',
    unit: 'count',
    value: 1,
    low: 1,
    high: 1,
    source: MARCUS,
  },
  {
    id: 'frequency-after',
    title: 'Deployments a week hoped for',
    unit: 'count',
    value: 5,
    low: 2,
    high: 5,
    source: HOPE,
  },
  {
    id: 'recovery-before',
    title: 'Failed deployment recovery today, minutes',
    unit: 'minutes',
    value: 240,
    low: 60,
    high: 240,
    source: MARCUS,
  },
  {
    id: 'recovery-after',
    title: 'Failed deployment recovery hoped for, minutes',
    unit: 'minutes',
    value: 0.5,
    low: 0.5,
    high: 30,
    source: 'The draft; without the time until somebody notices, hence the high end',
  },
  {
    id: 'failing-before',
    title: 'Change fail rate today',
    unit: 'share',
    value: 0.15,
    low: 0.1,
    high: 0.2,
    source: MARCUS,
  },
  {
    id: 'failing-after',
    title: 'Change fail rate hoped for',
    unit: 'share',
    value: 0.03,
    low: 0.03,
    high: 0.1,
    source: HOPE,
  },
];

export const MEASURES: readonly DeliveryMeasure[] = [
  {
    id: 'lead',
    title: 'Change lead time',
    asks: 'days from a commit to customers',
    group: 'throughput',
    before: 'lead-before',
    after: 'lead-after',
    more: false,
  },
  {
    id: 'frequency',
    title: 'Deployment frequency',
    asks: 'deployments a week',
    group: 'throughput',
    before: 'frequency-before',
    after: 'frequency-after',
    more: true,
  },
  {
    id: 'recovery',
    title: 'Failed deployment recovery time',
    asks: 'minutes; called mean time to recovery until 2023',
    group: 'throughput',
    before: 'recovery-before',
    after: 'recovery-after',
    more: false,
  },
  {
    id: 'failing',
    title: 'Change fail rate',
    asks: 'deployments that need somebody at once',
    group: 'instability',
    before: 'failing-before',
    after: 'failing-after',
    more: false,
  },
  {
    id: 'rework',
    title: 'Deployment rework rate',
    asks: 'unplanned deployments after an incident',
    group: 'instability',
    more: false,
  },
];

/** `5 times as often (2 to 5)`, `75% less (60% to 86%)`; undefined where there are no figures. */
export function improvement(measure: DeliveryMeasure, figures: Figures): string | undefined {
  const [before, after] = [figures[measure.before ?? ''], figures[measure.after ?? '']];
  if (!before || !after || before.low <= 0 || after.low <= 0) return undefined;
  if (measure.more) {
    const times = (a: number, b: number) => trimmed(a / b, 1);
    const range = [times(after.low, before.high), times(after.high, before.low)];
    return `${times(after.value, before.value)} times as often (${range.join(' to ')})`;
  }
  const less = (a: number, b: number) => percent(1 - a / b);
  const range = [less(after.high, before.low), less(after.low, before.high)];
  return `${less(after.value, before.value)} less (${range.join(' to ')})`;
}

/** The part that went away, of measures of which less is better. */
export function reduction(id: string, figures: Figures): number {
  return 1 - likely(figures, `${id}-after`) / likely(figures, `${id}-before`);
}
