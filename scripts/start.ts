// npm start: makes what is missing or older than its sources, finds kubectl, and becomes the holder. A later start finds everything made
// and prints its link within a second or two, so nothing heavy is imported before it is needed.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPort, claim, configuration, serve, StartError } from '../server/holder/main.ts';
import { findKubectl, KubectlError } from '../server/workspace/kubectl.ts';
import { openWorkspace } from '../server/workspace/workspace.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Product {
  name: string;
  /** Written last by its script. */
  file: string;
  sources: string[];
  script: string;
}

const PRODUCTS: readonly Product[] = [
  {
    name: 'The schemas of Kubernetes’ kinds',
    file: 'cluster/schema/generated/columns.json',
    sources: [
      'scripts/schemas',
      'cluster/schema/shapes',
      'cluster/schema/tables',
      'package-lock.json',
    ],
    script: 'scripts/schemas/generate.ts',
  },
  {
    name: 'The pages',
    file: 'dist/inline-scripts.json',
    sources: [
      'src',
      'public',
      'docs/not-simulated.md',
      'protocol',
      'astro.config.mjs',
      'scripts/build.ts',
      'package-lock.json',
    ],
    script: 'scripts/build.ts',
  },
];

function newest(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isStale({ file, sources }: Product): boolean {
  return (
    newest(join(root, file)) < Math.max(...sources.map((source) => newest(join(root, source))))
  );
}

function make({ name, script }: Product): Promise<void> {
  console.log(`${name} are made (once, and after a change) …`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, script], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(new StartError(`${name} could not be made: see above. Mend it, then start again.`));
    });
  });
}

async function start(): Promise<number> {
  const { env } = process;
  const config = configuration(env);
  const held = await claim(config);
  if (!held) return 0;
  try {
    await checkPort(config);
    const kubectl = findKubectl({ home: config.home, env, log: (line) => console.log(line) });
    await Promise.all([kubectl, ...PRODUCTS.filter(isStale).map(make)]);
    const engines = join(root, 'server/engines/main.ts');
    return await serve(config, held, env, {
      ...(existsSync(engines) && { engines }),
      openWorkspace: async (learner) =>
        openWorkspace({ home: config.home, learner, kubectl: await kubectl, env }),
    });
  } finally {
    await held.release();
  }
}

try {
  process.exit(await start());
} catch (error) {
  const plain = error instanceof StartError || error instanceof KubectlError;
  const text = error instanceof Error ? (plain ? error.message : error.stack) : error;
  console.error(`\n${String(text)}\n`);
  process.exit(1);
}
