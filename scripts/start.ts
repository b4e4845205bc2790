// npm start: makes what is missing or older than its sources, finds kubectl, and becomes the holder. A later start finds everything made
// and prints its link within a second or two, so nothing heavy is imported before it is needed.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  checkPort,
  checkShell,
  claim,
  configuration,
  serve,
  StartError,
} from '../server/holder/main.ts';
import { findKubectl, KubectlError } from '../server/workspace/kubectl.ts';
import { openWorkspace } from '../server/workspace/workspace.ts';
import { made, ProductError } from './products.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function start(): Promise<number> {
  const { env } = process;
  const config = configuration(env);
  const held = await claim(config);
  if (!held) return 0;
  try {
    await Promise.all([checkPort(config), checkShell(config, env)]);
    const kubectl = findKubectl({ home: config.home, env, log: (line) => console.log(line) });
    await Promise.all([kubectl, made('schemas', 'pages')]);
    const engines = join(root, 'server/engines/main.ts');
    return await serve(config, held, env, {
      ...(existsSync(engines) && { engines }),
      openWorkspace: async (learner) =>
        openWorkspace({
          home: config.home,
          learner,
          kubectl: await kubectl,
          env,
          engine: config.engine,
        }),
    });
  } finally {
    await held.release();
  }
}

try {
  process.exit(await start());
} catch (error) {
  const plain = [StartError, KubectlError, ProductError].some((kind) => error instanceof kind);
  const text = error instanceof Error ? (plain ? error.message : error.stack) : error;
  console.error(`\n${String(text)}\n`);
  process.exit(1);
}
