// npm start without what it makes and finds: a plain bash for a workspace. For tests of how a start begins and ends.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPort, claim, configuration, serve, StartError } from '../main.ts';

const { env } = process;

async function start(): Promise<number> {
  const config = configuration(env);
  const held = await claim(config);
  if (!held) return 0;
  try {
    await checkPort(config);
    return await serve(config, held, env, {
      engines: join(config.home, 'no-engines.ts'),
      openWorkspace: async (learner) => {
        const directory = join(config.home, learner);
        mkdirSync(directory, { recursive: true });
        writeFileSync(join(directory, 'rc'), "PS1='$ '\n");
        return {
          learner,
          directory,
          startDirectory: directory,
          kubeconfig: join(directory, 'kubeconfig'),
          controlSocket: join(directory, 'control.sock'),
          rcFile: join(directory, 'rc'),
          env: { PATH: env['PATH'] ?? '', HOME: directory },
        };
      },
    });
  } finally {
    await held.release();
  }
}

try {
  process.exit(await start());
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}
