// Module 2 from its opening to its cleanup, in the product as a learner starts it, by Run alone.

import { Course, lessonsOf } from './course.ts';
import { test } from './pages.ts';
import { byRun, expectProven, walk } from './walk.ts';

/** Some hundred and fifty commands, each typed into a real shell. */
test.describe.configure({ timeout: 1_800_000 });

/** Slower than elsewhere: rates, retries and time-outs of a whole mesh have to keep up with it on a busy machine. */
const CLOCK_SPEED = 6;

test('from its opening to its cleanup by clicking Run only', async ({ page }) => {
  const course = await Course.start(CLOCK_SPEED);
  const lessons = lessonsOf(2);
  try {
    await page.setViewportSize({ width: 1440, height: 900 });
    await walk(page, course, lessons, byRun);
    await expectProven(page, lessons, lessons);
  } finally {
    // A page that is still there would complain that its lab is gone.
    await page.close();
    await course.stop();
  }
});
