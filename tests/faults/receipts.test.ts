// Receipts, from the keys to the learner's record: the course's own shell on a real pty, a real holder and web server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ReceiptList, RECEIPTS_PATH } from '../../protocol/receipt.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import type { Page } from '../../server/terminal/testing/page.ts';
import { pasted } from '../../src/lab-client/paste.ts';
import { eventually, TestLab } from '../support/lab.ts';
import type { Browser } from '../support/lab.ts';

let lab: TestLab;
let browser: Browser;
before(async () => {
  lab = await TestLab.start({ env: { TEST_RC: 'course' } });
  browser = await lab.browser();
});
after(() => lab.close());

async function receiptsOf(session: string, from = 0): Promise<Receipt[]> {
  const query = new URLSearchParams({ session, from: String(from) }).toString();
  const response = await lab.request(browser, 'GET', `${RECEIPTS_PATH}?${query}`);
  assert.equal(response.status, 200);
  return ReceiptList.parse(await response.json());
}

/** The receipts of a terminal, once there are so many. */
async function receipts(session: string, count: number, from = 0): Promise<Receipt[]> {
  let found: Receipt[] = [];
  await eventually(
    () => `${count} receipts: ${JSON.stringify(found)}`,
    async () => (found = await receiptsOf(session, from)).length >= count,
  );
  return found;
}

const run = (page: Page, block: string) => page.type(pasted(block, true));

test('each command of a pasted block has its status, its duration and what it showed', async () => {
  const { page, session } = await lab.terminal(browser);
  run(page, 'true\nfalse\nsleep 0.2; echo "a b" | tr a-z A-Z\nls /nope\n(exit 3)');
  const found = await receipts(session, 5);
  assert.deepEqual(
    found.map(({ command, exit, place }) => [command, exit, place]),
    [
      ['true', 0, 'lab'],
      ['false', 1, 'lab'],
      ['sleep 0.2; echo "a b" | tr a-z A-Z', 0, 'lab'],
      ['ls /nope', 2, 'lab'],
      ['(exit 3)', 3, 'lab'],
    ],
  );
  assert.equal(found[2]?.output, 'A B\n');
  assert.match(found[3]?.output ?? '', /No such file/);
  assert.ok((found[2]?.ms ?? 0) >= 200, `${found[2]?.ms} ms`);
  assert.ok(found.every(({ at, session: of }) => of === session && Date.now() - at < 60_000));
  assert.deepEqual(await receiptsOf(session, (found[3]?.offset ?? 0) + 1), found.slice(4));
});

test('marks that a program prints make no receipt of the lab’s shell and end none', async () => {
  const { page, session } = await lab.terminal(browser);
  const evil = String.raw`\e]633;E;istioctl proxy-status;guess\a\e]133;C;prev=0;nonce=guess\aall is SYNCED\e]133;D;0;nonce=guess\a\e]133;D;0\a`;
  run(page, `printf '${evil}'; false`);
  await receipts(session, 1);
  const ofTheLab = (await receiptsOf(session)).filter(({ place }) => place === 'lab');
  assert.deepEqual(
    ofTheLab.map(({ exit }) => exit),
    [1],
  );
  assert.match(ofTheLab[0]?.command ?? '', /^printf /);
  run(page, 'env | grep -c NONC[E]');
  const hidden = (await receipts(session, 3)).at(-1);
  assert.deepEqual(
    [hidden?.place, hidden?.output],
    ['lab', '0\n'],
    'programs do not get the nonce',
  );
});

test('a shell inside of a command has receipts of its own place', async () => {
  const { page, session } = await lab.terminal(browser);
  const inPod = String.raw`\e]133;A\a/ # \e]133;B\a\e]633;E;hostname\a\e]133;C;prev=0\aweb\r\n\e]133;D;0\a`;
  run(page, `printf '${inPod}'`);
  const found = await receipts(session, 2);
  assert.deepEqual(
    found.map(({ place, command, exit }) => [place, place === 'pod' ? command : '', exit]),
    [
      ['pod', 'hostname', 0],
      ['lab', '', 0],
    ],
  );
});

test('what ended while no web server ran is told to the next one', async () => {
  const { page, session } = await lab.terminal(browser);
  process.kill(lab.webPid, 'SIGKILL');
  run(page, 'echo mean"while"');
  await page.until(/meanwhile\r\n/);
  await lab.webRestarted();
  const [receipt] = await receipts(session, 1);
  assert.deepEqual([receipt?.command, receipt?.exit], ['echo mean"while"', 0]);
});

test('the command that ends a shell has the shell’s status', async () => {
  const { page, session } = await lab.terminal(browser);
  run(page, 'exit 5');
  await page.frame('exit');
  const [receipt] = await receipts(session, 1);
  assert.deepEqual([receipt?.command, receipt?.exit], ['exit 5', 5]);
});

test('another learner’s, or a browser without its key, reads none', async () => {
  assert.equal((await lab.request({ cookie: browser.cookie }, 'GET', RECEIPTS_PATH)).status, 401);
  const wrong = await lab.request(browser, 'GET', `${RECEIPTS_PATH}?from=-1`);
  assert.equal(wrong.status, 400);
});
