// Dates for people: strftime(3) in UTC and the C locale.

import { civil, daysFromCivil } from '../../time.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY_MS = 86_400_000;

export interface Civil {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  /** 0 is Sunday. */
  weekday: number;
  /** 1 to 366. */
  yearDay: number;
}

/** @param ms milliseconds since the epoch, UTC. */
export function civilOf(ms: number): Civil {
  const { year, month, day, rest } = civil(ms);
  const days = daysFromCivil(year, month, day);
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60,
    millisecond: Math.floor(rest % 1000),
    // 1 January 1970 was a Thursday.
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysFromCivil(year, 1, 1) + 1,
  };
}

/** Milliseconds since the epoch. */
export function msOfCivil(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): number {
  return (
    daysFromCivil(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000
  );
}

/** strftime(3) in UTC. `%N` is nanoseconds, as GNU and busybox date have it. */
export function strftime(format: string, ms: number): string {
  const civil = civilOf(ms);
  return format.replace(
    /%([-_0^#]?)(\d*)([a-zA-Z%+])/g,
    (whole, flag: string, width: string, letter: string) => {
      const value = conversion(letter, civil, ms);
      if (value === undefined) return whole;
      if (flag === '-') return value.replace(/^[0 ]+(?=.)/, '');
      if (flag === '_') return value.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length));
      if (flag === '^') return value.toUpperCase();
      if (width !== '' && letter === 'N') return value.slice(0, Number(width));
      return value;
    },
  );
}

function conversion(letter: string, civil: Civil, ms: number): string | undefined {
  const two = (value: number) => String(value).padStart(2, '0');
  const spaced = (value: number) => String(value).padStart(2, ' ');
  const twelve = civil.hour % 12 === 0 ? 12 : civil.hour % 12;
  switch (letter) {
    case 'Y':
      return String(civil.year);
    case 'C':
      return two(Math.floor(civil.year / 100));
    case 'y':
      return two(civil.year % 100);
    case 'm':
      return two(civil.month);
    case 'd':
      return two(civil.day);
    case 'e':
      return spaced(civil.day);
    case 'H':
      return two(civil.hour);
    case 'k':
      return spaced(civil.hour);
    case 'I':
      return two(twelve);
    case 'l':
      return spaced(twelve);
    case 'M':
      return two(civil.minute);
    case 'S':
      return two(civil.second);
    case 'N':
      return `${String(civil.millisecond).padStart(3, '0')}000000`;
    case 'p':
      return civil.hour < 12 ? 'AM' : 'PM';
    case 'P':
      return civil.hour < 12 ? 'am' : 'pm';
    case 'a':
      return (DAYS[civil.weekday] as string).slice(0, 3);
    case 'A':
      return DAYS[civil.weekday];
    case 'b':
    case 'h':
      return (MONTHS[civil.month - 1] as string).slice(0, 3);
    case 'B':
      return MONTHS[civil.month - 1];
    case 'j':
      return String(civil.yearDay).padStart(3, '0');
    case 'u':
      return String(civil.weekday === 0 ? 7 : civil.weekday);
    case 'w':
      return String(civil.weekday);
    case 'U':
      return two(Math.floor((civil.yearDay + 6 - civil.weekday) / 7));
    case 'W':
      return two(Math.floor((civil.yearDay + 6 - ((civil.weekday + 6) % 7)) / 7));
    case 's':
      return String(Math.floor(ms / 1000));
    case 'z':
      return '+0000';
    case 'Z':
      return 'UTC';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '%':
      return '%';
    case 'F':
      return `${civil.year}-${two(civil.month)}-${two(civil.day)}`;
    case 'T':
    case 'X':
      return `${two(civil.hour)}:${two(civil.minute)}:${two(civil.second)}`;
    case 'R':
      return `${two(civil.hour)}:${two(civil.minute)}`;
    case 'D':
    case 'x':
      return `${two(civil.month)}/${two(civil.day)}/${two(civil.year % 100)}`;
    case 'r':
      return `${two(twelve)}:${two(civil.minute)}:${two(civil.second)} ${civil.hour < 12 ? 'AM' : 'PM'}`;
    case 'c':
      return strftime('%a %b %e %H:%M:%S %Y', ms);
    case 'G':
    case 'V':
    case 'g':
      return isoWeek(letter, civil);
    default:
      return undefined;
  }
}

function isoWeek(letter: string, civil: Civil): string {
  const monday = civil.yearDay - ((civil.weekday + 6) % 7);
  let year = civil.year;
  let week = Math.floor((monday + 9) / 7);
  const weeksIn = (one: number) => {
    const start = (daysFromCivil(one, 1, 1) + 4 + 7_000_000) % 7;
    const leap = daysFromCivil(one + 1, 1, 1) - daysFromCivil(one, 1, 1) === 366;
    return start === 4 || (leap && start === 3) ? 53 : 52;
  };
  if (week < 1) week = weeksIn(--year);
  else if (week > weeksIn(year)) {
    week = 1;
    year++;
  }
  if (letter === 'V') return String(week).padStart(2, '0');
  return letter === 'G' ? String(year) : String(year % 100).padStart(2, '0');
}
