// Differences between two texts, as unified hunks with three lines around each change. Knows nothing of what the lines mean.
// Source: the unified format that `diff -u` documents.

const CONTEXT = 3;

type Line = { sign: ' ' | '-' | '+'; text: string };

/** The hunks without a header of files; empty for equal texts. Each line ends in a line break. */
export function unifiedDiff(before: readonly string[], after: readonly string[]): string {
  const lines = editScript(before, after);
  let hunks = '';
  let index = 0;
  while (index < lines.length) {
    if (lines[index]?.sign === ' ') {
      index++;
      continue;
    }
    const start = Math.max(0, index - CONTEXT);
    const end = endOfHunk(lines, index);
    hunks += hunk(lines, start, end);
    index = end;
  }
  return hunks;
}

/** Changes with fewer than twice the context between them share a hunk. */
function endOfHunk(lines: readonly Line[], from: number): number {
  let last = from;
  for (let index = from; index < lines.length && index - last <= 2 * CONTEXT; index++)
    if (lines[index]?.sign !== ' ') last = index;
  return Math.min(lines.length, last + 1 + CONTEXT);
}

function hunk(lines: readonly Line[], start: number, end: number): string {
  const count = (signs: string, part: readonly Line[]) =>
    part.filter((line) => signs.includes(line.sign)).length;
  const head = lines.slice(0, start);
  const body = lines.slice(start, end);
  const [old, fresh] = [
    range(count(' -', head), count(' -', body)),
    range(count(' +', head), count(' +', body)),
  ];
  const text = body.map((line) => `${line.sign}${line.text}\n`).join('');
  return `@@ -${old} +${fresh} @@\n${text}`;
}

/** One line alone is named by its number; no lines, by the number before them. */
function range(before: number, count: number): string {
  if (count === 1) return `${before + 1}`;
  return count === 0 ? `${before},0` : `${before + 1},${count}`;
}

function editScript(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++;
  const kept = (text: string): Line => ({ sign: ' ', text });
  return [
    ...before.slice(0, head).map(kept),
    ...changes(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(kept),
  ];
}

/** By the longest common subsequence; removals come before additions. */
function changes(before: readonly string[], after: readonly string[]): Line[] {
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      longest[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const fresh = after[j];
    if (old !== undefined && old === fresh) {
      lines.push({ sign: ' ', text: old });
      i++;
      j++;
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: old });
      i++;
    } else {
      lines.push({ sign: '+', text: fresh ?? '' });
      j++;
    }
  }
  return lines;
}
