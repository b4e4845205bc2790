// Before the browser tests: the fixtures' pages, the course below a base path, and the course itself where it is not built.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { made } from '../../scripts/products.ts';

export const PARTS = 'test-results/site';
export const BASED = 'test-results/based';
export const BASE = '/course';
export const COURSE = 'dist';

export default async function buildPages(): Promise<void> {
  await buildParts();
  await node('scripts/build.ts', '--base', BASE, '--out', BASED);
  // Two products that start at once must not both make them.
  await made('schemas', 'pages');
}

/** The fixtures' pages alone. */
export async function buildParts(): Promise<void> {
  await node(
    'node_modules/astro/bin/astro.mjs',
    'build',
    '--config',
    'tests/fixtures/site/astro.config.mjs',
  );
}

async function node(...args: string[]): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    throw new Error(`node ${args.join(' ')} failed:\n${said}`, { cause: error });
  }
}
