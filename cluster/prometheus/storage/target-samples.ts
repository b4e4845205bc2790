// All samples of one target: full blocks, and the one being written. A row is one scrape; what a row lacks has ended.

import { type Block, type Growth, OpenBlock, type Visit } from './block.ts';
import type { Labels } from '../labels.ts';
import type { Series } from './series.ts';

export interface SamplesWindow {
  times: number[];
  /**
   * A value for each of the times; undefined when the series was not in each of those scrapes.
   * @param into a list to write them to. Default: a new one.
   */
  values(column: number, into?: number[]): number[] | undefined;
  /** How it went on over all of them. False when one of its values is no finite number: then `into` means nothing. */
  grow(column: number, into: Growth): boolean;
}

export class TargetSamples {
  readonly series: Series[] = [];
  /** Sets of labels of its series by what they are, so that equal ones are one. */
  readonly sets = new Map<string, Labels>();
  #live = true;
  #packed: Block[] = [];
  #open = new OpenBlock();

  /** @param values pairs of column and value: columns that are not there have no sample. */
  append(time: number, values: Iterable<readonly [column: number, value: number]>): void {
    if (time <= this.newest) return;
    if (this.#open.full) {
      this.#packed.push(this.#open.packed());
      this.#open = new OpenBlock(this.#open.last);
    }
    this.#open.beginRow(time);
    for (const [column, value] of values) this.#open.set(column, value);
  }

  /** False once nothing scrapes it any more: it goes when its samples are too old, or when room is needed. */
  get live(): boolean {
    return this.#live;
  }

  /** Ends all of its series: nothing will be added. */
  end(time: number): void {
    if (!this.#live) return;
    this.append(Math.max(time, this.newest + 1), []);
    this.#live = false;
    this.#packed.push(this.#open.packed());
    this.#open = new OpenBlock();
    this.sets.clear();
  }

  get newest(): number {
    return this.#open.rows > 0
      ? (this.#open.times[this.#open.rows - 1] ?? 0)
      : (this.#packed.at(-1)?.times.at(-1) ?? -Infinity);
  }

  get oldest(): number {
    const first = this.#packed.find(({ rows }) => rows > 0) ?? this.#open;
    return first.rows > 0 ? (first.times[0] ?? Infinity) : Infinity;
  }

  get bytes(): number {
    return this.#packed.reduce((sum, block) => sum + block.bytes, this.#open.bytes);
  }

  /** Samples with `from` < time ≤ `to`, oldest first. */
  visit(column: number, from: number, to: number, visit: Visit): void {
    const within: Visit = (time, value) => {
      if (time > from && time <= to) visit(time, value);
    };
    for (const block of this.#packed) if (meets(block, from, to)) block.visit(column, within);
    if (meets(this.#open, from, to)) this.#open.visit(column, within);
  }

  /** Its scrapes with `from` < time ≤ `to`, of which any series may be read at once. */
  window(from: number, to: number): SamplesWindow {
    const parts: WindowPart[] = [...this.#packed, this.#open]
      .filter((block) => meets(block, from, to))
      .map((block) => ({
        block,
        from: block.times.subarray(0, block.rows).findIndex((time) => time > from),
        to: block.times.subarray(0, block.rows).findLastIndex((time) => time <= to) + 1,
      }));
    const times = parts.flatMap(({ block, from: first, to: end }) => [
      ...block.times.subarray(first, end),
    ]);
    // Most buckets of a histogram went alike in the part that is packed: the first of them tells for all.
    const begun: (Growth | undefined)[] = [];
    const begin = (part: WindowPart, column: number, into: Growth) => {
      const alike = part.block.alike(column);
      const known = alike === undefined ? undefined : begun[alike];
      if (known) {
        Object.assign(into, known);
        return true;
      }
      const isFinite = growPart(part, column, into);
      if (isFinite && alike !== undefined) begun[alike] = { ...into };
      return isFinite;
    };
    return {
      times,
      values: (column, values = times.slice()) => {
        values.length = times.length;
        let at = 0;
        for (const { block, from: first, to: end } of parts) {
          if (!block.fill(column, first, end, values, at)) return undefined;
          at += end - first;
        }
        return values;
      },
      grow: (column, into) => {
        for (const [at, part] of parts.entries())
          if (!(at === 0 ? begin(part, column, into) : growPart(part, column, into))) return false;
        return true;
      },
    };
  }

  /** Forgets full blocks that ended before `time`. */
  forgetBefore(time: number): void {
    while (this.#packed[0] && (this.#packed[0].times.at(-1) ?? 0) < time) this.#packed.shift();
  }

  /** Forgets its oldest full block. False when there is none. */
  forgetOldest(): boolean {
    return this.#packed.shift() !== undefined;
  }

  /** When the oldest block that could be forgotten began. */
  get oldestFull(): number {
    return this.#packed[0]?.times[0] ?? Infinity;
  }
}

/** Rows of one block that lie in a window, the last one excluded. */
interface WindowPart {
  block: Block;
  from: number;
  to: number;
}

function growPart({ block, from, to }: WindowPart, column: number, into: Growth): boolean {
  return block.grow(column, from, to, into);
}

function meets(block: Block, from: number, to: number): boolean {
  if (block.rows === 0) return false;
  return (block.times[0] ?? 0) <= to && (block.times[block.rows - 1] ?? 0) > from;
}
