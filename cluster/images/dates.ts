// Cluster time as servers write it in headers and logs. The node's zone is UTC.
// Knows nothing of clocks: it turns given milliseconds into text.

import { timestamp } from '../time.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_MS = 86_400_000;

interface Parts {
  year: string;
  month: string;
  day: string;
  time: string;
  monthName: string;
  weekday: string;
}

function partsOf(ms: number): Parts {
  const text = timestamp(ms);
  const month = text.slice(5, 7);
  // 1970-01-01 was a Thursday.
  const weekday = (Math.floor(ms / DAY_MS) + 4) % 7;
  return {
    year: text.slice(0, 4),
    month,
    day: text.slice(8, 10),
    time: text.slice(11, 19),
    monthName: MONTHS[Number(month) - 1] ?? '',
    weekday: DAYS[weekday] ?? '',
  };
}

/** `Sun, 22 Nov 2026 10:32:05 GMT`: HTTP's own form. */
export function httpDate(ms: number): string {
  const { weekday, day, monthName, year, time } = partsOf(ms);
  return `${weekday}, ${day} ${monthName} ${year} ${time} GMT`;
}

/** `22/Nov/2026:10:32:05 +0000`: access logs. */
export function commonLogDate(ms: number): string {
  const { day, monthName, year, time } = partsOf(ms);
  return `${day}/${monthName}/${year}:${time} +0000`;
}

/** `2026/11/22 10:32:05`: nginx' error log. */
export function nginxLogDate(ms: number): string {
  const { year, month, day, time } = partsOf(ms);
  return `${year}/${month}/${day} ${time}`;
}

/** `Sun Nov 22 10:32:05.123456 2026`: Apache's error log. */
export function apacheLogDate(ms: number): string {
  const { weekday, monthName, day, time, year } = partsOf(ms);
  const micros = String(Math.floor((ms % 1000) * 1000)).padStart(6, '0');
  return `${weekday} ${monthName} ${day} ${time}.${micros} ${year}`;
}

/** `2026-11-22 10:32:05.123 UTC`: PostgreSQL's log. */
export function postgresLogDate(ms: number): string {
  const millis = String(Math.floor(ms % 1000)).padStart(3, '0');
  return `${timestamp(ms).slice(0, 19).replace('T', ' ')}.${millis} UTC`;
}

/** Milliseconds of an HTTP date, or undefined when it is none. */
export function parseHttpDate(text: string): number | undefined {
  // oxlint-disable-next-line no-restricted-globals -- pure: it reads its argument, not the time of day
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
