// A learner on a bad network, in a browser: 300 ms there and back, one packet in twenty lost, and now and then no line at all.

import { BadNetwork } from '../support/bad-network.ts';
import { Course, screenOf } from './course.ts';
import { expect, test } from './pages.ts';

const ROUND_TRIP_MS = 300;
/** What takes a second on a good line. */
const PATIENCE = { timeout: 60_000 };

test('a command is run, keys are typed and a flood is seen to its end, over a line that breaks three times', async ({
  page,
  errors,
}) => {
  const network = await BadNetwork.open({ roundTripMs: ROUND_TRIP_MS, loss: 0.05, seed: 11 });
  const course = await Course.start(undefined, network);
  const line = page.locator('[data-line]');
  const keys = () => page.locator('lab-terminal[data-front] textarea').focus();
  try {
    await page.setViewportSize({ width: 1440, height: 900 });
    await course.open(page);
    await course.visit(page, course.first);
    await expect(screenOf(page)).toContainText('$', PATIENCE);
    await expect(line).toHaveText(/connected, [3-9]\d\d ms/, PATIENCE);

    // The receipt of a command that runs while the line breaks is there when it is back.
    const block = page.locator('run-block').first();
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(screenOf(page)).toContainText('make kind-up', PATIENCE);
    network.cut();
    await expect(block).toHaveAttribute('data-state', 'passed', PATIENCE);
    await expect(block.locator('.paper')).toContainText('Cluster "mesh-lab" is ready.');

    // Whoever types does not wait for the echo, and no key is lost or doubled.
    await expect(line).toHaveText(/connected/, PATIENCE);
    await keys();
    await page.keyboard.type('echo "the quick brown fox jumps ""over the lazy dog"\n');
    await expect(screenOf(page)).toContainText('fox jumps over the lazy dog', PATIENCE);

    // Nor is one that was on its way when the line broke.
    await page.keyboard.type('echo "cut ""short"\n');
    network.cut();
    await expect(screenOf(page)).toContainText('cut short', PATIENCE);

    // A flood goes on where it was.
    await page.keyboard.type(
      'clear; for i in $(seq 1 4000); do echo line $i; ((i == 2000)) && sleep 4; done; echo "all ""of it"\n',
    );
    await expect(screenOf(page)).toContainText(/line [234]\d{3}/, PATIENCE);
    network.cut();
    await expect(screenOf(page)).toContainText('all of it', PATIENCE);
    const shown = await screenOf(page).innerText();
    const numbers = [...shown.matchAll(/line (\d+)/g)].map(([, number]) => Number(number));
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers).toEqual(numbers.map((_, at) => 4_000 - numbers.length + 1 + at));
    expect(network.lost, 'packets were lost').toBeGreaterThan(0);
    // Chromium complains of lines that were cut; nothing else may have been said.
    expect(errors.filter((text) => !/ERR_CONNECTION|WebSocket|Failed to load/.test(text))).toEqual(
      [],
    );
    errors.length = 0;
  } finally {
    await page.close();
    await course.stop();
    await network.close();
  }
});
