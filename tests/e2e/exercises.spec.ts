// Exercises 1 and 2 from their opening to their end, in the product as a learner starts it: by typing, on a phone and by keyboard
// alone, with a reload in the middle. By Run alone the whole module is walked, in module-2.spec.ts.

import type { Page } from '@playwright/test';
import type { Block, Lesson } from '../../protocol/lesson.ts';
import { blockOf, Course, lessonsOf, screenOf } from './course.ts';
import { expect, test } from './pages.ts';
import { byRun, expectProven, type Hand, reload, STEP_MS, untilDone, walk } from './walk.ts';

/** Two exercises with some twenty commands, each typed into a real shell. */
test.describe.configure({ timeout: 240_000 });

/** The opening and the two exercises before the mesh. */
const lessons = lessonsOf(2).filter(({ number }) => number <= 2);
const first = (lesson: Lesson): Block => {
  const block = lesson.steps[0]?.blocks[0];
  if (!block) throw new Error(`${lesson.id} has no block`);
  return block;
};

let course: Course;
test.beforeEach(async () => {
  course = await Course.start();
});
test.afterEach(async ({ page }) => {
  // A page that is still there would complain that its lab is gone.
  await page.close();
  await course.stop();
});

async function doAll(page: Page, hand: Hand, between?: typeof reload): Promise<void> {
  await walk(page, course, lessons, hand, between);
  await expectProven(page, lessons);
}

/**
 * Types into the focused terminal what the page shows, as a learner would who wants to learn it: a line, and the next one when
 * there is a prompt for it.
 */
const byTyping: Hand = async (page, block) => {
  const pod = block.shell === 'pod';
  // Keys that are pressed before the first prompt go nowhere: nothing is queued.
  await untilPrompt(page, '', pod ? /#$/ : /\$$/, block.id);
  await page.locator('lab-terminal[data-front] textarea').focus();
  const lines = block.text.split('\n');
  for (const [at, line] of lines.entries()) {
    await page.keyboard.insertText(line);
    await page.keyboard.press('Enter');
    const leaves = block.id === 'debug-exit';
    const after = block.opensPodShell || (pod && !leaves) ? /#$/ : /\$$/;
    await untilPrompt(page, line, at === lines.length - 1 ? after : /[$#>]$/, block.id);
  }
};

/** Waits until the line stands on the screen and a prompt behind it. Rows are broken and padded: blanks do not count. */
async function untilPrompt(page: Page, line: string, prompt: RegExp, id: string): Promise<void> {
  const bare = (text: string) => text.replace(/\s/g, '');
  await expect
    .poll(
      async () => {
        const text = bare(await screenOf(page).innerText());
        const at = text.lastIndexOf(bare(line));
        return at >= 0 && prompt.test(line.trim() === '' ? text : text.slice(at));
      },
      { message: `${id}: a prompt after "${line}"`, timeout: STEP_MS },
    )
    .toBe(true);
}

test('by typing every command, with a reload in the middle of each lesson', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await doAll(page, byTyping, reload);
});

test('on a phone, where the terminal is a drawer', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await doAll(page, byRun, reload);
});

test('by keyboard alone', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await doAll(page, async (at, block) => {
    // To the block's Run button by Tab from the block before it, never by pointer.
    const button = blockOf(at, block).getByRole('button', { name: 'Run' });
    await tabTo(at, button);
    await at.keyboard.press('Enter');
    await untilDone(at, block);
  });
});

/** Presses Tab until the button has the focus. A page has fewer stops than this; a trap would use them all up. */
async function tabTo(page: Page, button: ReturnType<Page['locator']>): Promise<void> {
  const STOPS = 200;
  for (let stop = 0; stop < STOPS; stop++) {
    const [there, inTerminal] = await button.evaluate((element) => [
      element === document.activeElement,
      document.activeElement?.closest('lab-terminal') !== null,
    ]);
    if (there) return;
    // Inside the terminal Tab belongs to the shell: its own way out comes first.
    await page.keyboard.press(inTerminal ? 'Control+Shift+Escape' : 'Tab');
  }
  throw new Error(`${STOPS} presses of Tab did not reach ${String(button)}`);
}

test('starts from the first page by following its links', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await course.open(page);
  await page.getByRole('link', { name: 'Meet Marcus' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Marcus has a problem');
  const lesson = lessons[0];
  if (!lesson) throw new Error('no lesson');
  await byRun(page, first(lesson));
  await page
    .getByRole('link', { name: /A day without a mesh/ })
    .last()
    .click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A day without a mesh');
});
