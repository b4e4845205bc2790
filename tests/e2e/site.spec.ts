// The course on a static host, without any lab: it reads, it finds, it prints, and it says how to get a lab.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { COURSE } from './build-pages.ts';
import { axeFindings, catalogue, coursePages, expect, test, THEMES } from './pages.ts';

/** JavaScript of a lesson page with no lab, search included. */
const JAVASCRIPT_BUDGET_BYTES = 40_000;

/** Colours do not depend on the width, and parts.spec.ts looks at each component in all six ways. */
const LOOKS = [
  [1440, 'light'],
  [1024, 'light'],
  [390, 'light'],
  [390, 'dark'],
] as const;

/** The texts of all that can be seen, by the id of what they are in, in one question: a lesson has a hundred of them. */
async function seen(page: Page, owner: string, text = ''): Promise<Map<string, string>> {
  const found = page.locator(`${owner} ${text}`);
  return new Map(
    await found.evaluateAll(
      (all, within) =>
        all
          .filter((each) => each.checkVisibility())
          .map((each): [string, string] => [
            each.closest(within)?.id ?? '',
            each.textContent ?? '',
          ]),
      owner,
    ),
  );
}

const { lessons } = catalogue();
const lesson =
  lessons.find(({ steps }) => steps.some(({ blocks }) => blocks.length > 2)) ?? lessons[0];
const lessonPage = `/${lesson?.id}/`;

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  for (const { id, title, goal, steps } of lessons) {
    test(`lesson ${id} reads whole: title, goal, steps, commands, claims`, async ({
      page,
      course,
    }) => {
      await page.goto(`${course}/${id}/`);
      await expect(page.locator('h1')).toHaveText(title);
      await expect(page.locator('.goal')).toContainText(goal);
      const titles = await seen(page, 'h2[id]');
      const commands = await seen(page, '[id^="run-"]', 'code');
      const claims = await seen(page, '[id^="check-"]', '.title');
      for (const step of steps) {
        expect(titles.get(step.id)).toContain(step.title);
        for (const { id: block, text } of step.blocks)
          expect(commands.get(`run-${block}`)).toBe(text);
        for (const check of step.checks)
          expect(claims.get(`check-${check.check}`)?.trim()).toBe(check.title);
      }
      await expect(page.getByRole('button', { name: 'Run' })).toBeHidden();
    });
  }

  for (const theme of THEMES) {
    test(`pages follow a ${theme} system`, async ({ page, course }) => {
      await page.emulateMedia({ colorScheme: theme });
      await page.goto(course);
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(paper).toBe(theme === 'light' ? 'rgb(252, 252, 250)' : 'rgb(15, 22, 19)');
    });
  }

  test('a word of the course is explained to whoever points at it or comes by keyboard', async ({
    page,
    course,
  }) => {
    await page.goto(course + lessonPage);
    const word = page.locator('.term').first();
    const note = word.getByRole('tooltip');
    await expect(note).toBeHidden();
    await word.hover();
    await expect(note).toBeVisible();
    await page.locator('h1').hover();
    await expect(note).toBeHidden();
    await word.getByRole('button').focus();
    await expect(note).toBeVisible();
  });

  test('the lessons open from the menu button on a phone', async ({ page, course }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(course + lessonPage);
    await expect(page.getByRole('navigation', { name: 'Lessons' })).toBeHidden();
    await page.getByRole('button', { name: 'Lessons' }).click();
    const menu = page.getByRole('navigation', { name: 'Lessons' });
    await expect(menu.getByRole('link', { name: lesson?.title ?? '' })).toBeVisible();
  });
});

test('Escape takes an explanation away', async ({ page, course }) => {
  await page.goto(course + lessonPage);
  const word = page.locator('.term').first();
  await word.getByRole('button').focus();
  await expect(word.getByRole('tooltip')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(word.getByRole('tooltip')).toBeHidden();
});

for (const path of coursePages()) {
  test(`${path} logs nothing, leads nowhere wrong and satisfies axe at every width and in both themes, and needs no sideways scrolling at 320 px`, async ({
    page,
    course,
  }) => {
    await page.goto(course + path);
    await page.waitForLoadState('networkidle');
    const findings: string[] = [];
    for (const [width, theme] of LOOKS) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate((wanted) => (document.documentElement.dataset['theme'] = wanted), theme);
      findings.push(...(await axeFindings(page)).map((one) => `${width} ${theme} ${one}`));
    }
    expect(findings).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    const [needed, there] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(needed).toBe(there);
  });
}

test('every link and every anchor of the course leads somewhere', () => {
  const pages = readdirSync(COURSE, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.html'),
  );
  const html = new Map(
    pages.map((file) => [
      `/${file.replace(/index\.html$/, '')}`,
      readFileSync(join(COURSE, file), 'utf8'),
    ]),
  );
  const astray: string[] = [];
  for (const [from, text] of html) {
    for (const [, target = ''] of text.matchAll(/<a\s[^>]*?href="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const { pathname, hash } = new URL(target.replaceAll('&amp;', '&'), `http://host${from}`);
      const to = html.get(pathname);
      if (to === undefined) astray.push(`${from} → ${target}`);
      else if (hash && !new RegExp(`id="${hash.slice(1)}"`).test(to))
        astray.push(`${from} → ${target}: no such anchor`);
    }
  }
  expect(astray).toEqual([]);
});

test('Copy copies the command as it stands', async ({ page, course, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(course + lessonPage);
  const block = lesson?.steps
    .flatMap(({ blocks }) => blocks)
    .find(({ text }) => text.includes('\n'));
  await page.locator(`#run-${block?.id}`).getByRole('button', { name: 'Copy' }).click();
  await expect(page.locator(`#run-${block?.id} [data-copy]`)).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(block?.text);
});

test('Run says in one line how to get a lab, and only Copy remains', async ({ page, course }) => {
  await page.goto(course + lessonPage);
  const block = page.locator('run-block').first();
  await block.getByRole('button', { name: 'Run' }).click();
  await expect(block.locator('.receipt')).toHaveText(
    'no labTo run this, start Meshproof: npm start',
  );
  await expect(block.getByRole('button')).toHaveText(['Copy']);
  await expect(block.getByRole('button', { name: 'Copy' })).toBeFocused();
  await expect(page.locator('#announcer')).toHaveText('To run this, start Meshproof: npm start');
  await expect(page.locator('terminal-dock')).toBeHidden();
});

test('a lesson page needs at most 40 kB of JavaScript, search included', async ({
  page,
  course,
}) => {
  const scripts = new Map<string, Buffer>();
  page.on('response', async (response) => {
    if (/javascript/.test(response.headers()['content-type'] ?? '')) {
      scripts.set(new URL(response.url()).pathname, await response.body());
    }
  });
  await page.goto(course + lessonPage);
  await page.waitForLoadState('networkidle');
  const reading = sizeOf(scripts);
  await page.keyboard.press('/');
  await page.getByRole('searchbox').fill('kubectl');
  await expect(page.getByRole('dialog').getByRole('link').first()).toBeVisible();
  const searching = sizeOf(scripts);
  console.log(JSON.stringify({ figure: 'JavaScript of a lesson page, gzip', reading, searching }));
  expect([...scripts.keys()].some((path) => path.includes('screen'))).toBe(false);
  expect(searching).toBeLessThanOrEqual(JAVASCRIPT_BUDGET_BYTES);
});

function sizeOf(scripts: Map<string, Buffer>): number {
  return [...scripts.values()].reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
}

test('search opens by / and Ctrl+K, finds, and is left by Escape', async ({ page, course }) => {
  await page.goto(course);
  await page.keyboard.press('/');
  const box = page.getByRole('searchbox', { name: 'Search the course' });
  await expect(box).toBeFocused();
  await box.fill('ConfigMap');
  const dialog = page.getByRole('dialog', { name: 'Search' });
  await expect(dialog.getByRole('status')).toContainText('with “ConfigMap”');
  await expect(dialog.getByRole('link').first()).toBeVisible();
  expect(await axeFindings(page)).toEqual([]);
  await box.fill('xylophone');
  await expect(dialog.getByRole('status')).toHaveText('Nothing with “xylophone”.');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(box).toBeFocused();
  await box.fill('frontend-health');
  await expect(dialog.getByRole('link').first()).toContainText('Forty services by hand');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/forty-services-by-hand/);
});

test('the theme is the reader’s choice, and stays', async ({ page, course }) => {
  await page.goto(course);
  const button = page.getByRole('button', { name: 'Dark theme' });
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  await button.click();
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await page.goto(course + lessonPage);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('an answer is kept as it is typed', async ({ page, course }) => {
  await page.goto(course + lessonPage);
  const note = page.locator('reflect-note').first();
  await note.getByRole('textbox').fill('Something that sees every call.');
  await expect(note.locator('[data-saved]')).toContainText('Saved on this machine at');
  await page.reload();
  await expect(note.getByRole('textbox')).toHaveValue('Something that sees every call.');
});

test('a dark page prints as light paper without chrome', async ({ page, course }) => {
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  await page.goto(course + lessonPage);
  await expect(page.locator('.bar')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Run' })).toHaveCount(0);
  const ink = await page.locator('h1').evaluate((title) => getComputedStyle(title).color);
  expect(ink).toBe('rgb(0, 0, 0)');
});

test('an unknown address meets a page that helps', async ({ page, course, errors }) => {
  const response = await page.goto(`${course}/module-2/nowhere/`);
  expect(response?.status()).toBe(404);
  await expect(page.locator('h1')).toHaveText('There is no page here.');
  await page.getByRole('link', { name: 'The course begins here' }).click();
  await expect(page.locator('h1')).toContainText('Don’t take our word');
  errors.length = 0; // the browser reports the 404 itself
});

test('the course works below a base path: pages, links, fonts, search', async ({ page, based }) => {
  const failed: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400) failed.push(response.url());
  });
  await page.goto(`${based}/`);
  await page.getByRole('link', { name: 'Begin with Sarah' }).click();
  await expect(page.locator('h1')).toHaveText(lessons[0]?.title ?? '');
  await page.getByRole('link', { name: 'What it leaves out' }).click();
  await expect(page).toHaveURL(`${based}/not-simulated/`);
  await page.keyboard.press('/');
  await page.getByRole('searchbox').fill('frontend');
  await page.getByRole('dialog').getByRole('link').first().click();
  await expect(page).toHaveURL(new RegExp(`^${based}/`));
  await page.waitForLoadState('networkidle');
  expect(failed).toEqual([]);
});
