// A lab as a browser meets it: a real holder and web server on a port of their own, a home of their own, and a browser made of a
// cookie and a key. Everything is gone when it is closed.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Page } from '../../server/terminal/testing/page.ts';
import type { PageOptions } from '../../server/terminal/testing/page.ts';

export interface Browser {
  cookie: string;
  key: string;
}

export interface LabOptions {
  env?: Record<string, string>;
}

export class TestLab {
  readonly home: string;
  readonly #process: ChildProcess;
  #url: string;
  #webPid: number;
  #output = '';

  private constructor(home: string, child: ChildProcess, url: string, webPid: number) {
    this.home = home;
    this.#process = child;
    this.#url = url;
    this.#webPid = webPid;
  }

  static async start({ env = {} }: LabOptions = {}): Promise<TestLab> {
    const home = mkdtempSync(join(tmpdir(), 'lab-'));
    const site = join(home, 'site');
    mkdirSync(site);
    writeFileSync(join(site, 'index.html'), '<!doctype html><title>Lab</title>');
    writeFileSync(join(site, '404.html'), '<!doctype html><title>Nothing here</title>');
    const child = fork(fileURLToPath(new URL('holder-process.ts', import.meta.url)), {
      env: { ...process.env, MESHPROOF_HOME: home, MESHPROOF_SITE: site, PORT: '0', ...env },
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let output = '';
    const hear = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    const [told] = (await once(child, 'message')) as [
      { url?: string; webPid?: number; error?: string },
    ];
    if (told.url === undefined) throw new Error(`${told.error}\n${output}`);
    const lab = new TestLab(home, child, told.url, told.webPid ?? 0);
    lab.#output = output;
    child.stdout?.on('data', (chunk: Buffer) => (lab.#output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (lab.#output += chunk.toString()));
    return lab;
  }

  get origin(): string {
    return new URL(this.#url).origin;
  }

  get host(): string {
    return new URL(this.#url).host;
  }

  get secret(): string {
    return new URL(this.#url).hash.replace('#lab=', '');
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get webPid(): number {
    return this.#webPid;
  }

  /** What its processes printed. */
  get log(): string {
    return this.#output;
  }

  /** Where shells start. */
  get directory(): string {
    return join(this.home, 'me');
  }

  /** A browser that has opened the printed link. */
  async browser(): Promise<Browser> {
    const response = await fetch(`${this.origin}/lab/login`, {
      method: 'POST',
      headers: { origin: this.origin, 'content-type': 'application/json' },
      body: JSON.stringify({ secret: this.secret }),
    });
    assert.equal(response.status, 200);
    const { key } = (await response.json()) as { key: string };
    const cookie = response.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ');
    return { cookie, key };
  }

  request(
    browser: Partial<Browser>,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method,
      headers: {
        origin: this.origin,
        ...(browser.cookie !== undefined && { cookie: browser.cookie }),
        ...(browser.key !== undefined && { 'x-meshproof-key': browser.key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async openTerminal(browser: Browser, name = 'test'): Promise<string> {
    const response = await this.request(browser, 'POST', '/lab/terminals', { name });
    const { session } = (await response.json()) as { session?: string };
    assert.ok(session, `a terminal was opened: ${response.status}`);
    return session;
  }

  async ticket(browser: Browser, session: string): Promise<string> {
    const response = await this.request(browser, 'POST', '/lab/ticket', { session });
    const { ticket } = (await response.json()) as { ticket?: string };
    assert.ok(ticket, `a ticket was issued: ${response.status}`);
    return ticket;
  }

  /** An open socket that has said nothing yet. */
  socket(browser: Partial<Browser>, options: PageOptions = {}): Page {
    return new Page(this.origin.replace('http', 'ws'), {
      ...options,
      socket: {
        ...options.socket,
        headers: {
          origin: this.origin,
          ...(browser.cookie !== undefined && { cookie: browser.cookie }),
          ...options.socket?.headers,
        },
      },
    });
  }

  /** A page that shows this terminal. */
  async page(browser: Browser, session: string, options: PageOptions = {}): Promise<Page> {
    const ticket = await this.ticket(browser, session);
    const page = await this.socket(browser, options).opened();
    page.hello({ ticket, session, ...options.hello });
    await page.frame('ready');
    return page;
  }

  /** A terminal, and a page with its prompt. */
  async terminal(
    browser: Browser,
    options: PageOptions = {},
  ): Promise<{ session: string; page: Page }> {
    const session = await this.openTerminal(browser);
    const page = await this.page(browser, session, options);
    await page.until(/\$ /);
    return { session, page };
  }

  /** Waits until the web server is another process that answers. */
  async webRestarted(): Promise<void> {
    const before = this.#webPid;
    while (this.#webPid === before || !(await this.#answers())) {
      this.#webPid = (await this.#ask()).webPid;
      await pause(20);
    }
  }

  /** Bytes of the holder's memory that are in use, garbage left out. */
  async heldBytes(): Promise<number> {
    return (await this.#ask()).heldBytes;
  }

  /** As Ctrl-C does; resolves with the exit code. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode !== null) return this.#process.exitCode;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const [code] = (await gone) as [number | null];
    return code;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  async #ask(): Promise<{ webPid: number; heldBytes: number }> {
    const told = once(this.#process, 'message');
    this.#process.send({});
    const [answer] = (await told) as [{ webPid: number; heldBytes: number }];
    return answer;
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.origin}/lab/health`)).ok;
    } catch {
      return false; // between two lives
    }
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits for a fact, and fails with `what` when it does not come. */
export async function eventually(
  what: string | (() => string),
  fact: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const until = performance.now() + ms;
  while (!(await fact())) {
    if (performance.now() > until) {
      assert.fail(`not within ${ms} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await pause(10);
  }
}

/** What Linux tells of a process. */
export const proc = {
  /** Seconds of processor time so far. */
  cpu(pid: number): number {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  },
  residentBytes(pid: number): number {
    const kB = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kB) * 1024;
  },
  descriptors: (pid: number) => readdirSync(`/proc/${pid}/fd`).length,
  /** Pids of processes whose arguments or environment hold this text. */
  holding(text: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return ['cmdline', 'environ'].some((file) =>
            readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(text),
          );
        } catch {
          return false; // gone meanwhile
        }
      });
  },
  /** Children of a process, and theirs; zombies by themselves. */
  below(pid: number): { pid: number; zombie: boolean }[] {
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const [state, parent] = (
            readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1) ?? ''
          ).split(' ');
          return [{ pid: Number(name), parent: Number(parent), zombie: state === 'Z' }];
        } catch {
          return []; // gone meanwhile
        }
      });
    const below = (of: number): typeof all =>
      all.filter(({ parent }) => parent === of).flatMap((child) => [child, ...below(child.pid)]);
    return below(pid);
  },
};

/** Milliseconds from a key to its echo, many times. */
export async function echoTimes(page: Page, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const from = page.offset;
    const started = performance.now();
    page.type('x');
    while (page.offset === from) await new Promise((resolve) => setImmediate(resolve));
    times.push(performance.now() - started);
    page.type('\x7f');
    const cleared = page.offset;
    while (page.offset === cleared) await new Promise((resolve) => setImmediate(resolve));
  }
  return times.sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
