// Which DEC private modes a stream of pty output has set: alternate screen, bracketed paste, mouse, cursor.
// Reads only what it needs of the escape grammar; sequences may be cut anywhere between two calls. Knows nothing of screens.

const ESC = 0x1b;
/** `ESC [ ?` with more parameters than this is nothing a terminal would honour. */
const LONGEST_PARAMETERS = 64;

/** On in a terminal that has just been reset: wraparound and the visible cursor. */
const ON_AT_FIRST: readonly number[] = [7, 25];

/** Those that change what a screen or the keys mean; others (132 columns, blinking) are left alone. */
const TRACKED: ReadonlySet<number> = new Set([
  1, // cursor keys send application sequences
  6, // origin
  7, // wraparound
  25, // visible cursor
  47,
  1047,
  1049, // alternate screen
  66, // application keypad
  1000,
  1002,
  1003, // mouse reports
  1004, // focus reports
  1005,
  1006,
  1015, // how mouse reports are written
  2004, // bracketed paste
]);

export const ALTERNATE_SCREEN: readonly number[] = [47, 1047, 1049];
export const BRACKETED_PASTE = 2004;

type State = 'ground' | 'escape' | 'bracket' | 'parameters' | 'soft reset';

export class PrivateModes {
  #state: State = 'ground';
  #parameters = '';
  readonly #on = new Set<number>(ON_AT_FIRST);

  /** Another that goes its own way from here, in the middle of a sequence even. */
  copy(): PrivateModes {
    const copy = new PrivateModes();
    copy.#state = this.#state;
    copy.#parameters = this.#parameters;
    copy.#on.clear();
    for (const mode of this.#on) copy.#on.add(mode);
    return copy;
  }

  has(mode: number): boolean {
    return this.#on.has(mode);
  }

  get alternateScreen(): boolean {
    return ALTERNATE_SCREEN.some((mode) => this.#on.has(mode));
  }

  scan(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#state === 'ground') {
        at = bytes.indexOf(ESC, at);
        if (at === -1) return;
        this.#state = 'escape';
      } else {
        this.#step(bytes[at] ?? 0);
      }
    }
  }

  /** The sequences that bring a terminal that has just been reset into these modes, or into those of them that `only` lists. */
  sequences(only: ReadonlySet<number> = TRACKED): string {
    const on = [...this.#on].filter((mode) => !ON_AT_FIRST.includes(mode) && only.has(mode));
    const off = ON_AT_FIRST.filter((mode) => !this.#on.has(mode) && only.has(mode));
    return (
      on.map((mode) => `\x1b[?${mode}h`).join('') + off.map((mode) => `\x1b[?${mode}l`).join('')
    );
  }

  #step(byte: number): void {
    if (byte === ESC) {
      this.#state = 'escape';
      return;
    }
    switch (this.#state) {
      case 'escape':
        if (byte === 0x5b) this.#state = 'bracket';
        else this.#finish(byte === 0x63); // ESC c: full reset
        return;
      case 'bracket':
        this.#parameters = '';
        if (byte === 0x3f) this.#state = 'parameters';
        else if (byte === 0x21) this.#state = 'soft reset';
        else this.#finish(false);
        return;
      case 'soft reset':
        this.#finish(false);
        if (byte === 0x70) this.#softReset(); // ESC [ ! p
        return;
      case 'parameters':
        this.#parameter(byte);
        return;
      case 'ground':
        return;
    }
  }

  #parameter(byte: number): void {
    const isParameter = (byte >= 0x30 && byte <= 0x39) || byte === 0x3b;
    if (isParameter && this.#parameters.length < LONGEST_PARAMETERS) {
      this.#parameters += String.fromCharCode(byte);
      return;
    }
    if (byte === 0x68 || byte === 0x6c) this.#set(byte === 0x68);
    this.#finish(false);
  }

  #set(on: boolean): void {
    for (const parameter of this.#parameters.split(';')) {
      const mode = Number(parameter);
      if (!TRACKED.has(mode)) continue;
      if (on) this.#on.add(mode);
      else this.#on.delete(mode);
    }
  }

  /** As xterm does it: the alternate screen and the mouse survive a soft reset. */
  #softReset(): void {
    for (const mode of [1, 6, 66]) this.#on.delete(mode);
    for (const mode of ON_AT_FIRST) this.#on.add(mode);
  }

  #finish(reset: boolean): void {
    this.#state = 'ground';
    if (!reset) return;
    this.#on.clear();
    for (const mode of ON_AT_FIRST) this.#on.add(mode);
  }
}
