// Points in time as people write them to date and touch.

import { civilOf, msOfCivil } from './calendar.ts';

/** Milliseconds since the epoch, UTC; undefined when the text is no date known here. */
export function parseDate(text: string, now: number): number | undefined {
  const trimmed = text.trim();
  if (trimmed === 'now' || trimmed === '') return now;
  const seconds = /^@(-?\d+(?:\.\d+)?)$/.exec(trimmed);
  if (seconds) return Number(seconds[1]) * 1000;
  const iso =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(?:\s*(?:Z|UTC|GMT|\+00:?00))?$/.exec(
      trimmed,
    );
  if (iso) {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = iso
      .slice(1)
      .map((part) => Number(part ?? 0));
    return msOfCivil(year, month, day, hour, minute, second);
  }
  // touch -t and date -s: [[CC]YY]MMDDhhmm[.ss]
  const compact = /^(\d{4}|\d{2})?(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{2}))?$/.exec(trimmed);
  if (compact) {
    const [, year, month, day, hour, minute, second] = compact;
    const whole =
      year === undefined
        ? civilOf(now).year
        : year.length === 2
          ? 2000 + Number(year)
          : Number(year);
    return msOfCivil(
      whole,
      Number(month),
      Number(day),
      Number(hour),
      Number(minute),
      Number(second ?? 0),
    );
  }
  return undefined;
}
