// A set of labels, immutable and sorted by name: what names a series. An empty value is the same as no label.
// Two sets joined stay two until somebody needs them as one: thousands of series share all labels but two.
// Source: Prometheus docs, data model.

export const METRIC_NAME = '__name__';
const ONLY_NAME: ReadonlySet<string> = new Set([METRIC_NAME]);

/** Between names and values of a key: no UTF-8 text has it. */
const SEPARATOR = '\uFFFF';

/** name, value, name, value … sorted by name. */
type Flat = readonly string[];

export class Labels implements Iterable<readonly [name: string, value: string]> {
  static readonly none = new Labels([], undefined);

  #flat: Flat | undefined;
  readonly #parts: readonly [Labels, Labels] | undefined;
  #key: string | undefined;

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
    return new Labels(
      names.flatMap((name) => [name, values.get(name) ?? '']),
      undefined,
    );
  }

  static from(object: Readonly<Record<string, string>>): Labels {
    return Labels.of(Object.entries(object));
  }

  /** Two sets that have no name in common, as one. */
  static joined(a: Labels, b: Labels): Labels {
    if (a === Labels.none) return b;
    return b === Labels.none ? a : new Labels(undefined, [a, b]);
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
    return (this.#key ??= this.#all.join(SEPARATOR));
  }

  only(names: ReadonlySet<string>): Labels {
    return Labels.of(Array.from(names, (name) => [name, this.get(name)] as const));
  }

  without(names: ReadonlySet<string>): Labels {
    if (this.#parts)
      return Labels.joined(this.#parts[0].without(names), this.#parts[1].without(names));
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
    return this.without(ONLY_NAME);
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
    return Object.fromEntries(this);
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
