// Samples of the series of one target over some scrapes: a row for each scrape, a column for each series.
// Scraped numbers are mostly counters that grow a little, so a cell is the difference to the one before, in two bytes.
// A block that is full is packed: columns that grew alike (buckets of one histogram often do) are kept once.

/** Rows of a block. Long enough to be worth packing, short enough that old ones can go a minute at a time. */
export const BLOCK_ROWS = 64;

/** Columns that a block has room for beyond those it needs. */
const MARGIN = 16;

/** Cells: a difference up to this; */
const MAX_DELTA = 0xfffd;
/** … a value of its own, in the order of rows in `own`; */
const OWN = 0xfffe;
/** … or no sample: the series was not in that scrape, which ends it at once (staleness). */
const ABSENT = 0xffff;

/** Columns of a block at most: a target with more series than this loses the rest. */
export const MAX_COLUMNS = 0x10000;

/**
 * What a column of a block holds, sample by sample, oldest first. Without a value: the series had ended by then; said once,
 * not for each row without it.
 */
export type Visit = (time: number, value: number | undefined) => void;

/** How a column went on, without each of its values: all that a rate needs. Only `count` says something while it is 0. */
export interface Growth {
  count: number;
  /** Cluster milliseconds since the epoch. */
  firstTime: number;
  lastTime: number;
  first: number;
  last: number;
  /** What was counted before each fall. */
  lost: number;
}

export interface Block {
  readonly rows: number;
  /** Cluster milliseconds since the epoch, one a row. */
  readonly times: Float64Array;
  visit(column: number, visit: Visit): void;
  /**
   * Writes the values of these rows, the last one excluded, into a list from an index on. False when one has no sample: then
   * what it wrote means nothing.
   */
  fill(column: number, from: number, to: number, values: number[], at: number): boolean;
  /**
   * Follows a column over these rows, the last one excluded. False when one of its samples is no finite number: then what it
   * added means nothing.
   */
  grow(column: number, from: number, to: number, growth: Growth): boolean;
  /** A number that columns with the same samples share; undefined where that is not known. */
  alike(column: number): number | undefined;
  /** About. */
  readonly bytes: number;
}

/** The block that is being written. */
export class OpenBlock implements Block {
  readonly times = new Float64Array(BLOCK_ROWS);
  rows = 0;
  #capacity: number;
  #columns = 0;
  #cells: Uint16Array;
  /** The value of each column after the newest row in which it was present; before the first row: where differences start. */
  #last: Float64Array;
  #start: Float64Array;
  /** How many rows each column has a sample in, and whether one of them stands for itself. */
  #samples: Uint8Array;
  readonly #odd = new Set<number>();
  readonly #own = new Map<number, number>();

  /** @param last where the block before ended; columns beyond it start at 0. */
  constructor(last: Float64Array = new Float64Array(0)) {
    this.#columns = last.length;
    this.#capacity = last.length === 0 ? 0 : last.length + MARGIN;
    this.#cells = new Uint16Array(this.#capacity * BLOCK_ROWS).fill(ABSENT);
    this.#last = grown(last, this.#capacity);
    this.#start = this.#last.slice();
    this.#samples = new Uint8Array(this.#capacity);
  }

  get full(): boolean {
    return this.rows === BLOCK_ROWS;
  }

  get last(): Float64Array {
    return this.#last.slice(0, this.#columns);
  }

  get bytes(): number {
    const { byteLength } = this.#samples;
    return this.#cells.byteLength + this.#last.byteLength * 2 + byteLength + this.#own.size * 72;
  }

  beginRow(time: number): void {
    this.times[this.rows++] = time;
  }

  /** In the row begun last. */
  set(column: number, value: number): void {
    if (column >= this.#capacity) this.#grow(column);
    if (column >= this.#columns) this.#columns = column + 1;
    const at = (this.rows - 1) * this.#capacity + column;
    const delta = value - (this.#last[column] ?? 0);
    if (Number.isInteger(delta) && delta >= 0 && delta <= MAX_DELTA && isExact(value)) {
      this.#cells[at] = delta;
    } else {
      this.#cells[at] = OWN;
      this.#odd.add(column);
      this.#own.set((this.rows - 1) * MAX_COLUMNS + column, value);
    }
    this.#last[column] = Number.isFinite(value) ? value : 0;
    this.#samples[column] = (this.#samples[column] ?? 0) + 1;
  }

  visit(column: number, visit: Visit): void {
    if (column >= this.#columns) return;
    visitCells(
      this,
      this.#start[column] ?? 0,
      (row) => this.#cells[row * this.#capacity + column] ?? ABSENT,
      (row) => this.#own.get(row * MAX_COLUMNS + column) ?? NaN,
      visit,
    );
  }

  fill(column: number, from: number, to: number, values: number[], at: number): boolean {
    if (column >= this.#columns) return false;
    const cells = { cells: this.#cells, first: column, stride: this.#capacity };
    const own = (row: number) => this.#own.get(row * MAX_COLUMNS + column) ?? NaN;
    return fillCells(cells, this.#start[column] ?? 0, own, { from, to }, values, at);
  }

  grow(column: number, from: number, to: number, growth: Growth): boolean {
    if (column >= this.#columns) return true;
    const start = this.#start[column] ?? 0;
    // Most columns have only grown since the block began, and most questions are about all of it.
    const isWhole = from === 0 && to === this.rows && this.#samples[column] === this.rows;
    if (isWhole && !this.#odd.has(column)) {
      follow(growth, this.times[0] ?? 0, start + (this.#cells[column] ?? 0));
      growth.count += to - 1;
      growth.lastTime = this.times[to - 1] ?? 0;
      growth.last = this.#last[column] ?? 0;
      return true;
    }
    const cells = { cells: this.#cells, first: column, stride: this.#capacity };
    const own = (row: number) => this.#own.get(row * MAX_COLUMNS + column) ?? NaN;
    return growCells(this, cells, start, own, { from, to }, growth);
  }

  alike(): undefined {
    return undefined;
  }

  /** Packs it. */
  packed(): Block {
    const { rows } = this;
    const shapes = new Map<string, number>();
    const cells: Uint16Array[] = [];
    const kinds = new Map<string, number>();
    const starts: number[] = [];
    const shapeOf: number[] = [];
    const kindOf = new Uint16Array(this.#columns);
    const own = new Map<number, Float64Array>();
    for (let column = 0; column < this.#columns; column++) {
      const { shape, values } = this.#columnCells(column);
      if (values.length > 0) own.set(column, Float64Array.from(values));
      const key = String.fromCharCode(...shape);
      let shapeIndex = shapes.get(key);
      if (shapeIndex === undefined) {
        shapes.set(key, (shapeIndex = cells.length));
        cells.push(shape);
      }
      const start = this.#start[column] ?? 0;
      const kindKey = `${start} ${shapeIndex}`;
      let kind = kinds.get(kindKey);
      if (kind === undefined) {
        kinds.set(kindKey, (kind = starts.length));
        starts.push(start);
        shapeOf.push(shapeIndex);
      }
      kindOf[column] = kind;
    }
    const packed = new Uint16Array(cells.length * rows);
    for (const [index, shape] of cells.entries()) packed.set(shape, index * rows);
    return new PackedBlock({
      times: this.times.slice(0, rows),
      kindOf,
      starts: Float64Array.from(starts),
      shapeOf: Uint16Array.from(shapeOf),
      cells: packed,
      own,
    });
  }

  #columnCells(column: number): { shape: Uint16Array; values: number[] } {
    const shape = new Uint16Array(this.rows);
    const values: number[] = [];
    for (let row = 0; row < this.rows; row++) {
      const cell = this.#cells[row * this.#capacity + column] ?? ABSENT;
      shape[row] = cell;
      if (cell === OWN) values.push(this.#own.get(row * MAX_COLUMNS + column) ?? NaN);
    }
    return { shape, values };
  }

  #grow(column: number): void {
    const capacity = Math.max(column + MARGIN, Math.ceil(this.#capacity * 1.5));
    const cells = new Uint16Array(capacity * BLOCK_ROWS).fill(ABSENT);
    for (let row = 0; row < this.rows; row++)
      cells.set(
        this.#cells.subarray(row * this.#capacity, (row + 1) * this.#capacity),
        row * capacity,
      );
    this.#cells = cells;
    this.#last = grown(this.#last, capacity);
    this.#start = grown(this.#start, capacity);
    const samples = new Uint8Array(capacity);
    samples.set(this.#samples);
    this.#samples = samples;
    this.#capacity = capacity;
  }
}

interface Packed {
  times: Float64Array;
  /** What each column is: where it starts, and how it goes on. Many columns of one target are alike in both. */
  kindOf: Uint16Array;
  starts: Float64Array;
  shapeOf: Uint16Array;
  /** The distinct shapes, one after the other: a cell a row. */
  cells: Uint16Array;
  own: ReadonlyMap<number, Float64Array>;
}

class PackedBlock implements Block {
  readonly times: Float64Array;
  readonly #packed: Packed;

  constructor(packed: Packed) {
    this.times = packed.times;
    this.#packed = packed;
  }

  get rows(): number {
    return this.times.length;
  }

  get bytes(): number {
    const { times, kindOf, starts, shapeOf, cells, own } = this.#packed;
    let bytes = ARRAYS_BYTES;
    for (const array of [times, kindOf, starts, shapeOf, cells]) bytes += array.byteLength;
    for (const values of own.values()) bytes += values.byteLength + ARRAYS_BYTES / 5;
    return bytes;
  }

  visit(column: number, visit: Visit): void {
    const { kindOf, starts, shapeOf, cells, own } = this.#packed;
    const kind = kindOf[column];
    if (kind === undefined) return;
    const from = (shapeOf[kind] ?? 0) * this.rows;
    const values = own.get(column);
    let next = 0;
    visitCells(
      this,
      starts[kind] ?? 0,
      (row) => cells[from + row] ?? ABSENT,
      () => values?.[next++] ?? NaN,
      visit,
    );
  }

  fill(column: number, from: number, to: number, values: number[], at: number): boolean {
    const of = this.#column(column);
    return of !== undefined && fillCells(of.cells, of.start, of.own, { from, to }, values, at);
  }

  grow(column: number, from: number, to: number, growth: Growth): boolean {
    const of = this.#column(column);
    return of === undefined || growCells(this, of.cells, of.start, of.own, { from, to }, growth);
  }

  alike(column: number): number | undefined {
    const { kindOf, own } = this.#packed;
    return own.has(column) ? undefined : kindOf[column];
  }

  /** Undefined for one that was not there yet. */
  #column(column: number): { cells: Cells; start: number; own: () => number } | undefined {
    const { kindOf, starts, shapeOf, cells, own } = this.#packed;
    const kind = kindOf[column];
    if (kind === undefined) return undefined;
    const kept = own.get(column);
    let next = 0;
    return {
      cells: { cells, first: (shapeOf[kind] ?? 0) * this.rows, stride: 1 },
      start: starts[kind] ?? 0,
      own: () => kept?.[next++] ?? NaN,
    };
  }
}

/** What five typed arrays weigh besides their contents, about. */
const ARRAYS_BYTES = 1_000;

function visitCells(
  { rows, times }: Block,
  start: number,
  cellAt: (row: number) => number,
  ownAt: (row: number) => number,
  visit: Visit,
): void {
  let value = start;
  let there = true;
  for (let row = 0; row < rows; row++) {
    const cell = cellAt(row);
    if (cell === ABSENT) {
      if (there) visit(times[row] ?? 0, undefined);
      there = false;
      continue;
    }
    there = true;
    const sample = cell === OWN ? ownAt(row) : value + cell;
    visit(times[row] ?? 0, sample);
    value = Number.isFinite(sample) ? sample : 0;
  }
}

interface Cells {
  cells: Uint16Array;
  /** Where the column's first row lies, and how far apart its rows are. */
  first: number;
  stride: number;
}

/** `visitCells` for a column without gaps, which most are: without a call for each sample. */
function fillCells(
  { cells, first, stride }: Cells,
  start: number,
  ownAt: (row: number) => number,
  { from, to }: { from: number; to: number },
  values: number[],
  at: number,
): boolean {
  let value = start;
  for (let row = 0; row < to; row++) {
    const cell = cells[first + row * stride] ?? ABSENT;
    if (cell === ABSENT) {
      if (row >= from) return false;
      continue;
    }
    const sample = cell === OWN ? ownAt(row) : value + cell;
    if (row >= from) values[at + row - from] = sample;
    value = Number.isFinite(sample) ? sample : 0;
  }
  return true;
}

/** `visitCells` that keeps what it met in sum. */
function growCells(
  { times }: Block,
  { cells, first, stride }: Cells,
  start: number,
  ownAt: (row: number) => number,
  { from, to }: { from: number; to: number },
  growth: Growth,
): boolean {
  let value = start;
  let lastRow = -1;
  let began = false;
  for (let row = 0; row < to; row++) {
    const cell = cells[first + row * stride] ?? ABSENT;
    if (cell === ABSENT) continue;
    const sample = cell === OWN ? ownAt(row) : value + cell;
    if (row >= from) {
      // Behind one that is no number the differences say nothing.
      if (!Number.isFinite(sample)) return false;
      // A cell that is a difference never falls.
      if (cell === OWN || !began) follow(growth, times[row] ?? 0, sample);
      else {
        growth.count++;
        growth.last = sample;
      }
      began = true;
      lastRow = row;
    }
    value = Number.isFinite(sample) ? sample : 0;
  }
  if (lastRow >= 0) growth.lastTime = times[lastRow] ?? 0;
  return true;
}

/** One sample more. */
function follow(growth: Growth, time: number, value: number): void {
  if (growth.count === 0) {
    growth.firstTime = time;
    growth.first = value;
  } else if (value < growth.last) growth.lost += growth.last;
  growth.count++;
  growth.lastTime = time;
  growth.last = value;
}

function grown(values: Float64Array, length: number): Float64Array {
  const larger = new Float64Array(length);
  larger.set(values.subarray(0, length));
  return larger;
}

/** Sums of differences stay exact for whole numbers up to here; beyond, and for fractions, a value stands for itself. */
function isExact(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
