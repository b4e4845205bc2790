// A holder in a process of its own, with a plain bash for a workspace, for tests that kill, measure or read its log. With
// TEST_RC=course the shells read the course's own rc file, which marks their commands.
// Says { url, webPid }, and again with the memory it holds whenever it is asked, or { error }; ends on SIGTERM as the real
// one does.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../server/config.ts';
import { Holder } from '../../server/holder/holder.ts';
import { cookieKey } from '../../server/holder/home.ts';
import type { Workspace } from '../../server/workspace/workspace.ts';

const config = readConfig(process.env);

async function openWorkspace(learner: string): Promise<Workspace> {
  const directory = join(config.home, learner);
  const course = process.env['TEST_RC'] === 'course';
  const rcFile = course
    ? fileURLToPath(new URL('../../server/workspace/shell.bash', import.meta.url))
    : join(directory, 'rc');
  mkdirSync(join(directory, '.meshproof'), { recursive: true });
  if (!course) writeFileSync(rcFile, "PS1='$ '\nunset HISTFILE\n");
  return {
    learner,
    directory,
    startDirectory: directory,
    kubeconfig: join(directory, 'kubeconfig'),
    controlSocket: join(directory, 'control.sock'),
    rcFile,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      LANG: 'C.UTF-8',
      MESHPROOF_WORKSPACE: directory,
    },
  };
}

async function tell(holder: Holder): Promise<void> {
  // Twice: what the first round frees may hold what the second can.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ url: holder.url, webPid: holder.webPid, heldBytes: heapUsed + external });
}

try {
  const holder = await Holder.start({
    config,
    cookieKey: cookieKey(config.home),
    env: process.env,
    log: (message) => console.error(message),
    openWorkspace,
    engines: process.env['TEST_ENGINES'] ?? join(config.home, 'no-engines.ts'),
  });
  process.send?.({ url: holder.url, webPid: holder.webPid });
  process.on('message', () => void tell(holder));
  const end = () => void holder.stop().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('disconnect', end); // the test that asked for it is gone
} catch (error) {
  process.send?.({ error: String(error) });
  process.exit(1);
}
