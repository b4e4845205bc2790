// A set of labels, immutable and sorted by name: what names a series. An empty value is the same as no label.
// Two sets joined stay two until somebody needs them as one: thousands of series share all labels but two.
// Source: Prometheus docs, data model.

export const METRIC_NAME = '__name__';
const ONLY_NAME: ReadonlySet<string> = new Set([METRIC_NAME]);

/** Labels that tell apart the series of one histogram or summary, and the metrics of one target. */
export const OWN_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, 'le', 'quantile']);

/** Between names and values of a key, and between a series' own labels and the others: no UTF-8 text has them. */
const SEPARATOR = '\uFFFF';
const PART_SEPARATOR = '\uFFFE';

/** name, value, name, value … sorted by name. */
type Flat = readonly string[];

interface Subset {
  names: ReadonlySet<string>;
  /** Whether those are kept or left out. */
  kept: boolean;
  labels: Labels;
}

const NO_SUBSETS: readonly Subset[] = [];
/** Subsets a set remembers: a graph asks for four, a second or two apart. */
const SUBSETS = 4;

export class Labels implements Iterable<readonly [name: string, value: string]> {
  static readonly none = new Labels([], undefined);

  #flat: Flat | undefined;
  readonly #parts: readonly [Labels, Labels] | undefined;
  #ownKey: string | undefined;
  #sharedKey: string | undefined;
  #nameless: Labels | undefined;
  /** Subsets asked for last, and by which names: queries ask for the same again and again. */
  #subsets: readonly Subset[] = NO_SUBSETS;

  private constructor(flat: Flat | undefined, parts: readonly [Labels, Labels] | undefined) {
    this.#flat = flat;
    this.#parts = parts;
  }

  /** A later value of the same name wins. */
  static of(entries: Iterable<readonly [string, string]>): Labels {
    const values = new Map<string, string>();
    for (const [name, value] of entries)
      if (value === '') values.delete(name);
      else values.set(name, value);
    const names = [...values.keys()].sort(byCodePoint);
    if (names.length === 0) return Labels.none;
    return new Labels(
      names.flatMap((name) => [name, values.get(name) ?? '']),
      undefined,
    );
  }

  static from(object: Readonly<Record<string, string>>): Labels {
    return Labels.of(Object.entries(object));
  }

  /** One set. @param own has only OWN_LABELS, @param shared none of them. */
  static joined(own: Labels, shared: Labels): Labels {
    if (own === Labels.none) return shared;
    return shared === Labels.none ? own : new Labels(undefined, [own, shared]);
  }

  get size(): number {
    return this.#parts ? this.#parts[0].size + this.#parts[1].size : this.#all.length / 2;
  }

  get #all(): Flat {
    return (this.#flat ??= this.#parts ? mergedFlat(this.#parts[0].#all, this.#parts[1].#all) : []);
  }

  /** The value of a label; empty when there is none. */
  get(name: string): string {
    const flat = this.#flat;
    if (!flat) return this.#parts ? this.#parts[0].get(name) || this.#parts[1].get(name) : '';
    for (let at = 0; at < flat.length; at += 2) if (flat[at] === name) return flat[at + 1] ?? '';
    return '';
  }

  get name(): string {
    return this.get(METRIC_NAME);
  }

  /** Equal for equal sets, and for no others. */
  get key(): string {
    return `${this.ownKey}${PART_SEPARATOR}${this.sharedKey}`;
  }

  /** The part of the key that tells OWN_LABELS. */
  get ownKey(): string {
    if (this.#parts) return this.#parts[0].ownKey;
    return (this.#ownKey ??= partKey(this.#all, true));
  }

  /** The rest of the key: one text for all sets that share that part. */
  get sharedKey(): string {
    if (this.#parts) return this.#parts[1].sharedKey;
    return (this.#sharedKey ??= partKey(this.#all, false));
  }

  /** Sorts sets by their labels, one after the other. */
  get order(): string {
    return this.#all.join(SEPARATOR);
  }

  /** Asked again with the same set of names, it answers the same labels. */
  only(names: ReadonlySet<string>): Labels {
    return this.#subsetOf(names, true);
  }

  /** Likewise. */
  without(names: ReadonlySet<string>): Labels {
    return this.#subsetOf(names, false);
  }

  #subsetOf(names: ReadonlySet<string>, kept: boolean): Labels {
    for (const known of this.#subsets)
      if (known.names === names && known.kept === kept) return known.labels;
    const labels = this.#parts
      ? Labels.joined(this.#parts[0].#subsetOf(names, kept), this.#parts[1].#subsetOf(names, kept))
      : kept
        ? Labels.of(Array.from(names, (name) => [name, this.get(name)] as const))
        : this.#flatWithout(names);
    this.#subsets = [{ names, kept, labels }, ...this.#subsets.slice(0, SUBSETS - 1)];
    return labels;
  }

  #flatWithout(names: ReadonlySet<string>): Labels {
    const kept: string[] = [];
    const flat = this.#all;
    for (let at = 0; at < flat.length; at += 2) {
      const name = flat[at] ?? '';
      if (!names.has(name)) kept.push(name, flat[at + 1] ?? '');
    }
    if (kept.length === flat.length) return this;
    return kept.length === 0 ? Labels.none : new Labels(kept, undefined);
  }

  withoutName(): Labels {
    return (this.#nameless ??= this.#parts
      ? Labels.joined(this.#parts[0].withoutName(), this.#parts[1].withoutName())
      : this.without(ONLY_NAME));
  }

  /** An empty value takes the label away. */
  with(name: string, value: string): Labels {
    if (this.get(name) === value) return this;
    return Labels.of([...this, [name, value]]);
  }

  *[Symbol.iterator](): Iterator<readonly [string, string]> {
    const flat = this.#all;
    for (let at = 0; at < flat.length; at += 2) yield [flat[at] ?? '', flat[at + 1] ?? ''];
  }

  toObject(): Record<string, string> {
    const object: Record<string, string> = {};
    const flat = this.#all;
    for (let at = 0; at < flat.length; at += 2) object[flat[at] ?? ''] = flat[at + 1] ?? '';
    return object;
  }

  /** `up{job="x"}`, as messages and the expression browser show it. */
  toString(): string {
    const inner = [...this.withoutName()].map(
      ([name, value]) => `${name}=${JSON.stringify(value)}`,
    );
    const { name } = this;
    return name !== '' && inner.length === 0 ? name : `${name}{${inner.join(', ')}}`;
  }
}

/** However a set was put together, its parts have the same keys. */
function partKey(flat: Flat, own: boolean): string {
  const words: string[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at] ?? '';
    if (OWN_LABELS.has(name) === own) words.push(name, flat[at + 1] ?? '');
  }
  return words.join(SEPARATOR);
}

function mergedFlat(a: Flat, b: Flat): Flat {
  const merged: string[] = [];
  let next = 0;
  for (let at = 0; at < a.length; at += 2) {
    const name = a[at] ?? '';
    while (next < b.length && (b[next] ?? '') < name) {
      merged.push(b[next] ?? '', b[next + 1] ?? '');
      next += 2;
    }
    merged.push(name, a[at + 1] ?? '');
  }
  for (; next < b.length; next++) merged.push(b[next] ?? '');
  return merged;
}

/** In UTF-16 order, which for label names is Prometheus' order of bytes. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
