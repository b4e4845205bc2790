// Browser tests. Each spec serves what it needs on a port of its own; nothing here listens.

import { defineConfig } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from './scripts/browser.ts';

const executablePath = findChromium();

/** Walks take minutes where the others take seconds: they begin first, so that none of them is left to run alone at the end. */
const WALKS = /(module-2|exercises)\.spec\.ts$/;

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results/e2e',
  globalSetup: './tests/e2e/build-pages.ts',
  timeout: 180_000,
  // On two busy processors a fact may take its time; a test that waits for one is not a measurement.
  expect: { timeout: 15_000 },
  fullyParallel: true,
  projects: [
    { name: 'walks', testMatch: WALKS },
    { name: 'pages', testIgnore: WALKS },
  ],
  // One more than the machine has processors: a walk through a module mostly waits for its commands.
  workers: 3,
  // Flaky is broken.
  retries: 0,
  reporter: './tests/e2e/reporter.ts',
  use: {
    headless: true,
    locale: 'en-GB',
    trace: 'retain-on-failure',
    launchOptions: { ...(executablePath && { executablePath }), args: CHROMIUM_FLAGS },
  },
});
