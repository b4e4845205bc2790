// What is measured of a server of terminals, each once and by itself. Knows nothing of who is behind it.

import headless from '@xterm/headless';
import { spawn as spawnPty } from 'node-pty';
import { pause, percentile, proc } from '../../tests/support/lab.ts';
import type { Shell, Subject } from './subject.ts';

/** Values of one run, by name. */
export type Values = Record<string, number>;

const WIDTH = 100;
/** About 60 MB as it leaves the pty: long enough to settle, short enough for five runs. */
const LINES = 600_000;
const FLOOD = 'yes "$(printf %060d 0)"';
const ECHOES = 200;
const FLOOD_MS = 2_000;
const STALL_MS = 3_000;
/** A page that was left behind by a flood shows its prompt late, or never. */
const PROMPT_MS = 10_000;
/** More than that waiting, and xterm throws away what comes: nobody draws it any more. */
const DISCARDED_BYTES = 45e6;

/** A long output, read from a pty by this process with nothing in between: the limit. */
export async function rawPty(): Promise<Values> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const pty = spawnPty('seq', ['-f', `%0${WIDTH - 2}.0f`, '1', String(LINES)], { encoding: null });
  let bytes = 0;
  pty.onData((data) => (bytes += data.length));
  await new Promise<void>((resolve) => pty.onExit(() => resolve()));
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { output: bytes / 1e6 / seconds, processor: ((user + system) / bytes) * 100 };
}

/** MB/s of a long output, and the server's processor seconds for 100 MB of it. */
export async function throughput(subject: Subject): Promise<Values> {
  const shell = await subject.open();
  shell.type(`seq -f %0${WIDTH - 2}.0f 1 ${LINES}; echo "EN""D"\r`);
  const [cpu, started, from] = [proc.cpu(subject.pid), performance.now(), shell.received()];
  while (!/END\r\n/.test(shell.tail())) await shell.more();
  const megabytes = (shell.received() - from) / 1e6;
  const seconds = (performance.now() - started) / 1_000;
  const spent = proc.cpu(subject.pid) - cpu;
  await shell.close();
  return { output: megabytes / seconds, processor: (spent / megabytes) * 100 };
}

/** Milliseconds from a key to its echo, alone or beside a neighbour's flood. */
export async function echo(subject: Subject, beside: 'alone' | 'beside a flood'): Promise<Values> {
  const shell = await subject.open();
  const neighbour = beside === 'alone' ? undefined : await subject.open();
  neighbour?.type(`${FLOOD}\r`);
  await pause(300);
  const times: number[] = [];
  for (let turn = 0; turn < ECHOES; turn++) {
    const from = shell.received();
    const started = performance.now();
    shell.type('x');
    while (shell.received() === from) await shell.more();
    times.push(performance.now() - started);
    if (turn % 60 === 59) shell.type('\x15');
    await pause(2);
  }
  times.sort((a, b) => a - b);
  await shell.close();
  await neighbour?.close();
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** Megabytes by which the server grows while a page reads nothing of a flood. */
export async function stalled(subject: Subject): Promise<Values> {
  const shell = await subject.open();
  const before = proc.residentBytes(subject.pid);
  shell.type(`${FLOOD}\r`);
  await pause(50);
  shell.stall(true);
  await pause(STALL_MS);
  const grown = (proc.residentBytes(subject.pid) - before) / 1e6;
  await shell.close();
  return { grown };
}

/** A page with a real parser that looks at a flood: the most that waited to be drawn, and how long after Ctrl-C the prompt was there. */
export async function drawnFlood(subject: Subject): Promise<Values> {
  const shell = await subject.open();
  const screen = new headless.Terminal({
    cols: 80,
    rows: 24,
    scrollback: 1_000,
    allowProposedApi: true,
  });
  const shown = { waiting: 0, most: 0 };
  shell.drawBy((bytes, drawn) => {
    shown.waiting += bytes.length;
    shown.most = Math.max(shown.most, shown.waiting);
    if (shown.waiting > DISCARDED_BYTES) return;
    screen.write(bytes, () => {
      shown.waiting -= bytes.length;
      drawn();
    });
  });
  shell.type(`${FLOOD}\r`);
  await pause(FLOOD_MS);
  const started = performance.now();
  shell.type('\x03');
  while (!atPrompt(screen) && performance.now() - started < PROMPT_MS) await pause(1);
  const stopped = performance.now() - started;
  await close(shell, screen);
  return { backlog: shown.most / 1e6, stopped };
}

function atPrompt(screen: headless.Terminal): boolean {
  const { active } = screen.buffer;
  const line = active.getLine(active.baseY + active.cursorY)?.translateToString(true) ?? '';
  return /^\$ ?$/.test(line);
}

async function close(shell: Shell, screen: headless.Terminal): Promise<void> {
  shell.drawBy((_bytes, drawn) => drawn());
  await shell.close();
  screen.dispose();
}
