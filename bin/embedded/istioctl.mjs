// Starts istioctl with compiled code kept from the last call: reading the TypeScript anew would cost a third of a second.
// Plain JavaScript: the cache must be on before the first file of TypeScript is read.

import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('../../istioctl/main.ts');
