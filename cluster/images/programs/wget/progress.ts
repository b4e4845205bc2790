// busybox wget's progress bar: redrawn in place on a terminal, a line each elsewhere.

/** Milliseconds between two drawings. */
const STEP_MS = 1_000;
/** After so long without a byte it says so. */
const STALL_MS = 5_000;
const NAME_COLUMNS = 20;
/** All but the bar. */
const OTHER_COLUMNS = 48;

export interface WgetProgress {
  received: number;
  /** Undefined where the server does not say. */
  total: number | undefined;
  elapsedMs: number;
}

export class ProgressBar {
  readonly #name: string;
  readonly #terminal: { readonly columns: number } | undefined;
  #shownMs = 0;
  #changedMs = 0;
  #received = 0;

  /** `terminal` is undefined when standard error is none. */
  constructor(name: string, terminal: { readonly columns: number } | undefined) {
    this.#name = name;
    this.#terminal = terminal;
  }

  /** What to print now; often nothing. */
  update(state: WgetProgress): string {
    if (state.received !== this.#received) this.#changedMs = state.elapsedMs;
    this.#received = state.received;
    if (state.elapsedMs - this.#shownMs < STEP_MS) return '';
    this.#shownMs = state.elapsedMs;
    return this.#draw(state) + (this.#terminal ? '' : '\n');
  }

  finish(state: WgetProgress): string {
    this.#changedMs = state.elapsedMs;
    return `${this.#draw({ ...state, total: state.received })}\n`;
  }

  #draw({ received, total, elapsedMs }: WgetProgress): string {
    const start = this.#terminal ? '\r' : '';
    const name = this.#name.slice(0, NAME_COLUMNS).padEnd(NAME_COLUMNS);
    const part = total ? Math.min(1, received / total) : 0;
    const bar = total ? `${String(Math.floor(part * 100)).padStart(4)}% ${this.#bar(part)}` : '';
    return `${start}${name}${bar}${fiveDigits(received).padStart(6)}${this.#left(received, total, elapsedMs)}`;
  }

  #bar(part: number): string {
    const length = (this.#terminal?.columns ?? 80) - OTHER_COLUMNS;
    if (length <= 0) return '';
    return `|${'*'.repeat(Math.floor(part * length)).padEnd(length)}|`;
  }

  #left(received: number, total: number | undefined, elapsedMs: number): string {
    if (elapsedMs - this.#changedMs >= STALL_MS) return '  - stalled -';
    if (!total || received === 0) return ' --:--:-- ETA';
    const elapsed = Math.floor(elapsedMs / 1000);
    const seconds = Math.max(0, Math.floor((total * elapsed) / received) - elapsed);
    const two = (value: number) => String(value).padStart(2, '0');
    return `${String(Math.floor(seconds / 3600)).padStart(3)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)} ETA`;
  }
}

/** At most five characters: `50000`, `97.6k`, `195k`. */
function fiveDigits(bytes: number): string {
  if (bytes < 100_000) return String(bytes);
  let tenths = bytes * 10;
  let scale = 0;
  do {
    tenths = Math.floor(tenths / 1024);
    scale++;
  } while (tenths >= 100_000);
  const whole = Math.floor(tenths / 10);
  return `${whole >= 100 ? whole : `${whole}.${tenths % 10}`}${' kMGTPEZY'[scale] ?? ''}`;
}
