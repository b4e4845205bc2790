// How figures of a business case are written and read: dollars, shares, hours, spans of time. Pure.

/** A true minus: a hyphen would be read as a dash between two numbers. */
const MINUS = '−';

/** `115,600`, `−17,800`. */
export function whole(value: number): string {
  return grouped(Math.round(value));
}

/** `$115,600`. */
export function dollars(value: number): string {
  const rounded = Math.round(value);
  return rounded < 0 ? `${MINUS}$${grouped(-rounded)}` : `$${grouped(rounded)}`;
}

/** `$1.8M`, `$250k`, `$900`: where there is little room. */
export function shortDollars(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : '';
  if (size >= 999_500) return `${sign}$${trimmed(size / 1_000_000, 2)}M`;
  if (size >= 1_000) return `${sign}$${trimmed(size / 1_000, size < 10_000 ? 1 : 0)}k`;
  return `${sign}$${trimmed(size, 2)}`;
}

/** `327%`, `65.2%`, `−5.5%`: a decimal below a hundred, where it can change a sentence. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return 'no figure';
  const value = share * 100;
  return `${trimmed(value, Math.abs(value) >= 99.95 ? 0 : 1)}%`;
}

/** `70 days`, `4.2 months`, `never`. Below three months days say more. */
export function span(months: number): string {
  if (!Number.isFinite(months) || months < 0) return 'never';
  if (months < 3) return `${Math.round(months * DAYS_PER_MONTH)} days`;
  return `${months.toFixed(1)} months`;
}

/** A year of 365.25 days by twelve. */
export const DAYS_PER_MONTH = 30.4375;

/** At most so many decimals, none that are zero: `0.1`, `40`. */
export function trimmed(value: number, decimals: number): string {
  const text = String(Number(value.toFixed(decimals)));
  const [front = '', behind] = text.split('.');
  const grouping = grouped(Number(front));
  const signed = text.startsWith('-') && !grouping.startsWith(MINUS) ? MINUS + grouping : grouping;
  return behind === undefined ? signed : `${signed}.${behind}`;
}

/**
 * The number somebody wrote: `$1,250`, `70 %`, `1.5k`, `−3`. Undefined when it is none. Commas group, points divide: as the page
 * prints them.
 */
export function numberIn(text: string): number | undefined {
  const bare = text.replace(/[\s$,%]/g, '').replace(MINUS, '-');
  const match = /^(-?(?:\d+\.?\d*|\.\d+))([kKmM]?)$/.exec(bare);
  if (!match) return undefined;
  const factor = { k: 1_000, m: 1_000_000 }[(match[2] ?? '').toLowerCase()] ?? 1;
  return Number(match[1]) * factor;
}

function grouped(value: number): string {
  const digits = String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  return value < 0 ? MINUS + digits : digits;
}
