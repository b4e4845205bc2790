// Edits one line at a terminal: the keys of readline's emacs mode that people use, history, search and completion.
// Reads keys, draws through ScreenLine, and knows nothing of shells.

import type { Tty } from '../../node/process.ts';
import type { ByteWriter } from '../../streams.ts';
import { decodeText, encodeText } from '../programs/text.ts';
import type { Input } from './descriptors.ts';
import { takeKey } from './keys.ts';
import type { Key } from './keys.ts';
import { ScreenLine } from './screen-line.ts';

export type Edited =
  | { type: 'line'; text: string }
  /** Ctrl-D on an empty line, or the terminal has gone. */
  | { type: 'end' }
  /** Ctrl-C. */
  | { type: 'interrupt' };

export interface Completion {
  /** How much before the cursor the candidates stand for. */
  length: number;
  /** What may stand there, as typed: quoted, with its closing space or slash. */
  candidates: readonly { text: string; shown: string }[];
}

export interface EditorOptions {
  tty: Tty;
  input: Input;
  output: ByteWriter;
  /** Newest last; the editor only reads it. */
  history: readonly string[];
  complete(before: string): Completion;
  /** readline asks terminals to mark pastes; busybox does not. */
  bracketedPaste: boolean;
  /** busybox redraws the prompt with the line; its Ctrl-R is nothing. */
  search: boolean;
}

/** Characters of one line. What is typed beyond is refused with a bell. */
const MAX_LINE = 64 * 1024;
const BELL = '\x07';

export class LineEditor {
  readonly #options: EditorOptions;
  readonly #screen = new ScreenLine();
  #prompt = '';
  #text: string[] = [];
  #cursor = 0;
  /** Place in the history; its length means the line being typed. */
  #place = 0;
  #typed = '';
  #cut: string[] = [];
  #lastWasTab = false;
  /** Bytes of a key that is not whole yet. */
  #bytes: Uint8Array = new Uint8Array();
  #out = '';

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  /** Prompts and edits until the line is done. The terminal is raw meanwhile and cooked afterwards. */
  async edit(prompt: string): Promise<Edited> {
    const { tty } = this.#options;
    this.#text = [];
    this.#cursor = 0;
    this.#place = this.#options.history.length;
    this.#typed = '';
    this.#lastWasTab = false;
    this.#prompt = prompt;
    tty.setRaw(true);
    const stopListening = tty.onResize(() => {
      this.#out += this.#screen.redraw(tty.columns);
      // The size changed between two keys: nobody waits for this drawing.
      void this.#flush();
    });
    try {
      this.#out =
        (this.#options.bracketedPaste ? '\x1b[?2004h' : '') +
        this.#screen.begin(prompt, tty.columns);
      await this.#flush();
      const edited = await this.#keys();
      if (edited.type !== 'end' || this.#options.bracketedPaste)
        this.#out += this.#options.bracketedPaste ? '\x1b[?2004l\r' : '';
      await this.#flush();
      return edited;
    } finally {
      stopListening();
      tty.setRaw(false);
    }
  }

  async #keys(): Promise<Edited> {
    for (;;) {
      const key = await this.#nextKey();
      if (!key) return { type: 'end' };
      const edited = await this.#press(key);
      this.#lastWasTab = key.type === 'control' && key.letter === 'I';
      if (edited) return edited;
      await this.#flush();
    }
  }

  async #nextKey(): Promise<Key | undefined> {
    for (;;) {
      const text = wholeText(this.#bytes);
      const taken = takeKey(text);
      if (taken) {
        const used = encodeText(text.slice(0, taken.length)).length;
        this.#bytes = this.#bytes.subarray(used);
        // What was typed ahead of a command is the command's to read.
        if (taken.key.type === 'control' && 'MJCD'.includes(taken.key.letter)) this.#giveBack();
        return taken.key;
      }
      const chunk = await this.#options.input.read();
      if (!chunk) return undefined;
      const joined = new Uint8Array(this.#bytes.length + chunk.length);
      joined.set(this.#bytes);
      joined.set(chunk, this.#bytes.length);
      this.#bytes = joined;
    }
  }

  #giveBack(): void {
    this.#options.input.unread(this.#bytes);
    this.#bytes = new Uint8Array();
  }

  async #press(key: Key): Promise<Edited | undefined> {
    switch (key.type) {
      case 'text':
        this.#insert(key.text);
        return undefined;
      case 'paste':
        this.#insert(key.text.replace(/\n$/, ''));
        return undefined;
      case 'alt':
        this.#alt(key.text);
        return undefined;
      case 'named':
        this.#named(key.name);
        return undefined;
      case 'control':
        return this.#control(key.letter);
      case 'unknown':
        return undefined;
    }
  }

  async #control(letter: string): Promise<Edited | undefined> {
    switch (letter) {
      case 'M':
      case 'J':
        this.#out += `${this.#screen.finish()}\n`;
        return { type: 'line', text: this.#text.join('') };
      case 'C':
        this.#out += `${this.#screen.finish()}^C\n`;
        return { type: 'interrupt' };
      case 'D':
        if (this.#text.length === 0) return { type: 'end' };
        this.#deleteRange(this.#cursor, this.#cursor + 1);
        return undefined;
      case 'I':
        this.#complete();
        return undefined;
      case 'R':
        if (this.#options.search) return this.#search();
        return undefined;
      default:
        this.#editingControl(letter);
        return undefined;
    }
  }

  #editingControl(letter: string): void {
    switch (letter) {
      case 'H':
      case '?':
        return this.#deleteRange(this.#cursor - 1, this.#cursor);
      case 'A':
        return this.#moveTo(0);
      case 'E':
        return this.#moveTo(this.#text.length);
      case 'B':
        return this.#moveTo(this.#cursor - 1);
      case 'F':
        return this.#moveTo(this.#cursor + 1);
      case 'K':
        return this.#cutRange(this.#cursor, this.#text.length);
      case 'U':
        return this.#cutRange(0, this.#cursor);
      case 'W':
        return this.#cutRange(this.#wordStart(/\s/), this.#cursor);
      case 'Y':
        return this.#insert(this.#cut.join(''));
      case 'T':
        return this.#transpose();
      case 'P':
        return this.#named('up');
      case 'N':
        return this.#named('down');
      case 'L':
        this.#out += `\x1b[H\x1b[2J${this.#screen.repeat(this.#prompt)}`;
        return;
      default:
        return;
    }
  }

  #named(name: (Key & { type: 'named' })['name']): void {
    switch (name) {
      case 'up':
        return this.#recall(this.#place - 1);
      case 'down':
        return this.#recall(this.#place + 1);
      case 'left':
        return this.#moveTo(this.#cursor - 1);
      case 'right':
        return this.#moveTo(this.#cursor + 1);
      case 'home':
        return this.#moveTo(0);
      case 'end':
        return this.#moveTo(this.#text.length);
      case 'delete':
        return this.#deleteRange(this.#cursor, this.#cursor + 1);
      case 'word-left':
        return this.#moveTo(this.#wordStart(/\W/));
      case 'word-right':
        return this.#moveTo(this.#wordEnd());
      case 'page-up':
        return this.#recall(0);
      case 'page-down':
        return this.#recall(this.#options.history.length);
      case 'insert':
        return;
    }
  }

  #alt(text: string): void {
    switch (text) {
      case 'b':
        return this.#moveTo(this.#wordStart(/\W/));
      case 'f':
        return this.#moveTo(this.#wordEnd());
      case 'd':
        return this.#cutRange(this.#cursor, this.#wordEnd());
      case '\x7f':
      case '\b':
        return this.#cutRange(this.#wordStart(/\W/), this.#cursor);
      case '.': {
        const last = this.#options.history.at(-1)?.trim().split(/\s+/).at(-1);
        return last === undefined ? undefined : this.#insert(last);
      }
      default:
        return;
    }
  }

  // Changes

  #insert(text: string): void {
    const chars = Array.from(text);
    if (this.#text.length + chars.length > MAX_LINE) {
      this.#out += BELL;
      return;
    }
    // One key at the end of the line is the common case and must stay cheap.
    this.#replace(
      [...this.#text.slice(0, this.#cursor), ...chars, ...this.#text.slice(this.#cursor)],
      this.#cursor + chars.length,
    );
  }

  #deleteRange(from: number, to: number): void {
    if (from < 0 || to > this.#text.length) return;
    this.#replace([...this.#text.slice(0, from), ...this.#text.slice(to)], from);
  }

  #cutRange(from: number, to: number): void {
    if (from >= to) return;
    this.#cut = this.#text.slice(from, to);
    this.#deleteRange(from, to);
  }

  #transpose(): void {
    const at = Math.min(this.#cursor, this.#text.length - 1);
    if (at < 1) return;
    const text = [...this.#text];
    [text[at - 1], text[at]] = [text[at] ?? '', text[at - 1] ?? ''];
    this.#replace(text, at + 1);
  }

  #replace(text: string[], cursor: number): void {
    this.#text = text;
    this.#cursor = cursor;
    this.#out += this.#screen.update(text, cursor);
  }

  #moveTo(cursor: number): void {
    if (cursor < 0 || cursor > this.#text.length) return;
    this.#cursor = cursor;
    this.#out += this.#screen.update(this.#text, cursor);
  }

  #wordStart(boundary: RegExp): number {
    let at = this.#cursor;
    while (at > 0 && boundary.test(this.#text[at - 1] ?? '')) at--;
    while (at > 0 && !boundary.test(this.#text[at - 1] ?? '')) at--;
    return at;
  }

  #wordEnd(): number {
    let at = this.#cursor;
    while (at < this.#text.length && /\W/.test(this.#text[at] ?? '')) at++;
    while (at < this.#text.length && /\w/.test(this.#text[at] ?? '')) at++;
    return at;
  }

  // History

  #recall(place: number): void {
    const { history } = this.#options;
    if (place < 0 || place > history.length) {
      this.#out += BELL;
      return;
    }
    if (this.#place === history.length) this.#typed = this.#text.join('');
    this.#place = place;
    const text = Array.from(history[place] ?? this.#typed);
    this.#replace(text, text.length);
  }

  /** Ctrl-R: the newest line with the typed text in it; again for an older one. */
  async #search(): Promise<Edited | undefined> {
    const { history } = this.#options;
    let wanted = '';
    let found = history.length;
    const before = this.#text;
    const show = () => {
      const failed = wanted !== '' && found < 0;
      const line = history[found] ?? '';
      const prompt = `(${failed ? 'failed ' : ''}reverse-i-search)\`${wanted}': `;
      this.#out += `${this.#screen.update([], 0)}\r\x1b[J${this.#screen.begin(prompt, this.#options.tty.columns)}`;
      const at = wanted === '' ? 0 : Math.max(0, line.indexOf(wanted));
      this.#out += this.#screen.update(Array.from(line), Array.from(line.slice(0, at)).length);
      return line;
    };
    let line = show();
    for (;;) {
      await this.#flush();
      const key = await this.#nextKey();
      if (!key) return { type: 'end' };
      if (key.type === 'text') {
        wanted += key.text;
        if (!(history[found] ?? '').includes(wanted)) found = findBefore(history, wanted, found);
      } else if (key.type === 'control' && key.letter === 'R')
        found = findBefore(history, wanted, found);
      else if (key.type === 'control' && (key.letter === '?' || key.letter === 'H'))
        wanted = wanted.slice(0, -1);
      else {
        const cancelled = key.type === 'control' && key.letter === 'G';
        this.#endSearch(cancelled ? before : Array.from(line));
        return cancelled ? undefined : this.#press(key);
      }
      line = show();
    }
  }

  #endSearch(text: string[]): void {
    this.#out += `${this.#screen.update([], 0)}\r\x1b[J${this.#screen.begin(this.#prompt, this.#options.tty.columns)}`;
    this.#text = [];
    this.#replace(text, text.length);
  }

  // Completion

  #complete(): void {
    const before = this.#text.slice(0, this.#cursor).join('');
    const { length, candidates } = this.#options.complete(before);
    const [only] = candidates;
    if (!only) {
      this.#out += BELL;
      return;
    }
    const common =
      candidates.length === 1
        ? only.text
        : commonPrefix(candidates.map(({ text }) => text.replace(/[ /]$/, '')));
    const start = this.#cursor - length;
    const typed = this.#text.slice(start, this.#cursor).join('');
    if (candidates.length === 1 || common.length > typed.length) {
      const chars = Array.from(common);
      this.#replace(
        [...this.#text.slice(0, start), ...chars, ...this.#text.slice(this.#cursor)],
        start + chars.length,
      );
      if (candidates.length > 1) this.#out += BELL;
      return;
    }
    if (!this.#lastWasTab) {
      this.#out += BELL;
      return;
    }
    this.#out += `${this.#screen.finish()}\n${inColumns(
      candidates.map(({ shown }) => shown),
      this.#options.tty.columns,
    )}`;
    this.#out += this.#screen.repeat(this.#prompt);
    this.#out += this.#screen.update(this.#text, this.#cursor);
  }

  async #flush(): Promise<void> {
    if (this.#out === '') return;
    const out = this.#out;
    this.#out = '';
    await this.#options.output.write(encodeText(out));
  }
}

/** Bytes of a last character that has not come whole wait for the rest. */
function wholeText(bytes: Uint8Array): string {
  let end = bytes.length;
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (needs > back) end = bytes.length - back;
    break;
  }
  return decodeText(bytes.subarray(0, end));
}

function findBefore(history: readonly string[], wanted: string, from: number): number {
  for (let at = from - 1; at >= 0; at--) if (history[at]?.includes(wanted)) return at;
  return -1;
}

function commonPrefix(texts: readonly string[]): string {
  let [common = ''] = texts;
  for (const text of texts) while (!text.startsWith(common)) common = common.slice(0, -1);
  return common;
}

/** Down the columns first, as readline lists. */
function inColumns(names: readonly string[], columns: number): string {
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const perRow = Math.max(1, Math.floor(columns / width));
  const rows = Math.ceil(names.length / perRow);
  let out = '';
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < perRow; column++) {
      const name = names[column * rows + row];
      if (name !== undefined) out += name.padEnd(width);
    }
    out += '\n';
  }
  return out;
}
