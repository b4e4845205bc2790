// Fair shares: how the processes of one container take turns with the rest of the cluster.
// A program waits only on promises, and a chain of promises that are all ready never lets a timer or a socket through.
// So each operation of a process counts, and after a share of them the container waits for a turn of the event loop.

import type { Clock } from '../../clock.ts';

/** Operations of one container between two turns of the event loop: a few milliseconds of real work. */
const OPERATIONS_PER_TURN = 200;

/**
 * A container that does nothing but work pays for it: after this many full shares in a row its turns come later and later,
 * as under a CPU limit. `seq 1 5000` in a loop stays fast; `while :; do :; done` costs a tenth of a core, not all of it.
 */
const FREE_SHARES = 100;
const MOST_PAUSE_MS = 20;

/** Real milliseconds a share must last for its container to count as waiting now and then, not as running away. */
const IDLE_MS = 20;

/** CPU one operation is billed: a system call and what a program does around it. */
const OPERATION_NANOSECONDS = 20_000;

export class Turns {
  readonly #clock: Clock;
  #operations = 0;
  #total = 0;
  #busyShares = 0;
  #lastTurnAt: number;
  #turn: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastTurnAt = clock.now();
  }

  /** CPU spent so far, simulated. */
  get cpuNanoseconds(): number {
    return this.#total * OPERATION_NANOSECONDS;
  }

  /** Bills `operations` and returns a promise to wait for when the share is used up. */
  take(operations = 1): Promise<void> | undefined {
    this.#total += operations;
    if (this.#turn) return this.#turn;
    this.#operations += operations;
    if (this.#operations < OPERATIONS_PER_TURN) return undefined;
    this.#turn = this.#nextTurn();
    return this.#turn;
  }

  async #nextTurn(): Promise<void> {
    // Pauses are about the machine that simulates, so they are as long in real time at any speed of the clock.
    const { speed } = this.#clock;
    if (this.#clock.now() - this.#lastTurnAt > IDLE_MS * speed) this.#busyShares = 0;
    const overdrawn = Math.max(0, this.#busyShares++ - FREE_SHARES);
    await this.#clock.sleep(Math.min(overdrawn / 10, MOST_PAUSE_MS) * speed);
    this.#lastTurnAt = this.#clock.now();
    this.#operations = 0;
    this.#turn = undefined;
  }
}
