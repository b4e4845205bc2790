// Where two JSON values differ, but for what may differ between two runs: uids, revisions, times, addresses, made names.

const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

const CHANCE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\b/g, '<time>'],
  [/\b10\.244\.\d+\.\d+\b/g, '<pod ip>'],
  [/\b10\.96\.(?!0\.1\b)\d+\.\d+\b/g, '<cluster ip>'],
  [/\b26443\b/g, '6443'],
  [/(?<![\w-])lab-control-plane/g, 'mesh-lab-control-plane'],
  [/current: \d+/g, 'current: <revision>'],
  [/\?hash=[0-9A-F]+/g, '?hash=<hash>'],
  [/X509SHA256=[0-9a-f]+/g, 'X509SHA256=<hash>'],
  [new RegExp(`-${RANDOM}{8,10}-${RANDOM}{5}(?![\\w-])`, 'g'), '-<hash>-<random>'],
  [new RegExp(`-${RANDOM}{8,10}(?![\\w-])`, 'g'), '-<hash>'],
  [new RegExp(`^${RANDOM}{8,10}$`, 'g'), '<hash>'],
  [new RegExp(`-${RANDOM}{5}(?![\\w-])`, 'g'), '-<random>'],
  [/^(?:\d+y)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$/g, '<age>'],
];

function mask(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of CHANCE)
    masked = masked.replace(pattern, (match) => (match === '' ? '' : replacement));
  return masked;
}

/** Fields whose values say nothing. */
const FREE = new Set(['resourceVersion', 'continue', 'time', 'ms']);

/** One line for each place that differs. */
export function differences(recorded: unknown, ours: unknown): string[] {
  const found: string[] = [];
  compare(recorded, ours, '', found);
  return found.slice(0, 40);
}

function compare(recorded: unknown, ours: unknown, path: string, found: string[]): void {
  if (typeof recorded === 'string' && typeof ours === 'string') {
    if (mask(recorded) !== mask(ours))
      found.push(`${path}: ${shown(ours)} instead of ${shown(recorded)}`);
    return;
  }
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    if (recorded.length !== ours.length)
      found.push(`${path}: ${ours.length} items instead of ${recorded.length}`);
    for (let at = 0; at < Math.min(recorded.length, ours.length); at++)
      compare(recorded[at], ours[at], `${path}[${at}]`, found);
    return;
  }
  if (isFields(recorded) && isFields(ours)) {
    const wanted = maskedKeys(recorded);
    const got = maskedKeys(ours);
    for (const [key, value] of wanted) {
      if (!got.has(key)) found.push(`${path}.${key}: missing, recorded ${shown(value)}`);
      else if (!FREE.has(key)) compare(value, got.get(key), `${path}.${key}`, found);
    }
    for (const [key, value] of got)
      if (!wanted.has(key)) found.push(`${path}.${key}: ${shown(value)}, not recorded`);
    return;
  }
  if (recorded !== ours) found.push(`${path}: ${shown(ours)} instead of ${shown(recorded)}`);
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function maskedKeys(fields: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(fields).map(([key, value]) => [mask(key), value]));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
