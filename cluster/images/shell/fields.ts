// What expansion yields on its way to arguments: pieces of text that remember whether they were quoted, split into fields
// at IFS. Source: POSIX 2.6.5, field splitting.

import { escapePattern } from './pattern.ts';

/** A stretch of expanded text. */
export interface Piece {
  text: string;
  /** Stands for itself: no pattern, no splitting; exists even when empty. */
  quoted: boolean;
  /** Came out of an expansion and is split at IFS. */
  splits: boolean;
}

/** Between the elements of "$@". */
export const BREAK = 'break';
export type PieceOrBreak = Piece | typeof BREAK;

export type Field = Piece[];

export const DEFAULT_IFS = ' \t\n';

export function splitFields(pieces: readonly PieceOrBreak[], ifs: string): Field[] {
  const splitter = new Splitter(ifs);
  for (const piece of pieces) splitter.add(piece);
  return splitter.finish();
}

class Splitter {
  readonly #white: string;
  readonly #other: string;
  readonly #fields: Field[] = [];
  #current: Field | undefined;
  /** White space has just ended a field: a separator that follows belongs to it. */
  #afterWhite = false;

  constructor(ifs: string) {
    this.#white = Array.from(ifs)
      .filter((char) => DEFAULT_IFS.includes(char))
      .join('');
    this.#other = Array.from(ifs)
      .filter((char) => !DEFAULT_IFS.includes(char))
      .join('');
  }

  add(piece: PieceOrBreak): void {
    if (piece === BREAK) {
      this.#end();
      this.#afterWhite = false;
    } else if (piece.splits && !piece.quoted) this.#split(piece.text);
    else if (piece.quoted || piece.text !== '') {
      (this.#current ??= []).push(piece);
      this.#afterWhite = false;
    }
  }

  finish(): Field[] {
    this.#end();
    return this.#fields;
  }

  #split(text: string): void {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text[at] as string;
      const white = this.#white.includes(char);
      if (!white && !this.#other.includes(char)) continue;
      if (at > start) this.#take(text.slice(start, at));
      start = at + 1;
      if (white) {
        if (this.#end()) this.#afterWhite = true;
      } else {
        if (!this.#end() && !this.#afterWhite) this.#fields.push([]);
        this.#afterWhite = false;
      }
    }
    if (start < text.length) this.#take(text.slice(start));
  }

  #take(text: string): void {
    (this.#current ??= []).push({ text, quoted: false, splits: false });
    this.#afterWhite = false;
  }

  #end(): boolean {
    if (!this.#current) return false;
    this.#fields.push(this.#current);
    this.#current = undefined;
    return true;
  }
}

export function fieldText(field: Field): string {
  let text = '';
  for (const piece of field) text += piece.text;
  return text;
}

/** The field as a pattern: what was quoted matches itself only. */
export function fieldPattern(field: readonly Piece[]): string {
  let pattern = '';
  for (const piece of field) pattern += piece.quoted ? escapePattern(piece.text) : piece.text;
  return pattern;
}
