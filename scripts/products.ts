// What scripts make and others use: the schemas and the pages. Makes again what is missing or older than its sources, so
// that every command works in a fresh clone.

import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Product {
  /** As a person is told of it. */
  title: string;
  /** Written last by its script. */
  file: string;
  sources: readonly string[];
  script: string;
}

const PRODUCTS = {
  schemas: {
    title: 'The schemas of Kubernetes’ kinds',
    file: 'cluster/schema/generated/columns.json',
    sources: [
      'scripts/schemas',
      'cluster/schema/shapes',
      'cluster/schema/tables',
      'package-lock.json',
    ],
    script: 'scripts/schemas/generate.ts',
  },
  pages: {
    title: 'The pages',
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
} satisfies Record<string, Product>;

export type ProductName = keyof typeof PRODUCTS;

/** Its script has said why on stderr. */
export class ProductError extends Error {}

/** Resolves when each is there and newer than its sources; rejects with a ProductError. */
export async function made(...names: ProductName[]): Promise<void> {
  await Promise.all(
    names
      .map((name) => PRODUCTS[name])
      .filter(isStale)
      .map(make),
  );
}

function isStale({ file, sources }: Product): boolean {
  return (
    newest(join(root, file)) < Math.max(...sources.map((source) => newest(join(root, source))))
  );
}

/** The last change of a file or of anything below a folder, in ms since 1970; 0 where there is nothing. */
function newest(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function make({ title, script }: Product): Promise<void> {
  // On stderr: what the command itself prints may be read by a program.
  console.error(`${title} are made (once, and after a change) …`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, script], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new ProductError(`${title} could not be made: see above. Mend it, then start again.`),
        );
    });
  });
}
