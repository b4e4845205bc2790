// The threats to terminals, by the numbers of docs/threat-model.md: what is promised there is shown here.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { limits } from '../../server/config.ts';
import type { Page } from '../../server/terminal/testing/page.ts';
import { badFrames, leftSleeping, openAndClose, seededRandom } from '../support/bad-days.ts';
import { echoTimes, eventually, pause, percentile, proc, TestLab } from '../support/lab.ts';
import type { Browser } from '../support/lab.ts';

let lab: TestLab;
let browser: Browser;
before(async () => {
  lab = await TestLab.start();
  browser = await lab.browser();
});
after(() => lab.close());

async function closeAll(): Promise<void> {
  const terminals = (await (await lab.request(browser, 'GET', '/lab/terminals')).json()) as {
    session: string;
  }[];
  await Promise.all(
    terminals.map(({ session }) => lab.request(browser, 'DELETE', `/lab/terminals/${session}`)),
  );
}

/** The status with which an upgrade is refused. */
async function refusal(page: Page): Promise<string> {
  return (await page.end()).reason;
}

const shells = () => proc.below(lab.pid).filter(({ pid }) => pid !== lab.webPid).length;

function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
}

test('T1: no shell and no child of the holder holds another shell’s terminal', async () => {
  await lab.terminal(browser);
  const second = await lab.terminal(browser);
  assert.ok(
    descriptorsOf(lab.pid).some((target) => target.endsWith('ptmx')),
    'the holder itself does',
  );
  second.page.type('ls -l /proc/$$/fd; echo "li""sted"\r');
  assert.doesNotMatch(await second.page.until(/listed\r\n/), /ptmx/);
  process.kill(lab.webPid, 'SIGKILL');
  await lab.webRestarted();
  assert.ok(!descriptorsOf(lab.webPid).some((target) => target.endsWith('ptmx')));
  await closeAll();
});

test('T2: pages of other origins open no terminal, and nothing is started for them', async () => {
  const before = shells();
  const port = lab.host.split(':')[1];
  for (const origin of [
    'http://evil.example',
    'null',
    '',
    `http://127.0.0.1:${Number(port) - 1}`,
    `http://127.0.0.1`,
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port}.evil.example`,
    `http://127.0.0.1:${port}@evil.example`,
  ]) {
    const page = lab.socket(browser, { socket: { headers: { origin } } });
    assert.match(await refusal(page), /403/, origin);
    const posted = await lab.request(browser, 'POST', '/lab/terminals', { name: 'x' }, { origin });
    assert.equal(posted.status, 403, origin);
  }
  const silent = await fetch(`${lab.origin}/lab/terminals`, {
    method: 'POST',
    headers: {
      cookie: browser.cookie,
      'x-meshproof-key': browser.key,
      'content-type': 'application/json',
    },
    body: '{"name":"x"}',
  });
  assert.equal(silent.status, 403, 'no origin at all');
  const form = await lab.request(browser, 'POST', '/lab/terminals', undefined, {
    'content-type': 'text/plain',
  });
  assert.equal(form.status, 400, 'a form cannot send JSON');
  assert.equal(shells(), before);
});

test('T2: without the cookie nothing is started either', async () => {
  const before = shells();
  assert.match(await refusal(lab.socket({})), /401/);
  assert.match(await refusal(lab.socket({ cookie: browser.cookie.replace(/=./, '=!') })), /401/);
  assert.equal(
    (await lab.request({ key: browser.key }, 'POST', '/lab/terminals', { name: 'x' })).status,
    401,
  );
  assert.equal(shells(), before);
});

test('T3: a name that DNS was bent to us is refused, for pages and for sockets', async () => {
  for (const host of [
    'evil.example',
    `evil.example:${lab.host.split(':')[1]}`,
    '127.0.0.1',
    'localhost:1',
  ]) {
    const page = lab.socket(browser, {
      socket: { headers: { host, origin: `http://${host}` } },
    });
    assert.match(await refusal(page), /421/, host);
    assert.match(
      await rawRequest(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      /^HTTP\/1.1 421 /,
    );
    assert.match(
      await rawRequest(`GET /lab/health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      /^HTTP\/1.1 421 /,
    );
  }
});

test('T4: a cookie that another port’s server has read opens nothing: it lacks the page’s key', async () => {
  const session = await lab.openTerminal(browser);
  const stolen = { cookie: browser.cookie };
  for (const [method, path, body] of [
    ['GET', '/lab/terminals'],
    ['POST', '/lab/terminals', { name: 'x' }],
    ['POST', '/lab/ticket', { session }],
    ['DELETE', `/lab/terminals/${session}`],
  ] as const) {
    assert.equal((await lab.request(stolen, method, path, body)).status, 401, `${method} ${path}`);
  }
  const key = (await lab.browser()).key;
  assert.equal(
    (await lab.request({ ...stolen, key }, 'GET', '/lab/terminals')).status,
    401,
    'another browser’s key',
  );
  const page = await lab.socket(stolen).opened();
  page.hello({ ticket: 'guess', session });
  assert.deepEqual(await page.end(), { code: 4401, reason: 'LAB_TICKET' });
  await closeAll();
});

test('T5: a ticket is good once, and the secret is in no process list and no log', async () => {
  const session = await lab.openTerminal(browser);
  const ticket = await lab.ticket(browser, session);
  const first = await lab.socket(browser).opened();
  first.hello({ ticket, session });
  await first.frame('ready');
  const second = await lab.socket(browser).opened();
  second.hello({ ticket, session });
  assert.deepEqual(await second.end(), { code: 4401, reason: 'LAB_TICKET' });
  first.type('env | cat -; echo "do""ne"\r');
  const environment = await first.until(/done\r\n/);
  for (const secret of [
    lab.secret,
    browser.key,
    ticket,
    browser.cookie.split('=')[1]?.split(';')[0] ?? '-',
  ]) {
    assert.deepEqual(proc.holding(secret), []);
    assert.ok(!lab.log.includes(secret));
    assert.ok(!environment.includes(secret));
  }
  await closeAll();
});

test('T6: nothing is typed before a good first frame, nor into another’s terminal', async () => {
  const { session, page } = await lab.terminal(browser);
  const marker = join(lab.directory, 'typed');
  const touch = `touch ${marker}\r`;

  const early = await lab.socket(browser).opened();
  early.type(touch);
  assert.deepEqual(await early.end(), { code: 4401, reason: 'LAB_HELLO_FIRST' });

  const text = await lab.socket(browser).opened();
  text.socket.send(touch);
  assert.deepEqual(await text.end(), { code: 4400, reason: 'LAB_FRAME_TEXT' });

  const other = await lab.openTerminal(browser);
  const wrong = await lab.socket(browser).opened();
  wrong.hello({ ticket: await lab.ticket(browser, other), session });
  wrong.type(touch);
  assert.deepEqual(await wrong.end(), { code: 4401, reason: 'LAB_TICKET' });

  const stranger = await lab.socket(await lab.browser()).opened();
  stranger.hello({ ticket: await lab.ticket(browser, session), session });
  stranger.type(touch);
  assert.deepEqual(await stranger.end(), { code: 4401, reason: 'LAB_TICKET' });

  const twice = await lab.page(browser, session, { hello: { page: 'two' } });
  twice.hello({ ticket: 'x', session });
  assert.deepEqual(await twice.end(), { code: 4400, reason: 'LAB_HELLO_TWICE' });

  page.type('echo "still ""here"\r');
  await page.until(/still here\r\n/);
  assert.ok(!existsSync(marker));
  await closeAll();
});

test('T7: 1000 random frames close their own sockets and disturb nobody', async (t) => {
  const count = Number(process.env['FRAMES'] ?? 1_000);
  const seed = Number(process.env['SEED'] ?? 7);
  t.diagnostic(`seed ${seed}, ${count} frames`);
  const { sockets, echoes } = await badFrames(lab, browser, { count, seed });
  t.diagnostic(
    `${sockets} sockets, ${echoes.length} echoes, slowest ${percentile(echoes, 1).toFixed(1)} ms`,
  );
  await closeAll();
});

test('T8: a page that stops reading, or stops drawing, costs no memory and stops the flood', async (t) => {
  for (const how of ['reads nothing', 'draws nothing'] as const) {
    const { page, session } = await lab.terminal(browser, { acknowledge: how === 'reads nothing' });
    const before = proc.residentBytes(lab.pid);
    page.type('yes 0123456789012345678901234567890123456789\r');
    if (how === 'reads nothing') page.socket.pause();
    await pause(1_500);
    const yes = proc.below(lab.pid).find(({ pid }) => commandOf(pid).startsWith('yes'));
    assert.ok(yes, 'the flood runs');
    const cpu = proc.cpu(yes.pid);
    await pause(1_000);
    assert.ok(proc.cpu(yes.pid) - cpu < 0.05, 'the flood waits');
    const grown = (proc.residentBytes(lab.pid) - before) / 1e6;
    t.diagnostic(`${how}: ${grown.toFixed(1)} MB`);
    assert.ok(grown < 8, `${how}: ${grown} MB`);
    const held = page.offset;
    page.socket.resume();
    page.acknowledge = true;
    page.send({ kind: 'ack', offset: page.offset });
    await eventually('it goes on', () => page.offset > held + 2_000_000);
    page.type('\x03');
    await lab.request(browser, 'DELETE', `/lab/terminals/${session}`);
  }
});

test('T9: input that a program does not read costs no processor, and no neighbour a wait', async (t) => {
  const stuck = await lab.terminal(browser);
  stuck.page.type('stty raw -echo; echo "re""ady"; sleep 4\r');
  await stuck.page.until(/ready/);
  const neighbour = await lab.terminal(browser);
  const cpu = proc.cpu(lab.pid);
  const started = performance.now();
  for (let at = 0; at < 60_000; at += 6_000) stuck.page.type('x'.repeat(6_000));
  const times = await echoTimes(neighbour.page, 60);
  while (performance.now() - started < 2_000) await pause(50);
  const share = (proc.cpu(lab.pid) - cpu) / ((performance.now() - started) / 1_000);
  t.diagnostic(
    `holder ${(share * 100).toFixed(1)} % of a core; echo p99 ${percentile(times, 0.99).toFixed(1)} ms`,
  );
  assert.ok(share < 0.08, `${share}`);
  assert.ok(percentile(times, 0.9) < 50, times.join());
  for (let at = 0; at < 200_000; at += 10_000) stuck.page.type('x'.repeat(10_000));
  assert.deepEqual(await stuck.page.end(), { code: 4429, reason: 'LAB_PASTE_TOO_LARGE' });
  neighbour.page.type('\x15echo "fi""ne"\r');
  await neighbour.page.until(/fine\r\n/);
  await closeAll();
});

test('T10: too many sockets, terminals or half-open connections are refused, and nobody notices', async () => {
  const { page } = await lab.terminal(browser);
  const halves = Array.from({ length: 200 }, () => {
    const socket = connect(Number(lab.host.split(':')[1]), '127.0.0.1');
    socket.on('error', () => {}); // the server may cut it
    socket.write(`GET /lab/terminal HTTP/1.1\r\nHost: ${lab.host}\r\nUpgrade: websocket\r\n`);
    return socket;
  });
  const sockets = Array.from({ length: limits.socketsPerLearner - 1 }, () => lab.socket(browser));
  await Promise.all(sockets.map((each) => each.opened()));
  assert.match(await refusal(lab.socket(browser)), /503/);
  for (let n = 1; n < limits.terminalsPerLearner; n++) await lab.openTerminal(browser);
  const more = await lab.request(browser, 'POST', '/lab/terminals', { name: 'x' });
  assert.equal(more.status, 409);
  assert.equal(((await more.json()) as { error: string }).error, 'LAB_TOO_MANY_TERMINALS');
  const times = await echoTimes(page, 20);
  assert.ok(percentile(times, 0.5) < 50, times.join());
  sockets[0]?.cut();
  const late = sockets[1];
  assert.deepEqual(await late?.end(limits.helloTimeoutMs + 2_000), {
    code: 4401,
    reason: 'LAB_HELLO_LATE',
  });
  assert.equal(
    (await lab.request(browser, 'POST', '/lab/login', { secret: 'x'.repeat(100_000) })).status,
    413,
  );
  for (const socket of halves) socket.destroy();
  for (const socket of sockets) socket.cut();
  await closeAll();
});

test('T11: terminals opened and closed leave no process, zombie or descriptor behind', async (t) => {
  const { before, after: left } = await openAndClose(lab, browser, 21);
  t.diagnostic(JSON.stringify({ before, left }));
});

test('kill -9 of the web server leaves terminals working, and another one serves', async () => {
  const { page, session } = await lab.terminal(browser);
  page.type('export KEPT=yes; while :; do echo tick; sleep 0.05; done\r');
  await page.until(/tick/);
  process.kill(lab.webPid, 'SIGKILL');
  const at = page.offset;
  await eventually('output goes on', () => page.offset > at + 20);
  await lab.webRestarted();
  page.type('\x03');
  page.type('echo "KEPT=$KEPT"\r');
  await page.until(/KEPT=yes\r\n/);
  const second = await lab.page(browser, session, { hello: { page: 'after', takeOver: true } });
  second.type('echo "aga""in $KEPT"\r');
  await second.until(/again yes\r\n/);
  await closeAll();
});

test('the same bytes arrive through 20 cuts as through none', async (t) => {
  const seed = Number(process.env['SEED'] ?? 20);
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const session = await lab.openTerminal(browser);
  let page = await lab.page(browser, session);
  const { epoch } = (await page.frame('ready')).ready;
  await page.until(/\$ /);
  page.type('stty -echo -onlcr; clear; echo BEGIN; seq 1 600000; echo END\r');
  const parts: Buffer[] = [];
  let cuts = 0;
  let cutAt = 0;
  // The word may lie across two frames or two sockets, and the prompt behind it in a frame of its own.
  const tail = () =>
    Buffer.concat(
      [...parts.slice(-9), ...page.output.slice(-9)].map((bytes) => bytes.subarray(-2_000)),
    ).toString();
  while (!/\nEND\n/.test(tail())) {
    if (cuts < 20 && page.offset > cutAt) {
      cutAt = page.offset + Math.floor(random() * 150_000);
      page.cut();
      parts.push(...page.output);
      const resume = page.offset;
      await pause(random() * 30);
      page = await lab.page(browser, session, { hello: { epoch, resume } });
      cuts++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  parts.push(...page.output);
  const text = Buffer.concat(parts).toString();
  const got = text.slice(text.indexOf('BEGIN\n') + 6, text.lastIndexOf('END\n'));
  const wanted = Array.from({ length: 600_000 }, (_, index) => `${index + 1}\n`).join('');
  const sha256 = (value: string) => createHash('sha256').update(value).digest('hex');
  assert.equal(cuts, 20);
  assert.equal(sha256(got), sha256(wanted));
  await closeAll();
});

test('T20: what is typed and shown is in no log', async () => {
  const word = `word-${randomBytes(6).toString('hex')}`;
  const { page } = await lab.terminal(browser);
  page.type(`echo ${word}\r`);
  await page.until(new RegExp(`\r${word}\r\n`));
  page.socket.send(Buffer.from(`\x09${word}`));
  await page.end();
  assert.ok(!lab.log.includes(word));
  await closeAll();
});

test('T21: a terminal is taken over by nobody but a browser that asked for it itself', async () => {
  const { session, page } = await lab.terminal(browser);
  const other = await lab.browser();
  const ticket = await lab.ticket(browser, session);
  for (const takeOver of [false, true]) {
    const thief = await lab.socket(other).opened();
    thief.hello({ ticket, session, takeOver, page: 'page' });
    assert.deepEqual(await thief.end(), { code: 4401, reason: 'LAB_TICKET' });
  }
  page.type('echo "still ""mine"\r');
  await page.until(/still mine\r\n/);
  assert.equal(page.closed, undefined);
  // The same person's other browser, which has the link, may: with a ticket of its own, and the first page is told.
  const second = await lab.page(other, session, { hello: { page: 'second', takeOver: true } });
  assert.deepEqual(await page.end(), { code: 4409, reason: 'LAB_TAKEN_OVER' });
  second.type('echo "now ""here"\r');
  await second.until(/now here\r\n/);
  await closeAll();
});

test('Ctrl-C ends everything that was started, and leaves nothing behind', async () => {
  const own = await TestLab.start();
  const its = await own.browser();
  const { page } = await own.terminal(its);
  page.type('nohup sleep 910 & setsid sleep 911 & echo "star""ted"\r');
  await page.until(/started\r\n/);
  const children = proc.below(own.pid).map(({ pid }) => pid);
  assert.ok(children.length >= 3);
  assert.equal(await own.stop(), 0);
  assert.deepEqual(await page.end(), { code: 4503, reason: 'LAB_DRAINING' });
  assert.deepEqual(children.filter(isAlive), []);
  assert.deepEqual(leftSleeping(own), []);
  await assert.rejects(fetch(own.origin));
  await own.close();
});

function rawRequest(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(lab.host.split(':')[1]), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.end(text);
  });
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return ''; // gone meanwhile
  }
}

/** An ended orphan waits for init to notice; that is no life. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
