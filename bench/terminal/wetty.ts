// wetty, the terminal in a page that npm has: fetched for this bench alone, at one version, and spoken to as its own page does.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Received } from './subject.ts';
import type { Shell, Subject } from './subject.ts';

const VERSION = '3.2.0';
const DIRECTORY = `node_modules/.cache/meshproof/wetty-${VERSION}`;
/** Its page tells that it has drawn so much each time; in characters. */
const COMMIT = 262_144;
const START_MS = 60_000;

/** The little of socket.io's client that is used here. */
interface SocketIo {
  on(event: string, listener: (data: string) => void): void;
  emit(event: string, data: unknown): void;
  disconnect(): void;
  io: { engine: { transport: { ws?: { pause?: () => void; resume?: () => void } } } };
}

/** Undefined, after a sentence, where it cannot be had or would not start a shell. */
export async function wetty(say: (line: string) => void): Promise<Subject | undefined> {
  if (process.getuid?.() !== 0) {
    say('wetty is not measured: it starts a shell of this machine for root alone.');
    return undefined;
  }
  try {
    await fetched();
  } catch (error) {
    say(`wetty is not measured: it could not be fetched (${String(error).split('\n')[0]}).`);
    return undefined;
  }
  const port = await freePort();
  const server = spawn(
    process.execPath,
    [
      'node_modules/wetty/build/main.js',
      ...`--host 127.0.0.1 --port ${port} --base /wetty --log-level error`.split(' '),
      '--command',
      'bash --norc --noprofile -i',
    ],
    { cwd: DIRECTORY, stdio: 'ignore', env: { ...process.env, PROMPT_COMMAND: "PS1='$ '" } },
  );
  // A bench that is cut off leaves nobody behind.
  process.once('exit', () => server.kill());
  try {
    await answers(`http://127.0.0.1:${port}/wetty`);
  } catch (error) {
    server.kill();
    throw error;
  }
  const require = createRequire(join(process.cwd(), DIRECTORY, 'package.json'));
  const { io } = require('socket.io-client') as {
    io: (url: string, options: object) => SocketIo;
  };
  const open = async (): Promise<Shell> => {
    const socket = io(`http://127.0.0.1:${port}`, {
      path: '/wetty/socket.io',
      transports: ['websocket'],
      forceNew: true,
    });
    const received = new Received();
    let uncommitted = 0;
    socket.on('data', (text) => {
      received.add(Buffer.from(text), () => {
        uncommitted += text.length;
        if (uncommitted < COMMIT) return;
        uncommitted -= COMMIT;
        socket.emit('commit', COMMIT);
      });
    });
    socket.on('login', () => socket.emit('resize', { cols: 80, rows: 24 }));
    await received.prompt();
    return {
      type: (text) => socket.emit('input', text),
      received: () => received.bytes,
      tail: () => received.tail,
      more: () => received.more(),
      drawBy: (draw) => (received.draw = draw),
      stall: (stalled) => {
        const { ws } = socket.io.engine.transport;
        if (stalled) ws?.pause?.();
        else ws?.resume?.();
      },
      close: async () => socket.disconnect(),
    };
  };
  const close = async () => {
    server.kill();
    await once(server, 'exit');
  };
  return { name: 'wetty', pid: server.pid ?? 0, open, close };
}

async function fetched(): Promise<void> {
  if (existsSync(join(DIRECTORY, 'node_modules/wetty/build/main.js'))) return;
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(
    join(DIRECTORY, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: { wetty: VERSION },
      // The node-pty that we have ourselves: it comes built, and both are measured on the same one.
      overrides: { 'node-pty': '1.2.0-beta.15' },
    }),
  );
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev'];
  await promisify(execFile)('npm', ['install', ...options], { cwd: DIRECTORY });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

async function answers(url: string): Promise<void> {
  for (const until = performance.now() + START_MS; performance.now() < until;) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`wetty does not answer at ${url}`);
}
