// Figures of terminals: ours, the naive server of thirty lines, and the raw pty as the limit, in one run on one machine. Ratios between
// them say more than their values, since machines differ and are shared.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import headless from '@xterm/headless';
import { spawn as spawnPty } from 'node-pty';
import { WebSocket } from 'ws';
import type { Page } from '../server/terminal/testing/page.ts';
import { pause, percentile, proc, TestLab } from '../tests/support/lab.ts';

export interface Figure {
  name: string;
  value: number;
  unit: 'ms' | 'MB/s' | 'MB' | 's' | 'kB';
}

/** A shell that can be typed into and listened to, whoever serves it. */
export interface Subject {
  name: string;
  /** The process that serves it: whose memory and time are counted. */
  pid: number;
  open(): Promise<Shell>;
  close(): Promise<void>;
}

export interface Shell {
  type(text: string): void;
  /** Bytes received so far, and the last of them. */
  received(): number;
  tail(): string;
  /** Stops and starts reading from the socket. */
  stall(stalled: boolean): void;
  close(): Promise<void>;
}

const WIDTH = 100;
/** About 60 MB as it leaves the pty: long enough to settle, short enough for five runs. */
const LINES = 600_000;
const FLOOD = 'yes "$(printf %060d 0)"';
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function meshproof(): Promise<Subject> {
  const lab = await TestLab.start();
  const browser = await lab.browser();
  return {
    name: 'meshproof',
    pid: lab.pid,
    open: async () => {
      const { page, session } = await lab.terminal(browser);
      return {
        type: (text) => page.type(text),
        received: () => page.offset,
        tail: () => tailOf(page),
        stall: (stalled) => (stalled ? page.socket.pause() : page.socket.resume()),
        close: async () => {
          await lab.request(browser, 'DELETE', `/lab/terminals/${session}`);
        },
      };
    },
    close: () => lab.close(),
  };
}

function tailOf(page: Page): string {
  // Only the end is ever looked at; keeping all of it would measure this program.
  page.output = page.output.slice(-2);
  page.frames.length = 0;
  return page.text.slice(-200);
}

export async function naive(): Promise<Subject> {
  const server = fork(fileURLToPath(new URL('naive-terminal.ts', import.meta.url)));
  const [port] = (await once(server, 'message')) as [number];
  return {
    name: 'naive',
    pid: server.pid ?? 0,
    open: async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
      let received = 0;
      let tail = '';
      socket.on('message', (data: Buffer) => {
        received += data.length;
        tail = data.subarray(-200).toString();
      });
      await once(socket, 'open');
      const shell: Shell = {
        type: (text) => socket.send(text),
        received: () => received,
        tail: () => tail,
        stall: (stalled) => (stalled ? socket.pause() : socket.resume()),
        close: async () => socket.terminate(),
      };
      while (!shell.tail().endsWith('$ ')) await tick();
      return shell;
    },
    close: async () => {
      server.kill();
      await once(server, 'exit');
    },
  };
}

/** MB/s of a long output, and the server's processor seconds for 100 MB of it. */
export async function throughput(subject: Subject): Promise<Figure[]> {
  const shell = await subject.open();
  shell.type(`seq -f %0${WIDTH - 2}.0f 1 ${LINES}; echo "EN""D"\r`);
  const [cpu, started, from] = [proc.cpu(subject.pid), performance.now(), shell.received()];
  while (!/END\r\n/.test(shell.tail())) await tick();
  const megabytes = (shell.received() - from) / 1e6;
  const seconds = (performance.now() - started) / 1_000;
  const spent = proc.cpu(subject.pid) - cpu;
  await shell.close();
  return [
    { name: `${subject.name}: output`, value: megabytes / seconds, unit: 'MB/s' },
    { name: `${subject.name}: processor for 100 MB`, value: (spent / megabytes) * 100, unit: 's' },
  ];
}

/** The same output read from a pty by this process, with nothing in between. */
export async function rawPty(): Promise<Figure[]> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const pty = spawnPty('seq', ['-f', `%0${WIDTH - 2}.0f`, '1', String(LINES)], { encoding: null });
  let bytes = 0;
  pty.onData((data) => (bytes += data.length));
  await new Promise<void>((resolve) => pty.onExit(() => resolve()));
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return [
    { name: 'raw pty: output', value: bytes / 1e6 / seconds, unit: 'MB/s' },
    { name: 'raw pty: processor for 100 MB', value: ((user + system) / bytes) * 100, unit: 's' },
  ];
}

/** From a key to its echo, alone or beside a neighbour's flood. */
export async function echo(
  subject: Subject,
  beside: 'idle' | 'flood',
  count = 200,
): Promise<Figure[]> {
  const shell = await subject.open();
  const neighbour = beside === 'flood' ? await subject.open() : undefined;
  neighbour?.type(`${FLOOD}\r`);
  await pause(300);
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const from = shell.received();
    const started = performance.now();
    shell.type('x');
    while (shell.received() === from) await tick();
    times.push(performance.now() - started);
    if (turn % 60 === 59) shell.type('\x15');
    await pause(2);
  }
  times.sort((a, b) => a - b);
  await shell.close();
  await neighbour?.close();
  const name = `${subject.name}: echo, ${beside}`;
  return [
    { name: `${name}, p50`, value: percentile(times, 0.5), unit: 'ms' },
    { name: `${name}, p99`, value: percentile(times, 0.99), unit: 'ms' },
  ];
}

/** How much the server's memory grows while a page reads nothing of a flood. */
export async function stalled(subject: Subject, ms = 5_000): Promise<Figure[]> {
  const shell = await subject.open();
  const before = proc.residentBytes(subject.pid);
  shell.type(`${FLOOD}\r`);
  await pause(50);
  shell.stall(true);
  await pause(ms);
  const grown = (proc.residentBytes(subject.pid) - before) / 1e6;
  await shell.close();
  return [{ name: `${subject.name}: stalled page for ${ms / 1_000} s`, value: grown, unit: 'MB' }];
}

/**
 * A page with a real parser that looks at a flood: the most that waited to be drawn, and how long after Ctrl-C the prompt was there.
 * For ours only: acknowledging what was drawn is what bounds it.
 */
export async function drawnFlood(ms = 3_000): Promise<Figure[]> {
  const lab = await TestLab.start();
  const { page } = await lab.terminal(await lab.browser(), { acknowledge: false });
  const screen = new headless.Terminal({
    cols: 80,
    rows: 24,
    scrollback: 1_000,
    allowProposedApi: true,
  });
  let drawn = page.offset;
  let backlog = 0;
  let acknowledged = drawn;
  page.socket.on('message', () => {
    const end = page.offset;
    const bytes = page.output.splice(0);
    page.frames.length = 0;
    backlog = Math.max(backlog, end - drawn);
    screen.write(Buffer.concat(bytes), () => {
      drawn = Math.max(drawn, end);
      if (drawn - acknowledged < 16_384 && drawn !== page.offset) return;
      acknowledged = drawn;
      page.send({ kind: 'ack', offset: drawn });
    });
  });
  page.type(`${FLOOD}\r`);
  await pause(ms);
  const lastLine = () => {
    const { active } = screen.buffer;
    return active.getLine(active.baseY + active.cursorY)?.translateToString(true) ?? '';
  };
  const started = performance.now();
  page.type('\x03');
  while (!/^\$ ?$/.test(lastLine())) await tick();
  const stopped = performance.now() - started;
  await lab.close();
  return [
    { name: 'meshproof: backlog of the parser', value: backlog / 1e6, unit: 'MB' },
    { name: 'meshproof: Ctrl-C on a flood, to the drawn prompt', value: stopped, unit: 'ms' },
  ];
}

/** Memory of the server for each idle terminal with a page. */
export async function idle(count = 8): Promise<Figure[]> {
  const subject = await meshproof();
  const first = await subject.open();
  await pause(500);
  const before = proc.residentBytes(subject.pid);
  const shells = await Promise.all(Array.from({ length: count - 1 }, () => subject.open()));
  await pause(500);
  const each = (proc.residentBytes(subject.pid) - before) / (count - 1) / 1_000;
  await Promise.all([first, ...shells].map((shell) => shell.close()));
  await subject.close();
  return [{ name: `meshproof: idle terminal, of ${count}`, value: each, unit: 'kB' }];
}

/** All of them, once, each as soon as it is known. */
export async function figures(tell: (figure: Figure) => void): Promise<void> {
  const measure = async (figures: Promise<Figure[]>) => (await figures).forEach(tell);
  await measure(rawPty());
  for (const make of [meshproof, naive]) {
    const subject = await make();
    await measure(throughput(subject));
    await measure(echo(subject, 'idle'));
    await measure(echo(subject, 'flood'));
    await measure(stalled(subject));
    await subject.close();
  }
  await measure(drawnFlood());
  await measure(idle());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await figures(({ name, value, unit }) =>
    console.log(JSON.stringify({ name, value: Number(value.toPrecision(3)), unit })),
  );
}
