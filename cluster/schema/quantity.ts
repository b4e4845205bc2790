// Amounts such as `100m`, `1.5Gi`, `2e3`: read, compared, added and written in the one form the API server keeps.
// Source: the format and canonical form documented for resource.Quantity in the Kubernetes API reference.

/** A fixed-point number of billionths: quantities go no finer, what is finer is rounded away from zero. */
export interface Quantity {
  nanos: bigint;
  format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const NANO = 1_000_000_000n;
/** Larger amounts are cut to this, 2^63 - 1. */
const MOST = (2n ** 63n - 1n) * NANO;

const FORMAT_WRONG =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";
const NUMBER_WRONG = 'unable to parse numeric part of quantity';

const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL_SUFFIX = Object.fromEntries(Object.entries(DECIMAL).map(([s, e]) => [e, s]));

/** The quantity, or the words in which the real server refuses the text. */
export function parseQuantity(text: string): Quantity | { error: string } {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([-+]?\d*)$/.exec(text);
  if (!match || text === '') return { error: FORMAT_WRONG };
  const [, sign = '', whole = '', fraction = '', letters = '', digits = ''] = match;
  const scale = scaleOf(letters, digits);
  if (!scale) return { error: SUFFIX_WRONG };
  if (whole === '' && fraction === '') return { error: NUMBER_WRONG };
  const exponent = scale.exponent - fraction.length + 9;
  const magnitude = BigInt(whole + fraction) * scale.factor;
  const nanos =
    exponent >= 0
      ? magnitude * 10n ** BigInt(Math.min(exponent, 60))
      : dividedUp(magnitude, exponent);
  const cut = nanos > MOST ? MOST : nanos;
  return { nanos: sign === '-' ? -cut : cut, format: scale.format };
}

function dividedUp(magnitude: bigint, exponent: number): bigint {
  const divisor = 10n ** BigInt(-exponent);
  return (magnitude + divisor - 1n) / divisor;
}

function scaleOf(
  letters: string,
  digits: string,
): { factor: bigint; exponent: number; format: Quantity['format'] } | undefined {
  if ((letters === 'e' || letters === 'E') && digits !== '') {
    if (!/\d/.test(digits)) return undefined;
    return { factor: 1n, exponent: Number(digits), format: 'DecimalExponent' };
  }
  if (digits !== '') return undefined;
  const power = BINARY.indexOf(letters);
  if (power > 0) return { factor: 1024n ** BigInt(power), exponent: 0, format: 'BinarySI' };
  const exponent = DECIMAL[letters];
  return exponent === undefined ? undefined : { factor: 1n, exponent, format: 'DecimalSI' };
}

/** No fraction, and the largest suffix that needs none. Binary amounts below 1024 or with a fraction are written as decimal ones. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos } = quantity;
  if (nanos === 0n) return '0';
  const magnitude = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? '-' : '';
  if (quantity.format === 'BinarySI' && magnitude % NANO === 0n && magnitude >= 1024n * NANO) {
    let amount = magnitude / NANO;
    let power = 0;
    while (power < BINARY.length - 1 && amount % 1024n === 0n) {
      amount /= 1024n;
      power++;
    }
    return `${sign}${amount}${BINARY[power]}`;
  }
  let amount = magnitude;
  let exponent = -9;
  while (exponent < 18 && amount % 1000n === 0n) {
    amount /= 1000n;
    exponent += 3;
  }
  const suffix =
    quantity.format === 'DecimalExponent'
      ? exponent === 0
        ? ''
        : `e${exponent}`
      : (DECIMAL_SUFFIX[exponent] ?? '');
  return `${sign}${amount}${suffix}`;
}

/** Reads a quantity that has been decoded before; text that is none counts as zero. */
export function quantityOf(value: unknown): Quantity {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? `${value}` : '0';
  const parsed = parseQuantity(text);
  return 'error' in parsed ? { nanos: 0n, format: 'DecimalSI' } : parsed;
}

/** Below zero, zero or above it, as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** The sum, in the format of the first. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** Thousandths, rounded up: CPU. */
export function milliValue(quantity: Quantity): number {
  return Number(roundedUp(quantity.nanos, 1_000_000n));
}

/** Whole units, rounded up: bytes, pods. */
export function wholeValue(quantity: Quantity): number {
  return Number(roundedUp(quantity.nanos, NANO));
}

function roundedUp(nanos: bigint, unit: bigint): bigint {
  return nanos >= 0n ? (nanos + unit - 1n) / unit : nanos / unit;
}
