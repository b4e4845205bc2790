// A guess, from the keys that move it to the answer that stays: on a static host, without any lab.

import { axeFindings, expect, test } from './pages.ts';

const PAGE = '/module-2/what-a-mesh-is-made-of/';

test('a guess is kept once, shows the answer, and is still there after a reload', async ({
  page,
  course,
}) => {
  await page.goto(course + PAGE);
  const predict = page.getByRole('region', { name: 'Predict' });
  const scale = predict.getByRole('slider');
  await expect(predict.getByText('of 100 requests.')).toBeHidden();
  await scale.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('PageUp');
  await page.keyboard.press('ArrowRight');
  await predict.getByRole('button', { name: 'Keep this guess' }).click();
  await expect(scale).toBeHidden();
  await expect(predict).toContainText('you 11');
  await expect(predict).toContainText('it is 0');
  await expect(predict.getByText('0 of 100 requests.')).toBeVisible();
  await page.reload();
  await expect(predict).toContainText('Your guess was 11 of 100 requests.');
  expect(await axeFindings(page)).toEqual([]);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the answer of a guess is one click away', async ({ page, course }) => {
    await page.goto(course + PAGE);
    const predict = page.getByRole('region', { name: 'Predict' });
    await expect(predict.getByRole('slider')).toBeHidden();
    await predict.getByText('The answer', { exact: true }).click();
    await expect(predict.getByText('0 of 100 requests.')).toBeVisible();
  });
});
