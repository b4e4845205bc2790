// The business case in a browser: figures that follow, evidence that comes, papers that are made of both. The lab is a double.

import type { Page } from '@playwright/test';
import type { Evidence } from '../../protocol/evidence.ts';
import { axeFindings, expect, test } from './pages.ts';

const PAGE = '/module-2/the-case/';

const failed = (side: 'without' | 'with', value: number): Evidence => ({
  measure: side === 'without' ? 'case-failed' : 'case-failed-canary',
  title: 'Failed requests in a wrong release',
  pair: 'failed-requests',
  side,
  unit: 'requests',
  how: 'Counted by the callers’ proxies.',
  value,
  at: new Date(2026, 10, 29, 10, 41).getTime(),
  engine: 'Embedded cluster',
  simulated: true,
});
const measured = (page: Page, ...evidence: Evidence[]) =>
  page.evaluate((list) => window.labDouble.measured(list), evidence);
const book = (page: Page, name: string) => page.locator(`lab-workbook[data-book="${name}"]`);

test('a figure moves the results and the drawing, is kept, and can be taken back', async ({
  page,
  parts,
}) => {
  await page.goto(parts + PAGE);
  const worth = book(page, 'worth');
  await worth.scrollIntoViewIfNeeded();
  const late = worth.getByRole('textbox', { name: 'Features that come late: share saved' });
  await expect(late).toBeEditable();
  await late.fill('0%');
  await expect(worth.locator('[data-result="roi"]')).toHaveText('142%');
  await expect(worth.locator('[data-result="payback"]')).toHaveText('4.2 months');
  await late.fill('many');
  await expect(late).toHaveAttribute('aria-invalid', 'true');
  await expect(worth.locator('[data-kept]')).toContainText('“many” is no figure');
  await expect(worth.locator('[data-result="roi"]')).toHaveText('142%');
  await page.reload();
  await expect(worth.locator('[data-result="roi"]')).toHaveText('142%');
  await expect(late).toHaveValue('0%');
  await worth.getByRole('button', { name: 'Back to Marcus’s figures' }).click();
  await expect(worth.locator('[data-result="roi"]')).toHaveText('327%');
  await expect(worth.getByRole('img', { name: 'What moves the answer' })).toBeVisible();
});

test('what the lab measures stands below its check, in the workbook and in the memo, until it is deleted', async ({
  page,
  parts,
}) => {
  await page.goto(`${parts}${PAGE}?lab=open`);
  const here = page.getByRole('list', { name: 'Measured here' });
  await expect(here).toContainText('not measured yet');
  await measured(page, failed('without', 40), failed('with', 1));
  await expect(here).toContainText('40 requests');
  const worth = book(page, 'worth');
  await worth.scrollIntoViewIfNeeded();
  await expect(worth.locator('[data-basis="downtime-saved"]')).toHaveText(
    '97.5% measured on 29 November 2026, Embedded cluster (simulated)',
  );
  const memo = page.getByRole('article', { name: 'Memo to the board' });
  await memo.scrollIntoViewIfNeeded();
  await expect(memo).toContainText('1 request');
  await expect(memo).toContainText('3 measured');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Memo as Markdown' }).click();
  expect((await download).suggestedFilename()).toBe('board-memo.md');
  await expect(page.locator('board-pack [data-said]')).toContainText('business-case/board-memo.md');
  const written = await page.evaluate(() => window.labDouble.documents.get('board-memo.md'));
  expect(written).toContain('**40 requests** _[measured 29 November 2026');
  expect(await axeFindings(page)).toEqual([]);
  await here.getByText('How').click();
  await here.getByRole('button', { name: 'Delete' }).click();
  await expect(here).toContainText('not measured yet');
  await expect(memo).toContainText('2 measured');
});

test('one paper is printed alone', async ({ page, parts }) => {
  await page.goto(parts + PAGE);
  await page.evaluate(() => (window.print = () => {}));
  const pack = page.locator('board-pack');
  await pack.scrollIntoViewIfNeeded();
  await expect(pack.locator('.date')).not.toBeEmpty();
  await pack.getByRole('button', { name: 'Print the memo' }).click();
  await page.emulateMedia({ media: 'print' });
  await expect(pack.getByRole('article', { name: 'Memo to the board' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toBeHidden();
  await expect(pack.getByRole('article', { name: /^Slide 1/ })).toBeHidden();
});

test('a rehearsal counts what was rated, and a script shows a line at a time', async ({
  page,
  parts,
}) => {
  await page.goto(parts + PAGE);
  const rehearsal = page.getByRole('region', { name: 'Rehearsal' });
  await rehearsal.scrollIntoViewIfNeeded();
  await expect(rehearsal).toContainText('2 cards, about 10 minutes each.');
  await rehearsal.getByRole('button', { name: 'Start the clock' }).click();
  await expect(rehearsal.getByRole('textbox').first()).toBeFocused();
  await rehearsal.getByRole('radio', { name: 'I would believe it' }).first().check();
  await page.reload();
  await rehearsal.scrollIntoViewIfNeeded();
  await expect(rehearsal).toContainText('1 of 2 rehearsed, 1 that you would believe.');
  const script = page.getByRole('region', { name: 'Script of the demonstration' });
  await script.scrollIntoViewIfNeeded();
  await expect(async () => {
    await script.getByRole('button', { name: 'Start the demonstration' }).click();
    await expect(script).toContainText('Line 1 of 2', { timeout: 500 });
  }).toPass();
  await script.getByRole('button', { name: 'Next line' }).click();
  await expect(script.getByText('Say one thing.')).toBeHidden();
  await script.getByRole('button', { name: 'End' }).click();
  await expect(script).toContainText('It took 00:0');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the case can be read, with Marcus’s figures and nothing measured', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + PAGE);
    await expect(book(page, 'worth').locator('[data-result="roi"]')).toHaveText('327%');
    await expect(book(page, 'worth').getByRole('button', { name: 'Save as CSV' })).toBeHidden();
    await expect(page.getByRole('article', { name: 'Memo to the board' })).toContainText(
      'not measured yet: lessons 1 and 5',
    );
  });
});
