// Who holds a home: one Meshproof at a time. The claim is a Unix socket in the home, which dies with its process, so that nothing
// stale is ever believed; a second start asks it for the link that the first one printed. Knows nothing of what is held.

import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** A Unix socket's path ends before 104 bytes on macOS and 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;
/** A first start builds the site: whoever comes second waits as long for the link. */
const LINK_TIMEOUT_MS = 120_000;
const KEY_BYTES = 32;

export type Claim =
  | { state: 'ours'; claim: HomeClaim }
  /** Another process holds it, and this is its link; undefined when it ended while we asked. */
  | { state: 'held'; url: string | undefined };

export async function claimHome(home: string): Promise<Claim> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  chmodSync(home, 0o700); // it holds the learner's work and the key below
  const path = socketPath(home);
  for (;;) {
    const claim = await HomeClaim.listen(path);
    if (claim) return { state: 'ours', claim };
    const answer = await ask(path);
    if (answer !== 'nobody') return { state: 'held', url: answer.url };
    rmSync(path, { force: true }); // a dead one left it behind
  }
}

/** Signs the cookies of this home's browsers, so that they stay known from one start to the next. */
export function cookieKey(home: string): string {
  const path = join(home, 'cookie-key');
  try {
    writeFileSync(path, randomBytes(KEY_BYTES).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8');
}

export class HomeClaim {
  readonly #server: Server;
  readonly #path: string;
  readonly #waiting = new Set<Socket>();
  #url: string | undefined;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
    server.on('connection', (socket) => this.#answer(socket));
  }

  /** Undefined when something is at the path already. */
  static listen(path: string): Promise<HomeClaim | undefined> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        if (hasCode(error, 'EADDRINUSE')) resolve(undefined);
        else reject(error);
      });
      // Nobody else's before it is closed to them: the mask covers the moment until chmod.
      const mask = process.umask(0o077);
      server.listen(path, () => resolve(new HomeClaim(server, path)));
      process.umask(mask);
    });
  }

  /** From now on the link is told to whoever asks. */
  tell(url: string): void {
    this.#url = url;
    for (const socket of this.#waiting) socket.end(JSON.stringify({ url }));
  }

  /** Idempotent. */
  async release(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#waiting) socket.destroy();
    await closed;
    if (process.platform !== 'win32') rmSync(this.#path, { force: true });
  }

  #answer(socket: Socket): void {
    this.#waiting.add(socket);
    socket.on('error', () => socket.destroy()); // whoever asked has gone
    socket.on('close', () => this.#waiting.delete(socket));
    if (this.#url !== undefined) socket.end(JSON.stringify({ url: this.#url }));
  }
}

function ask(path: string): Promise<{ url: string | undefined } | 'nobody'> {
  return new Promise((resolve, reject) => {
    let text = '';
    let connected = false;
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.setTimeout(LINK_TIMEOUT_MS, () => socket.destroy());
    socket.on('connect', () => (connected = true));
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED', 'ENOENT')) resolve('nobody');
      else if (!connected) reject(error);
    });
    socket.on('close', () => resolve({ url: linkIn(text) }));
  });
}

function linkIn(text: string): string | undefined {
  if (text === '') return undefined;
  const { url } = JSON.parse(text) as { url?: unknown };
  return typeof url === 'string' ? url : undefined;
}

/** In the home; for one that lies too deep, in a directory of this user's own below the system's temporary one. */
function socketPath(home: string): string {
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\meshproof-${hash}`;
  const inside = join(home, 'holder.sock');
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  const { uid } = userInfo();
  const directory = join(tmpdir(), `meshproof-${uid}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = statSync(directory);
  if (found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new Error(
      `${directory} belongs to somebody else or is open to others. Remove it, or set MESHPROOF_HOME to a shorter path.`,
    );
  }
  return join(directory, `${hash}.holder.sock`);
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
