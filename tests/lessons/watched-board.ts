// A learner's checks in a test: a fresh board that remembers nothing of another try, and waits for verdicts.

import type { CheckSpec } from '../../protocol/check.ts';
import type { CheckState, Verdict } from '../../protocol/verdict.ts';
import { Board } from '../../server/checks/board.ts';
import type { Receipts } from '../../server/checks/receipts.ts';
import type { Workspace } from '../../server/workspace/workspace.ts';

/** How long a verdict may take to become what the lesson says. A real cluster pulls its images first. */
const VERDICT_LIMIT_MS = process.env['MESHPROOF_ENGINE'] === 'kind' ? 300_000 : 30_000;

export class WatchedBoard {
  readonly #board: Board;
  readonly #waiters = new Set<() => void>();

  constructor(
    checks: CheckSpec[],
    workspace: Pick<Workspace, 'directory' | 'kubeconfig'>,
    receipts: Receipts,
  ) {
    this.#board = new Board({
      checks,
      workspace,
      receipts,
      record: {
        proofs: () => new Map(),
        prove: () => {},
        progress: () => new Map(),
        setProgress: () => {},
        skipped: () => new Set(),
        setSkipped: () => {},
      },
      engineName: () => 'Embedded cluster',
      publish: () => {
        for (const wake of this.#waiters) wake();
      },
    });
    this.#board.start();
  }

  /** Proven, or seen where no more can be had. */
  async untilPassed(check: string): Promise<void> {
    const done = ({ verdict }: CheckState) =>
      verdict.state === 'passed' || verdict.state === 'seen';
    await this.until(check, done, 'proven');
  }

  async until(
    check: string,
    fits: (state: CheckState) => boolean,
    what = 'a verdict',
  ): Promise<CheckState> {
    const deadline = Date.now() + VERDICT_LIMIT_MS;
    for (;;) {
      const state = this.#board.states.find((other) => other.check === check);
      if (state && fits(state)) return state;
      const rest = deadline - Date.now();
      if (rest <= 0)
        throw new Error(
          `not ${what} after ${VERDICT_LIMIT_MS / 1_000} s: ${state ? say(state.verdict) : 'unknown'}`,
        );
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#waiters.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, rest);
        this.#waiters.add(wake);
      });
    }
  }

  close(): void {
    this.#board.stop();
  }
}

export function say(verdict: Verdict): string {
  if (verdict.state === 'waiting') return `waiting: ${verdict.because}`;
  if (verdict.state === 'broken') return `broken: ${verdict.error}`;
  return verdict.state;
}
