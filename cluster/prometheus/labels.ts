// A set of labels, immutable and sorted by name: what names a series. An empty value is the same as no label.
// Source: Prometheus docs, data model.

export const METRIC_NAME = '__name__';

/** Between names and values of a key: no UTF-8 text has it. */
const SEPARATOR = '\uFFFF';

export class Labels implements Iterable<readonly [name: string, value: string]> {
  static readonly none = new Labels([]);

  /** name, value, name, value … sorted by name. */
  readonly #flat: readonly string[];
  #key: string | undefined;

  private constructor(flat: readonly string[]) {
    this.#flat = flat;
  }

  /** A later value of the same name wins. */
  static of(entries: Iterable<readonly [string, string]>): Labels {
    const values = new Map<string, string>();
    for (const [name, value] of entries)
      if (value === '') values.delete(name);
      else values.set(name, value);
    const names = [...values.keys()].sort(byCodePoint);
    return new Labels(names.flatMap((name) => [name, values.get(name) ?? '']));
  }

  static from(object: Readonly<Record<string, string>>): Labels {
    return Labels.of(Object.entries(object));
  }

  /** Two sets whose names differ, as one. */
  static joined(a: Labels, b: Labels): Labels {
    const flat: string[] = [];
    const [left, right] = [a.#flat, b.#flat];
    let at = 0;
    for (let i = 0; i < left.length; i += 2) {
      const name = left[i] ?? '';
      while (at < right.length && (right[at] ?? '') < name) {
        flat.push(right[at] ?? '', right[at + 1] ?? '');
        at += 2;
      }
      flat.push(name, left[i + 1] ?? '');
    }
    while (at < right.length) {
      flat.push(right[at] ?? '', right[at + 1] ?? '');
      at += 2;
    }
    return new Labels(flat);
  }

  get size(): number {
    return this.#flat.length / 2;
  }

  /** The value of a label; empty when there is none. */
  get(name: string): string {
    const flat = this.#flat;
    for (let at = 0; at < flat.length; at += 2) if (flat[at] === name) return flat[at + 1] ?? '';
    return '';
  }

  get name(): string {
    return this.get(METRIC_NAME);
  }

  /** Equal for equal sets, and for no others. */
  get key(): string {
    return (this.#key ??= this.#flat.join(SEPARATOR));
  }

  only(names: ReadonlySet<string>): Labels {
    return this.#filtered((name) => names.has(name));
  }

  without(names: ReadonlySet<string>): Labels {
    return this.#filtered((name) => !names.has(name));
  }

  withoutName(): Labels {
    return this.get(METRIC_NAME) === '' ? this : this.#filtered((name) => name !== METRIC_NAME);
  }

  /** An empty value takes the label away. */
  with(name: string, value: string): Labels {
    if (this.get(name) === value) return this;
    return Labels.of([...this, [name, value]]);
  }

  *[Symbol.iterator](): Iterator<readonly [string, string]> {
    const flat = this.#flat;
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

  #filtered(keep: (name: string) => boolean): Labels {
    const flat: string[] = [];
    for (let at = 0; at < this.#flat.length; at += 2) {
      const name = this.#flat[at] ?? '';
      if (keep(name)) flat.push(name, this.#flat[at + 1] ?? '');
    }
    return flat.length === this.#flat.length ? this : new Labels(flat);
  }
}

/** In UTF-16 order, which for label names is Prometheus' order of bytes. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
