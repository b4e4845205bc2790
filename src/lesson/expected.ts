// What a block printed when it was last run, as a page shows it: `...` stands for whatever differs from run to run. Knows which
// words of a terminal never come twice, learns the others by comparing two runs, and says whether a new run fits. Pure.

/** A whole line of it stands for any number of lines, none included; inside a line it stands for any text. */
export const ANYTHING = '...';

/** A reader looks for a line or two: what is longer loses its middle. */
const LONGEST_LINES = 40;
const KEPT_AT_THE_END = 12;

/** The alphabet of Kubernetes' generated names: no vowels, so that no words come about. */
const GENERATED = '[bcdfghjklmnpqrstvwxz2456789]';

/** What no two runs have in common, and what stands for it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  // Generated ends of names: `backend-7c9d8f6b5-x2x9k`, `accounts-44rv5`.
  [new RegExp(`-${GENERATED}{8,10}(?:-${GENERATED}{5})?\\b`, 'g'), `-${ANYTHING}`],
  // The one word that is made of that alphabet alone is none of them.
  [new RegExp(`-(?!https\\b)${GENERATED}{5}\\b`, 'g'), `-${ANYTHING}`],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, ANYTHING],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, ANYTHING],
  [/\b\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\b/g, ANYTHING],
  [
    /\b(?:[A-Z][a-z]{2}, )?\d\d[ /][A-Z][a-z]{2}[ /]\d{4}[ :]\d\d:\d\d:\d\d(?: GMT| \+0000)?/g,
    ANYTHING,
  ],
  [/\b\d{4}-\d\d-\d\d\b/g, ANYTHING],
  [/\b[0-9a-f]{32}\b/g, ANYTHING],
  [/(?<=^\[\d+\] )\d+$/gm, ANYTHING],
  // What was measured, or lasted: shares, times, moments.
  [/\b\d+ \(\d+(?:\.\d+)? %\)/g, ANYTHING],
  [/(?<![\d.])\d+\.\d{3,}(?![\d.])/g, ANYTHING],
  [/(?<=(?:content-length|x-envoy-upstream-service-time): )\d+/g, ANYTHING],
  [/\b\d\d:\d\d:\d\d\b/g, ANYTHING],
  // Addresses of pods, nodes and Services.
  [/\b(?:10|172|192)(?:\.\d{1,3}){3}\b/g, ANYTHING],
  // Ages and durations that stand alone: `9s`, `4m12s`, `(31s ago)`.
  [/(?<=[\s(])(?:\d+[dhms]){1,2}(?=[\s)]|$)/gm, ANYTHING],
  [/\b\d+(?:\.\d+)?(?:ms|µs)\b/g, ANYTHING],
  [/\b\d+\.\d+ ?s(?:econds)?\b/g, ANYTHING],
];

/** A pod on its way: the next look finds it elsewhere. */
const UNDER_WAY =
  /\b\d\/\d +(?:Pending|ContainerCreating|PodInitializing|Init:\d\/\d|Terminating|Completed|Error|Running)(?= +\d)/g;
const IS_UNDER_WAY =
  /\b(?:Pending|ContainerCreating|PodInitializing|Init:\d\/\d|Terminating)\b|\b0\/\d +Running|\b1\/2 +Running/;

/** Lines whose number depends on how busy the machine is. */
const PROGRESS =
  /\[notice\]|^(?:Waiting for |Defaulted container |If you don't see a command prompt)/;

/** A run's output with what never comes twice masked. Columns keep their width. */
export function masked(output: string): string {
  const lines = VARYING.reduce((text, [form, stand]) => {
    const withColumn = new RegExp(`${form.source}(?: {2,})?`, form.flags);
    return text.replace(withColumn, (match) =>
      match.endsWith('  ') ? stand.padEnd(match.length) : stand,
    );
  }, output.trimEnd())
    .split('\n')
    .map((line) => (/ Terminating /.test(line) ? ANYTHING : line))
    .map((line) => (IS_UNDER_WAY.test(line) ? line.replace(UNDER_WAY, columns) : line))
    .map((line) => (PROGRESS.test(line) ? ANYTHING : line.trimEnd()));
  return shortened(folded(lines)).join('\n');
}

const columns = (match: string) => match.replace(/\S+/g, (word) => ANYTHING.padEnd(word.length));

/** Whether a new run, masked, says what is expected. */
export function fits(expected: string, run: string): boolean {
  const [want, have] = [unrepeated(expected), run.split('\n')];
  // Row by row: whether the first lines of `want` can stand for the first lines of `have`.
  let row = Array.from({ length: have.length + 1 }, (_, at) => at === 0);
  for (const line of want) {
    const next = row.map(() => false);
    const any = line.trim() === ANYTHING;
    for (let at = 0; at <= have.length; at++) {
      if (any) next[at] = row[at] === true || (at > 0 && next[at - 1] === true);
      else if (at > 0)
        next[at] =
          (row[at - 1] === true || next[at - 1] === true) && lineFits(line, have[at - 1] ?? '');
      // A run may have masked lines where this one expects none of them.
      if (!next[at] && at > 0 && have[at - 1]?.trim() === ANYTHING)
        next[at] = next[at - 1] === true;
    }
    row = next;
  }
  return row.at(-1) === true;
}

/** A log has a line more or less each time: what is said twice in a row counts once. */
function unrepeated(text: string): string[] {
  const bare = (line = '') => line.trim().replace(/\s+/g, ' ');
  return text.split('\n').filter((line, at, all) => at === 0 || bare(line) !== bare(all[at - 1]));
}

/** What two runs have in common, with `...` for the rest. */
export function merged(expected: string, run: string): string {
  const [want, have] = [expected.split('\n'), run.split('\n')];
  const common = commonLines(want, have);
  const lines: string[] = [];
  let [from, to] = [0, 0];
  for (const [left, right] of [...common, [want.length, have.length] as const]) {
    lines.push(...mergedStretch(want.slice(from, left), have.slice(to, right)));
    const line = want[left];
    if (line !== undefined && left < want.length) lines.push(line);
    [from, to] = [left + 1, right + 1];
  }
  return folded(lines).join('\n');
}

/** Lines between two that agree: word by word when there are as many of them, else as one `...`. */
function mergedStretch(want: readonly string[], have: readonly string[]): string[] {
  if (want.length === 0 && have.length === 0) return [];
  if (want.length !== have.length) return [ANYTHING];
  return want.map((line, at) => mergedLine(line, have[at] ?? ''));
}

function mergedLine(want: string, have: string): string {
  const words = want.split(/(\s+)/);
  const others = have.split(/\s+/);
  if (Math.ceil(words.length / 2) !== others.length) return ANYTHING;
  const line = words.map((word, at) => {
    if (at % 2 === 1 || word === others[at / 2]) return word;
    return sharedEnds(word, others[at / 2] ?? '').padEnd(at === words.length - 1 ? 0 : word.length);
  });
  return line.join('').trimEnd();
}

/** `code:200:1.5` and `code:200:2` share `code:200:...`. */
function sharedEnds(word: string, other: string): string {
  const begin = /^(?:[^:=]*[:=])*/.exec(word)?.[0] ?? '';
  return begin && other.startsWith(begin) ? begin + ANYTHING : ANYTHING;
}

/** Longest common subsequence of lines, as pairs of places. */
function commonLines(
  want: readonly string[],
  have: readonly string[],
): (readonly [number, number])[] {
  const same = (left: number, right: number) => {
    const line = want[left] ?? '';
    return line.trim() !== ANYTHING && lineFits(line, have[right] ?? '');
  };
  const width = have.length + 1;
  const length = Array.from({ length: (want.length + 1) * width }, () => 0);
  const at = (left: number, right: number) => length[left * width + right] ?? 0;
  for (let left = want.length - 1; left >= 0; left--) {
    for (let right = have.length - 1; right >= 0; right--) {
      length[left * width + right] = same(left, right)
        ? at(left + 1, right + 1) + 1
        : Math.max(at(left + 1, right), at(left, right + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  let [left, right] = [0, 0];
  while (left < want.length && right < have.length) {
    if (same(left, right) && at(left, right) === at(left + 1, right + 1) + 1) {
      pairs.push([left++, right++]);
    } else if (at(left + 1, right) >= at(left, right + 1)) left++;
    else right++;
  }
  return pairs;
}

/** Either may have masked what the other has not. */
function lineFits(want: string, have: string): boolean {
  return stands(want, have) || (have.includes(ANYTHING) && stands(have, want));
}

/** Blanks are as wide as a column happened to be. */
function stands(want: string, have: string): boolean {
  const form = want
    .trim()
    .split(ANYTHING)
    .map((part) => part.trim().split(/\s+/).map(literal).join('\\s+'))
    .join('\\s*.*\\s*');
  return new RegExp(`^${form}$`).test(have.trim());
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Neighbouring lines of `...` are one. */
function folded(lines: readonly string[]): string[] {
  return lines.filter((line, at) => line !== ANYTHING || lines[at - 1] !== ANYTHING);
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= LONGEST_LINES) return lines;
  const head = lines.slice(0, LONGEST_LINES - KEPT_AT_THE_END - 1);
  return folded([...head, ANYTHING, ...lines.slice(-KEPT_AT_THE_END)]);
}
