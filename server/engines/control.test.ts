// The control socket and the command that speaks to it, with an engine that the test plays.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ControlSocket } from './control.ts';
import { type Engine, EngineError, type Outcome, type Progress } from './engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'control-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const meshproof = fileURLToPath(new URL('../../bin/meshproof', import.meta.url));
let count = 0;

interface Played {
  path: string;
  calls: string[];
  log: string[];
}

async function play(
  t: { after(fn: () => unknown): void },
  verbs: Partial<Record<'up' | 'down' | 'status', (progress: Progress) => Promise<Outcome>>>,
): Promise<Played> {
  const path = join(directory, `${++count}.sock`);
  const calls: string[] = [];
  const log: string[] = [];
  const call = (verb: string) => async (name?: unknown, given?: Progress) => {
    const progress = typeof name === 'string' ? given : (name as Progress);
    calls.push(typeof name === 'string' ? `${verb} ${name}` : verb);
    const played = verbs[verb as keyof typeof verbs];
    return played && progress
      ? played(progress)
      : { say: `${verb} is done.`, running: verb !== 'down' };
  };
  const engine: Engine = {
    name: 'embedded',
    facts: () => assert.fail('nobody asks for facts here'),
    up: call('up'),
    down: call('down'),
    reset: call('reset'),
    status: () =>
      verbs.status
        ? verbs.status(null as never)
        : Promise.resolve({ say: 'It runs.', running: true }),
    save: call('save'),
    restore: call('restore'),
    resume: async () => {},
    close: async () => {},
  };
  const control = await ControlSocket.listen({
    path,
    engine,
    log: (_level, message) => log.push(message),
  });
  t.after(() => control.close());
  return { path, calls, log };
}

async function command(
  path: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(meshproof, args, {
    env: { PATH: process.env['PATH'], MESHPROOF_NODE: process.execPath, MESHPROOF_CONTROL: path },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

test('cluster up prints its stages as they are done and ends with 0', async (t) => {
  const { path } = await play(t, {
    up: async (progress) => {
      progress.title('Creating cluster "mesh-lab" ...');
      progress.stage('Starting the control plane');
      progress.stage('Waiting for the node');
      return { say: 'Ready.', running: true };
    },
  });
  assert.deepEqual(await command(path, 'cluster', 'up'), {
    code: 0,
    stdout:
      'Creating cluster "mesh-lab" ...\n ✓ Starting the control plane\n ✓ Waiting for the node\nReady.\n',
    stderr: '',
  });
});

test('the socket is the owner’s alone', async (t) => {
  const { path } = await play(t, {});
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('every verb reaches the engine, with its name where it has one', async (t) => {
  const { path, calls } = await play(t, {});
  for (const args of [['up'], ['down'], ['reset'], ['save', 'step-1'], ['restore', 'step-1']])
    assert.equal((await command(path, 'cluster', ...args)).code, 0);
  assert.deepEqual(calls, ['up', 'down', 'reset', 'save step-1', 'restore step-1']);
});

test('status ends with 0 when a cluster runs and with 1 when none does', async (t) => {
  let running = true;
  const { path } = await play(t, {
    status: async () => ({ say: running ? 'It runs.' : 'None.', running }),
  });
  assert.deepEqual(await command(path, 'cluster', 'status'), {
    code: 0,
    stdout: 'It runs.\n',
    stderr: '',
  });
  running = false;
  assert.deepEqual(await command(path, 'cluster', 'status'), {
    code: 1,
    stdout: 'None.\n',
    stderr: '',
  });
});

test('an engine’s refusal says what happened and the next move, and ends with 1', async (t) => {
  const { path, log } = await play(t, {
    up: async (progress) => {
      progress.stage('Looking for Docker');
      throw new EngineError('ENGINE_DOCKER_DOWN', 'Docker does not answer.');
    },
  });
  assert.deepEqual(await command(path, 'cluster', 'up'), {
    code: 1,
    stdout: '',
    stderr:
      'Docker does not answer. Start Docker and wait until `docker info` answers, then try again.\n',
  });
  assert.deepEqual(log, []);
});

test('our own mistake is told as ours, and the operator gets the details', async (t) => {
  const { path, log } = await play(t, {
    up: async () => {
      throw new TypeError('x is not a function');
    },
  });
  const { code, stderr } = await command(path, 'cluster', 'up');
  assert.equal(code, 1);
  assert.match(stderr, /^cluster up failed\. This is our mistake, not yours\./);
  assert.match(log.join('\n'), /x is not a function/);
});

test('of two commands at once the second waits for the first', async (t) => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const order: string[] = [];
  const { path } = await play(t, {
    up: async () => {
      order.push('up begins');
      await gate;
      order.push('up ends');
      return { say: 'Up.', running: true };
    },
    down: async () => {
      order.push('down');
      return { say: 'Down.', running: false };
    },
  });
  const first = command(path, 'cluster', 'up');
  while (order.length === 0) await new Promise(setImmediate);
  const second = command(path, 'cluster', 'down');
  await command(path, 'cluster', 'wrong'); // Refused at once, by the command itself.
  open();
  await Promise.all([first, second]);
  assert.deepEqual(order, ['up begins', 'up ends', 'down']);
});

for (const [args, says] of [
  [['klaster', 'up'], /there is no command "klaster"/],
  [['cluster'], /say what to do with the cluster/],
  [['cluster', 'start'], /a cluster has no "start"/],
  [['cluster', 'up', 'now'], /"now" is one word too many/],
  [['cluster', 'save'], /cluster save needs a name/],
  [['cluster', 'restore', '../../etc'], /"\.\.\/\.\.\/etc" is no name/],
] as const) {
  test(`meshproof ${args.join(' ')} is refused with the usage`, async () => {
    const { code, stdout, stderr } = await command('/nonexistent', ...args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, says);
    assert.match(stderr, /Usage: meshproof cluster VERB/);
  });
}

test('help is no error', async () => {
  const { code, stdout } = await command('/nonexistent', '--help');
  assert.equal(code, 0);
  assert.match(stdout, /Usage: meshproof cluster VERB/);
});

test('with nobody at the socket, one line says how to start', async () => {
  const stale = join(directory, 'stale.sock');
  writeFileSync(stale, '');
  for (const path of [join(directory, 'none.sock'), stale]) {
    assert.deepEqual(await command(path, 'cluster', 'up'), {
      code: 1,
      stdout: '',
      stderr: 'Meshproof is not running, so nobody can answer here. Start it with: npm start\n',
    });
  }
});

test('who asks a moment before anybody listens is answered all the same', async (t) => {
  // The path that the next `play` takes. Node tells on standard error when it connects.
  const child = spawn(meshproof, ['cluster', 'up'], {
    env: {
      PATH: process.env['PATH'],
      MESHPROOF_NODE: process.execPath,
      MESHPROOF_CONTROL: join(directory, `${count + 1}.sock`),
      NODE_DEBUG: 'net',
    },
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = once(child, 'close');
  await once(child.stderr, 'data');
  child.stderr.resume();
  await play(t, {});
  const [code] = (await ended) as [number];
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'up is done.\n' });
});

test('a server that dies in the middle is told', async (t) => {
  const path = join(directory, 'dies.sock');
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('{"kind":"title","text":"Creating …"}\n'));
  }).listen(path);
  t.after(() => server.close());
  await once(server, 'listening');
  const { code, stdout, stderr } = await command(path, 'cluster', 'up');
  assert.equal(code, 1);
  assert.equal(stdout, 'Creating …\n');
  assert.match(stderr, /ended in the middle/);
});

for (const [title, bytes] of [
  ['no JSON', 'nonsense\n'],
  ['an unknown verb', '{"verb":"explode"}\n'],
  ['a name that leads elsewhere', '{"verb":"save","name":"../x"}\n'],
  ['a line that never ends', 'x'.repeat(20_000)],
] as const) {
  test(`at the bare socket, ${title} is refused and disturbs nobody`, async (t) => {
    const { path, calls } = await play(t, {});
    const socket = connect(path);
    socket.write(bytes);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    await once(socket, 'close');
    assert.match(answer, /"kind":"failed","code":"ENGINE_REQUEST"/);
    assert.deepEqual(calls, []);
    assert.equal((await command(path, 'cluster', 'up')).code, 0);
  });
}

test('a socket that a dead Meshproof left is taken over, a living one’s is not', async (t) => {
  const path = join(directory, 'taken.sock');
  // A process that is killed leaves its socket file behind.
  const dead = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
  ]);
  await once(dead.stdout, 'data');
  dead.kill('SIGKILL');
  await once(dead, 'close');
  const engine = {} as Engine;
  const log = () => {};
  const control = await ControlSocket.listen({ path, engine, log });
  t.after(() => control.close());
  await assert.rejects(
    ControlSocket.listen({ path, engine, log }),
    /another Meshproof serves this workspace/,
  );
});

test('a directory that others may write to is no place for the socket', async () => {
  const open = join(directory, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const options = { path: join(open, 'c.sock'), engine: {} as Engine, log: () => {} };
  await assert.rejects(ControlSocket.listen(options), /is not this user's alone: remove it/);
});
