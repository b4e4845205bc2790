// The page's side of a bad day: lost lines, closed lids, other tabs, a lab that stops. The real client against a real lab.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Notice } from '../../protocol/terminal.ts';
import { Connection } from '../../src/lab-client/connection.ts';
import type {
  LabState,
  TerminalSink,
  TerminalState,
  TerminalStream,
} from '../../src/lab-client/lab.ts';
import { eventually, TestLab } from '../support/lab.ts';
import { NodePage } from '../support/node-page.ts';

let lab: TestLab;
before(async () => (lab = await TestLab.start()));
after(() => lab.close());

/** A connection that has opened the printed link. */
async function connect(page = new NodePage(`${lab.origin}/#lab=${lab.secret}`)) {
  const states: LabState[] = [];
  const messages: unknown[] = [];
  const connection = new Connection(
    { state: (state) => states.push(state), message: (message) => messages.push(message) },
    page,
  );
  await connection.open();
  await eventually('the lab is open', () => states.at(-1) === 'open');
  return { connection, page, states, messages };
}

/** Draws into a string, at once or when it is told to. */
class Screen implements TerminalSink {
  columns = 80;
  rows = 24;
  bytes: Uint8Array[] = [];
  snapshots = 0;
  states: [TerminalState, string][] = [];
  latencies: number[] = [];
  notices: Notice[] = [];
  marks: number[] = [];
  hold = false;
  #held: (() => void)[] = [];

  output(bytes: Uint8Array, drawn: () => void): void {
    this.bytes.push(bytes.slice());
    this.#draw(drawn);
  }

  snapshot(screen: Uint8Array, _columns: number, _rows: number, drawn: () => void): void {
    this.snapshots++;
    this.bytes = [screen.slice()];
    this.#draw(drawn);
  }

  state(state: TerminalState, detail: string): void {
    this.states.push([state, detail]);
  }

  latency(ms: number): void {
    this.latencies.push(ms);
  }

  notice(notice: Notice): void {
    this.notices.push(notice);
  }

  mark(mark: { offset: number }): void {
    this.marks.push(mark.offset);
  }

  drawAll(): void {
    for (const drawn of this.#held.splice(0)) drawn();
  }

  get text(): string {
    return Buffer.concat(this.bytes).toString();
  }

  get now(): TerminalState | undefined {
    return this.states.at(-1)?.[0];
  }

  until(pattern: RegExp): Promise<void> {
    return eventually(
      () => `${pattern} in ${JSON.stringify(this.text.slice(-200))}`,
      () => pattern.test(this.text),
    );
  }

  #draw(drawn: () => void): void {
    if (this.hold) this.#held.push(drawn);
    else queueMicrotask(drawn);
  }
}

async function attach(
  connection: Connection,
  session: string,
): Promise<{ screen: Screen; stream: TerminalStream }> {
  const screen = new Screen();
  const stream = connection.terminal(session);
  stream.attach(screen);
  await eventually('the terminal is open', () => screen.now === 'open');
  return { screen, stream };
}

/** A page of its own with a terminal of its own, whose shell waits for a command. */
async function atAPrompt(name: string) {
  const { connection, page } = await connect();
  const { session } = await connection.openTerminal(name);
  const { screen, stream } = await attach(connection, session);
  await screen.until(/\$ $/);
  return { connection, page, session, screen, stream };
}

const type = (stream: TerminalStream, text: string) => stream.input(new TextEncoder().encode(text));

test('the link opens the lab once, is taken out of the address, and the browser stays known', async () => {
  const { connection, page, messages } = await connect();
  assert.equal(page.hash(), '');
  assert.match(page.recall('meshproof-key') ?? '', /^[\w-]{43}$/);
  assert.deepEqual(messages[0], {
    kind: 'state',
    learner: 'me',
    engine: { name: 'Embedded cluster', state: 'none', simulated: true, versions: {} },
    checks: [],
  });
  const again = await connect(page.another());
  again.connection.close();
  connection.close();
});

test('keys that were on their way when the line broke arrive, and those that had arrived do not come twice', async () => {
  const { connection, page, screen, stream } = await atAPrompt('on their way');

  type(stream, 'echo "before ""the break"\r');
  await screen.until(/before the break\r\n[^]*\$ $/);
  page.swallow();
  assert.equal(type(stream, 'echo "on their ""way"; '), true);
  assert.equal(type(stream, 'echo "in ""order"\r'), true);
  page.cut();
  page.mend();
  await screen.until(/on their way\r\nin order\r\n/);

  page.deafen();
  const file = join(lab.directory, 'heard');
  type(stream, `echo "heard ""once" >> ${file}\r`);
  await eventually('the shell heard it', () => existsSync(file));
  page.cut();
  page.mend();
  await eventually('the terminal takes keys', () =>
    type(stream, `cat ${file}; echo "that is ""all"\r`),
  );
  await screen.until(/\rheard once\r\nthat is all\r\n/);
  stream.detach();
  connection.close();
});

test('keys that went to another page and came back are counted anew: nothing is typed twice', async () => {
  const { connection, page, session, screen, stream } = await atAPrompt('there and back');
  const file = join(lab.directory, 'counted');
  const count = `echo once >> ${file}\r`;
  type(stream, count);
  await eventually('the shell heard it', () => existsSync(file));

  const other = await connect(page.another());
  const elsewhere = new Screen();
  const there = other.connection.terminal(session);
  there.attach(elsewhere);
  await eventually('the other page watches', () => elsewhere.now === 'taken over');
  there.takeOver();
  await eventually('the other page has the keys', () => elsewhere.now === 'open');
  type(there, 'echo "el""sewhere"\r');
  await elsewhere.until(/elsewhere\r\n/);
  stream.takeOver();
  await eventually('the keys are back', () => screen.now === 'open');
  type(stream, 'echo "ba""ck"\r');
  await screen.until(/back\r\n/);
  there.detach();
  await eventually('nobody else looks', () =>
    isDeepStrictEqual(screen.notices.at(-1), { kind: 'watched', watchers: 0 }),
  );

  page.cut();
  page.mend();
  await eventually('the terminal takes keys', () => type(stream, `cat ${file}; echo "al""l"\r`));
  await screen.until(/\ronce\r\nall\r\n/);
  assert.equal(
    screen.notices.some(({ kind }) => kind === 'input'),
    false,
  );
  stream.detach();
  for (const one of [connection, other.connection]) one.close();
});

test('keys that were on their way for long do not surprise anybody: they are dropped, and that is said', async () => {
  const { connection, page, screen, stream } = await atAPrompt('too late');
  page.swallow();
  type(stream, 'echo "too ""late"\r');
  page.cut();
  page.later(60_000);
  page.mend();
  const said = () => screen.notices.filter(({ kind }) => kind === 'input');
  await eventually('it is said', () => said().length > 0);
  const say = 'What you typed last was lost with the line. Type or run it again.';
  assert.deepEqual(said(), [{ kind: 'input', say }]);
  type(stream, 'echo "go ""on"\r');
  await screen.until(/go on\r\n/);
  assert.doesNotMatch(screen.text, /too late/);
  stream.detach();
  connection.close();
});

test('a browser without the link, or with an old one, is told that the lab is locked', async () => {
  for (const hash of ['', '#lab=of-an-earlier-start']) {
    const states: LabState[] = [];
    const connection = new Connection(
      { state: (state) => states.push(state), message: () => assert.fail('it hears nothing') },
      new NodePage(`${lab.origin}/${hash}`),
    );
    await connection.open();
    await eventually('it is locked', () => states.at(-1) === 'locked');
    await assert.rejects(connection.terminals(), /has not opened the lab yet\. Open the link/);
    connection.close();
  }
});

test('a terminal opens, runs blocks, and is listed', async () => {
  const { connection } = await connect();
  const { session, name } = await connection.openTerminal('shell 1');
  assert.equal(name, 'shell 1');
  assert.deepEqual((await connection.terminals()).at(-1), { session, name });
  const { screen, stream } = await attach(connection, session);
  await screen.until(/\$ $/);
  assert.ok(stream.run('echo one\necho "t""wo"\n'));
  await screen.until(/\rone\r\ntwo\r\n/);
  const { bytes, missing } = stream.printed(0, Infinity);
  assert.equal(Buffer.from(bytes).toString(), screen.text);
  assert.equal(missing, 0);
  assert.deepEqual(await connection.receipts(session, 0), [], 'its shell makes no marks');
  stream.resize(61, 18);
  assert.ok(type(stream, 'stty size\r'));
  await screen.until(/18 61\r\n/);
  assert.ok((screen.latencies[0] ?? 9_999) < 1_000);
  assert.ok(!stream.input(new Uint8Array(70_000)), 'what is too large is not half typed');
  const renamed = { session, name: 'west side' };
  assert.deepEqual(await connection.renameTerminal(session, ' west\n side '), renamed);
  assert.deepEqual((await connection.terminals()).at(-1), renamed);
  assert.deepEqual(await connection.renameTerminal(session, ' '), renamed, 'no name is no name');
  await connection.closeTerminal(session);
  await assert.rejects(connection.closeTerminal(session), /no longer exists/);
  await assert.rejects(connection.renameTerminal(session, 'x'), /no longer exists/);
  connection.close();
});

test('a lost line comes back by itself with every byte; keys meanwhile are not queued', async () => {
  const { connection, page, states } = await connect();
  const { session } = await connection.openTerminal('lossy');
  const { screen, stream } = await attach(connection, session);
  await screen.until(/\$ $/);
  type(
    stream,
    'stty -echo -onlcr; clear; echo BEGIN; for i in 1 2 3 4 5 6 7 8 9 10; do seq 1 20000; sleep 0.05; done; echo END\r',
  );
  for (let cut = 0; cut < 5; cut++) {
    const from = screen.text.length;
    await eventually(
      'more came',
      () => screen.text.length > from + 10_000 || /\nEND\n/.test(screen.text),
    );
    page.cut();
    await eventually('it noticed', () => screen.now === 'offline');
    assert.ok(!type(stream, 'echo QUEUED\r'));
    page.mend();
    await eventually('it is back', () => screen.now === 'open');
  }
  await screen.until(/\nEND\n/);
  const got = screen.text.slice(
    screen.text.indexOf('BEGIN\n') + 6,
    screen.text.lastIndexOf('END\n'),
  );
  const once = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  assert.equal(sha256(got), sha256(once.repeat(10)));
  assert.equal(screen.snapshots, 0);
  assert.ok(!screen.text.includes('QUEUED'));
  await eventually('the feed is back, too', () => states.at(-1) === 'open');
  await connection.closeTerminal(session);
  connection.close();
});

/** Answers who it is, as terminals do, while it draws the question. */
class AnsweringScreen extends Screen {
  stream: TerminalStream | undefined;

  override output(bytes: Uint8Array, drawn: () => void): void {
    const asked = Buffer.from(bytes).includes('\x1b[c');
    if (asked && this.stream) type(this.stream, '\x1b[?1;2c');
    super.output(bytes, drawn);
  }
}

test('T16: a question that a program asked while the page was away is answered to nobody', async () => {
  const { connection, page } = await connect();
  const { session } = await connection.openTerminal('asking');
  const screen = new AnsweringScreen();
  const stream = connection.terminal(session);
  screen.stream = stream;
  stream.attach(screen);
  await screen.until(/\$ $/);
  type(stream, String.raw`read -rs -t 5 -d c -p $'\e[c' x; echo "got ${'${x:1}'}"` + '\r');
  await screen.until(/got \[\?1;2\r\n/);

  const asked = join(lab.directory, 'asked');
  type(stream, String.raw`sleep 0.2; printf '\e[c'; touch ${asked}` + '\r');
  await screen.until(/touch \S+\r\n/);
  page.cut();
  await eventually('it was asked', () => existsSync(asked));
  page.mend();
  await eventually('it is back', () => screen.now === 'open' && stream.isCaughtUp);
  await screen.until(/\x1b\[c[^]*\$ $/);
  type(stream, 'echo "cl""ean"\r');
  await screen.until(/clean\r\n/);
  const after = screen.text.slice(screen.text.lastIndexOf('\x1b[c'));
  assert.doesNotMatch(after, /1;2c/);
  await connection.closeTerminal(session);
  connection.close();
});

test('another page of the same browser gets the screen and only watches, until it takes over', async () => {
  const one = await connect();
  const { session } = await one.connection.openTerminal('shared');
  const first = await attach(one.connection, session);
  await first.screen.until(/\$ $/);
  type(first.stream, 'echo "hel""lo"\r');
  await first.screen.until(/hello\r\n/);

  const two = await connect(one.page.another());
  const second = { screen: new Screen(), stream: two.connection.terminal(session) };
  second.stream.attach(second.screen);
  assert.ok(!second.stream.isCaughtUp, 'nothing has come yet');
  await eventually('the second has caught up', () => second.stream.isCaughtUp);
  await second.screen.until(/hello/);
  assert.equal(second.screen.snapshots, 1);
  assert.equal(second.screen.now, 'taken over');
  assert.ok(!type(second.stream, 'x'));

  second.stream.takeOver();
  await eventually('the second has the keys', () => second.screen.now === 'open');
  await eventually('the first has lost them', () => first.screen.now === 'taken over');
  type(second.stream, 'echo "fr""om two"\r');
  await second.screen.until(/from two\r\n/);
  await first.screen.until(/from two\r\n/);
  assert.equal(first.screen.now, 'taken over', 'it sees what happens, without the keys');
  assert.ok(!type(first.stream, 'x'));
  first.stream.takeOver();
  await eventually('the first has them again', () => first.screen.now === 'open');
  assert.equal(first.screen.snapshots, 0, 'it went on where it stopped');

  type(first.stream, 'echo "fr""om one"\r');
  await second.screen.until(/from one\r\n/);
  one.page.happen('leave');
  await eventually('the second has the keys, unasked', () => second.screen.now === 'open');
  await two.connection.closeTerminal(session);
  one.connection.close();
  two.connection.close();
});

test('a page on the way to another leaves at once, and restored it goes on', async () => {
  const { connection, page } = await connect();
  const { session } = await connection.openTerminal('walk');
  const { screen, stream } = await attach(connection, session);
  await screen.until(/\$ $/);
  page.happen('leave');
  assert.equal(screen.now, 'connecting');
  const next = await connect(page.another());
  const there = await attach(next.connection, session);
  await eventually('the screen came along', () => there.screen.snapshots === 1);
  type(there.stream, 'echo "on the ""next"\r');
  await there.screen.until(/on the next\r\n/);
  next.page.happen('leave');
  page.happen('wake');
  await eventually('restored', () => screen.now === 'open');
  await screen.until(/on the next\r\n/);
  assert.ok(type(stream, 'exit 4\r'));
  await eventually('it ended', () => screen.now === 'exited');
  assert.deepEqual(screen.states.at(-1), ['exited', 'The shell ended with code 4.']);
  stream.restart();
  await eventually('a new shell', () => screen.now === 'open');
  type(stream, 'echo "ag""ain"\r');
  await screen.until(/again\r\n/);
  await connection.closeTerminal(session);
  connection.close();
  next.connection.close();
});

test('a page that draws slowly makes the program wait, and nothing is lost', async () => {
  const { connection } = await connect();
  const { session } = await connection.openTerminal('slow');
  const { screen, stream } = await attach(connection, session);
  await screen.until(/\$ $/);
  screen.hold = true;
  type(stream, 'seq 1 400000; echo "E""ND"\r');
  await eventually('the window is full', () => screen.text.length > 500_000);
  const backlog = screen.text.length;
  assert.ok(backlog < 800_000, `${backlog}`);
  screen.hold = false;
  screen.drawAll();
  await screen.until(/\r\n399999\r\n400000\r\nEND\r\n/);
  await connection.closeTerminal(session);
  connection.close();
});

test('a killed web server is a short wait for the feed and none for a terminal', async () => {
  const { connection, states } = await connect();
  const { session } = await connection.openTerminal('kept');
  const { screen, stream } = await attach(connection, session);
  await screen.until(/\$ $/);
  process.kill(lab.webPid, 'SIGKILL');
  await eventually('the feed is lost', () => states.at(-1) === 'offline');
  type(stream, 'echo "still ""here"\r');
  await screen.until(/still here\r\n/);
  assert.ok(!screen.states.some(([state]) => state === 'offline'));
  await lab.webRestarted();
  await eventually('the feed is back', () => states.at(-1) === 'open');
  await connection.closeTerminal(session);
  connection.close();
});
