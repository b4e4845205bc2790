// node bench/lighthouse/lighthouse.mjs [page …]: Lighthouse on the static build, compressed files served, phone and desktop.
// One JSON line a page and form; exits 1 below the bar. First: npm ci --prefix bench/lighthouse --ignore-scripts, npm run build.

import { launch } from 'chrome-launcher';
import lighthouse, { desktopConfig } from 'lighthouse';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/browser.ts';
import { serveStatic } from '../../tests/e2e/static-server.ts';

/** In all four, of 100. */
const BAR = 95;
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
/** Medians of as many runs: one alone wanders by several points. */
const RUNS = 3;

const pages = process.argv.slice(2);
if (!pages.length)
  pages.push('/', '/module-2/', '/module-2/a-day-without-a-mesh/', '/not-simulated/');

const site = await serveStatic('dist');
const chromePath = findChromium();
const chrome = await launch({
  ...(chromePath && { chromePath }),
  chromeFlags: ['--headless=new', ...CHROMIUM_FLAGS],
});
let below = false;
try {
  for (const page of pages) {
    for (const [form, config] of [
      ['phone', undefined],
      ['desktop', desktopConfig],
    ]) {
      const runs = [];
      for (let run = 0; run < RUNS; run++) runs.push(await measure(site.origin + page, config));
      const scores = Object.fromEntries(
        CATEGORIES.map((name) => [name, median(runs.map(({ scores }) => scores[name]))]),
      );
      const short = Object.values(scores).some((score) => score < BAR);
      below ||= short;
      console.log(JSON.stringify({ figure: 'lighthouse', page, form, ...scores }));
      if (short)
        for (const line of new Set(runs.flatMap(({ lost }) => lost))) console.log(`  ${line}`);
    }
  }
} finally {
  chrome.kill();
  await site.close();
}
process.exit(below ? 1 : 0);

async function measure(url, config) {
  const result = await lighthouse(
    url,
    { port: chrome.port, output: 'json', logLevel: 'error', onlyCategories: CATEGORIES },
    config,
  );
  const { categories, audits } = result.lhr;
  return {
    scores: Object.fromEntries(
      CATEGORIES.map((name) => [name, Math.round(categories[name].score * 100)]),
    ),
    lost: CATEGORIES.flatMap((name) =>
      categories[name].auditRefs
        .filter(({ id, weight }) => weight > 0 && (audits[id].score ?? 1) < 0.9)
        .map(({ id }) => `${name}: ${id} ${audits[id].displayValue ?? ''} ${audits[id].title}`),
    ),
  };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
