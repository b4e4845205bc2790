// node scripts/run.mjs tests/e2e/look.ts [page …] [--site DIR] [--out DIR]: pictures of pages at three widths in both themes,
// to be looked at by a person. Pages are paths of the built site: `module-2/`, and `?lab=open` for a test's double.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { serveStatic } from './static-server.ts';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/browser.ts';

const WIDTHS = [1440, 1024, 390];
const HEIGHTS: Record<number, number> = { 1440: 900, 1024: 768, 390: 844 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    site: { type: 'string', default: 'dist' },
    out: { type: 'string', default: 'test-results/look' },
    full: { type: 'boolean', default: false },
    width: { type: 'string', multiple: true },
    theme: { type: 'string', multiple: true },
    scroll: { type: 'string', default: '0' },
  },
});
const pages = positionals.length ? positionals : ['', 'module-2/', 'not-simulated/', '404.html'];

mkdirSync(values.out, { recursive: true });
const site = await serveStatic(values.site);
const executablePath = findChromium();
const browser = await chromium.launch({
  ...(executablePath && { executablePath }),
  args: CHROMIUM_FLAGS,
});
try {
  for (const theme of values.theme ?? ['light', 'dark']) {
    for (const width of values.width?.map(Number) ?? WIDTHS) {
      const context = await browser.newContext({
        viewport: { width, height: HEIGHTS[width] ?? 900 },
        deviceScaleFactor: width < 500 ? 2 : 1,
        hasTouch: width < 500,
        colorScheme: theme === 'dark' ? 'dark' : 'light',
      });
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error') console.log(`${message.text()} (${page.url()})`);
      });
      page.on('pageerror', (error) => console.log(`${error.message} (${page.url()})`));
      for (const path of pages) {
        await page.goto(`${site.origin}/${path}`, { waitUntil: 'networkidle' });
        await page.evaluate(async (y) => {
          await document.fonts.ready;
          scrollTo(0, y);
        }, Number(values.scroll));
        const name = path.replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'home';
        const file = join(values.out, `${name}-${width}-${theme}.png`);
        await page.screenshot({ path: file, fullPage: values.full });
        console.log(file);
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await site.close();
}
