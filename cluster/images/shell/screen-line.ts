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

  /** What changes the picture to a new text and cursor: only what differs is drawn. */
  update(text: readonly string[], cursor: number): string {
    const old = this.#text;
    const from = this.#cellAt(this.#cursor);
    const oldEnd = this.#cellAt(old.length);
    let same = 0;
    while (same < old.length && same < text.length && old[same] === text[same]) same++;
    const start = this.#cellAt(same);
    this.#text = text;
    this.#cursor = cursor;
    if (same === old.length && same === text.length) return this.#move(from, this.#cellAt(cursor));
    const end = this.#cellAt(text.length);
    let out = this.#move(from, start) + text.slice(same).join('');
    // A text that fills its row leaves the cursor on it until something more is printed.
    if (same < text.length && end.column === 0 && end.row > 0 && text.at(-1) !== '\n') out += ' \b';
    if (end.row < oldEnd.row || (end.row === oldEnd.row && end.column < oldEnd.column))
      out += end.row === oldEnd.row ? '\x1b[K' : '\x1b[J';
    else if (old.slice(same).includes('\n')) out += '\x1b[J';
    return out + this.#move(end, this.#cellAt(cursor));
  }

  /** Draws everything again: after the window's size changed, or something else was printed. */
  redraw(columns: number): string {
    const from = this.#cellAt(this.#cursor);
    this.#columns = Math.max(2, columns);
    const { text, cursor } = { text: this.#text, cursor: this.#cursor };
    const top = `${this.#move(from, { row: 0, column: 0 })}\r\x1b[J`;
    this.#text = [];
    this.#cursor = 0;
    return top + this.#prompt + this.update(text, cursor);
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

/** A prompt without the sequences that take no room. */
function visible(prompt: string): string {
  // oxlint-disable-next-line no-control-regex -- colours and titles are escape sequences
  return prompt.replace(/\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g, '');
}
