// npm run dev [-- --port N]: pages that reload as you write, with a lab behind them. The lab is the one of `npm start`: it is started
// here, or found where one runs already. When it cannot start, the pages are there all the same, without terminals.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { values } = parseArgs({ options: { port: { type: 'string' } } });
const port = values.port === undefined ? undefined : Number(values.port);

const lab = await startLab();
if (lab.link) process.env['MESHPROOF_LAB'] = new URL(lab.link).origin;
// Read after the lab's address is known: the site's configuration hands /lab on to it.
const { dev } = await import('astro');
const server = await dev({
  root,
  ...(port !== undefined && { server: { port } }),
});

const address = `http://localhost:${server.address.port}/`;
console.log(
  lab.link
    ? `\nWrite below src/content/docs. With terminals, once a browser: ${address}${new URL(lab.link).hash}\n`
    : `\nWrite below src/content/docs. Without terminals, for the lab did not start: ${address}\n`,
);

// Ctrl+C reaches this process twice, from the terminal and from scripts/run.mjs: the second must not end it before its lab has ended.
let stopping: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void (stopping ??= stop()));
}

async function stop(): Promise<void> {
  await server.stop();
  const { child } = lab;
  // A lab that ran before goes on.
  if (child && child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
  }
  process.exit(0);
}

/** Resolves when `npm start` has printed its link, or has ended without one: it has said why. */
async function startLab(): Promise<{ child?: ChildProcess; link?: string }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'scripts/start.ts')],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MESHPROOF_OPEN: '0' },
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const link = /https?:\/\/\S+#\S+/.exec(line)?.[0];
    if (!link) continue;
    child.stdout.resume();
    return { child, link };
  }
  return {};
}
