// Module 2 from its opening to its cleanup, in the product as a learner starts it, by Run alone.

import type { Page } from '@playwright/test';
import type { Lesson } from '../../protocol/lesson.ts';
import { Course, lessonsOf } from './course.ts';
import { expect, test } from './pages.ts';
import { byRun, expectProven, reload, walk } from './walk.ts';

/** Some hundred and fifty commands, each typed into a real shell. */
test.describe.configure({ timeout: 1_800_000 });

/** Slower than elsewhere: rates, retries and time-outs of a whole mesh have to keep up with it on a busy machine. */
const CLOCK_SPEED = 10;

/** Up to this lesson there is a reload in the middle of each. */
const RELOADED = 2;

test('from its opening to its cleanup by clicking Run only, with reloads on the way', async ({
  page,
}) => {
  const course = await Course.start(CLOCK_SPEED);
  const lessons = lessonsOf(2);
  try {
    await page.setViewportSize({ width: 1440, height: 900 });
    await walk(page, course, lessons, byRun, async (at, lesson) => {
      if (lesson.number <= RELOADED) await reload(at, lesson);
    });
    await expectProven(page, lessons);
    await expectMeasured(page, course, lessons);
  } finally {
    // A page that is still there would complain that its lab is gone.
    await page.close();
    await course.stop();
  }
});

/** Whatever the memo to the board can measure was measured on the way. */
async function expectMeasured(page: Page, course: Course, lessons: readonly Lesson[]) {
  const board = lessons.find(({ id }) => id.endsWith('in-front-of-the-board'));
  if (!board) throw new Error('module 2 has no lesson in front of the board');
  await course.visit(page, board);
  const memo = page.getByRole('article', { name: 'Memo to the board' });
  await memo.scrollIntoViewIfNeeded();
  await expect(memo).toContainText('requests');
  await expect(memo).not.toContainText('not measured yet');
}
