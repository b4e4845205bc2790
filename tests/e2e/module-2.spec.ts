// Module 2 from its opening to its cleanup, in the product as a learner starts it, by Run alone.

import { Course, lessonsOf } from './course.ts';
import { test } from './pages.ts';
import { byRun, expectProven, walk } from './walk.ts';

/** Some hundred and fifty commands, each typed into a real shell. */
test.describe.configure({ timeout: 900_000 });

test('from its opening to its cleanup by clicking Run only', async ({ page }) => {
  const course = await Course.start();
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
