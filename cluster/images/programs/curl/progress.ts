// curl's progress meter and bar, on standard error.

const HEAD =
  '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n' +
  '                                 Dload  Upload   Total   Spent    Left  Speed\n';

/** Milliseconds between two lines of the meter. */
const STEP_MS = 1_000;

export interface ProgressState {
  /** Undefined where the server does not say. */
  total: number | undefined;
  received: number;
  toSend: number;
  sent: number;
  /** Since the transfer began. */
  elapsedMs: number;
}

/** Five characters for any number of bytes: `  195k`. */
export function five(bytes: number): string {
  const KILO = 1024;
  if (bytes < 100_000) return String(bytes).padStart(5);
  if (bytes < 10_000 * KILO) return `${String(Math.floor(bytes / KILO)).padStart(4)}k`;
  if (bytes < 100 * KILO * KILO) {
    const mega = Math.floor(bytes / KILO / KILO);
    return `${String(mega).padStart(2)}.${Math.floor((bytes % (KILO * KILO)) / ((KILO * KILO) / 10))}M`;
  }
  if (bytes < 10_000 * KILO * KILO)
    return `${String(Math.floor(bytes / KILO / KILO)).padStart(4)}M`;
  return `${String(Math.floor(bytes / KILO / KILO / KILO)).padStart(4)}G`;
}

export function clock(seconds: number): string {
  if (seconds <= 0) return '--:--:--';
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(Math.floor(whole / 3600)).padStart(2)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** What the meter prints, in order: call `start` once, `update` as bytes come, `finish` at the end. */
export class ProgressMeter {
  #lastShownMs = 0;
  #recent: { ms: number; bytes: number } = { ms: 0, bytes: 0 };

  start(): string {
    return `${HEAD}${this.#line({ total: undefined, received: 0, toSend: 0, sent: 0, elapsedMs: 0 })}`;
  }

  update(state: ProgressState): string {
    if (state.elapsedMs - this.#lastShownMs < STEP_MS) return '';
    this.#lastShownMs = state.elapsedMs;
    const line = this.#line(state);
    this.#recent = { ms: state.elapsedMs, bytes: state.received + state.sent };
    return line;
  }

  finish(state: ProgressState): string {
    return `${this.#line(state)}\n`;
  }

  #line(state: ProgressState): string {
    const { total, received, toSend, sent, elapsedMs } = state;
    const seconds = elapsedMs / 1000;
    const average = (bytes: number) =>
      seconds > 0 ? Math.floor(bytes / seconds) : bytes === 0 ? 0 : bytes * 1000;
    const all = (total ?? received) + toSend;
    const done = received + sent;
    const percent = (part: number, whole: number | undefined) =>
      (whole ? String(Math.floor((part / whole) * 100)) : '0').padStart(3);
    const speed = average(done);
    const expected = total !== undefined && speed > 0 && seconds >= 1 ? all / speed : 0;
    const spanMs = elapsedMs - this.#recent.ms;
    const current =
      spanMs > 0 ? Math.floor(((done - this.#recent.bytes) / spanMs) * 1000) : average(done);
    return `\r${percent(done, total === undefined && toSend === 0 ? undefined : all)} ${five(all)}  ${percent(received, total)} ${five(received)}  ${percent(sent, toSend)} ${five(sent)}  ${five(average(received))}  ${five(average(sent))} ${clock(expected)} ${clock(seconds >= 1 ? seconds : 0)} ${clock(expected > seconds ? expected - seconds : 0)} ${five(current)}`;
  }
}

/** `-#`: a bar that has grown to its full width. */
export function progressBar(columns: number): string {
  return `\r${'#'.repeat(Math.max(0, columns - 7))} 100.0%\n`;
}
