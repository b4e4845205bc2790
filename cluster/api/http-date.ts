// Dates as HTTP headers write them. Source: RFC 9110, 5.6.7.

import { timestamp } from '../time.ts';

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const DAY_MS = 86_400_000;

/** `Sun, 22 Nov 2026 10:56:52 GMT` */
export function httpDate(ms: number): string {
  const text = timestamp(ms);
  // The epoch began on a Thursday.
  const day = DAYS[((Math.floor(ms / DAY_MS) % 7) + 7) % 7] ?? '';
  const month = MONTHS[Number(text.slice(5, 7)) - 1] ?? '';
  return `${day}, ${text.slice(8, 10)} ${month} ${text.slice(0, 4)} ${text.slice(11, 19)} GMT`;
}
