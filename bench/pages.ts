// What a reader waits for: JavaScript of a lesson page without a lab, and Lighthouse's four scores on the static build.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/browser.ts';
import { serveStatic } from '../tests/e2e/static-server.ts';
import type { Figure } from './figure.ts';

const LESSON = '/module-2/a-day-without-a-mesh/';

/** Bytes that came over the wire, compressed, with the search opened once. */
export async function javaScript(): Promise<Figure> {
  const site = await serveStatic('dist');
  const executablePath = findChromium();
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: CHROMIUM_FLAGS,
  });
  try {
    const page = await browser.newPage();
    let bytes = 0;
    page.on('requestfinished', (request) => {
      if (request.resourceType() !== 'script') return;
      void request.sizes().then(({ responseBodySize }) => (bytes += responseBodySize));
    });
    await page.goto(site.origin + LESSON, { waitUntil: 'networkidle' });
    await page.keyboard.press('/');
    await page.keyboard.type('retry');
    await page.waitForLoadState('networkidle');
    return {
      figure: 'JavaScript of a lesson page, no lab',
      value: bytes / 1_000,
      unit: 'kB',
      bar: { limit: 40, is: 'at most' },
    };
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Lighthouse lives in a folder of its own: its dependencies do not fit into our lock file. */
export async function lighthouse(): Promise<Figure[]> {
  if (!existsSync('bench/lighthouse/node_modules')) {
    await run('npm', [
      'ci',
      '--prefix',
      'bench/lighthouse',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]);
  }
  const figures: Figure[] = [];
  await run(process.execPath, ['bench/lighthouse/lighthouse.mjs'], (line) => {
    if (!line.startsWith('{')) return;
    const { page, form, ...scores } = JSON.parse(line) as Record<string, string | number>;
    for (const [category, value] of Object.entries(scores)) {
      if (typeof value !== 'number') continue;
      figures.push({
        figure: `Lighthouse ${category}, ${page}, ${form}`,
        value,
        unit: 'of 100',
        bar: { limit: 95, is: 'at least' },
      });
    }
  });
  return figures;
}

function run(command: string, args: string[], onLine?: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    if (onLine) lines.on('line', onLine);
    child.on('error', reject);
    // Lighthouse exits with 1 below its bar; its figures say so.
    child.on('close', () => resolve());
  });
}
