// The mesh graph in the page. The lab is a double that tells what a test makes it tell.

import type { Page } from '@playwright/test';
import type { GraphAnswer, MeshCall, MeshFrame, MeshNode } from '../../protocol/graph.ts';
import { axeFindings, expect, test, THEMES, WIDTHS } from './pages.ts';

const LESSON = '/module-2/the-graph/?lab=open';
const START = Date.UTC(2026, 10, 24, 10, 41, 0);

const node = (name: string, more: Partial<MeshNode> = {}): MeshNode => ({
  id: `default/${name}`,
  name,
  namespace: 'default',
  kind: 'service',
  proxy: true,
  tcp: false,
  health: 'healthy',
  versions: [{ name: 'v1', share: 1, failed: 0 }],
  pods: { wanted: 2, available: 2 },
  rules: [],
  ...more,
});
const call = (from: string, to: string, more: Partial<MeshCall> = {}): MeshCall => ({
  id: `${from} ${to}`,
  from: from === 'unknown' ? from : `default/${from}`,
  to: `default/${to}`,
  protocol: 'http',
  rate: 5.3,
  failed: 0,
  refused: 0,
  health: 'healthy',
  p95: 51,
  mtls: 1,
  oneSided: false,
  codes: [{ code: '200', share: 1, flags: [] }],
  split: [],
  ...more,
});

const outside = node('unknown', {
  id: 'unknown',
  namespace: '',
  kind: 'unknown',
  proxy: false,
  versions: [],
});
const two = [
  { name: 'v1', share: 0.9, failed: 0 },
  { name: 'v2', share: 0.1, failed: 0.38 },
];
const company: MeshFrame = {
  at: START,
  seconds: 60,
  nodes: [
    outside,
    node('frontend'),
    node('backend', { versions: two, health: 'failure', rules: ['traffic shifting'] }),
    node('payments', { health: 'failure', versions: [{ name: 'v1', share: 1, failed: 0.271 }] }),
    node('database', { tcp: true, pods: { wanted: 1, available: 1 } }),
  ],
  calls: [
    call('unknown', 'frontend', { oneSided: true, mtls: 0, p95: 58 }),
    call('frontend', 'backend', { failed: 0.038, health: 'degraded', split: two }),
    call('backend', 'payments', {
      rate: 3,
      failed: 0.271,
      health: 'failure',
      p95: 1_840,
      codes: [
        { code: '200', share: 0.729, flags: [] },
        { code: '503', share: 0.271, flags: ['UH'] },
      ],
    }),
    call('backend', 'database', { protocol: 'tcp', rate: 18_400, codes: [] }),
  ],
};
const fine: MeshFrame = {
  ...company,
  nodes: [outside, node('frontend'), node('backend'), node('mailer')],
  calls: [call('unknown', 'frontend', { oneSided: true }), call('frontend', 'backend')],
};

/** From now on the lab tells this, with a clock that goes on; of the past it tells `past`. */
async function tell(page: Page, answer: GraphAnswer, past: GraphAnswer = answer): Promise<void> {
  await page.evaluate(
    ([now, before, start]) => {
      window.labDouble.tellGraph = ({ at, seconds }) => {
        const told = at === undefined ? now : before;
        if (told.state !== 'seen') return told;
        const moment = at ?? start + Math.floor(performance.now());
        return { state: 'seen', frame: { ...told.frame, at: moment, seconds } };
      };
    },
    [answer, past, START] as const,
  );
}
const seen = (frame: MeshFrame): GraphAnswer => ({ state: 'seen', frame });

const graph = (page: Page) => page.locator('mesh-graph');
const drawn = (page: Page, id: string) => graph(page).locator(`[data-canvas] g[data-id="${id}"]`);

async function open(page: Page, origin: string, answer: GraphAnswer): Promise<void> {
  await page.goto(origin + LESSON);
  await tell(page, answer);
  await graph(page).scrollIntoViewIfNeeded();
}

test.describe('who calls whom', () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  test('is drawn with rates, failures, latency, versions and locks', async ({ page, parts }) => {
    await open(page, parts, seen(company));
    await expect(graph(page).locator('[data-summary]')).toHaveText(
      'last 60 s, 13.6 requests/s, 7.5% failed',
    );
    const bad = drawn(page, 'backend payments');
    await expect(bad).toHaveClass('call bad');
    await expect(bad.locator('text')).toHaveText(['27.1% fail', '3.0/s, 503']);
    await expect(drawn(page, 'frontend backend')).toHaveClass('call some');
    await expect(drawn(page, 'frontend backend').locator('.lock')).toBeVisible();
    await expect(drawn(page, 'unknown frontend')).toHaveClass('call ok half');
    await expect(drawn(page, 'unknown frontend').locator('text')).toHaveText(['5.3/s', '58 ms']);
    await expect(drawn(page, 'unknown frontend').locator('.lock')).toBeHidden();
    await expect(drawn(page, 'backend database')).toHaveClass('call tcp');
    await expect(drawn(page, 'backend database').locator('text').first()).toHaveText('18 kB/s');
    await expect(drawn(page, 'default/backend')).toHaveClass('node sick');
    await expect(drawn(page, 'default/backend').locator('.version')).toHaveText(['v190%', 'v210%']);
    await expect(drawn(page, 'default/payments').locator('.sub')).toHaveText('27.1% fail');
    await expect(drawn(page, 'unknown')).toHaveClass('node plain');
  });

  test('opens with the call its author points at, and explains what is chosen', async ({
    page,
    parts,
  }) => {
    await open(page, parts, seen(company));
    const detail = graph(page).locator('[data-detail]');
    await expect(detail.locator('b')).toHaveText('frontend → backend');
    await expect(detail).toContainText('10% went to v2, which fails 38% of it');
    await drawn(page, 'backend payments').getByText('27.1% fail').click();
    await expect(detail.locator('b')).toHaveText('backend → payments');
    await expect(detail).toContainText(
      'About one request in four failed. They come back as 503 (no healthy pod was left).',
    );
    await expect(drawn(page, 'backend payments')).toHaveAttribute('aria-pressed', 'true');
    await expect(page.locator('#announcer')).toContainText('backend → payments. About one');
    await drawn(page, 'default/backend').click();
    await expect(detail.locator('b')).toHaveText('backend');
    await expect(detail).toContainText('The mesh has rules for it: traffic shifting.');
  });

  test('keeps everything where it is when numbers change, and idle when it goes quiet', async ({
    page,
    parts,
  }) => {
    await open(page, parts, seen(company));
    const place = () =>
      drawn(page, 'default/payments').evaluate((box: SVGElement) => box.style.transform);
    await expect(drawn(page, 'backend payments')).toHaveClass('call bad');
    const before = await place();
    await tell(
      page,
      seen({ ...company, nodes: company.nodes.slice(0, 3), calls: company.calls.slice(0, 2) }),
    );
    await expect(drawn(page, 'backend payments')).toHaveClass('call idle');
    await expect(drawn(page, 'backend payments').locator('text').first()).toHaveText('idle');
    expect(await place()).toBe(before);
  });

  test('draws new figures by itself', async ({ page, parts }) => {
    await open(page, parts, seen(fine));
    await expect(drawn(page, 'frontend backend')).toHaveClass('call ok');
    await tell(page, seen(company));
    await expect(drawn(page, 'backend payments')).toHaveClass('call bad');
  });

  test('says once, and when it has lasted, that something fails and that it no longer does', async ({
    page,
    parts,
  }) => {
    await open(page, parts, seen(fine));
    await expect(drawn(page, 'frontend backend')).toHaveClass('call ok');
    await tell(page, seen(company));
    await expect(page.locator('#announcer')).toHaveText(
      /(backend to payments: 27.1%|frontend to backend: 3.8%) fail\./,
      {
        timeout: 6_000,
      },
    );
    await tell(page, seen({ ...company, calls: fine.calls }));
    await expect(page.locator('#announcer')).toHaveText(
      'frontend to backend: nothing fails any more.',
      {
        timeout: 8_000,
      },
    );
  });

  test('asks for nothing while nobody sees it', async ({ page, parts }) => {
    await page.setViewportSize({ width: 1440, height: 500 });
    await page.goto(parts + LESSON);
    await page.evaluate(() => {
      const spacer = document.createElement('div');
      spacer.style.height = '3000px';
      document.querySelector('mesh-graph')?.before(spacer);
      window.labDouble.graphsAsked.length = 0;
      scrollTo(0, 0);
    });
    await page.waitForFunction(() => {
      const box = document.querySelector('mesh-graph')?.getBoundingClientRect();
      return box !== undefined && box.top > innerHeight;
    });
    const asked = () => page.evaluate(() => window.labDouble.graphsAsked.length);
    // Whatever was under way has ended after one more beat.
    await page.waitForTimeout(1_500);
    const before = await asked();
    await page.waitForTimeout(2_500);
    expect(await asked()).toBe(before);
    await tell(page, seen(company));
    await graph(page).scrollIntoViewIfNeeded();
    await expect(drawn(page, 'default/backend')).toBeVisible();
  });
});

test.describe('by keyboard', () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  test('one stop, arrows along the calls, Enter for details, Escape out of them', async ({
    page,
    parts,
  }) => {
    await open(page, parts, seen(company));
    await expect(drawn(page, 'default/backend')).toBeVisible();
    await graph(page).getByRole('button', { name: 'Open Kiali' }).focus();
    await page.keyboard.press('Tab');
    await expect(drawn(page, 'unknown')).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect(drawn(page, 'unknown frontend')).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect(drawn(page, 'frontend backend')).toBeFocused();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    const detail = graph(page).locator('[data-detail] b');
    await expect(detail).toHaveText('frontend → backend');
    await page.keyboard.press('Home');
    await page.keyboard.press(' ');
    await expect(detail).toHaveText('unknown');
    await page.keyboard.press('Escape');
    await expect(detail).toHaveCount(0);
    await page.keyboard.press('Tab');
    await expect(graph(page).getByRole('button', { name: 'Replay 5 min' })).toBeFocused();
  });
});

test.describe('as a table', () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  test('lists everything, what fails first, and is there for listeners all the time', async ({
    page,
    parts,
  }) => {
    await open(page, parts, seen(company));
    const rows = graph(page).getByRole('row');
    await expect(rows).toHaveText([
      /^FromTo/,
      'backendpayments3.0/s27.1% (503)1,840 msmutual TLSboth sides–',
      'frontendbackend5.3/s3.8%51 msmutual TLSboth sidesv1 90%, v2 10%',
      'backenddatabase18 kB/s––mutual TLSboth sides–',
      'unknownfrontend5.3/s0%58 msnofrontend only–',
    ]);
    await graph(page).getByRole('button', { name: 'Table' }).click();
    await expect(graph(page).locator('[data-canvas]')).toBeHidden();
    await expect(rows.nth(1)).toBeInViewport();
    await page.reload();
    await tell(page, seen(company));
    await graph(page).scrollIntoViewIfNeeded();
    await expect(graph(page).getByRole('button', { name: 'Table' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
  });
});

test.describe('the last minutes', () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  test('hold still, go back to what was asked for by its time, and come back', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + LESSON);
    await tell(page, seen(company), seen(fine));
    await graph(page).scrollIntoViewIfNeeded();
    await expect(drawn(page, 'backend payments')).toHaveClass('call bad');
    await graph(page).getByRole('button', { name: 'Hold still' }).click();
    await tell(page, seen(fine), seen(fine));
    const asks = () => page.evaluate(() => window.labDouble.graphsAsked.length);
    const before = await asks();
    await expect.poll(asks, { timeout: 15_000 }).toBeGreaterThan(before + 2);
    await expect(drawn(page, 'backend payments')).toHaveClass('call bad');
    const ruler = graph(page).getByRole('slider', { name: 'Moment that is shown' });
    await ruler.focus();
    for (let step = 0; step < 20; step++) await page.keyboard.press('ArrowLeft');
    // Twenty times five seconds, and what has passed since the first of them.
    await expect(graph(page).locator('output')).toHaveText(
      /^\d\d:\d\d:\d\d, (1 min [45]\d|[234] min \d\d) s ago$/,
    );
    await expect(ruler).toHaveAttribute('aria-valuetext', /ago$/);
    await expect(drawn(page, 'backend payments')).toHaveClass('call idle');
    const asked = await page.evaluate(() => window.labDouble.graphsAsked.map(({ at }) => at));
    expect(asked.filter((at) => at !== undefined).every((at) => at % 5_000 === 0)).toBe(true);
    await graph(page).getByRole('button', { name: 'Back to now' }).click();
    await expect(graph(page).locator('output')).toHaveText(/now$/);
  });

  test('are replayed from their beginning until now', async ({ page, parts }) => {
    await page.clock.install({ time: START });
    await open(page, parts, seen(company));
    // From here the test alone moves the clock: a machine that is slow does not.
    await page.clock.pauseAt(START + 60_000);
    await page.clock.runFor(2_000);
    await expect(drawn(page, 'backend payments')).toHaveClass('call bad');
    await graph(page).getByRole('button', { name: 'Replay 5 min' }).click();
    await expect(graph(page).locator('output')).toHaveText(/ 5 min 0\d s ago$/);
    await page.clock.runFor(10_000);
    await expect(graph(page).locator('output')).toHaveText(/ 3 min \d\d s ago$/);
    await page.clock.runFor(45_000);
    await expect(graph(page).locator('output')).toHaveText(/now$/);
    await expect(graph(page).getByRole('button', { name: 'Replay 5 min' })).toBeVisible();
  });
});

test.describe('without a picture', () => {
  for (const [answer, words] of [
    [
      { state: 'no cluster' },
      'There is no cluster yet. make kind-up in labs/01-foundation starts one.',
    ],
    [
      { state: 'no kiali' },
      'Prometheus and Kiali, which count and draw, are not there yet. make kiali in labs/01-foundation starts them.',
    ],
    [
      { state: 'starting' },
      'Kiali is starting. kubectl get pods -n istio-system shows how far it is.',
    ],
    [
      { state: 'seen', frame: { at: START, seconds: 60, nodes: [], calls: [] } },
      'No calls in the last 60 s. The first ones show here about two seconds after they are made; only what passes a proxy counts.',
    ],
  ] as const satisfies [GraphAnswer, string][]) {
    test(`“${answer.state}” says why and the next move`, async ({ page, parts }) => {
      await open(page, parts, answer);
      await expect(graph(page).locator('[data-gap]')).toHaveText(words);
      await expect(graph(page).locator('[data-seen]')).toBeHidden();
      expect(await axeFindings(page)).toEqual([]);
    });
  }

  test('the last one stays, dimmed, while the lab is away', async ({ page, parts }) => {
    await open(page, parts, seen(company));
    await expect(drawn(page, 'default/backend')).toBeVisible();
    await page.evaluate(() => window.labDouble.setState('offline'));
    await expect(graph(page).locator('[data-gap]')).toHaveText(
      'The lab does not answer. This page comes back by itself.',
    );
    await expect(graph(page).locator('figure')).toHaveAttribute('data-stale', '');
    await expect(drawn(page, 'default/backend')).toBeVisible();
    await page.evaluate(() => window.labDouble.setState('open'));
    await expect(graph(page).locator('[data-gap]')).toBeHidden();
  });

  test('readers without a lab see an example that says so, and how to get a lab', async ({
    page,
    parts,
  }) => {
    await page.goto(parts + LESSON.replace('open', 'absent'));
    await graph(page).scrollIntoViewIfNeeded();
    await expect(graph(page).locator('[data-gap]')).toHaveText(
      'Example, made up. To see your own, start Meshproof: npm start',
    );
    await expect(drawn(page, 'default/backend')).toBeVisible();
    await expect(graph(page).locator('[data-time]')).toBeHidden();
    await expect(graph(page).getByRole('button', { name: 'Open Kiali' })).toBeHidden();
  });

  test('and without JavaScript, one line', async ({ browser, parts }) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(parts + LESSON);
    await expect(graph(page)).toContainText('To see your own, start Meshproof: npm start');
    await expect(graph(page).locator('[data-seen]')).toBeHidden();
    await context.close();
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('the table comes first, the drawing at a touch, and nothing scrolls sideways but itself', async ({
    page,
    parts,
  }) => {
    await open(page, parts, seen(company));
    await expect(graph(page).getByRole('button', { name: 'Table' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    await graph(page).getByRole('button', { name: 'Graph' }).tap();
    await expect(drawn(page, 'default/backend')).toBeVisible();
    await drawn(page, 'default/payments').tap();
    await expect(graph(page).locator('[data-detail] b')).toHaveText('payments');
    const sideways = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(sideways).toBe(0);
  });
});

for (const width of WIDTHS) {
  for (const theme of THEMES) {
    test(`axe finds nothing in the graph, ${width} px, ${theme}`, async ({ page, parts }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await open(page, parts, seen(company));
      const findings: string[] = [];
      for (const view of ['Graph', 'Table']) {
        await graph(page).getByRole('button', { name: view }).click();
        findings.push(...(await axeFindings(page)).map((one) => `${view}: ${one}`));
      }
      expect(findings).toEqual([]);
    });
  }
}
