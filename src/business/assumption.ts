// What a business case rests on: named figures, each with a range and with where it comes from. Whoever reads the case may change all
// of them. Pure; knows no particular case.

import { dollars, numberIn, percent, trimmed } from './figures.ts';

/** How a figure is written: `share` is a part of one and shown in per cent. */
export type Unit =
  'dollars' | 'hours' | 'weeks' | 'months' | 'days' | 'minutes' | 'share' | 'count' | 'size';

export interface Figure {
  /** The likely value, and what it could be at the least and at the most. */
  value: number;
  low: number;
  high: number;
  /** Who says so. Empty: nobody, and the page prints “no source”. */
  source: string;
}

export interface Assumption extends Figure {
  /** Unique in its book: `debugging-hours`. */
  id: string;
  /** With its unit, as a reader needs it out of context: `Debugging across services, hours a month`. */
  title: string;
  unit: Unit;
}

/** Figures by the id of their assumption. */
export type Figures = Readonly<Record<string, Figure>>;

/** The fields of a figure that somebody may write. */
export type Field = keyof Figure;
export const FIELDS: readonly Field[] = ['value', 'low', 'high', 'source'];

/** Longest source that is kept: a sentence. */
export const SOURCE_LENGTH = 200;

export function figuresOf(assumptions: readonly Assumption[]): Figures {
  return Object.fromEntries(
    assumptions.map(({ id, value, low, high, source }) => [id, { value, low, high, source }]),
  );
}

/** The likely value. An unknown id is a mistake of ours. */
export function likely(figures: Figures, id: string): number {
  const figure = figures[id];
  if (!figure) throw new Error(`the business case has no figure called ${id}`);
  return figure.value;
}

/** The same case with one figure at another value. */
export function having(figures: Figures, id: string, value: number): Figures {
  const figure = figures[id];
  return figure ? { ...figures, [id]: { ...figure, value } } : figures;
}

/** As it stands in a field: `40`, `70%`, `10,000`. */
export function written(value: number, unit: Unit): string {
  if (unit === 'share') return percent(value);
  return trimmed(value, unit === 'size' ? 3 : 2);
}

/** As it stands in a sentence: `$10,000`, `70%`, `4 hours`. */
export function spoken(value: number, unit: Unit): string {
  switch (unit) {
    case 'dollars':
      return dollars(value);
    case 'share':
      return percent(value);
    case 'count':
    case 'size':
      return written(value, unit);
    case 'hours':
    case 'weeks':
    case 'months':
    case 'days':
    case 'minutes':
      return `${written(value, unit)} ${value === 1 ? unit.slice(0, -1) : unit}`;
  }
}

/** What was written into a field, or undefined when it is no such figure. Nothing here is ever negative. */
export function read(text: string, unit: Unit): number | undefined {
  const value = numberIn(text);
  if (value === undefined || value < 0) return undefined;
  return unit === 'share' ? value / 100 : value;
}
