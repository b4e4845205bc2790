// Where the course's known states lie. One file a module, written by `npm run lessons -- --record`.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function statesOf(module: number): string {
  return join(ROOT, 'recorded', `module-${module}.states`);
}
