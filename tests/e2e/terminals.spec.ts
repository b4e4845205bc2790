// Terminals as a learner has them, in the product: what reloads, windows and full-screen programs leave of them.

import { spawnSync } from 'node:child_process';
import { Course, screenOf } from './course.ts';
import { axeFindings, expect, test } from './pages.ts';

/** A cluster is up in two seconds, on a busy machine in many. */
const CLUSTER_MS = 40_000;

test.describe.configure({ timeout: 90_000 });

let course: Course;
test.beforeEach(async ({ page }) => {
  course = await Course.start();
  await page.setViewportSize({ width: 1440, height: 900 });
  await course.open(page);
  await course.visit(page, course.first);
  await expect(screenOf(page)).toContainText('$');
});
test.afterEach(async ({ page }) => {
  await page.close();
  await course.stop();
});

test('a command that runs while its page is reloaded gets its receipt all the same', async ({
  page,
}) => {
  const block = page.locator('run-block').first();
  await block.getByRole('button', { name: 'Run' }).click();
  await expect(block).toHaveAttribute('data-state', 'running');
  await page.reload();
  await expect(block).toHaveAttribute('data-state', 'passed', { timeout: CLUSTER_MS });
  await expect(block.locator('.did samp')).toHaveText([
    'cd ../01-foundation',
    'make kind-up',
    'cd ../02-service-mesh-value-proposition',
  ]);
  await expect(block.locator('.paper')).toHaveCount(1);
  await expect(block.locator('.paper')).toContainText('Cluster "mesh-lab" is ready.');
  const said = await block.locator('.became').innerText();
  await page.reload();
  await expect(block.locator('.became')).toHaveText(said, { useInnerText: true });
});

test('in a window of its own it is the same terminal; Run types there, and closing it brings it back', async ({
  page,
}) => {
  const opens = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Pop out' }).click();
  const own = await opens;
  await expect(own).toHaveTitle('shell 1');
  await expect(own.locator('[data-line]')).toContainText('connected');
  await own.locator('lab-terminal textarea').focus();
  await own.keyboard.type('echo "in the ""window"\n');
  await expect(screenOf(own)).toContainText('in the window');
  await expect(screenOf(page)).toContainText('in the window');
  await expect(page.locator('[data-why]')).toHaveText('In a window of its own.');
  expect(await axeFindings(own)).toEqual([]);
  const block = page.locator('run-block').first();
  await block.getByRole('button', { name: 'Run' }).click();
  await expect(block).toHaveAttribute('data-state', 'passed', { timeout: CLUSTER_MS });
  await expect(screenOf(own)).toContainText('Cluster "mesh-lab" is ready.');
  await own.close();
  await expect(page.locator('[data-over]')).toBeHidden();
  await page.locator('lab-terminal[data-front] textarea').focus();
  await page.keyboard.type('echo "back ""again"\n');
  await expect(screenOf(page)).toContainText('back again');
});

test('two halves and a dock that fills the window are there again after a reload; a tab says that its command runs', async ({
  page,
}) => {
  const seen = page.locator('lab-terminal:is([data-first], [data-second])');
  const first = page.getByRole('tab', { name: 'shell 1' });
  const seam = page.getByRole('separator', { name: 'Between the two terminals' });
  await page.getByRole('button', { name: 'Split' }).click();
  await expect(seen).toHaveCount(2);
  await seam.focus();
  await page.keyboard.press('ArrowDown');
  await expect(seam).toHaveAttribute('aria-valuenow', '55');
  await page.getByRole('button', { name: 'Maximise' }).click();
  await page.reload();
  await expect(seen).toHaveCount(2);
  await expect(page.locator('html')).toHaveAttribute('data-dock', 'large');
  await expect(seam).toHaveAttribute('aria-valuenow', '55');
  await page.getByRole('button', { name: 'Split' }).click();
  await expect(seen).toHaveCount(0);
  await first.click();
  await page.locator('lab-terminal[data-front] textarea').focus();
  await page.keyboard.type('sleep 600\n');
  await expect(first).toHaveAttribute('data-busy', '');
  await page.getByRole('tab', { name: 'shell 2' }).click();
  await expect(first).toHaveAttribute('data-busy', '');
  await first.click();
  await page.keyboard.press('Control+c');
  await expect(first).not.toHaveAttribute('data-busy');
});

for (const [program, opens, shows, leaves] of [
  ['less', 'seq 1 900 | less', '(END)', 'q'],
  ['vim', 'vim -u NONE -c "set number" /etc/passwd', '1 root', ':q!\n'],
  ['top', 'top', 'PID', 'q'],
] as const) {
  test(`${program} draws itself again after a reload, and goes on`, async ({ page }) => {
    const there = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
    test.skip(!there, `${program} is not on this machine`);
    const keys = () => page.locator('lab-terminal[data-front] textarea').focus();
    await keys();
    await page.keyboard.type(`${opens}\n`);
    await expect(screenOf(page)).toContainText(program === 'less' ? '20' : shows);
    if (program === 'less') await page.keyboard.type('G');
    await expect(screenOf(page)).toContainText(shows);
    await page.reload();
    await expect(screenOf(page)).toContainText(shows);
    await keys();
    await page.keyboard.type(leaves);
    // Some throw away what is typed before they have gone.
    await expect.poll(async () => (await screenOf(page).innerText()).trimEnd()).toMatch(/\$$/);
  });
}
