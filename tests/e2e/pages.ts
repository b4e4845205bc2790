// What the specs of the site share: the built sites on ports of their own, and an eye on the console.

import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { Catalogue } from '../../protocol/lesson.ts';
import { BASE, BASED, COURSE, PARTS } from './build-pages.ts';
import { serveStatic } from './static-server.ts';

interface Sites {
  /** The course as any static host serves it. */
  course: string;
  /** The fixtures' pages; with `?lab=open` a double stands in the lab's place. */
  parts: string;
  /** The course below a base path. */
  based: string;
}

export const test = base.extend<{ errors: string[] }, Sites>({
  course: [served(COURSE), { scope: 'worker' }],
  parts: [served(PARTS), { scope: 'worker' }],
  based: [served(BASED, BASE), { scope: 'worker' }],
  /** Whatever the console complained of. A test that is done with a complaint empties it. */
  errors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      page.on('pageerror', (error) => errors.push(error.message));
      await use(errors);
      expect(errors, 'errors in the console').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

function served(directory: string, at = '/') {
  // Playwright reads the parameters' names to know what a fixture needs: none.
  // eslint-disable-next-line no-empty-pattern
  return async ({}, use: (origin: string) => Promise<void>): Promise<void> => {
    const site = await serveStatic(directory, at);
    await use(at === '/' ? site.origin : site.origin + at);
    await site.close();
  };
}

export const catalogue = (directory = COURSE): Catalogue =>
  Catalogue.parse(JSON.parse(readFileSync(`${directory}/catalogue.json`, 'utf8')));

export const WIDTHS = [1440, 1024, 390] as const;
export const THEMES = ['light', 'dark'] as const;

/** Every page of the course, by its path below the origin. */
export function coursePages(): string[] {
  const lessons = catalogue().lessons.map(({ id }) => `/${id}/`);
  return ['/', ...lessons, '/module-3/', '/glossary/', '/not-simulated/', '/404.html'];
}

/** What axe finds on the page as it stands, as sentences. */
export async function axeFindings(page: Page): Promise<string[]> {
  // A colour on its way to another is neither.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  // What passes is counted, not described: on a long page its description takes longer than finding it. Our pages have no
  // frames, which is what the way that is not "legacy" would be for.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id}: ${help} at ${target.join(' ')}: ${failureSummary}`,
    ),
  );
}
