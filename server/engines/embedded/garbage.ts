// The garbage of a thread whose clusters have all gone to sleep. V8's own way of giving memory back is switched off for the
// clusters' process (`clustersFlags` of the configuration): it wakes each idle thread every eight seconds, for minutes.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Gives back what this thread no longer needs. Takes it for as long as its heap is large: some tenths of a second at most. */
export function collectGarbage(): void {
  // Node has no call for it; V8 gives one to each context made while the flag is set.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
