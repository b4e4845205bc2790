// A recorded state's moments, moved: a pod that was a minute old when the state was recorded is a minute old when somebody arrives there.
// Knows how moments look in JSON, not what they belong to. Pure.

const DAY_MS = 86_400_000;
/** A number this near to the state's own time is a moment; ports, sizes and counters are far from it. */
const NEAR_MS = 30 * DAY_MS;

const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/;

/** A copy with every moment moved by `ms`. `value.time` says when it was recorded. */
export function inTime<T extends { time: number }>(value: T, ms: number): T {
  const near = value.time;
  const move = (one: unknown): unknown => {
    if (typeof one === 'string') return movedText(one, ms);
    if (typeof one === 'number') return Math.abs(one - near) < NEAR_MS ? one + ms : one;
    if (Array.isArray(one)) return one.map(move);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, each]) => [key, move(each)]));
  };
  return move(value) as T;
}

/** RFC 3339 with as many digits as it had: MicroTime has six, Time none. */
function movedText(text: string, ms: number): string {
  const match = MOMENT.exec(text);
  if (!match) return text;
  const [, seconds = '', fraction = ''] = match;
  const at = new Date(Date.parse(`${seconds}Z`) + Math.round(ms / 1_000) * 1_000);
  return `${at.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}${fraction}Z`;
}
