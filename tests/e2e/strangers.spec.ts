// Pages of other sites and other servers on the same machine, in a real browser that has opened the lab: what they try comes to nothing.
// The threats are numbered as in docs/threat-model.md.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, expect, type Page, test } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/browser.ts';
import { proc } from '../support/lab.ts';
import { Product } from '../support/product.ts';
import { lessonsOf } from './course.ts';

test.describe.configure({ mode: 'default' });

let lab: Product;
let neighbour: Server;
/** Where the neighbour serves an empty page, and the cookies that browsers brought it. */
let elsewhere: string;
const brought: string[] = [];

test.beforeAll(async () => {
  lab = await Product.start();
  neighbour = createServer((request, response) => {
    brought.push(request.headers.cookie ?? '');
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>Elsewhere</title>');
  });
  await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve));
  elsewhere = `http://127.0.0.1:${(neighbour.address() as AddressInfo).port}/`;
});
test.afterAll(async () => {
  neighbour.close();
  await lab.stop();
});

async function opened(page: Page): Promise<void> {
  await page.goto(lab.link);
  await expect(page.locator('html')).toHaveAttribute('data-lab', '');
}

/** What becomes of a terminal's socket and of two requests, from the page that is open. */
function tryAll(page: Page, origin: string): Promise<Record<string, string>> {
  return page.evaluate(async (lab) => {
    const socket = (path: string, protocol: string) =>
      new Promise<string>((resolve) => {
        const line = new WebSocket(lab.replace('http', 'ws') + path, protocol);
        line.addEventListener('open', () => resolve('open'));
        // A socket that a policy forbids only errs.
        line.addEventListener('error', () => resolve('closed'));
        line.addEventListener('close', () => resolve('closed'));
      });
    const ask = async (method: string, mode: RequestMode) => {
      try {
        const response = await fetch(`${lab}/lab/terminals`, {
          method,
          mode,
          credentials: 'include',
          ...(method === 'POST' && { body: '{"name":"x"}' }),
        });
        return response.type === 'opaque' ? 'sent' : `read ${response.status}`;
      } catch {
        return 'refused';
      }
    };
    return {
      terminal: await socket('/lab/terminal', 'lab.term.v1'),
      feed: await socket('/lab/feed', 'lab.feed.v1'),
      list: await ask('GET', 'cors'),
      form: await ask('POST', 'no-cors'),
    };
  }, origin);
}

/** Terminals of the lab, as its own page counts them. */
function terminals(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const key = localStorage.getItem('meshproof-key') ?? '';
    const response = await fetch('/lab/terminals', { headers: { 'x-meshproof-key': key } });
    return ((await response.json()) as unknown[]).length;
  });
}

test('T2: a page of another origin opens no terminal, though the browser has the cookie', async ({
  page,
  context,
}) => {
  await opened(page);
  const before = await terminals(page);
  const other = await context.newPage();
  await other.goto(elsewhere);
  expect(await tryAll(other, lab.origin)).toEqual({
    terminal: 'closed',
    feed: 'closed',
    list: 'refused',
    form: 'refused',
  });
  expect(await terminals(page)).toBe(before);
});

test('T3: a name that DNS was bent to the lab shows no page and reaches no terminal', async () => {
  const executablePath = findChromium();
  const bent = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: [...CHROMIUM_FLAGS, '--host-resolver-rules=MAP evil.example 127.0.0.1'],
  });
  try {
    // The page that the lab refuses with carries a policy; the stranger's own would have none.
    const page = await bent.newPage({ bypassCSP: true });
    const origin = `http://evil.example:${new URL(lab.origin).port}`;
    expect((await page.goto(`${origin}/`))?.status()).toBe(421);
    // The same origin for the browser: nothing but the lab itself refuses.
    expect(await tryAll(page, origin)).toEqual({
      terminal: 'closed',
      feed: 'closed',
      list: 'read 421',
      form: 'read 421',
    });
  } finally {
    await bent.close();
  }
});

test('T4: another server at this machine gets the cookie, and with it half of what it needs', async ({
  page,
  context,
}) => {
  await opened(page);
  const other = await context.newPage();
  brought.splice(0);
  await other.goto(elsewhere);
  const cookie = brought.find((each) => each.includes('meshproof')) ?? '';
  expect(cookie, 'cookies do not know ports').toContain('=');
  for (const path of ['/lab/terminals', '/lab/receipts']) {
    const stolen = await fetch(`${lab.origin}${path}`, {
      headers: { cookie, origin: lab.origin },
    });
    expect(stolen.status, path).toBe(401);
  }
  // Scripts see that a lab is here, for the page's first paint, and nothing of what opens it.
  expect(await other.evaluate(() => document.cookie)).toMatch(/^meshproof-here-\d+=1$/);
  expect(await other.evaluate(() => localStorage.length)).toBe(0);
});

test('T5: no secret is in an address, in what other sites are told, or in the list of processes', async ({
  page,
  context,
}) => {
  const addresses: string[] = [];
  const tickets: string[] = [];
  page.on('request', (request) =>
    addresses.push(request.url(), request.headers()['referer'] ?? ''),
  );
  page.on('websocket', (socket) => addresses.push(socket.url()));
  page.on('response', (response) => {
    if (!response.url().endsWith('/lab/ticket')) return;
    void response.json().then(({ ticket }: { ticket?: string }) => ticket && tickets.push(ticket));
  });
  await opened(page);
  await page.goto(`${lab.origin}/${lessonsOf(2)[0]?.id}/`);
  await page.locator('run-block [data-run]').first().click();
  await expect.poll(() => tickets.length).toBeGreaterThan(0);
  await expect
    .poll(() => addresses.some((address) => address.endsWith('/lab/terminal')))
    .toBe(true);

  const key = await page.evaluate(() => localStorage.getItem('meshproof-key') ?? '');
  const cookies = (await context.cookies()).filter(({ httpOnly }) => httpOnly);
  const secrets = [
    new URL(lab.link).hash.slice('#lab='.length),
    key,
    ...cookies.map(({ value }) => value),
    ...tickets,
  ];
  expect(secrets.length).toBeGreaterThan(3);
  expect(secrets.filter((secret) => secret.length < 20)).toEqual([]);
  for (const secret of secrets) {
    const words = [secret, encodeURIComponent(secret)];
    expect(addresses.filter((address) => words.some((word) => address.includes(word)))).toEqual([]);
    // Playwright itself is told where to go; its arguments hold no page's address.
    expect(proc.holding(secret)).toEqual([]);
  }
  expect(page.url()).not.toContain('#lab');
  await page.goBack();
  expect(page.url()).not.toContain('#lab');
});
