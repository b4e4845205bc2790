// Walking through lessons in a browser: each command given by one hand, each check looked at until it is settled by itself.
// What is run comes from the catalogue; what is judged, from the checks.

import type { Locator, Page } from '@playwright/test';
import { isOnlySeen } from '../../protocol/check.ts';
import type { Block, Lesson } from '../../protocol/lesson.ts';
import { blockOf, checkOf, type Course, everyLesson, screenOf } from './course.ts';
import { axeFindings, expect } from './pages.ts';

/** How long the cluster may take over one step at its fast clock, the image pulls of a first start included. */
export const STEP_MS = 60_000;
/** How long one command may take on a busy machine: the longest makes two hundred requests, one after the other. */
const COMMAND_MS = 240_000;
/** After a press the page waits 5 s for a first prompt: what has not begun by then will not. */
const PRESSED_MS = 8_000;

/** One way of giving a command. */
export type Hand = (page: Page, block: Block) => Promise<void>;

/** Does every step of the lessons, in order. `between` comes after the first step of each. */
export async function walk(
  page: Page,
  course: Course,
  lessons: readonly Lesson[],
  hand: Hand,
  between?: (page: Page, lesson: Lesson) => Promise<void>,
): Promise<void> {
  await course.open(page);
  for (const lesson of lessons) {
    await course.visit(page, lesson);
    for (const [at, step] of lesson.steps.entries()) {
      for (const block of step.blocks) await hand(page, block);
      for (const check of step.checks) {
        const settled = isOnlySeen(check) ? /seen/ : /passed/;
        await expect(checkOf(page, check.check).locator('.check'), check.check).toHaveClass(
          settled,
          { timeout: STEP_MS },
        );
      }
      if (at === 0) await between?.(page, lesson);
    }
    expect(await axeFindings(page), lesson.title).toEqual([]);
  }
}

/** The whole course's tally says so many, or more: what is true of the cluster may prove a claim of another module, too. */
export async function expectProven(page: Page, lessons: readonly Lesson[]) {
  const [proven, total] = [provable(lessons), provable(everyLesson())];
  const tally = page.locator('.bar .count');
  await expect(tally).toHaveText(new RegExp(`^\\d+ of ${total} proven$`));
  await expect
    .poll(async () => Number.parseInt(await tally.innerText(), 10))
    .toBeGreaterThanOrEqual(proven);
}

/** Waits until the command has ended and its block says how; where it only says that it was sent, until a prompt is back. */
export async function untilDone(page: Page, block: Block): Promise<void> {
  const own = blockOf(page, block);
  const state = block.opensPodShell ? /running/ : /passed|sent/;
  await expect(own, block.id).toHaveAttribute('data-state', state, { timeout: COMMAND_MS });
  if ((await own.getAttribute('data-state')) === 'sent') {
    await expect
      .poll(async () => (await screenOf(page).innerText()).trimEnd(), {
        message: `${block.id}: a prompt`,
        timeout: STEP_MS,
      })
      .toMatch(/[$#]$/);
  }
  if (block.opensPodShell) {
    await expect(blockOf(page, block), block.id).toContainText('its shell is open', {
      timeout: STEP_MS,
    });
  }
}

export const byRun: Hand = async (page, block) => {
  const own = blockOf(page, block);
  await press(own, block);
  if (block.untilSeen !== undefined) {
    await expect(screenOf(page), block.id).toContainText(block.untilSeen, { timeout: STEP_MS });
    await own.getByRole('button', { name: 'Stop' }).click();
  }
  await untilDone(page, block);
};

/**
 * Presses Run until the command is under way. A page that has only just come may still take its shell for busy: it says so, lets
 * go, and a learner presses again.
 */
async function press(own: Locator, block: Block): Promise<void> {
  await expect(async () => {
    await own.getByRole('button', { name: 'Run' }).click({ timeout: COMMAND_MS });
    await expect(own).toHaveAttribute('data-state', /running|passed|failed|sent/, {
      timeout: PRESSED_MS,
    });
  }, block.id).toPass({ timeout: COMMAND_MS });
}

/** Reloads, and finds the same shell with the same screen, and the same verdicts. */
export async function reload(page: Page, lesson: Lesson): Promise<void> {
  const before = (await screenOf(page).innerText()).trim();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-lab', '');
  await expect.poll(async () => (await screenOf(page).innerText()).trim()).toBe(before);
  for (const { check } of lesson.steps[0]?.checks ?? []) {
    await expect(checkOf(page, check).locator('.check')).toHaveClass(/passed/, {
      timeout: STEP_MS,
    });
  }
}

function provable(lessons: readonly Lesson[]): number {
  return lessons
    .flatMap(({ steps }) => steps.flatMap(({ checks }) => checks))
    .filter((check) => !isOnlySeen(check)).length;
}
