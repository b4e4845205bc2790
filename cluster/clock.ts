// The cluster's own time. It can run fast, freeze and be stepped by hand; every wait inside a cluster goes through it.
// Knows nothing of Kubernetes.

import type { Cancel, Platform } from './platform.ts';

interface Task {
  /** Cluster time, in milliseconds since the epoch. */
  due: number;
  /** Ties run in the order in which they were asked for. */
  order: number;
  run: () => void;
  cancelled: boolean;
  isUpkeep: boolean;
}

export interface TaskOptions {
  /** It only keeps up what somebody would find when he looks, as a heartbeat does: see `attended`. Default false. */
  upkeep?: boolean;
}

export interface ClockOptions {
  /** Cluster milliseconds per real millisecond. Default 1. */
  speed?: number;
  /** Where time starts, in milliseconds since the epoch. Default: the platform's now. */
  start?: number;
  /** Time moves only by `step()`: for unit tests. Default false. */
  manual?: boolean;
}

/** Tasks run in one turn before the event loop gets a turn of its own: a controller that never settles must not starve the rest. */
const MAX_TASKS_PER_TURN = 256;

/**
 * Cluster milliseconds that a clock faster than life may be ahead of a task that is due. On a busy machine such a clock would
 * otherwise outrun its own cluster: a probe would be late by seconds because a thread was late by a few milliseconds.
 */
const LEAD_MS = 50;

/** Cancelled tasks before it is worth looking for them. */
const MIN_CANCELLED = 1_024;

export class Clock {
  readonly #platform: Pick<Platform, 'now' | 'after'>;
  readonly #manual: boolean;
  #tasks: Task[] = [];
  /** Cancelled tasks that may still be in the heap; at most as many as were ever cancelled since the last clearing. */
  #cancelledCount = 0;
  #order = 0;
  #speed: number;
  #frozen = false;
  #attended = true;
  /** Cluster time and real time at the last change of speed. */
  #anchorCluster: number;
  #anchorReal: number;
  #cancelTimer: Cancel | undefined;
  #timerDue = Infinity;

  constructor(platform: Pick<Platform, 'now' | 'after'>, options: ClockOptions = {}) {
    this.#platform = platform;
    this.#manual = options.manual ?? false;
    this.#speed = options.speed ?? 1;
    if (!(this.#speed > 0))
      throw new RangeError(`clock speed ${this.#speed}: use a number above 0`);
    this.#anchorReal = platform.now();
    this.#anchorCluster = options.start ?? this.#anchorReal;
  }

  /** Cluster time, in milliseconds since the epoch. Goes on while frozen, so that ages stay true. */
  now(): number {
    if (this.#manual) return this.#anchorCluster;
    const now = this.#anchorCluster + (this.#platform.now() - this.#anchorReal) * this.#speed;
    return this.#speed > 1 && !this.#frozen ? this.#held(now) : now;
  }

  /** A clock faster than life waits for what is due and has not run; what it waits is lost, and not caught up. */
  #held(now: number): number {
    if (now <= (this.#tasks[0]?.due ?? Infinity) + LEAD_MS) return now;
    const due = this.#nextToWakeFor()?.due ?? Infinity;
    const limit = Math.max(this.#anchorCluster, due + LEAD_MS);
    if (now <= limit) return now;
    this.#anchorCluster = limit;
    this.#anchorReal = this.#platform.now();
    return limit;
  }

  get speed(): number {
    return this.#speed;
  }

  set speed(value: number) {
    if (!(value > 0)) throw new RangeError(`clock speed ${value}: use a number above 0`);
    this.#anchor();
    this.#speed = value;
    this.#arm();
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Stops all waits; nothing runs and nothing costs until `thaw()`. Time itself goes on. */
  freeze(): void {
    this.#frozen = true;
    this.#disarm();
  }

  /** Goes on. What fell due meanwhile runs now, each once, in its order. */
  thaw(): void {
    this.#anchor(); // time went on, and does not go back to what waited
    this.#frozen = false;
    this.#arm();
  }

  /**
   * Whether somebody looks. While nobody does, upkeep alone wakes nothing: it waits for a task that does, or for somebody, and
   * then runs, each once, before anything that is asked for later. Default true.
   */
  get attended(): boolean {
    return this.#attended;
  }

  set attended(value: boolean) {
    if (value === this.#attended) return;
    this.#anchor(); // time went on, and does not go back to what waited
    this.#attended = value;
    this.#disarm();
    if (value && !this.#manual) this.#turn();
    else this.#arm();
  }

  /** Runs `run` once, after `ms` of cluster time, in a turn of its own (never inside this call). */
  after(ms: number, run: () => void, { upkeep = false }: TaskOptions = {}): Cancel {
    const task: Task = {
      due: this.now() + Math.max(0, ms),
      order: this.#order++,
      run,
      cancelled: false,
      isUpkeep: upkeep,
    };
    this.#push(task);
    if (this.#tasks[0] === task || (!this.#attended && !upkeep)) this.#arm();
    return () => {
      if (task.cancelled) return;
      task.cancelled = true;
      // What it would have done may hold a connection and its buffers: let go now, not when it would have been due.
      task.run = () => {};
      this.#cancelledCount++;
      this.#compact();
    };
  }

  /** Resolves after `ms` of cluster time; rejects with the signal's reason if that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        cancel();
        reject(signal?.reason as Error);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Cluster milliseconds until the next task, or Infinity: how long an idle cluster may be left alone. */
  untilNext(): number {
    this.#dropCancelled();
    const next = this.#tasks[0];
    return next ? Math.max(0, next.due - this.now()) : Infinity;
  }

  /**
   * Manual clocks only: moves time forward by `ms`, running what falls due on the way, each task at its own due time.
   * Promises get their turns between tasks, so an observer never sees a task half done.
   */
  async step(ms: number): Promise<void> {
    if (!this.#manual) throw new Error('step() needs a manual clock; this one follows real time');
    const end = this.#anchorCluster + ms;
    await settle();
    for (;;) {
      this.#dropCancelled();
      const next = this.#tasks[0];
      if (!next || next.due > end) break;
      this.#pop();
      this.#anchorCluster = Math.max(this.#anchorCluster, next.due);
      next.run();
      await settle();
    }
    this.#anchorCluster = end;
  }

  #anchor(): void {
    this.#anchorCluster = this.now();
    this.#anchorReal = this.#platform.now();
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerDue = Infinity;
  }

  /** Keeps one real timer, set for the earliest task. */
  #arm(): void {
    if (this.#manual || this.#frozen) return;
    const next = this.#nextToWakeFor();
    if (!next) return this.#disarm();
    if (this.#cancelTimer && this.#timerDue <= next.due) return;
    this.#disarm();
    this.#timerDue = next.due;
    this.#cancelTimer = this.#platform.after((next.due - this.now()) / this.#speed, () =>
      this.#turn(),
    );
  }

  #turn(): void {
    this.#disarm();
    if (this.#frozen) return;
    const now = this.now();
    // A task that asks for after(0) waits for the next turn, so a busy controller yields to I/O.
    const lastOrder = this.#order;
    for (let ran = 0; ran < MAX_TASKS_PER_TURN; ran++) {
      this.#dropCancelled();
      const next = this.#tasks[0];
      if (!next || next.due > now || next.order >= lastOrder) break;
      this.#pop();
      next.run();
    }
    this.#arm();
  }

  /** Of a cluster that nobody looks at there is little to look through, and seldom. */
  #nextToWakeFor(): Task | undefined {
    this.#dropCancelled();
    if (this.#attended) return this.#tasks[0];
    let next: Task | undefined;
    for (const task of this.#tasks)
      if (!task.isUpkeep && !task.cancelled && (!next || before(task, next))) next = task;
    return next;
  }

  #dropCancelled(): void {
    while (this.#tasks[0]?.cancelled) this.#pop();
  }

  /** Time-outs are mostly cancelled long before they are due: when they are most of the heap, they go at once. */
  #compact(): void {
    if (this.#cancelledCount < MIN_CANCELLED || this.#cancelledCount * 2 < this.#tasks.length)
      return;
    const kept = this.#tasks.filter((task) => !task.cancelled);
    this.#tasks = [];
    this.#cancelledCount = 0;
    for (const task of kept) this.#push(task);
  }

  // A binary heap, earliest first.

  #push(task: Task): void {
    const heap = this.#tasks;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(task, heap[parent] as Task)) break;
      heap[at] = heap[parent] as Task;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): void {
    const heap = this.#tasks;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!before(heap[child] as Task, last)) break;
      heap[at] = heap[child] as Task;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Task, b: Task): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

/** Lets promise chains run until they wait for the clock again. Chains inside a cluster are far shorter than this. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}
