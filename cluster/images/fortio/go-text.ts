// Numbers and durations as Go's fmt and time packages write and read them. Knows nothing of loads.

/** `%.<digits>g`; without `digits` `%g`: the shortest text that reads back as the same number. */
export function general(value: number, digits?: number): string {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? '0' : goSpecial(value);
  const [mantissa = '', exponentText = '0'] = (
    digits === undefined ? value.toExponential() : value.toExponential(digits - 1)
  ).split('e');
  const exponent = Number(exponentText);
  const significant = mantissa.replace('-', '').replace('.', '').replace(/0+$/, '');
  // Go turns to exponents at the precision that was asked for; the shortest form counts as six.
  const most = digits ?? 6;
  const sign = value < 0 ? '-' : '';
  if (exponent < -4 || exponent >= most) {
    const fraction = significant.length > 1 ? `.${significant.slice(1)}` : '';
    const width = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${significant[0] ?? '0'}${fraction}e${exponent < 0 ? '-' : '+'}${width}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${significant}`;
  const whole = significant.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const rest = significant.slice(exponent + 1);
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}

function goSpecial(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** time.Duration's String: `1m0.012s`, `16.53842ms`, `0s`. */
export function duration(ms: number): string {
  const nanos = Math.round(ms * 1e6);
  if (nanos === 0) return '0s';
  const sign = nanos < 0 ? '-' : '';
  const size = Math.abs(nanos);
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${decimal(size, 3)}µs`;
  if (size < 1e9) return `${sign}${decimal(size, 6)}ms`;
  const hours = Math.floor(size / 3.6e12);
  const minutes = Math.floor(size / 6e10) % 60;
  const seconds = `${decimal(size % 6e10, 9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

/** A whole number of nanoseconds over a power of ten, without trailing zeros. */
function decimal(nanos: number, places: number): string {
  const digits = String(nanos).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** time.ParseDuration, in milliseconds; `d` and `w` are fortio's own. Undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)/y;
  let total = 0;
  while (part.lastIndex < rest.length) {
    const found = part.exec(rest);
    if (!found) return undefined;
    total += Number(found[1]) * (UNITS[found[2] ?? ''] ?? 0);
  }
  return rest === '' ? undefined : sign === '-' ? -total : total;
}

/** `%q`, near enough for what logs hold: JSON's quoting keeps what Go's keeps. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
