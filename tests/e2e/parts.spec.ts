// Every part of a lesson page with a lab behind it. The lab is a double that says what a test makes it say.

import type { Page } from '@playwright/test';
import type { CheckState, Verdict } from '../../protocol/verdict.ts';
import { axeFindings, expect, test, THEMES, WIDTHS } from './pages.ts';

const LESSON = '/module-2/ship-to-one-in-ten/?lab=open';

/** What the double's check feed says. */
async function say(
  page: Page,
  check: string,
  verdict: Verdict,
  proven?: CheckState['proven'],
): Promise<void> {
  const state: CheckState = { check, verdict, at: Date.now(), ...(proven && { proven }) };
  await page.evaluate((it) => window.labDouble.say(it), state);
}
const record = {
  at: Date.now(),
  seen: 'v1 has 3 of 3 pods.',
  engine: 'Embedded cluster',
  revisions: {},
};
const typed = (page: Page, session = 'session-1') =>
  page.evaluate((id) => window.labDouble.shells.get(id)?.typed, session);
const screen = (page: Page) => page.locator('lab-terminal[data-front] .xterm-rows');

test.describe('run block', () => {
  test('types its command into the terminal and shows how it ended', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    const block = page.locator('#run-apply-v2');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block).toHaveAttribute('data-state', 'passed');
    await expect(block.locator('.receipt')).toContainText(
      /^exit 0\d\.\d\d s\d\d:\d\d:\d\dshell 1doneCopy receipt$/,
    );
    await expect(block.getByRole('button', { name: 'Run again' })).toBeFocused();
    expect(await typed(page)).toBe('kubectl apply -f backend-v2.yaml\r');
    await expect(screen(page)).toContainText('02-value $ kubectl apply -f backend-v2.yaml');
  });

  test('that fails shows it, and one that is meant to fail has passed', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    const block = page.locator('#run-get-pod-wrong');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block.locator('.receipt')).toContainText('exit 1');
    await expect(block.locator('.receipt')).toContainText('as the lesson means to show');
    await expect(block).toHaveAttribute('data-state', 'passed');
    await block.evaluate((element) => element.setAttribute('data-exit', '0'));
    await block.getByRole('button', { name: 'Run again' }).click();
    await expect(block).toHaveAttribute('data-state', 'failed');
    await expect(block.locator('.receipt.bad .code')).toHaveText('exit 1');
  });

  test('that fails shows what was expected beside what came, and keeps both over a reload', async ({
    page,
    parts,
    context,
  }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(parts + LESSON);
    const block = page.locator('#run-apply-v2');
    await block.evaluate((element) => element.setAttribute('data-exit', '1'));
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block).toHaveAttribute('data-state', 'failed');
    const yours = block.locator('.yours');
    await expect(yours.locator('dd')).toHaveText(['deployment.apps/backend-v2 created', 'done']);
    await expect(yours.locator('mark')).toHaveCount(2);
    await page.reload();
    await expect(block).toHaveAttribute('data-state', 'failed');
    await expect(yours.locator('mark')).toHaveCount(2);
    await block.getByRole('button', { name: 'Copy receipt' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(
      /^\$ kubectl apply -f backend-v2\.yaml\ndone\nexit 0, \d\.\d\d s\n\d{4}-\d\d-\d\dT\S+, shell 1\n$/,
    );
    await block.getByText('exit 0').click();
    await expect(yours).toBeHidden();
  });

  test('that goes on counts its time, can be stopped, and makes the others wait', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + LESSON);
    const endless = page.locator('#run-watch-pods');
    await endless.getByRole('button', { name: 'Run' }).click();
    await expect(endless.locator('.receipt')).toContainText('stop it when Running has appeared');
    await expect(endless.locator('[data-time]')).toHaveText(/^00:0\d$/, { timeout: 4_000 });
    const other = page.locator('#run-apply-v2');
    await other.getByRole('button', { name: 'Run' }).click();
    await expect(other.locator('.receipt')).toHaveText(
      'waitskubectl get pods --watch is still running in shell 1',
    );
    await other.getByRole('button', { name: 'Press Ctrl+C' }).click();
    await expect(endless.locator('.receipt .code')).toHaveText('exit 130');
    await expect(other).toHaveAttribute('data-state', 'idle');
    await expect(other.getByRole('button', { name: 'Run' })).toBeVisible();
  });

  test('for a pod’s shell is typed into it, and nothing is claimed where nothing is known', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + LESSON);
    await page.locator('#run-debug').getByRole('button', { name: 'Run' }).click();
    await expect(page.locator('#run-debug')).toHaveAttribute('data-state', 'running');
    await expect(screen(page)).toContainText('--restart=Never');
    const block = page.locator('#run-lookup');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block.locator('.receipt')).toContainText(
      'typed into the pod’s shell; its outcome is not visible from here',
      { timeout: 4_000 },
    );
    await expect(block.locator('.code')).toHaveCount(0);
    expect(await typed(page)).toContain('nslookup backend\r');
  });

  test('for a pod’s shell is followed there, and the learner’s own blocks wait until it is left', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    await page.evaluate(() => {
      const shell = window.labDouble.shells.get('session-1');
      if (shell) shell.podMarks = true;
    });
    await page.locator('#run-debug').getByRole('button', { name: 'Run' }).click();
    await expect(page.locator('#run-debug .receipt')).toContainText('its shell is open');
    await page.locator('#run-lookup').getByRole('button', { name: 'Run' }).click();
    await expect(page.locator('#run-lookup .code')).toHaveText('exit 0');
    const own = page.locator('#run-apply-v2');
    await own.getByRole('button', { name: 'Run' }).click();
    await expect(own.locator('.receipt')).toHaveText(
      'waitsthe pod’s shell is still open in shell 1; exit leaves it',
    );
    await own.getByRole('button', { name: 'Type exit' }).click();
    await expect(page.locator('#run-debug .code')).toHaveText('exit 0');
    await own.getByRole('button', { name: 'Run' }).click();
    await expect(own).toHaveAttribute('data-state', 'passed');
  });

  test('for a pod’s shell is not typed into the learner’s own', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    const block = page.locator('#run-lookup');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block.locator('.receipt')).toContainText('No pod’s shell is open here.');
    expect(await typed(page)).toBe('');
  });

  test('of several lines is typed as it stands', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    const block = page.locator('#run-apply-tenth');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block).toHaveAttribute('data-state', 'passed');
    expect(await typed(page)).toBe(`${await block.locator('code').textContent()}\r`);
  });

  test('asks for the printed link where the lab is locked', async ({ page, parts }) => {
    await page.goto(parts + LESSON.replace('open', 'locked'));
    const block = page.locator('#run-apply-v2');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block.locator('.receipt')).toHaveText(
      'lockedTo run this, open the link that npm start printed',
    );
    await page.evaluate(() => window.labDouble.setState('open'));
    await expect(block.getByRole('button', { name: 'Run' })).toBeVisible();
  });
});

test.describe('check', () => {
  test('gives its reason, then is ruled off, and its step and every tally follow', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + LESSON);
    const check = page.locator('#check-two-versions');
    await expect(check.locator('.verdict')).toHaveText('not started');
    await say(page, 'two-versions', { state: 'waiting', because: '3 of 4 pods are ready.' });
    await expect(check.locator('.verdict')).toHaveText('not yet');
    await expect(check.locator('.why')).toHaveText('3 of 4 pods are ready.');
    await say(page, 'two-versions', { state: 'passed', seen: 'v1 has 3 of 3 pods.' }, record);
    await expect(check.locator('.verdict')).toHaveText(/^proven \d\d:\d\d:\d\d$/);
    await expect(check.locator('.check')).toHaveClass('check passed proving');
    await expect(page.locator('#announcer')).toHaveText(
      'Proven: Two versions of backend are ready',
    );
    await expect(page.locator('lesson-step').first().locator('.step')).toHaveClass(
      'step proving proven',
    );
    await expect(page.locator('.side a[aria-current] .sr')).toHaveText('1 of 3 proven');
    await expect(page.locator('.bar .count')).toHaveText('1 of 5 proven');
  });

  test('proven before the page opened is shown without motion', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await say(page, 'two-versions', { state: 'passed', seen: 'v1 has 3 of 3 pods.' }, record);
    await expect(page.locator('#check-two-versions .check')).toHaveClass('check passed');
  });

  test('lost again says when it was true and keeps its step proven', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await say(page, 'two-versions', { state: 'passed', seen: 'v1 has 3 of 3 pods.' }, record);
    await say(
      page,
      'two-versions',
      { state: 'waiting', because: 'One pod runs without a proxy.' },
      record,
    );
    const check = page.locator('#check-two-versions');
    await expect(check.locator('.verdict')).toHaveText('no longer');
    await expect(check.locator('.why')).toHaveText(
      /^It was true at \d\d:\d\d:\d\d\. One pod runs without a proxy\.$/,
    );
    await expect(page.locator('lesson-step').first().locator('.step')).toHaveClass(/proven/);
  });

  test('that broke is our fault', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await say(page, 'nothing-failed', { state: 'broken', error: 'no such overload' });
    const check = page.locator('#check-nothing-failed');
    await expect(check.locator('.verdict')).toHaveText('can’t tell');
    await expect(check.locator('.why')).toContainText('our fault, not yours');
  });

  test('offers a hint in three rungs, and types the answer when asked', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    const hint =
      'The cluster names the field it does not know. Compare it with the line for v1, letter by letter.';
    await say(page, 'one-in-ten', { state: 'waiting', because: 'No VirtualService exists.', hint });
    const check = page.locator('#check-one-in-ten');
    await expect(check.locator('.hint')).toBeHidden();
    await check.getByRole('button', { name: 'Give me a hint' }).click();
    await expect(check.locator('[data-rung]')).toHaveText('Hint 1 of 3');
    await expect(check.locator('[data-nudge]')).toHaveText(hint);
    await check.getByRole('button', { name: 'Point to it' }).click();
    await expect(page.locator('#run-apply-tenth')).toHaveAttribute('data-pointed', '');
    await expect(page.locator('#run-apply-tenth [data-run]')).toBeFocused();
    await check.getByRole('button', { name: 'Type the answer for me' }).click();
    await expect(check.locator('[data-rung]')).toHaveText('Hint 3 of 3');
    await expect(check.locator('[data-answer]')).toContainText('kubectl apply -f -');
    await expect(page.locator('#run-apply-tenth')).toHaveAttribute('data-state', 'passed');
  });

  test('nudges by itself after the same reason met two runs', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    const hint = '`kubectl get pods -l app=backend` shows what each waits for.';
    await say(page, 'two-versions', { state: 'waiting', because: '3 of 4 pods are ready.', hint });
    const block = page.locator('#run-apply-v2');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block).toHaveAttribute('data-state', 'passed');
    await expect(page.locator('#check-two-versions .hint')).toBeHidden();
    await block.getByRole('button', { name: 'Run again' }).click();
    await expect(page.locator('#check-two-versions .hint')).toBeVisible();
    await expect(page.locator('#check-two-versions [data-nudge] code')).toHaveText(
      'kubectl get pods -l app=backend',
    );
  });
});

test.describe('terminal dock', () => {
  test('keys reach the shell, and Ctrl+Shift+Esc leads back to where one was', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    const run = page.locator('#run-apply-v2').getByRole('button', { name: 'Run' });
    await run.focus();
    await page.locator('lab-terminal[data-front] textarea').focus();
    await expect(page.locator('#announcer')).toHaveText(
      'Terminal, shell 1. Leave it with Ctrl+Shift+Esc.',
    );
    await page.keyboard.type('ls -la');
    await expect(screen(page)).toContainText('$ ls -la');
    expect(await typed(page)).toBe('ls -la');
    await page.keyboard.press('Control+Shift+Escape');
    await expect(run).toBeFocused();
    await expect(page.locator('#announcer')).toHaveText('Left the terminal.');
    expect(await typed(page)).toBe('ls -la');
  });

  test('the shell keeps / and Ctrl+K to itself', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    await page.locator('lab-terminal[data-front] textarea').focus();
    await page.keyboard.press('/');
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog', { name: 'Search' })).toBeHidden();
    expect(await typed(page)).toBe('/\x0b');
  });

  test('tabs open, change by arrow keys, and close', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await page.getByRole('button', { name: 'New terminal' }).click();
    await expect(page.getByRole('tab')).toHaveText(['shell 1', 'shell 2']);
    await expect(page.getByRole('tab', { name: 'shell 2' })).toHaveAttribute(
      'aria-selected',
      'true',
    );
    await page.getByRole('tab', { name: 'shell 2' }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect(page.getByRole('tab', { name: 'shell 1' })).toBeFocused();
    await expect(page.getByRole('tabpanel')).toHaveAttribute('id', 'panel-session-1');
    await page.getByRole('button', { name: 'Close shell 1' }).click();
    await expect(page.getByRole('tab')).toHaveText(['shell 2']);
    await expect(page.getByRole('button', { name: /^Close/ })).toBeHidden();
  });

  test('every action has a key, and the sheet lists them all', async ({ page, parts, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    const press = (key: string) => page.keyboard.press(key);
    const tabs = page.getByRole('tab');
    await press('Alt+Shift+G');
    await expect(page.locator('lab-terminal[data-front] textarea')).toBeFocused();
    await press('Alt+Shift+N');
    await expect(tabs).toHaveText(['shell 1', 'shell 2']);
    await press('Alt+Shift+E');
    await page.getByRole('textbox', { name: 'Name' }).fill('west side');
    await press('Enter');
    await expect(tabs).toHaveText(['shell 1', 'west side']);
    await expect(page.getByRole('tabpanel', { name: 'west side' })).toBeVisible();
    await press('Alt+Shift+ArrowLeft');
    await expect(tabs.first()).toHaveAttribute('aria-selected', 'true');
    await press('Alt+Shift+S');
    await expect(page.locator('lab-terminal:visible')).toHaveCount(2);
    await expect(tabs.last()).toHaveAttribute('aria-selected', 'true');
    await press('Alt+Shift+O');
    await expect(tabs.first()).toHaveAttribute('aria-selected', 'true');
    await press('Alt+Shift+S');
    await expect(page.locator('lab-terminal:visible')).toHaveCount(1);
    await press('Alt+Shift+M');
    await expect(page.locator('#text')).toBeHidden();
    await press('Alt+Shift+M');
    await expect(page.locator('#text')).toBeVisible();
    const letter = () =>
      screen(page).evaluate((rows) => Number.parseFloat(getComputedStyle(rows).fontSize));
    await press('Alt+Shift++');
    await expect.poll(letter).toBe(14);
    await press('Alt+Shift+0');
    await expect.poll(letter).toBe(13);
    await press('Alt+Shift+C');
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('02-value $');
    await press('Alt+Shift+F');
    await page.getByRole('searchbox', { name: 'Find in the terminal' }).fill('value');
    await expect(page.getByRole('status').filter({ hasText: '1 of 1' })).toBeVisible();
    await press('Escape');
    await expect(page.locator('lab-terminal[data-front] textarea')).toBeFocused();
    await press('Alt+Shift+L');
    expect(await page.evaluate(() => window.labDouble.shells.get('session-1')?.cleared)).toBe(1);
    expect(await typed(page), 'none of this reached a shell').toBe('');
    await press('Alt+Shift+H');
    const sheet = page.getByRole('dialog', { name: 'Keys and actions of the terminal' });
    await expect(sheet.getByRole('button')).toHaveCount(23);
    await sheet.getByRole('button', { name: /^New terminal/ }).click();
    await expect(sheet).toBeHidden();
    await expect(tabs).toHaveCount(3);
  });

  test('several lines are pasted after a question, one line at once', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    const paste = (text: string) =>
      page.locator('lab-terminal[data-front] textarea').evaluate((area, it) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', it);
        const init = { clipboardData, bubbles: true, cancelable: true };
        area.dispatchEvent(new ClipboardEvent('paste', init));
      }, text);
    await page.locator('lab-terminal[data-front] textarea').focus();
    await paste('pwd');
    await expect.poll(() => typed(page)).toBe('pwd');
    await paste('one\ntwo\x1b[201~\n');
    const question = page.getByRole('dialog', { name: 'Paste 2 lines into shell 1?' });
    await expect(question.locator('pre')).toHaveText('one\ntwo␛[201~');
    await page.keyboard.press('Escape');
    await expect(question).toBeHidden();
    await expect(page.locator('lab-terminal[data-front] textarea')).toBeFocused();
    await paste('one\ntwo');
    await page.keyboard.press('Enter');
    await expect.poll(() => typed(page)).toBe('pwdone\rtwo');
  });

  for (const gone of [false, true]) {
    test(`a shell that has ended ${gone ? 'for good ' : ''}says why and offers a new one`, async ({
      page,
      parts,
    }) => {
      await page.goto(parts + LESSON);
      await expect(screen(page)).toContainText('02-value $');
      await page.evaluate((it) => {
        const shell = window.labDouble.shells.get('session-1');
        if (shell) shell.gone = it;
        shell?.setState('exited', 'The shell ended with exit 0.');
      }, gone);
      await expect(page.locator('[data-why]')).toHaveText('The shell ended with exit 0.');
      await page.getByRole('button', { name: 'Open a new shell' }).click();
      await expect(page.locator('[data-line]')).toHaveText('connected, 3 ms');
      await expect(page.getByRole('tab')).toHaveText(['shell 1']);
      await expect(page.getByRole('tabpanel')).toHaveAttribute(
        'id',
        gone ? 'panel-session-2' : 'panel-session-1',
      );
    });
  }

  test('a terminal that another page has taken can be taken back', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    await page.evaluate(() =>
      window.labDouble.shells.get('session-1')?.setState('taken over', 'Open on another page.'),
    );
    await expect(page.locator('[data-why]')).toHaveText('Open on another page.');
    await page.getByRole('button', { name: 'Take it back' }).click();
    await expect(page.locator('[data-over]')).toBeHidden();
    await expect(page.locator('lab-terminal[data-front] textarea')).toBeFocused();
  });

  test('offline is said with its seconds, and nothing is queued', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    await page.evaluate(() => {
      window.labDouble.setState('offline');
      window.labDouble.shells.get('session-1')?.setState('offline');
    });
    await expect(page.locator('[data-line]')).toHaveText(
      /^offline for [1-9] s; your shell goes on, keys are not sent$/,
      { timeout: 5_000 },
    );
  });

  test('the divider moves by keys, is remembered, and is reset', async ({ page, parts }) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(parts + LESSON);
    const dock = page.locator('terminal-dock');
    const width = async () => Math.round((await dock.boundingBox())?.width ?? 0);
    expect(await width()).toBe(560);
    const divider = page.getByRole('separator', { name: 'Width of the terminal' });
    await divider.focus();
    await page.keyboard.press('Shift+ArrowRight');
    expect(await width()).toBe(464);
    await page.reload();
    await expect(dock).toBeVisible();
    expect(await width()).toBe(464);
    await divider.dblclick();
    expect(await width()).toBe(560);
    const box = await divider.boundingBox();
    await page.mouse.move((box?.x ?? 0) + 6, 400);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) - 94, 400);
    await page.mouse.up();
    expect(await width()).toBe(660);
  });

  test('screen reader mode is a choice that is remembered', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    await page.getByRole('button', { name: 'keys: ?' }).click();
    await page.getByRole('button', { name: /Screen reader mode/ }).click();
    await expect(page.locator('.xterm-accessibility')).toBeAttached();
    await page.reload();
    await expect(page.locator('.xterm-accessibility')).toBeAttached();
  });

  test('the terminal follows the theme while it is open', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await expect(screen(page)).toContainText('02-value $');
    const ground = () =>
      page
        .locator('.xterm-scrollable-element')
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await ground()).toBe('rgb(16, 24, 21)');
    await page.getByRole('button', { name: 'Dark theme' }).click();
    await expect.poll(ground).toBe('rgb(9, 14, 12)');
  });
});

test('a lesson is done by keyboard alone', async ({ page, parts }) => {
  await page.goto(parts + LESSON);
  await expect(screen(page)).toContainText('02-value $');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the lesson' })).toBeFocused();
  await page.keyboard.press('Enter');
  const focused = (selector: string) =>
    page.evaluate((it) => document.activeElement?.matches(it), selector);
  for (let tabs = 0; tabs < 20 && !(await focused('#run-apply-v2 [data-run]')); tabs++) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await expect(page.locator('#run-apply-v2')).toHaveAttribute('data-state', 'passed');
  await page.keyboard.press('Control+Home');
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.locator('body').press('Tab');
  await page.getByRole('link', { name: 'Skip to the terminal' }).focus();
  await page.keyboard.press('Enter');
  for (let tabs = 0; tabs < 8 && !(await focused('textarea')); tabs++)
    await page.keyboard.press('Tab');
  await page.keyboard.type('pwd');
  expect(await typed(page)).toBe('kubectl apply -f backend-v2.yaml\rpwd');
  await page.keyboard.press('Control+Shift+Escape');
  expect(await focused('textarea')).toBe(false);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('the terminal is a drawer that peeks, opens for Run, and grows', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    const dock = page.locator('terminal-dock');
    const height = async () => Math.round((await dock.boundingBox())?.height ?? 0);
    expect(await height()).toBe(52);
    await expect(page.locator('lab-terminal')).toHaveCount(0);
    const block = page.locator('#run-apply-v2');
    await block.getByRole('button', { name: 'Run' }).click();
    await expect(block).toHaveAttribute('data-state', 'passed');
    await expect.poll(height).toBe(Math.round(844 * 0.62));
    await expect(block.locator('code')).toBeInViewport();
    await expect(page.locator('[data-news]')).toHaveText(/^shell 1, exit 0, \d\.\d\d s$/);
    await page.getByRole('button', { name: 'Full' }).click();
    await expect.poll(height).toBe(844 - 52);
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await expect.poll(height).toBe(52);
  });

  test('the key bar types, and Ctrl holds for one key', async ({ page, parts }) => {
    await page.goto(parts + LESSON);
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await expect(screen(page)).toContainText('02-value $');
    await page.getByRole('button', { name: 'Up', exact: true }).click();
    await page.getByRole('button', { name: 'Ctrl', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Ctrl', exact: true })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    await page.locator('lab-terminal[data-front] textarea').focus();
    await page.keyboard.type('ab');
    await expect(page.getByRole('button', { name: 'Ctrl', exact: true })).toHaveAttribute(
      'aria-pressed',
      'false',
    );
    expect(await typed(page)).toBe('\x1b[A\x01b');
  });
});

for (const width of WIDTHS) {
  for (const theme of THEMES) {
    test(`axe finds nothing in any state, ${width} px, ${theme}`, async ({ page, parts }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.goto(parts + LESSON);
      const findings = await axeFindings(page);
      await page.locator('#run-apply-v2').getByRole('button', { name: 'Run' }).click();
      await expect(page.locator('#run-apply-v2')).toHaveAttribute('data-state', 'passed');
      await page
        .locator('#run-get-pod-wrong')
        .evaluate((element) => element.setAttribute('data-exit', '0'));
      await page.locator('#run-get-pod-wrong').getByRole('button', { name: 'Run' }).click();
      await expect(page.locator('#run-get-pod-wrong')).toHaveAttribute('data-state', 'failed');
      await page.locator('#run-watch-pods').getByRole('button', { name: 'Run' }).click();
      await expect(page.locator('#run-watch-pods')).toHaveAttribute('data-state', 'running');
      await page.locator('#run-long').getByRole('button', { name: 'Run' }).click();
      await expect(page.locator('#run-long')).toHaveAttribute('data-state', 'waits');
      const hint =
        'The cluster names the field it does not know. Compare it with the line for v1, letter by letter.';
      await say(page, 'two-versions', { state: 'passed', seen: 'v1 has 3 of 3 pods.' }, record);
      await say(page, 'one-in-ten', {
        state: 'waiting',
        because: 'No VirtualService exists.',
        hint,
      });
      await say(page, 'nothing-failed', { state: 'broken', error: 'no such overload' });
      await page
        .locator('#check-one-in-ten')
        .getByRole('button', { name: 'Give me a hint' })
        .click();
      await expect(page.locator('#check-one-in-ten .hint')).toBeVisible();
      findings.push(...(await axeFindings(page)));
      await page.getByRole('button', { name: 'keys: ?' }).click();
      findings.push(...(await axeFindings(page)));
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Split/ })
        .click();
      await page.getByRole('button', { name: 'Find', exact: true }).click();
      await page.keyboard.press('Alt+Shift+E');
      await expect(page.getByRole('textbox', { name: 'Name' })).toBeVisible();
      findings.push(...(await axeFindings(page)));
      expect(findings).toEqual([]);
    });
  }
}
