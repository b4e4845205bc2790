// Times as the page prints them.

/** `10:41:54`, in the reader's zone. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** `10:41:54`, or `21 November, 10:41` of another day. */
export function moment(at: number, now = Date.now()): string {
  const date = new Date(at);
  if (date.toDateString() === new Date(now).toDateString()) return clockTime(at);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' });
  return `${day}, ${clockTime(at).slice(0, -3)}`;
}

/** `0.41 s`, `14.2 s`, `2 min 05 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${twoDigits(Math.floor(seconds % 60))} s`;
}

/** `00:14`, while it runs. */
export function stopwatch(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  return `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
