// The kubectl that judges: one pinned version, the same on every machine, whatever the machine has of its own.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** Its path. Fetched and verified on first use, as for a learner without one; `MESHPROOF_TEST_KUBECTL` names another minor. */
export async function pinnedKubectl(): Promise<string> {
  const named = process.env['MESHPROOF_TEST_KUBECTL'];
  if (named) return named;
  const { fetchPinnedKubectl } = await import('../../server/workspace/kubectl.ts');
  return fetchPinnedKubectl(process.env['MESHPROOF_HOME'] ?? join(homedir(), '.meshproof'));
}
