// What a lesson expects beside what came: which lines are alike, and in those that are not, which words. Pure.
// `...` stands for anything: within a line for some words, alone on a line for any lines. How many blanks stand between two
// words says nothing: a table is as wide as its longest name.

/** A piece of a line. */
export interface Piece {
  text: string;
  differs: boolean;
}

export type ComparedLine = Piece[];

export interface Comparison {
  same: boolean;
  expected: ComparedLine[];
  yours: ComparedLine[];
}

const ANYTHING = '...';
/** Longer outputs are compared by their last lines: what went wrong is said at the end. */
const MOST_LINES = 200;

export function compare(expectedText: string, yoursText: string): Comparison {
  const expected = expectedText.split('\n');
  const yours = yoursText.split('\n').slice(-MOST_LINES);
  const left: ComparedLine[] = [];
  const right: ComparedLine[] = [];
  let same = true;
  let between: { expected: string[]; yours: string[] } = { expected: [], yours: [] };
  // Between two lines that are alike, the others stand opposite each other in their order.
  const flush = () => {
    if (between.expected.length > 0 || between.yours.length > 0) same = false;
    left.push(...between.expected.map((line, at) => words(line, between.yours[at] ?? '')));
    right.push(...between.yours.map((line, at) => words(line, between.expected[at] ?? '')));
    between = { expected: [], yours: [] };
  };
  for (const pair of align(expected, yours)) {
    if (pair.is === 'yours only') between.yours.push(pair.yours);
    else if (pair.is === 'expected only') between.expected.push(pair.expected);
    else {
      flush();
      if (pair.is !== 'taken') left.push([{ text: pair.expected, differs: false }]);
      if (pair.is !== 'anything') right.push([{ text: pair.yours, differs: false }]);
    }
  }
  flush();
  return { same, expected: left, yours: right };
}

/** Whether a line is what a lesson expects of it. */
export function isLike(expected: string, yours: string): boolean {
  const pattern = expected
    .trim()
    .split(ANYTHING)
    .map((piece) => piece.split(/\s+/).map(escaped).join('\\s+'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(yours.trim());
}

const isAnything = (line: string): boolean => line.trim() === ANYTHING;
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

type Pair =
  | { is: 'alike'; expected: string; yours: string }
  | { is: 'expected only'; expected: string }
  | { is: 'yours only'; yours: string }
  /** `...` alone on a line, and a line that it stands for. */
  | { is: 'anything'; expected: string }
  | { is: 'taken'; yours: string };

/** What a line counts that `...` takes: little, so that it takes only what is like nothing else. A power of two adds up exactly. */
const TAKEN = 2 ** -12;
/** Two lines that differ, opposite each other: that is easier to read than one too few here and one too many there. */
const OPPOSITE = 2 * TAKEN;

/** As many lines opposite their like as possible, none out of order. */
function align(expected: string[], yours: string[]): Pair[] {
  const [rows, columns] = [expected.length, yours.length];
  /** The most lines alike from here on; lines that `...` takes count a little, so that it takes them. */
  const best = Array.from({ length: rows + 1 }, () => Array.from({ length: columns + 1 }, () => 0));
  const at = (i: number, j: number) => best[i]?.[j] ?? 0;
  const alike = (i: number, j: number) => {
    const line = expected[i] ?? '';
    return !isAnything(line) && isLike(line, yours[j] ?? '');
  };
  for (let i = rows; i >= 0; i--) {
    for (let j = columns; j >= 0; j--) {
      if (i === rows && j === columns) continue;
      const row = best[i];
      if (!row) continue;
      row[j] = Math.max(
        i < rows ? at(i + 1, j) : 0,
        j < columns ? at(i, j + 1) + (isAnything(expected[i] ?? '') ? TAKEN : 0) : 0,
        i < rows && j < columns && !isAnything(expected[i] ?? '')
          ? at(i + 1, j + 1) + (alike(i, j) ? 1 : OPPOSITE)
          : 0,
      );
    }
  }
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < rows || j < columns) {
    const [wanted = '', got = ''] = [expected[i], yours[j]];
    if (i < rows && isAnything(wanted)) {
      pairs.push({ is: 'anything', expected: wanted });
      while (j < columns && at(i, j) === at(i, j + 1) + TAKEN) {
        pairs.push({ is: 'taken', yours: yours[j++] ?? '' });
      }
      i++;
    } else if (i < rows && j < columns && alike(i, j) && at(i, j) === at(i + 1, j + 1) + 1) {
      pairs.push({ is: 'alike', expected: wanted, yours: got });
      i++;
      j++;
    } else if (i < rows && j < columns && at(i, j) === at(i + 1, j + 1) + OPPOSITE) {
      pairs.push({ is: 'expected only', expected: wanted }, { is: 'yours only', yours: got });
      i++;
      j++;
    } else if (i < rows && at(i, j) === at(i + 1, j)) {
      pairs.push({ is: 'expected only', expected: wanted });
      i++;
    } else {
      pairs.push({ is: 'yours only', yours: got });
      j++;
    }
  }
  return pairs;
}

/** A line in pieces: those of its words that the other line lacks differ. */
function words(line: string, other: string): ComparedLine {
  const there = new Map<string, number>();
  for (const word of other.split(/\s+/)) there.set(word, (there.get(word) ?? 0) + 1);
  const pieces: ComparedLine = [];
  const add = (text: string, differs: boolean) => {
    const last = pieces.at(-1);
    if (last?.differs === differs) last.text += text;
    else pieces.push({ text, differs });
  };
  for (const piece of line.split(/(\s+)/)) {
    if (piece === '') continue;
    const left = there.get(piece) ?? 0;
    const blank = /^\s/.test(piece);
    if (left > 0) there.set(piece, left - 1);
    const known =
      left > 0 || piece === ANYTHING || [...there.keys()].some((word) => wild(piece, word));
    add(piece, blank ? (pieces.at(-1)?.differs ?? false) : !known);
  }
  // A mark does not reach over the blank behind it.
  return pieces.flatMap(({ text, differs }) => {
    const end = text.trimEnd();
    return differs && end !== text
      ? [
          { text: end, differs },
          { text: text.slice(end.length), differs: false },
        ]
      : [{ text, differs }];
  });
}

function wild(one: string, other: string): boolean {
  return one.includes(ANYTHING)
    ? isLike(one, other)
    : other.includes(ANYTHING) && isLike(other, one);
}
