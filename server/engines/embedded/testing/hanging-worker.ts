// The real worker with a fault that can be called for: to save to a file of this name hangs it, as a loop in a cluster would.

import { parentPort } from 'node:worker_threads';
import type { ToWorker } from '../messages.ts';

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'save' && message.file.endsWith('hang.json')) for (;;);
});

await import('../worker.ts');
