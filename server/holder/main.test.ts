import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const base = mkdtempSync(join(tmpdir(), 'start-'));
const starts: ChildProcess[] = [];
after(() => {
  for (const start of starts) start.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});
const site = join(base, 'site');
mkdirSync(site);
writeFileSync(join(site, 'index.html'), '<!doctype html><title>Lab</title>');

interface Start {
  process: ChildProcess;
  output: () => string;
  /** What it printed, once it shows a link or has ended. */
  said: Promise<string>;
  ended: Promise<number | null>;
}

function start(home: string, env: Record<string, string> = {}): Start {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('testing/start.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        MESHPROOF_HOME: join(base, home),
        MESHPROOF_SITE: site,
        MESHPROOF_OPEN: '0',
        PORT: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  starts.push(child);
  let output = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const said = new Promise<string>((resolve) => {
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('#lab=')) resolve(output);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then(() => resolve(output));
  });
  return { process: child, output: () => output, said, ended };
}

const link = (text: string) =>
  /http:\/\/127\.0\.0\.1:\d+\/#lab=[\w-]{22}/.exec(text)?.[0] ?? 'no link';
const portOf = (url: string) => new URL(url).port;

test('a start prints one link, which answers, and Ctrl-C ends it', async () => {
  const first = start('one');
  const url = link(await first.said);
  assert.equal(first.output().match(/https?:\/\//g)?.length, 1);
  assert.equal((await fetch(url)).status, 200);
  assert.equal(statSync(join(base, 'one')).mode & 0o777, 0o700);
  first.process.kill('SIGINT');
  first.process.kill('SIGINT'); // the keyboard's, and npm's
  assert.equal(await first.ended, 0);
  await assert.rejects(fetch(url));
  assert.ok(!existsSync(join(base, 'one/holder.sock')));
});

test('a second start of the same home prints the first one’s link, wherever it would listen', async () => {
  const first = start('same');
  const url = link(await first.said);
  const second = start('same', { PORT: '1' });
  assert.equal(await second.ended, 0);
  assert.match(await second.said, /^\nMeshproof is already running:\n/);
  assert.equal(link(await second.said), url);
  first.process.kill('SIGTERM');
  assert.equal(await first.ended, 0);
});

test('two starts at once: one serves, both print its link', async () => {
  const both = [start('race'), start('race')];
  const links = (await Promise.all(both.map((each) => each.said))).map(link);
  assert.equal(links[0], links[1]);
  assert.match(links[0] ?? '', /#lab=/);
  const serves = both.filter((each) => each.output().includes('is ready'));
  assert.equal(serves.length, 1);
  serves[0]?.process.kill('SIGTERM');
  assert.deepEqual(await Promise.all(both.map((each) => each.ended)), [0, 0]);
});

test('what a killed start left behind stops nobody', async () => {
  const first = start('stale');
  await first.said;
  first.process.kill('SIGKILL');
  await first.ended;
  assert.ok(existsSync(join(base, 'stale/holder.sock')));
  const second = start('stale');
  const url = link(await second.said);
  assert.equal((await fetch(url)).status, 200);
  second.process.kill('SIGTERM');
  assert.equal(await second.ended, 0);
});

test('when the holder is killed, its web server ends, too', async () => {
  const first = start('orphan');
  const url = link(await first.said);
  first.process.kill('SIGKILL');
  await first.ended;
  for (let turn = 0; turn < 200; turn++) {
    const gone = await fetch(url).then(
      () => false,
      () => true,
    );
    if (gone) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('it still answers');
});

test('a port of another Meshproof, and of another program, is named with the next move', async () => {
  const first = start('here');
  const port = portOf(link(await first.said));
  const second = start('elsewhere', { PORT: port });
  assert.equal(await second.ended, 1);
  assert.equal(
    (await second.said).trim(),
    `Port ${port} is in use by another Meshproof, of another home. Stop it, or choose another port: PORT=${Number(port) + 1} npm start`,
  );
  first.process.kill('SIGTERM');
  await first.ended;

  const server = createServer((socket) => socket.end('220 mail.example ready\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const taken = String((server.address() as AddressInfo).port);
  const third = start('elsewhere', { PORT: taken });
  assert.equal(await third.ended, 1);
  assert.match(
    await third.said,
    new RegExp(`^Port ${taken} is in use by another program\\. Stop it, or choose`),
  );
  server.close();
  assert.deepEqual(readdirSync(join(base, 'elsewhere')), []);
});

const elsewhere = process.platform !== 'linux' && 'other systems open browsers by other commands';
test(
  'the browser is opened with a code that works once, not with the secret',
  { skip: elsewhere },
  async () => {
    const bin = join(base, 'bin');
    const opened = join(base, 'opened');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'xdg-open'),
      `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`,
      {
        mode: 0o755,
      },
    );
    const first = start('browser', {
      MESHPROOF_OPEN: '',
      CI: '',
      DISPLAY: ':0',
      PATH: `${bin}:${process.env['PATH']}`,
    });
    const url = new URL(link(await first.said));
    while (!existsSync(opened)) await new Promise((resolve) => setTimeout(resolve, 10));
    const shown = new URL(readFileSync(opened, 'utf8'));
    assert.equal(shown.origin, url.origin);
    assert.notEqual(shown.hash, url.hash);
    const login = async (hash: string) => {
      const response = await fetch(`${url.origin}/lab/login`, {
        method: 'POST',
        headers: { origin: url.origin, 'content-type': 'application/json' },
        body: JSON.stringify({ secret: hash.replace('#lab=', '') }),
      });
      return response.status;
    };
    assert.equal(await login(shown.hash), 200);
    assert.equal(await login(shown.hash), 403);
    assert.equal(await login(url.hash), 200);
    assert.equal(
      await login(url.hash),
      200,
      'the printed link opens as many browsers as its owner likes',
    );
    first.process.kill('SIGTERM');
    await first.ended;
  },
);

test('a setting that cannot be used is one sentence', async () => {
  const wrong = start('wrong', { PORT: 'http' });
  assert.equal(await wrong.ended, 1);
  assert.equal((await wrong.said).trim(), 'PORT=http: use a port from 0 to 65535.');
});

test('a home whose path is too long for a socket works all the same', async () => {
  const deep = start(join('deep', 'x'.repeat(120)));
  const url = link(await deep.said);
  assert.equal((await fetch(url)).status, 200);
  deep.process.kill('SIGTERM');
  assert.equal(await deep.ended, 0);
});
