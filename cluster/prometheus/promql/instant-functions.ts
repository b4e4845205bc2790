// Functions of one number each, over every sample of an instant vector. Source: Prometheus docs, query functions.

import { civil, daysFromCivil } from '../../time.ts';

export type NumberFunction = (value: number, args: readonly number[]) => number;

export const NUMBER_FUNCTIONS: Readonly<Record<string, NumberFunction>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  clamp: (value, [least = NaN, most = NaN]) => clamp(value, least, most),
  clamp_max: (value, [most = NaN]) => clamp(value, -Infinity, most),
  clamp_min: (value, [least = NaN]) => clamp(value, least, Infinity),
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  round: (value, [nearest = 1]) => round(value, nearest),
  sgn: Math.sign,
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

function clamp(value: number, least: number, most: number): number {
  if (Number.isNaN(value) || Number.isNaN(least) || Number.isNaN(most)) return NaN;
  return Math.max(least, Math.min(most, value));
}

/** Ties go up. Multiplied by the inverse: 0.1 has no exact value, 10 has. */
function round(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** Of times as seconds since the epoch, in UTC. */
export const DATE_FUNCTIONS: Readonly<Record<string, (seconds: number) => number>> = {
  minute: (seconds) => Math.floor(part(seconds).rest / 60_000) % 60,
  hour: (seconds) => Math.floor(part(seconds).rest / 3_600_000),
  day_of_month: (seconds) => part(seconds).day,
  day_of_week: (seconds) => (((Math.floor(seconds / 86_400) + 4) % 7) + 7) % 7,
  day_of_year: (seconds) => {
    const { year } = part(seconds);
    return Math.floor(seconds / 86_400) - daysFromCivil(year, 1, 1) + 1;
  },
  days_in_month: (seconds) => {
    const { year, month } = part(seconds);
    const [nextYear, next] = month === 12 ? [year + 1, 1] : [year, month + 1];
    return daysFromCivil(nextYear, next, 1) - daysFromCivil(year, month, 1);
  },
  month: (seconds) => part(seconds).month,
  year: (seconds) => part(seconds).year,
};

function part(seconds: number) {
  return civil(Math.trunc(seconds) * 1000);
}
