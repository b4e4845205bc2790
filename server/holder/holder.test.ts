import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { FEED_PATH, FEED_PROTOCOL } from '../../protocol/lab.ts';
import type { FeedMessage } from '../../protocol/lab.ts';
import { eventually, proc, TestLab } from '../../tests/support/lab.ts';
import { readConfig } from '../config.ts';
import { Holder } from './holder.ts';

const directory = mkdtempSync(join(tmpdir(), 'holder-'));
after(() => rmSync(directory, { recursive: true }));

/** A script that a test writes for a child process. */
function script(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

test('a web server that does not start is given up, and nothing is left running', async () => {
  const web = script('web.mjs', 'process.exit(3);');
  const env = { ...process.env, MESHPROOF_HOME: directory, PORT: '0', MESHPROOF_OPEN: '0' };
  const log: string[] = [];
  const starting = Holder.start({
    config: readConfig(env),
    cookieKey: 'key',
    env,
    web,
    engines: join(directory, 'none.mjs'),
    log: (message) => log.push(message),
    openWorkspace: async () => ({
      learner: 'me',
      directory,
      startDirectory: directory,
      kubeconfig: '',
      controlSocket: '',
      rcFile: '',
      env: {},
    }),
  });
  await assert.rejects(starting, /the web server does not start: see above/);
  assert.match(log[0] ?? '', /^The web server ended \(code 3\)/);
  assert.deepEqual(proc.holding(web), []);
});

test('what an engine says reaches the feed, and a web server that comes later is told, too', async () => {
  const engines = script(
    'engines.mjs',
    `const engine = { name: 'Embedded cluster', state: 'ready', simulated: true, versions: { Kubernetes: 'v1.36.2' } };
     process.send({ kind: 'engine', learner: 'me', engine });
     setInterval(() => process.send({ kind: 'notice', learner: 'me', text: 'tick' }), 20);
     process.on('SIGTERM', () => process.exit());`,
  );
  const lab = await TestLab.start({ env: { TEST_ENGINES: engines } });
  const { cookie, key } = await lab.browser();
  const hear = async () => {
    const heard: FeedMessage[] = [];
    const socket = new WebSocket(
      `${lab.origin.replace('http', 'ws')}${FEED_PATH}`,
      [FEED_PROTOCOL, `key.${key}`],
      {
        headers: { cookie, origin: lab.origin },
      },
    );
    socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as FeedMessage));
    await eventually('it hears of the engine', () =>
      heard.some((message) => 'engine' in message && message.engine.state === 'ready'),
    );
    await eventually('it hears a notice', () => heard.some(({ kind }) => kind === 'notice'));
    assert.equal(heard[0]?.kind, 'state');
    socket.close();
  };
  await hear();
  process.kill(lab.webPid, 'SIGKILL');
  await lab.webRestarted();
  await hear();

  const [pid] = proc.holding(engines).filter((each) => each !== lab.pid && each !== lab.webPid);
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await eventually('it is started again', () =>
    proc.holding(engines).some((each) => each !== pid && each !== lab.pid && each !== lab.webPid),
  );
  assert.match(lab.log, /The clusters' process ended \(signal SIGKILL\)\. It is started again/);
  await lab.close();
  assert.deepEqual(proc.holding(engines), []);
});

test('the feed is closed to a page without the key', async () => {
  const lab = await TestLab.start();
  const { cookie } = await lab.browser();
  for (const protocols of [[FEED_PROTOCOL], [FEED_PROTOCOL, 'key.guess'], []]) {
    const socket = new WebSocket(`${lab.origin.replace('http', 'ws')}${FEED_PATH}`, protocols, {
      headers: { cookie, origin: lab.origin },
    });
    const message = await new Promise<string>((resolve) => {
      socket.on('error', (error) => resolve(error.message));
      socket.on('open', () => resolve('open'));
    });
    assert.match(message, /401/, protocols.join());
  }
  await lab.close();
});
