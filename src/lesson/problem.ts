// What is wrong with a lesson, for its author: where, what, and what to write instead. Knows nothing of lessons.

export interface Problem {
  file: string;
  line: number;
  column: number;
  message: string;
}

/** A place in a file, one-based like every editor's. */
export interface Place {
  line: number;
  column: number;
}

/** Collects the problems of one file: readers go on after a mistake, so that an author sees all of them at once. */
export class Problems {
  readonly found: Problem[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(place: Place, message: string): void {
    this.found.push({ file: this.#file, line: place.line, column: place.column, message });
  }
}

/** One problem a line, as compilers print them, in the order of the files. */
export function printed(problems: readonly Problem[]): string {
  return [...problems]
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
    .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
    .join('\n');
}

/** Lessons that cannot be built. Its message is the whole list. */
export class LessonError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`${count} in the lessons:\n${printed(problems)}`);
    this.name = 'LessonError';
    this.problems = problems;
  }
}

/** `a, b or c`. */
export function either(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** `a, b and c`. */
export function all(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** ` Did you mean x?` when one of the words is a slip of the pen away, else nothing. */
export function guess(wrong: string, words: readonly string[]): string {
  const nearest = words
    .map((word) => ({ word, distance: distanceOf(wrong, word) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance <= Math.ceil(wrong.length / 3)
    ? ` Did you mean \`${nearest.word}\`?`
    : '';
}

/** Levenshtein's distance, one row at a time. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
