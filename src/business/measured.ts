// What a learner measured, held against what the business case assumes: which evidence speaks for which figure, and how much of it.
// Pure. A measurement in a lab proves a figure for the lab; the words say so.

import type { Evidence, EvidenceUnit } from '../../protocol/evidence.ts';
import { percent, trimmed, whole } from './figures.ts';

/** Which pair of measurements speaks for which assumption, as the part that went away. */
const SPEAKS_FOR: Readonly<Record<string, string>> = {
  'debugging-saved': 'find-slow',
  'deployments-saved': 'roll-back',
  'downtime-saved': 'failed-requests',
};

/** Two measurements of one thing; either may be missing. */
export interface Pair {
  pair: string;
  without?: Evidence;
  with?: Evidence;
}

export function pairsOf(evidence: readonly Evidence[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const one of evidence) {
    if (one.pair === undefined || one.side === undefined) continue;
    const pair = pairs.get(one.pair) ?? { pair: one.pair };
    pair[one.side] = one;
    pairs.set(one.pair, pair);
  }
  return [...pairs.values()];
}

export interface MeasuredShare {
  share: number;
  /** `93% measured on 29 November 2026, Embedded cluster (simulated)`. */
  words: string;
  at: number;
  engine: string;
}

/** What was measured for an assumption; undefined until both sides were. */
export function measuredShare(
  id: string,
  evidence: readonly Evidence[],
): MeasuredShare | undefined {
  const pair = pairsOf(evidence).find((one) => one.pair === SPEAKS_FOR[id]);
  if (!pair?.without || !pair.with || pair.without.value <= 0) return undefined;
  const share = Math.max(0, 1 - pair.with.value / pair.without.value);
  const at = Math.max(pair.without.at, pair.with.at);
  const engine = engineOf(pair.with);
  return { share, at, engine, words: `${percent(share)} measured on ${day(at)}, ${engine}` };
}

/** `Embedded cluster (simulated)`: nobody shall take a simulation for a machine. */
export function engineOf({ engine, simulated }: Evidence): string {
  return simulated ? `${engine} (simulated)` : engine;
}

/** `4 min 10 s`, `0.4 s`, `41 requests`. */
export function amount(value: number, unit: EvidenceUnit): string {
  if (unit !== 'seconds') {
    const word = value === 1 ? unit.slice(0, -1) : unit;
    return `${whole(value)} ${word}`;
  }
  if (value < 60) return `${trimmed(value, value < 10 ? 1 : 0)} s`;
  const seconds = Math.round(value);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );

/** `29 November 2026`, in the reader's zone. */
export function day(at: number): string {
  const date = new Date(at);
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''} ${date.getFullYear()}`;
}
