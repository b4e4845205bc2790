// bash's brace expansion: one word with {a,b} or {1..9} in it becomes several, before anything else is expanded.

import type { Word, WordPart } from './syntax.ts';

/** Words one brace expansion may make. bash itself runs out of memory somewhere above. */
const MAX_WORDS = 200_000;

export class TooManyWords extends Error {
  constructor() {
    super('brace expansion: cannot allocate memory');
    this.name = 'TooManyWords';
  }
}

/** A character of unquoted text, which may be a brace or comma, or a piece that may not. */
type Atom = string | WordPart;

const mayExpand = new WeakMap<Word, boolean>();

/** The words a word stands for: itself alone where it has no braces that mean anything. */
export function expandBraces(word: Word): Word[] {
  let may = mayExpand.get(word);
  if (may === undefined) {
    may = word.parts.some((part) => part.type === 'text' && part.text.includes('{'));
    mayExpand.set(word, may);
  }
  if (!may) return [word];
  const results = expandAtoms(atomsOf(word));
  if (results.length === 1) return [word];
  return results.map((atoms) => ({ parts: partsOf(atoms), source: word.source }));
}

function atomsOf(word: Word): Atom[] {
  return word.parts.flatMap((part): Atom[] =>
    part.type === 'text' ? Array.from(part.text) : [part],
  );
}

function partsOf(atoms: readonly Atom[]): WordPart[] {
  const parts: WordPart[] = [];
  for (const atom of atoms) {
    const last = parts.at(-1);
    // `$x{1,2}` is `$x1 $x2`: braces come first, names are read afterwards.
    const joins = last?.type === 'parameter' && last.bare && /^[A-Za-z_]/.test(last.name);
    if (typeof atom !== 'string') parts.push(atom);
    else if (joins && /^\w$/.test(atom))
      parts[parts.length - 1] = { ...last, name: last.name + atom };
    else if (last?.type === 'text')
      parts[parts.length - 1] = { type: 'text', text: last.text + atom };
    else parts.push({ type: 'text', text: atom });
  }
  return parts;
}

function expandAtoms(atoms: Atom[]): Atom[][] {
  for (let open = atoms.indexOf('{'); open >= 0; open = atoms.indexOf('{', open + 1)) {
    const found = groupAt(atoms, open);
    if (!found) continue;
    const before = atoms.slice(0, open);
    const tails = expandAtoms(atoms.slice(found.end + 1));
    const results: Atom[][] = [];
    for (const choice of found.choices)
      for (const tail of tails) {
        if (results.length >= MAX_WORDS) throw new TooManyWords();
        results.push([...before, ...choice, ...tail]);
      }
    return results;
  }
  return [atoms];
}

/** The choices between the brace at `open` and the one that closes it; undefined when it is no expansion. */
function groupAt(atoms: Atom[], open: number): { choices: Atom[][]; end: number } | undefined {
  let depth = 0;
  const commas: number[] = [];
  for (let at = open; at < atoms.length; at++) {
    const atom = atoms[at];
    if (atom === '{') depth++;
    else if (atom === ',' && depth === 1) commas.push(at);
    else if (atom === '}' && --depth === 0) {
      const inner = atoms.slice(open + 1, at);
      if (commas.length === 0) {
        const sequence = sequenceOf(inner);
        return sequence && { choices: sequence.map((text) => Array.from(text)), end: at };
      }
      const bounds = [open, ...commas, at];
      const choices = bounds
        .slice(1)
        .flatMap((end, index) => expandAtoms(atoms.slice((bounds[index] as number) + 1, end)));
      return { choices, end: at };
    }
  }
  return undefined;
}

const NUMBERS = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/;
const LETTERS = /^([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d+))?$/;

function sequenceOf(inner: Atom[]): string[] | undefined {
  let text = '';
  for (const atom of inner) {
    if (typeof atom !== 'string') return undefined;
    text += atom;
  }
  const numbers = NUMBERS.exec(text);
  if (numbers) {
    const [, from = '', to = '', by] = numbers;
    const padded = /^-?0\d/.test(from) || /^-?0\d/.test(to);
    const width = padded ? Math.max(from.length, to.length) : 0;
    return steps(Number(from), Number(to), by).map((value) => padNumber(value, width));
  }
  const letters = LETTERS.exec(text);
  if (!letters) return undefined;
  const [, from = '', to = '', by] = letters;
  return steps(from.charCodeAt(0), to.charCodeAt(0), by).map((code) => String.fromCharCode(code));
}

function steps(from: number, to: number, by: string | undefined): number[] {
  const size = Math.abs(Number(by ?? 1)) || 1;
  const count = Math.floor(Math.abs(to - from) / size) + 1;
  if (!(count <= MAX_WORDS)) throw new TooManyWords();
  const step = to >= from ? size : -size;
  return Array.from({ length: count }, (_, index) => from + index * step);
}

function padNumber(value: number, width: number): string {
  const digits = String(Math.abs(value));
  return value < 0 ? `-${digits.padStart(width - 1, '0')}` : digits.padStart(width, '0');
}
