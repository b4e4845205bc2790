// What teaches between the commands: questions with reasons, commands that fade, ways to a step's state, and re-checks a week later.

import { axeFindings, expect, test } from './pages.ts';

const LESSON = '/module-2/ready-and-wrong/';
const PARTS = '/module-2/ship-to-one-in-ten/?lab=open';
const DAY_MS = 86_400_000;

test('a question gives the reason for what is chosen, and knows it after a reload', async ({
  page,
  course,
}) => {
  await page.goto(course + LESSON);
  const question = page.getByRole('group', {
    name: 'Kubernetes reports: successfully rolled out.',
  });
  await expect(question.getByText('That does not hold.')).toHaveCount(2);
  await expect(question.locator('.because:visible')).toHaveCount(0);
  await question.getByLabel('That the release works.').check();
  await expect(question.locator('.because:visible')).toContainText('It said so on Friday, too');
  await page.reload();
  await expect(question.getByLabel('That the release works.')).toBeChecked();
  await expect(question.locator('.because:visible')).toHaveCount(1);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a question gives its reasons, too, and a command that may fade is whole', async ({
    page,
    course,
  }) => {
    await page.goto(course + LESSON);
    await page.getByLabel('That the new pods answer their readiness check.').check();
    await expect(page.getByText('That holds. Readiness asks one question.')).toBeVisible();
    await expect(page.locator('#run-ask-customer code')).toBeVisible();
  });
});

test('a command fades for whoever can do it, runs as it is written, and comes back when asked for', async ({
  page,
  parts,
}) => {
  await page.addInitScript(() =>
    localStorage.setItem('meshproof:skill:apply', JSON.stringify({ level: 1, run: 0 })),
  );
  await page.goto(parts + PARTS);
  const fading = page.locator('fade-block');
  const block = fading.locator('run-block');
  await expect(block.locator('code')).toBeHidden();
  expect(await axeFindings(page)).toEqual([]);
  await fading
    .getByRole('textbox', { name: 'The missing part of the command' })
    .fill('-f backend-v2.yaml');
  await fading.getByRole('button', { name: 'Run' }).click();
  await expect(block).toHaveAttribute('data-state', 'passed');
  await expect(block.locator('code')).toBeVisible();
  const typed = await page.evaluate(() => window.labDouble.shells.get('session-1')?.typed);
  expect(typed).toBe('kubectl apply -f backend-v2.yaml\r');
});

test('whoever asks for the command sees it, and more of the next one', async ({ page, parts }) => {
  await page.addInitScript(() => {
    if (!localStorage.getItem('meshproof:skill:apply'))
      localStorage.setItem('meshproof:skill:apply', JSON.stringify({ level: 2, run: 0 }));
  });
  await page.goto(parts + PARTS);
  const fading = page.locator('fade-block');
  await expect(fading.getByText('Hand the file backend-v2.yaml to the cluster.')).toBeVisible();
  await fading.getByRole('button', { name: 'Show the command' }).click();
  await expect(fading.locator('run-block code')).toBeVisible();
  await page.reload();
  await expect(
    fading.getByRole('textbox', { name: 'The missing part of the command' }),
  ).toBeVisible();
});

test('a way to a step says first what it changes, and goes only when told again', async ({
  page,
  parts,
}) => {
  await page.goto(parts + PARTS);
  await page.evaluate(() => {
    window.labDouble.tellJourneys = {
      plan: (to) =>
        Promise.resolve({
          to,
          how: 'restore',
          cluster: 'replaced',
          files: [],
          skipped: [{ id: 'a', number: '5.1', title: 'A' }],
          blocks: [],
          fromScratch: false,
          canReturn: true,
        }),
      go: (to) => Promise.resolve({ say: `You went: ${to}.`, ms: 400 }),
      back: () => Promise.resolve({ say: 'You are back.', ms: 300 }),
      arrived: () => Promise.resolve(),
      differences: () =>
        Promise.resolve([
          {
            what: 'Deployment backend in default',
            is: 'other',
            where: 'spec.replicas',
            yours: '1',
            should: '3',
          },
        ]),
    };
  });
  const step = page.locator('lesson-step').first();
  await step.getByText('Start here, skip or compare').click();
  await step.getByRole('button', { name: 'Skip this step' }).click();
  await expect(step).toContainText('Step 5.1 will count as skipped, not as proven.');
  await expect(step).not.toContainText('You went');
  expect(await axeFindings(page)).toEqual([]);
  await step.getByRole('button', { name: 'Go behind 5.1' }).click();
  await expect(step).toContainText('You went: end:two-versions. It took 0.4 s.');
  await step.getByRole('button', { name: 'Take me back' }).click();
  await expect(step).toContainText('You are back.');
  await step.getByRole('button', { name: 'Show how I differ' }).click();
  await expect(step).toContainText('spec.replicas is 1, and should be 3.');
});

test('a check of a skipped step says so, and is not proven', async ({ page, parts }) => {
  await page.goto(parts + PARTS);
  await page.evaluate(() =>
    window.labDouble.say({
      check: 'two-versions',
      verdict: { state: 'passed', seen: '4 pods.' },
      at: Date.now(),
      skipped: true,
    }),
  );
  const check = page.locator('lab-check[data-check="two-versions"]');
  await expect(check).toContainText('skipped');
  await expect(check).not.toContainText('proven 1');
  await expect(page.locator('.step').first()).toHaveClass(/skipped/);
});

test('a week after a lesson its questions are offered with new numbers, and then not again for weeks', async ({
  page,
  course,
}) => {
  await page.goto(course + LESSON);
  await page.evaluate(
    (at) => localStorage.setItem('meshproof:quiz:planes-quiz', JSON.stringify({ at, chosen: [] })),
    Date.now() - 8 * DAY_MS,
  );
  await page.reload();
  const offer = page.getByRole('group', { name: 'Re-check' });
  await offer.getByRole('button', { name: 'Ask me' }).click();
  await offer.getByRole('spinbutton').fill('0');
  await offer.getByRole('button', { name: 'Answer' }).click();
  await expect(offer).toContainText('So it is: 0 requests.');
  expect(await axeFindings(page)).toEqual([]);
  await offer.getByRole('button', { name: 'Done' }).click();
  await expect(offer).toContainText('That is all for now.');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(offer).toBeHidden();
});
