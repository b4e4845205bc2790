// Draws a prompt and the text behind it on a terminal, over several rows where they do not fit on one.
// Knows columns and escape sequences, not keys.

import { charWidth, textWidth } from './width.ts';

/** Where a cell is, from the row where the prompt's last line begins. */
interface Cell {
  row: number;
  column: number;
}

export class ScreenLine {
  /** The prompt's last line: what stands above it is drawn once. */
  #prompt = '';
  #promptWidth = 0;
  #text: readonly string[] = [];
  #cursor = 0;
  #columns = 80;

  /** Begins a line; answers with what draws the prompt. */
  begin(prompt: string, columns: number): string {
    const lastLine = prompt.slice(prompt.lastIndexOf('\n') + 1);
    this.#prompt = lastLine;
    this.#promptWidth = textWidth(visible(lastLine));
    this.#text = [];
    this.#cursor = 0;
    this.#columns = Math.max(2, columns);
    return prompt;
  }

  /** What changes the picture to a new text and cursor, with as few bytes as the common cases allow. */
  update(text: readonly string[], cursor: number): string {
    const before = { text: this.#text, cursor: this.#cursor };
    const appended = this.#appended(text, cursor);
    if (appended !== undefined) {
      this.#text = text;
      this.#cursor = cursor;
      return appended;
    }
    const sameText =
      text.length === before.text.length && text.every((char, at) => char === before.text[at]);
    if (sameText) {
      const from = this.#cellAt(before.cursor);
      this.#cursor = cursor;
      return this.#move(from, this.#cellAt(cursor));
    }
    return this.#redraw(text, cursor);
  }

  /** Draws everything again: after the window's size changed, or something else was printed. */
  redraw(columns: number): string {
    this.#columns = Math.max(2, columns);
    return this.#redraw(this.#text, this.#cursor);
  }

  /** Draws everything on a fresh line, below whatever was printed. */
  repeat(prompt: string): string {
    const { text, cursor } = { text: this.#text, cursor: this.#cursor };
    const drawn = this.begin(prompt, this.#columns);
    return drawn + this.update(text, cursor);
  }

  /** Puts the cursor behind the text, so that what is printed next stands below. */
  finish(): string {
    const from = this.#cellAt(this.#cursor);
    this.#cursor = this.#text.length;
    return this.#move(from, this.#cellAt(this.#text.length));
  }

  /** One character at the end of a line with room left, or one taken from there. */
  #appended(text: readonly string[], cursor: number): string | undefined {
    const old = this.#text;
    const end = this.#cellAt(old.length);
    if (this.#cursor !== old.length || cursor !== text.length) return undefined;
    const last = text.at(-1);
    if (text.length === old.length + 1 && last !== undefined && samePrefix(text, old, old.length)) {
      const width = charWidth(last);
      if (last !== '\n' && end.column + width < this.#columns) return last;
    }
    const gone = old.at(-1);
    if (
      text.length === old.length - 1 &&
      gone !== undefined &&
      samePrefix(text, old, text.length)
    ) {
      const width = charWidth(gone);
      if (gone !== '\n' && end.column >= width && width > 0)
        return '\b'.repeat(width) + ' '.repeat(width) + '\b'.repeat(width);
    }
    return undefined;
  }

  #redraw(text: readonly string[], cursor: number): string {
    const from = this.#cellAt(this.#cursor);
    this.#text = text;
    this.#cursor = cursor;
    const end = this.#cellAt(text.length);
    let out = this.#move(from, { row: 0, column: 0 });
    out += `${this.#prompt}${text.join('')}`;
    // A text that fills its row leaves the cursor on it until something more is printed.
    if (end.column === 0 && end.row > 0 && text.at(-1) !== '\n') out += ' \b';
    return `${out}\x1b[J${this.#move(end, this.#cellAt(cursor))}`;
  }

  #cellAt(index: number): Cell {
    let row = Math.floor(this.#promptWidth / this.#columns);
    let column = this.#promptWidth % this.#columns;
    for (let at = 0; at < index; at++) {
      const char = this.#text[at] ?? '';
      if (char === '\n') {
        row++;
        column = 0;
        continue;
      }
      const width = charWidth(char);
      if (column + width > this.#columns) {
        row++;
        column = 0;
      }
      column += width;
      if (column === this.#columns) {
        row++;
        column = 0;
      }
    }
    return { row, column };
  }

  #move(from: Cell, to: Cell): string {
    let out = '';
    if (to.row < from.row) out += `\x1b[${from.row - to.row}A`;
    if (to.row > from.row) out += `\x1b[${to.row - from.row}B`;
    if (to.column === from.column) return out;
    if (to.column === 0) return `${out}\r`;
    const distance = Math.abs(to.column - from.column);
    if (to.column < from.column)
      return out + (distance < 4 ? '\b'.repeat(distance) : `\x1b[${distance}D`);
    return `${out}\x1b[${distance}C`;
  }
}

function samePrefix(a: readonly string[], b: readonly string[], length: number): boolean {
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** A prompt without the sequences that take no room. */
function visible(prompt: string): string {
  // oxlint-disable-next-line no-control-regex -- colours and titles are escape sequences
  return prompt.replace(/\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g, '');
}
