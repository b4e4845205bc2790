// The text a parser reads, with its place in it. Knows characters and lines only.

export class Source {
  text: string;
  at = 0;
  readonly #firstLine: number;
  #countedTo = 0;
  #counted = 0;

  /** @param firstLine the line number of the text's first line, for messages. */
  constructor(text: string, firstLine = 1) {
    this.text = text;
    this.#firstLine = firstLine;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** The line of the current place. */
  get line(): number {
    return this.lineAt(this.at);
  }

  lineAt(at: number): number {
    if (at < this.#countedTo) {
      this.#countedTo = 0;
      this.#counted = 0;
    }
    for (
      let next = this.text.indexOf('\n', this.#countedTo);
      next >= 0 && next < at;
      next = this.text.indexOf('\n', this.#countedTo)
    ) {
      this.#counted++;
      this.#countedTo = next + 1;
    }
    return this.#firstLine + this.#counted;
  }

  /** The line after the last one: where bash says that the end came too soon. */
  get lineAfterEnd(): number {
    let lines = 0;
    for (const char of this.text) if (char === '\n') lines++;
    return this.#firstLine + lines + (this.text.endsWith('\n') ? 0 : 1);
  }

  peek(offset = 0): string {
    return this.text[this.at + offset] ?? '';
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** Steps over `text` if it is next. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.at += text.length;
    return true;
  }

  /** What a sticky expression matches here, without stepping over it. */
  match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.at;
    return sticky.exec(this.text)?.[0];
  }

  /** The whole line around a place: bash shows it below a syntax error. */
  lineText(at: number): string {
    const start = this.text.lastIndexOf('\n', at - 1) + 1;
    const end = this.text.indexOf('\n', Math.max(at, start));
    return this.text.slice(start, end < 0 ? undefined : end);
  }
}
