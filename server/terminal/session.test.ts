import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { limits } from '../config.ts';
import { eventually } from '../../tests/support/lab.ts';
import { openDoor } from './testing/door.ts';
import type { Door } from './testing/door.ts';

let door: Door;
beforeEach(async () => (door = await openDoor()));
afterEach(() => door.close());

/** A program that says each size it is told. bash forgets a signal that comes while it works at the trap of the one before, so
    the trap only remembers. */
const WATCH_SIZE = "trap 'told=1' WINCH";
const SAY_SIZE =
  'while :; do read -t 0.1 -n 1; [ "$told" ] && { told=; echo winch $(stty size); }; done';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a shell answers, and knows its size', async () => {
  const session = await door.open();
  const page = await door.page(session, { hello: { columns: 91, rows: 17 } });
  await page.until(/\$ /);
  page.type('stty size; echo "o""k"\r');
  await page.until(/17 91\r\nok\r\n/);
  page.send({ kind: 'resize', columns: 70, rows: 20 });
  page.type('stty size\r');
  await page.until(/20 70\r\n/);
  await door.terminals.close('me', session);
  assert.deepEqual(await page.end(), { code: 1000, reason: 'exit' });
});

test('a page that comes back by its offset misses nothing and gets nothing twice', async () => {
  const session = await door.open();
  const first = await door.page(session);
  const { ready } = await first.frame('ready');
  await first.until(/\$ /);
  first.type(
    'i=0; while [ $i -lt 400 ]; do echo line $((i++)); sleep 0.001; done; echo "the ""end"\r',
  );
  await first.until(/line 20\r/);
  first.cut();
  const second = await door.page(session, {
    hello: { epoch: ready.epoch, resume: first.offset },
  });
  await second.until(/the end\r\n/);
  const lines = [...first.output, ...second.output].join('').match(/line \d+(?=\r)/g);
  assert.deepEqual(
    lines,
    Array.from({ length: 400 }, (_, index) => `line ${index}`),
  );
  assert.deepEqual(second.all('snapshot'), []);
});

test('a fresh page gets the screen', async () => {
  const session = await door.open();
  const first = await door.page(session);
  await first.until(/\$ /);
  first.type('echo "hel""lo"\r');
  await first.until(/hello\r\n/);
  first.socket.close(1000);
  const second = await door.page(session);
  const { columns, rows } = await second.frame('snapshot');
  assert.deepEqual({ columns, rows }, { columns: 80, rows: 24 });
  assert.match(second.text, /hello/);
  second.type('echo "ag""ain"\r');
  await second.until(/again\r\n/);
});

test('an offset of another life, or one never reached, gets the screen', async () => {
  const session = await door.open();
  const page = await door.page(session);
  const { ready } = await page.frame('ready');
  await page.until(/\$ /);
  page.socket.close();
  for (const hello of [
    { epoch: 'other', resume: 0 },
    { epoch: ready.epoch, resume: 10_000_000 },
  ]) {
    const again = await door.page(session, { hello });
    await again.frame('snapshot');
    again.socket.close();
    await again.end();
  }
});

test('a second page only watches, until it takes over', async () => {
  const session = await door.open();
  const first = await door.page(session, { hello: { page: 'one' } });
  await first.until(/\$ /);
  const second = await door.page(session, { hello: { page: 'two' } });
  assert.equal((await second.frame('ready')).ready.role, 'watch');
  assert.deepEqual((await first.frame('notice', 1)).notice, { kind: 'watched', watchers: 1 });
  await second.frame('snapshot');
  first.type('echo "seen ""by both"\r');
  await Promise.all([first.until(/seen by both/), second.until(/seen by both/)]);
  second.send({ kind: 'control', control: 'takeover' });
  assert.deepEqual(await first.end(), { code: 4409, reason: 'LAB_TAKEN_OVER' });
  second.type('echo "by ""two"\r');
  await second.until(/by two\r\n/);
});

test('a page that only watches and types is sent away, and its text reaches no shell', async () => {
  const session = await door.open();
  const writer = await door.page(session, { hello: { page: 'one' } });
  await writer.until(/\$ /);
  const watcher = await door.page(session, { hello: { page: 'two' } });
  const marker = join(door.directory, 'typed-by-watcher');
  watcher.type(`touch ${marker}\r`);
  assert.deepEqual(await watcher.end(), { code: 4403, reason: 'LAB_READ_ONLY' });
  writer.type('echo "sti""ll"\r');
  await writer.until(/still\r\n/);
  assert.ok(!existsSync(marker));
});

test('the page that comes back replaces its own lost line without asking', async () => {
  const session = await door.open();
  const lost = await door.page(session, { hello: { page: 'one' } });
  const again = await door.page(session, { hello: { page: 'one' } });
  assert.equal((await again.frame('ready')).ready.role, 'write');
  assert.equal((await lost.end()).code, 4409);
});

test('when the writer goes, the watcher gets the keys', async () => {
  const session = await door.open();
  const writer = await door.page(session, { hello: { page: 'one' } });
  const watcher = await door.page(session, { hello: { page: 'two' } });
  writer.socket.close(1000);
  assert.deepEqual((await watcher.frame('notice')).notice, { kind: 'role', role: 'write' });
});

test('the end of a shell is told after its last output; a restart brings a new one', async () => {
  const session = await door.open();
  const page = await door.page(session);
  await page.until(/\$ /);
  page.type('echo "last ""words"; exit 3\r');
  const { exit } = await page.frame('exit');
  assert.deepEqual(exit, { code: 3, signal: 0, reason: 'The shell ended with code 3.' });
  assert.match(page.text, /last words\r\n/);
  assert.equal(page.frames.at(-1)?.kind, 'exit');
  assert.equal(door.terminals.list('me').find((each) => each.session === session)?.running, false);

  const late = await door.page(session, { hello: { page: 'late', takeOver: true } });
  await late.frame('exit');
  assert.match(late.text, /last words/);

  late.send({ kind: 'control', control: 'restart' });
  await late.frame('ready', 1);
  late.type('echo "new ""shell"\r');
  await late.until(/new shell\r\n/);
});

test('a shell that cannot start says so, and what to look at', async () => {
  const broken = await openDoor({ file: 'no-such-shell' });
  const page = await broken.page(await broken.open());
  const { exit } = await page.frame('exit');
  assert.equal(exit.code, 127);
  assert.match(exit.reason, /^The shell ended with code 127\. Is bash installed/);
  await broken.close();
});

test('a name is one line of visible characters', async () => {
  const facts = await door.terminals.open('me', '\u0007 evil\u202e\nname '.padEnd(200, 'x'));
  assert.ok(typeof facts !== 'string');
  assert.match(facts.name, /^evil name x+$/);
  assert.equal(facts.name.length, limits.terminalNameLength);
});

test('output beyond the window waits for the page, and goes on when the page has drawn it', async () => {
  const session = await door.open();
  const page = await door.page(session, { acknowledge: false });
  await page.until(/\$ /);
  page.type('head -c 3000000 /dev/zero | tr "\\0" x; echo "do""ne"\r');
  await pause(500);
  const held = page.offset;
  assert.ok(held >= limits.windowHighBytes, `${held}`);
  assert.ok(held < limits.windowHighBytes + 256 * 1024, `${held}`);
  await pause(100);
  assert.equal(page.offset, held, 'the program waits');
  page.acknowledge = true;
  page.send({ kind: 'ack', offset: held + 1 }); // never sent: ignored
  page.send({ kind: 'ack', offset: held });
  await page.until(/done\r\n/);
  assert.ok(page.offset > 3_000_000);
});

test('after half an hour away a page gets the last 4 MB, byte for byte, behind a gap of the right size', async (t) => {
  const away = await openDoor({}, { unseen: { holdMs: 0, bytesPerSecond: 1e9 } });
  t.after(() => away.close());
  const session = await away.open();
  const page = await away.page(session);
  const { ready } = await page.frame('ready');
  await page.until(/\$ /);
  page.type('stty -echo -onlcr; echo "BEG""IN"; seq 1 1200000; echo "E""ND"\r');
  await page.until(/BEGIN\n(?:\d+\n)*100\n/);
  page.cut();
  await page.end();
  const seen = page.offset;
  const kept = () =>
    readdirSync(join(away.directory, '.meshproof'), { withFileTypes: true }).map((file) =>
      readFileSync(join(file.parentPath, file.name)),
    );
  while (
    !existsSync(join(away.directory, '.meshproof')) ||
    !kept().some((bytes) => bytes.includes('\nEND\n'))
  )
    await pause(20);

  const back = await away.page(session, { hello: { epoch: ready.epoch, resume: seen } });
  const { notice } = await back.frame('notice');
  assert.ok(notice.kind === 'gap');
  await back.until(/\nEND\n/);
  assert.deepEqual(back.all('snapshot'), [], 'what the page had stays on its screen');
  const got = Buffer.concat(back.output);
  assert.ok(got.length > limits.ringFileBytes - 4_096, `${got.length}`);
  const all = Buffer.concat([
    ...page.output,
    Buffer.alloc(notice.bytes, '?'),
    got.subarray(0, got.lastIndexOf('END\n')),
  ]).toString('latin1');
  const printed = all.slice(all.indexOf('BEGIN\n') + 6);
  const whole = Array.from({ length: 1_200_000 }, (_, index) => `${index + 1}\n`).join('');
  assert.equal(printed.length, whole.length, 'the gap is as large as it says');
  assert.ok(whole.endsWith(printed.slice(printed.lastIndexOf('?') + 1)));
  back.type('echo "b""ack"\r');
  await back.until(/back\n/);
  assert.deepEqual(kept(), [], 'the file goes when somebody looks again');
});

test('a flood that nobody sees is slowed', async () => {
  const session = await door.open();
  const page = await door.page(session);
  await page.until(/\$ /);
  page.type('yes; echo "do""ne"\r');
  await page.until(/y\r\ny/);
  page.socket.close(1000);
  await page.end();
  const started = performance.now();
  const size = () => readdirSync(join(door.directory, '.meshproof')).length;
  while (size() === 0) await pause(10);
  const back = await door.page(session, { acknowledge: false });
  const { ready } = await back.frame('ready');
  const seconds = (performance.now() - started) / 1_000;
  const most = limits.unseenBytesPerSecond * (seconds + 0.5);
  assert.ok(
    ready.offset - page.offset < most,
    `${ready.offset - page.offset} bytes in ${seconds} s`,
  );
});

test('a full-screen program whose beginning is lost draws itself again behind the gap', async (t) => {
  const away = await openDoor({}, { unseen: { holdMs: 0, bytesPerSecond: 1e9 } });
  t.after(() => away.close());
  const session = await away.open();
  const page = await away.page(session);
  const { ready } = await page.frame('ready');
  await page.until(/\$ /);
  page.type(
    `${WATCH_SIZE}; printf '\\033[?1049h'; read -t 5 -n 1; seq 1 900000; echo "E""ND"; >ended; ${SAY_SIZE}\r`,
  );
  await page.until(/\x1b\[\?1049h/);
  page.type('x');
  page.cut();
  await page.end();
  const file = () => readdirSync(join(away.directory, '.meshproof'))[0];
  // Looking into megabytes takes this processor from who prints them: only once they are there.
  const ended = () => existsSync(join(away.directory, 'ended'));
  await eventually('the program is through', ended, 60_000);
  await eventually('all of it is printed', () => {
    const name = existsSync(join(away.directory, '.meshproof')) && file();
    return Boolean(
      name && readFileSync(join(away.directory, '.meshproof', name)).includes('\r\nEND\r\n'),
    );
  });
  const back = await away.page(session, {
    hello: { epoch: ready.epoch, resume: page.offset },
  });
  const { notice } = await back.frame('notice');
  assert.ok(notice.kind === 'gap');
  assert.equal(notice.modes, '\x1b[?1049h');
  await back.until(/END\r\n[^]*winch 24 80/);
});

test('a clear forgets the past for every page and keeps the prompt', async () => {
  const session = await door.open();
  const page = await door.page(session);
  await page.until(/\$ /);
  page.type('echo "sec""ret"\r');
  await page.until(/secret\r\n.*\$ /s);
  page.output = [];
  page.send({ kind: 'control', control: 'clear' });
  await page.frame('snapshot');
  assert.doesNotMatch(page.text, /secret/);
  assert.match(page.text, /\$/);
  page.socket.close(1000);
  const fresh = await door.page(session);
  await fresh.frame('snapshot');
  assert.doesNotMatch(fresh.text, /secret/);
});

test('marks come with their offsets, and come again to a page that was away', async () => {
  const session = await door.open();
  const page = await door.page(session);
  await page.until(/\$ /);
  page.type(
    "printf '\\033]133;C;prev=4;nonce=%s\\007' \"$MESHPROOF_NONCE\"; printf '\\033]133;D;9\\007'\r",
  );
  const { mark } = await page.frame('mark');
  assert.deepEqual({ mark: mark.mark, own: mark.own }, { mark: 'command', own: true });
  const spoofed = (await page.frame('mark', 1)).mark;
  assert.deepEqual({ mark: spoofed.mark, own: spoofed.own }, { mark: 'done', own: false });
  assert.ok(Math.abs(spoofed.at - Date.now()) < 10_000);
  page.socket.close(1000);
  const fresh = await door.page(session);
  await fresh.frame('mark', 1);
  assert.deepEqual(fresh.all('mark').slice(0, 2), page.all('mark').slice(0, 2));
});

test('a full-screen program is made to draw itself again for a fresh page', async () => {
  const session = await door.open();
  const page = await door.page(session);
  await page.until(/\$ /);
  page.type(`${WATCH_SIZE}; printf '\\033[?1049h'; ${SAY_SIZE}\r`);
  await page.until(/\x1b\[\?1049h/);
  page.socket.close(1000);
  const fresh = await door.page(session);
  await fresh.until(/winch 24 80/);
});
