// What a page must not let happen, in a real browser: scripts of somebody else, and programs that reach out of the terminal.
// The threats are numbered as in docs/threat-model.md.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOSTILE } from '../fixtures/escape-sequences.ts';
import { Course, screenOf } from './course.ts';
import { catalogue, coursePages, expect, test } from './pages.ts';

let course: Course;
test.beforeEach(async () => {
  course = await Course.start();
});
test.afterEach(async ({ page }) => {
  await page.close();
  await course.stop();
});

test('T17: a script that stands in the page or comes from elsewhere does not run', async ({
  page,
  errors,
}) => {
  await course.open(page);
  const broken = page.evaluate(() => {
    const found: string[] = [];
    return new Promise<string[]>((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ blockedURI, effectiveDirective }) => {
        found.push(`${effectiveDirective} ${blockedURI}`);
        if (found.length === 2) resolve(found.toSorted());
      });
      const inline = document.createElement('script');
      inline.textContent = 'document.title = "taken"';
      const foreign = document.createElement('script');
      foreign.src = 'http://127.0.0.1:9/evil.js';
      document.body.append(inline, foreign);
    });
  });
  expect(await broken).toEqual([
    'script-src-elem http://127.0.0.1:9/evil.js',
    'script-src-elem inline',
  ]);
  expect(await page.title()).not.toBe('taken');
  expect(errors.every((error) => error.includes('Content Security Policy'))).toBe(true);
  errors.splice(0);
});

test('T17: no page breaks its own policy, the terminal in all its states included', async ({
  page,
}) => {
  // Each violation is an error in the console, and those fail the test. The walk through the module looks at every lesson this way.
  const lessons = catalogue().lessons.map(({ id }) => `/${id}/`);
  await course.open(page);
  for (const path of coursePages()) {
    if (!lessons.includes(path) && path !== '/404.html') await course.visitPath(page, path);
  }
  await course.visit(page, course.first);
  await expect(screenOf(page)).toContainText('$');
  for (const key of ['G', 'S', 'F', 'M', '+', 'V', 'E']) {
    await page.keyboard.press(`Alt+Shift+${key}`);
  }
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeVisible();
  const opens = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Pop out' }).click();
  const own = await opens;
  const said: string[] = [];
  own.on('console', (message) => said.push(message.text()));
  await expect(screenOf(own)).toContainText('$');
  await own.close();
  expect(said).toEqual([]);
});

test('T16: a program that prints cannot fill the clipboard', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await course.open(page);
  await course.visit(page, course.first);
  await page.evaluate(() => navigator.clipboard.writeText('mine'));
  await type(page, String.raw`printf '\e]52;c;aGFja2Vk\a'; echo prin''ted`);
  await expect(screenOf(page)).toContainText('printed');
  await page.bringToFront();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine');
});

test('T16: everything hostile that a terminal can be told is shown, and nothing else happens', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await course.open(page);
  await course.visit(page, course.first);
  await page.evaluate(() => navigator.clipboard.writeText('mine'));
  const before = { title: await page.title(), url: page.url() };
  const happened: string[] = [];
  page.on('dialog', (dialog) => {
    happened.push(`asked: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('download', (download) => happened.push(`saved: ${download.suggestedFilename()}`));
  page.on('framenavigated', (frame) => happened.push(`went to ${frame.url()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(before.url).origin)) happened.push(request.url());
  });
  const directory = mkdtempSync(join(tmpdir(), 'meshproof-hostile-'));
  try {
    for (const [at, { bytes }] of HOSTILE.entries()) {
      writeFileSync(join(directory, String(at + 100)), bytes);
    }
    // What the terminal answers to questions is read away, as the program that asked would do.
    await type(
      page,
      `for f in ${directory}/*; do cat $f; tput reset; done; while read -rsn1 -t 0.5; do :; done; echo all sh''own`,
    );
    await expect(screenOf(page)).toContainText('all shown');
  } finally {
    rmSync(directory, { recursive: true });
  }
  expect(happened).toEqual([]);
  expect({ title: await page.title(), url: page.url() }).toEqual(before);
  expect(context.pages()).toHaveLength(1);
  await page.bringToFront();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine');
  await expect(page.locator('run-block:not([data-state="idle"])')).toHaveCount(0);
});

test('T16: a link that a program prints shows where it leads before it opens', async ({ page }) => {
  await course.open(page);
  await course.visit(page, course.first);
  await type(page, String.raw`printf '\e]8;;https://example.com/\aoffi''cial\e]8;;\a\n'`);
  const link = screenOf(page).getByText('official', { exact: true });
  await expect(link).toBeVisible();
  const questions: string[] = [];
  // The click ends only when its question is answered.
  page.on('dialog', (dialog) => {
    questions.push(dialog.message());
    void dialog.dismiss();
  });
  // The terminal looks for a link where the pointer rests, and takes the pointer itself.
  await link.hover({ force: true });
  await link.click({ force: true, delay: 50 });
  await expect.poll(() => questions).toEqual(['Open https://example.com/?']);
  expect(page.context().pages()).toHaveLength(1);
});

async function type(page: Parameters<typeof screenOf>[0], text: string): Promise<void> {
  await expect(screenOf(page)).toContainText('$');
  await page.locator('lab-terminal[data-front] textarea').focus();
  await page.keyboard.insertText(text);
  await page.keyboard.press('Enter');
}
