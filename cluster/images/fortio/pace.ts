// When each request of a run is sent: so many connections at once, so many requests a second, for a time or a number.
// Knows nothing of HTTP: it is given what to run and hands back what that took.
// The arithmetic of calls and pauses follows fortio's periodic runner, whose figures people compare.

import type { Process } from '../../node/process.ts';
import { duration, general } from './go-text.ts';
import { Histogram } from './histogram.ts';
import type { Log } from './log.ts';

export interface RunOptions {
  /** Requests a second in all; 0 for as many as possible. */
  qps: number;
  /** Milliseconds; 0 for until it is stopped. Not looked at when `exactly` is given. */
  durationMs: number;
  /** How many requests in all; 0 for a time instead. */
  exactly: number;
  threads: number;
  resolution: number;
  offset: number;
  jitter: boolean;
  uniform: boolean;
  catchUp: boolean;
  run: number;
}

export interface RunResult {
  elapsedMs: number;
  /** Fewer than asked for when there are not two calls for each. */
  threads: number;
  /** Seconds. */
  times: Histogram;
  errors: Histogram;
  sleeps: Histogram;
}

/** Ctrl-C: whoever sleeps wakes, and nothing more is sent. */
export class Stop {
  readonly #wakers = new Set<() => void>();
  asked = false;

  ask(): void {
    this.asked = true;
    for (const wake of this.#wakers) wake();
  }

  /** Resolves after so many cluster milliseconds, or when it is stopped. Rejects when the process dies. */
  sleep(process: Process, ms: number): Promise<void> {
    if (this.asked || ms <= 0) return process.yield();
    return new Promise((resolve, reject) => {
      const over = (settle: () => void) => () => {
        cancel();
        this.#wakers.delete(wake);
        process.signal.removeEventListener('abort', die);
        settle();
      };
      const wake = over(resolve);
      const die = over(() => reject(process.signal.reason as Error));
      const cancel = process.clock.after(ms, wake);
      this.#wakers.add(wake);
      process.signal.addEventListener('abort', die);
    });
  }
}

/** The processors Go would see on the node. */
export const PROCESSORS = 4;

/** Goroutines have numbers of their own; the first ones belong to main and to the watchers of signals. */
const FIRST_ROUTINE = 18;

interface Plan {
  threads: number;
  /** For each thread; the first does what is left over as well. 0 when only time or a stop ends the run. */
  calls: number;
  leftOver: number;
}

export class Pace {
  readonly #process: Process;
  readonly #log: Log;
  readonly #options: RunOptions;
  readonly #stop: Stop;

  constructor(process: Process, log: Log, options: RunOptions, stop: Stop) {
    this.#process = process;
    this.#log = log;
    this.#options = options;
    this.#stop = stop;
  }

  /** `call` says whether it went well. `print` is the report's stream. */
  async run(
    call: (thread: number, routine: number) => Promise<boolean>,
    print: (text: string) => Promise<void>,
  ): Promise<RunResult> {
    const plan = this.#options.qps > 0 ? await this.#paced(print) : await this.#unpaced(print);
    const { clock } = this.#process;
    const began = clock.now();
    const result = this.#empty(plan.threads);
    const threads = Array.from({ length: plan.threads }, (_none, thread) => {
      const own = this.#empty(1);
      const calls = plan.calls + (thread === 0 ? plan.leftOver : 0);
      const routine = plan.threads === 1 ? 1 : FIRST_ROUTINE + thread;
      return this.#thread({ thread, routine, calls, plan, began, own, call }).then(() => own);
    });
    for (const own of await Promise.all(threads)) {
      result.times.add(own.times);
      result.errors.add(own.errors);
      result.sleeps.add(own.sleeps);
    }
    return { ...result, elapsedMs: clock.now() - began };
  }

  #empty(threads: number): RunResult {
    const { resolution, offset } = this.#options;
    return {
      elapsedMs: 0,
      threads,
      times: new Histogram(resolution, offset),
      errors: new Histogram(resolution, offset),
      // What is late counts as a pause below zero, in a bucket of its own.
      sleeps: new Histogram(0.001, -0.001),
    };
  }

  async #paced(print: (text: string) => Promise<void>): Promise<Plan> {
    const { qps, durationMs, exactly } = this.#options;
    let { threads } = this.#options;
    const start = () =>
      `Starting at ${general(qps)} qps with ${threads} thread(s) [gomax ${PROCESSORS}]`;
    if (exactly === 0 && durationMs <= 0) {
      await print(`${start()} until interrupted\n`);
      return { threads, calls: 0, leftOver: 0 };
    }
    let calls = exactly > 0 ? exactly : Math.floor((qps * durationMs) / 1000);
    if (calls < 2) {
      await this.#warn(
        441,
        'Increasing the number of calls to the minimum of 2 with 1 thread. total duration will increase',
      );
      calls = 2;
      threads = 1;
    }
    if (2 * threads > calls) {
      const fewer = Math.floor(calls / 2);
      await this.#warn(
        447,
        `Lowering number of threads - total call ${calls} -> lowering from ${threads} to ${fewer} threads`,
      );
      threads = fewer;
    }
    const each = Math.floor(calls / threads);
    const total = each * threads;
    const leftOver = exactly > 0 ? exactly - total : 0;
    if (this.#log.shows('Warning'))
      await print(
        exactly > 0
          ? `${start()} : exactly ${exactly}, ${each} calls each (total ${total} + ${leftOver})\n`
          : `${start()} for ${duration(durationMs)} : ${each} calls each (total ${total})\n`,
      );
    return { threads, calls: each, leftOver };
  }

  async #unpaced(print: (text: string) => Promise<void>): Promise<Plan> {
    const { durationMs, exactly, threads } = this.#options;
    const start = `Starting at max qps with ${threads} thread(s) [gomax ${PROCESSORS}]`;
    if (exactly === 0 && durationMs <= 0) {
      await print(`${start} until interrupted\n`);
      return { threads, calls: 0, leftOver: 0 };
    }
    const [calls, leftOver] = [Math.floor(exactly / threads), exactly % threads];
    const until =
      exactly > 0
        ? `exactly ${exactly} calls (${calls} per thread + ${leftOver})`
        : duration(durationMs);
    if (this.#log.shows('Warning')) await print(`${start} for ${until}\n`);
    return { threads, calls, leftOver };
  }

  #warn(line: number, message: string): Promise<void> {
    return this.#log.write({ level: 'Warning', message, place: { file: 'periodic.go', line } });
  }

  async #thread(one: {
    thread: number;
    routine: number;
    calls: number;
    plan: Plan;
    began: number;
    own: RunResult;
    call: (thread: number, routine: number) => Promise<boolean>;
  }): Promise<void> {
    const { thread, routine, calls, plan, own, call } = one;
    const { clock } = this.#process;
    const { qps, durationMs, exactly, uniform } = this.#options;
    const name = `T${String(thread).padStart(3, '0')}`;
    const counted = exactly > 0;
    const timed = !counted && durationMs > 0;
    const ends = one.began + durationMs;
    const perThread = qps / plan.threads;
    let { began } = one;
    if (qps > 0 && uniform) {
      const late = (1000 / perThread / plan.threads) * thread;
      began += late;
      await this.#stop.sleep(this.#process, late);
    }
    let done = 0;
    while (!this.#stop.asked) {
      const at = clock.now();
      if (timed && at > ends) {
        if (qps <= 0) break;
        // The second and the last call are made however late it is.
        if (done >= 2 && done !== calls - 1) {
          await this.#log.write({
            level: 'Warning',
            message: `${name} warning only did ${done} out of ${calls} calls before reaching ${duration(durationMs)}`,
            place: { file: 'periodic.go', line: 813 },
            routine,
          });
          break;
        }
      }
      // With a pace, a thread of an exact number may have none to do.
      const good = await call(thread, routine);
      const took = (clock.now() - at) / 1000;
      own.times.record(took);
      if (!good) own.errors.record(took);
      done++;
      if (qps > 0) {
        const next = this.#next(done, calls, perThread, counted || timed, began);
        if (!next) break;
        done = next.done;
        own.sleeps.record(next.sleepMs / 1000);
        await this.#stop.sleep(this.#process, next.sleepMs);
      } else {
        if (counted && done >= calls) break;
        await this.#process.yield();
      }
    }
    const elapsed = clock.now() - began;
    await this.#log.write({
      level: 'Info',
      message: `${name} ended after ${duration(elapsed)} : ${done} calls. qps=${general(done / (elapsed / 1000))}`,
      place: { file: 'periodic.go', line: 882 },
      routine,
    });
  }

  /** The pause before the next call; undefined when there is none. Without catching up, calls that are late are left out. */
  #next(
    done: number,
    calls: number,
    perThread: number,
    bounded: boolean,
    began: number,
  ): { done: number; sleepMs: number } | undefined {
    const { durationMs, jitter, catchUp } = this.#options;
    for (let at = done; ; at++) {
      if (bounded && at >= calls) return undefined;
      // The last call falls on the end of the time, not one pause before it.
      const stretched = durationMs > 0 && calls > 1 ? at + at / (calls - 1) : at;
      let sleepMs = (stretched / perThread) * 1000 - (this.#process.clock.now() - began);
      if (!catchUp && sleepMs < 0) continue;
      if (jitter && sleepMs > 0) sleepMs += (this.#process.random() * 2 - 1) * (sleepMs / 10);
      return { done: at, sleepMs };
    }
  }
}
