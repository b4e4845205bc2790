// Durations as kubectl shows ages: two units at most, the smaller dropped as time goes by. Knows no clock.
// Source: the AGE column of kubectl; the thresholds are those of apimachinery's HumanDuration as its output shows them.

import { parseTimestamp } from '../time.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY_HOURS = 24;
const YEAR_DAYS = 365;

export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND);
  // Clocks may differ a little, not more.
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(ms / MINUTE);
  if (minutes < 10) return joined(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(ms / HOUR);
  if (hours < 8) return joined(hours, 'h', minutes % 60, 'm');
  if (hours < 2 * DAY_HOURS) return `${hours}h`;
  const days = Math.trunc(hours / DAY_HOURS);
  if (days < 8) return joined(days, 'd', hours % DAY_HOURS, 'h');
  if (hours < 2 * YEAR_DAYS * DAY_HOURS) return `${days}d`;
  const years = Math.trunc(days / YEAR_DAYS);
  return years < 8 ? joined(years, 'y', days % YEAR_DAYS, 'd') : `${years}y`;
}

function joined(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
}

/** How long ago a timestamp was; `<unknown>` for none. */
export function ageOf(time: unknown, now: number): string {
  const then = typeof time === 'string' ? parseTimestamp(time) : undefined;
  return then === undefined ? '<unknown>' : humanDuration(now - then);
}
