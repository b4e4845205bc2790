// How a running container is ended: its preStop hook, its stop signal, the grace period, SIGKILL.
// Source: "Termination of Pods" in the Kubernetes documentation.

import type { Clock } from '../../clock.ts';
import type { Signal } from '../process.ts';
import type { RunningContainer } from '../runtime.ts';

/** The kubelet gives a container at least so long after its preStop hook. */
const AFTER_PRESTOP_MS = 2_000;

export interface Ending {
  clock: Clock;
  running: RunningContainer;
  graceMs: number;
  stopSignal: Signal;
  /** Fires when there is no time left after all. */
  hurry: AbortSignal;
  preStop: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** The hook failed or took all the time; the container is stopped all the same. */
  onHookFailed(): void;
  /** The container is about to be told: nobody need probe it any more. */
  onSignal(): void;
}

/** Resolves when the container has ended. */
export async function end(ending: Ending): Promise<void> {
  const { clock, running, graceMs, hurry, preStop } = ending;
  const deadline = clock.now() + graceMs;
  let exited = false;
  void running.exited.then(() => (exited = true));
  let leastMs = 0;
  if (preStop && graceMs > 0) {
    leastMs = AFTER_PRESTOP_MS;
    const done = await within(clock, graceMs, hurry, (signal) =>
      Promise.race([preStop(signal), running.exited]),
    );
    if (!done) ending.onHookFailed();
  }
  ending.onSignal();
  if (!exited && graceMs > 0 && !hurry.aborted) {
    running.signal(ending.stopSignal);
    await within(clock, Math.max(deadline - clock.now(), leastMs), hurry, () => running.exited);
  }
  if (!exited) running.signal('SIGKILL');
  await running.exited;
}

/** Whether the work was done in time. Work that fails is not done. */
async function within(
  clock: Clock,
  ms: number,
  hurry: AbortSignal,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  const over = new AbortController();
  const stop = () => over.abort(new Error('the grace period is over'));
  const cancel = clock.after(ms, stop);
  hurry.addEventListener('abort', stop, { once: true });
  if (hurry.aborted) stop();
  const stopped = new Promise<boolean>((resolve) => {
    if (over.signal.aborted) resolve(false);
    over.signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  try {
    return await Promise.race([
      work(over.signal).then(
        () => true,
        () => false,
      ),
      stopped,
    ]);
  } finally {
    cancel();
    hurry.removeEventListener('abort', stop);
  }
}
