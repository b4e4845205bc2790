// Node's side of what a cluster asks of its machine: real time, timers, chance, hashes, a line for the operator.

import { createHash, randomFillSync } from 'node:crypto';
import type { Platform } from '../../cluster/platform.ts';

/** Node fires timers longer than this at once; longer waits go in stretches. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function nodePlatform(log: Platform['log']): Platform {
  return {
    now: () => Date.now(),
    after,
    randomBytes: (count) => randomFillSync(new Uint8Array(count)),
    sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    authority: async (organization) =>
      (await import('./certificates.ts')).createAuthority(organization),
    log,
  };
}

function after(ms: number, run: () => void): () => void {
  if (ms <= 0) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  }
  if (ms > LONGEST_TIMER_MS) {
    let cancel = () => clearTimeout(timer);
    const timer = setTimeout(() => {
      cancel = after(ms - LONGEST_TIMER_MS, run);
    }, LONGEST_TIMER_MS);
    return () => cancel();
  }
  // Rounded up: a timer that fires early would find nothing due and be set again.
  const timer = setTimeout(run, Math.ceil(ms));
  return () => clearTimeout(timer);
}
