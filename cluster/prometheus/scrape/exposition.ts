// Prometheus' text format, read line by line. Source: Prometheus docs, exposition formats (version 0.0.4).
// What does not change from scrape to scrape is read once: a line is known by its text up to the value.

export class ExpositionError extends Error {}

export interface MetricMetadata {
  type: string;
  help: string;
}

export interface ParsedSeries {
  name: string;
  labels: readonly (readonly [name: string, value: string])[];
}

/** What a target exposes, as its lines come. */
export interface ExpositionSink<Known> {
  /** A line seen for the first time. What it returns is handed to `sample` for this line and later ones of the same text. */
  series(parsed: ParsedSeries): Known;
  sample(known: Known, value: number): void;
  metadata(name: string, metadata: MetricMetadata): void;
}

interface Line<Known> {
  name: string;
  /** `,le="5"` where the labels end so, else empty. */
  tail: string;
  known: Known;
}

/** Lines of equal labels, in the order in which they first came: a target writes them in the same order each time. */
interface Group<Known> {
  labels: string;
  lines: Line<Known>[];
  /** Where the next line is looked for first. */
  next: number;
}

/** Remembers lines of one target between its scrapes. */
export class ExpositionReader<Known> {
  /** By labels: the 22 series of a histogram repeat a kilobyte of them. */
  readonly #groups = new Map<string, Group<Known>>();
  readonly #metadata = new Map<string, MetricMetadata>();
  readonly #copied: (text: string) => string;

  /** @param copied a text of its own for a slice, which would keep all it was cut from; best the same for the same. */
  constructor(copied: (text: string) => string) {
    this.#copied = copied;
  }

  /** Throws ExpositionError. Samples before the fault have been handed on. */
  read(text: string, sink: ExpositionSink<Known>): void {
    let group: Group<Known> | undefined;
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf('\n', from);
      const end = newline === -1 ? text.length : newline;
      const first = text.charCodeAt(from);
      if (first === HASH) this.#comment(text.slice(from, end), sink);
      else if (end > from && first !== RETURN) group = this.#line(text, from, end, group, sink);
      from = end + 1;
    }
  }

  /** @param before the group of the line before: most lines are of the same. */
  #line(
    text: string,
    from: number,
    end: number,
    before: Group<Known> | undefined,
    sink: ExpositionSink<Known>,
  ): Group<Known> {
    const brace = text.indexOf('{', from);
    const hasLabels = brace !== -1 && brace < end;
    const close = hasLabels ? closingBrace(text, brace, end) : -1;
    if (hasLabels && close === -1) throw syntax(text.slice(from, end));
    const nameEnd = hasLabels ? brace : wordEnd(text, from, end);
    const split = hasLabels ? splitOf(text, brace, close) : nameEnd;
    const labels = text.slice(nameEnd, split);
    const group = before?.labels === labels ? before : this.#group(labels);
    const name = text.slice(from, nameEnd);
    const tail = hasLabels ? text.slice(split, close) : '';
    const line = lineOf(group, name, tail) ?? {
      name: this.#copied(name),
      tail: this.#copied(tail),
      known: sink.series({
        name: name.trim(),
        labels: hasLabels ? parseLabels(text.slice(brace + 1, close)) : [],
      }),
    };
    if (group.lines[group.next - 1] !== line) group.next = group.lines.push(line);
    sink.sample(line.known, valueOf(text, hasLabels ? close + 1 : nameEnd, end));
    return group;
  }

  #group(labels: string): Group<Known> {
    let group = this.#groups.get(labels);
    if (!group) {
      group = { labels: ` ${labels}`.slice(1), lines: [], next: 0 };
      this.#groups.set(group.labels, group);
    }
    return group;
  }

  #comment(line: string, sink: ExpositionSink<Known>): void {
    const match = /^#\s+(TYPE|HELP)\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line);
    if (!match) return;
    const [, what, name = '', rest = ''] = match;
    const old = this.#metadata.get(name) ?? { type: 'unknown', help: '' };
    const next = what === 'TYPE' ? { ...old, type: rest } : { ...old, help: unescaped(rest) };
    if (next.type === old.type && next.help === old.help) return;
    this.#metadata.set(this.#copied(name), next);
    sink.metadata(name, next);
  }
}

/** The line of a group, and where to look for the next one from now on. */
function lineOf<Known>(group: Group<Known>, name: string, tail: string): Line<Known> | undefined {
  const { lines } = group;
  const is = (line: Line<Known> | undefined) => line?.tail === tail && line.name === name;
  let at = group.next < lines.length ? group.next : 0;
  if (!is(lines[at])) at = lines.findIndex(is);
  if (at === -1) return undefined;
  group.next = at + 1;
  return lines[at];
}

const HASH = 0x23;
const RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where a label set ends: braces inside quoted values do not count. */
function closingBrace(text: string, brace: number, end: number): number {
  // Nearly always the last brace of the line.
  const last = text.lastIndexOf('}', end - 1);
  if (last > brace && text.charCodeAt(last - 1) === QUOTE && !text.slice(last, end).includes('"'))
    return last;
  let quoted = false;
  for (let at = brace + 1; at < end; at++) {
    const code = text.charCodeAt(at);
    if (quoted && code === BACKSLASH) at++;
    else if (code === QUOTE) quoted = !quoted;
    else if (!quoted && code === 0x7d) return at;
  }
  return -1;
}

/** Where the last label begins when it is `le` or `quantile`, else the end of the set. */
function splitOf(text: string, brace: number, close: number): number {
  const comma = text.lastIndexOf(',', close);
  if (comma > brace && (text.startsWith(',le="', comma) || text.startsWith(',quantile="', comma)))
    return comma;
  return close;
}

function wordEnd(text: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x09) return at;
  }
  return end;
}

function parseLabels(text: string): [string, string][] {
  const labels: [string, string][] = [];
  const pattern = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/gsy;
  while (pattern.lastIndex < text.length) {
    if (text.slice(pattern.lastIndex).trim() === '') break;
    const match = pattern.exec(text);
    if (!match) throw syntax(text);
    labels.push([match[1] ?? '', unescaped(match[2] ?? '')]);
  }
  return labels;
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/gs, (_, next: string) => (next === 'n' ? '\n' : next));
}

/** A timestamp after the value is ignored: times are those of the scrapes. */
function valueOf(text: string, from: number, end: number): number {
  const word = text.slice(from, end).trim();
  const space = word.search(/\s/);
  const value = space === -1 ? word : word.slice(0, space);
  switch (value) {
    case '+Inf':
    case 'Inf':
      return Infinity;
    case '-Inf':
      return -Infinity;
    case 'NaN':
      return NaN;
    default: {
      const number = value === '' ? NaN : Number(value);
      if (Number.isNaN(number))
        throw new ExpositionError(
          `strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`,
        );
      return number;
    }
  }
}

function syntax(line: string): ExpositionError {
  return new ExpositionError(
    `expected label set or value, got ${JSON.stringify(line.slice(0, 40))} while parsing: ${JSON.stringify(line.slice(0, 80))}`,
  );
}
