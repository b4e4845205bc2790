// Figures of terminals: ours, the naive server of thirty lines, wetty, and the raw pty as the limit, in one run on one machine. Runs of
// all of them take turns, and bars are medians of ratios within a run wherever there is a peer: machines differ, and are shared.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { encodeClientFrame } from '../protocol/terminal.ts';
import { pause } from '../tests/support/lab.ts';
import { type Figure, median } from './figure.ts';
import { drawnFlood, echo, rawPty, stalled, throughput } from './terminal/measures.ts';
import type { Values } from './terminal/measures.ts';
import { meshproof, naive } from './terminal/subject.ts';
import type { Subject } from './terminal/subject.ts';
import { wetty } from './terminal/wetty.ts';

const RUNS = Number(process.env['RUNS'] ?? 5);
const SESSIONS = 200;
/** Opened before them: what Node loads and compiles with its first terminals belongs to none. */
const FIRST_SESSIONS = 64;
/** Of them started at a time. */
const AT_ONCE = 8;

/** Not behind another is within what two runs of the same differ by. */
const NOT_BEHIND = 0.95;

/** Every measure of one run, by `subject: measure`. */
type Run = Record<string, number>;

export async function figures(tell: (figure: Figure) => void): Promise<void> {
  const third = await wetty((line) => console.error(line));
  const subjects = [await meshproof(), await naive(), ...(third ? [third] : [])];
  const runs: Run[] = [];
  try {
    for (let run = 0; run < RUNS; run++) runs.push(await oneRun(subjects));
  } finally {
    for (const subject of subjects) await subject.close();
  }
  for (const figure of summary(runs, third !== undefined)) tell(figure);
  tell(await idleSessions());
}

async function oneRun(subjects: readonly Subject[]): Promise<Run> {
  const run: Run = {};
  const note = (name: string, values: Values) => {
    for (const [measure, value] of Object.entries(values)) run[`${name}: ${measure}`] = value;
  };
  note('raw pty', await rawPty());
  for (const subject of subjects) note(subject.name, await throughput(subject));
  for (const beside of ['alone', 'beside a flood'] as const) {
    for (const subject of subjects) {
      const { p50, p99 } = await echo(subject, beside);
      note(subject.name, {
        [`echo ${beside}, p50`]: p50 ?? NaN,
        [`echo ${beside}, p99`]: p99 ?? NaN,
      });
    }
  }
  for (const subject of subjects) note(subject.name, await drawnFlood(subject));
  for (const subject of subjects) note(subject.name, await stalled(subject));
  return run;
}

const UNITS: Record<string, string> = {
  output: 'MB/s',
  processor: 's of processor for 100 MB',
  backlog: 'MB waiting to be drawn',
  stopped: 'ms from Ctrl-C to the prompt',
  grown: 'MB by a stalled page',
};

function summary(runs: readonly Run[], withWetty: boolean): Figure[] {
  const of = (name: string) => median(runs.map((run) => run[name] ?? NaN));
  const ratio = (one: string, other: string) =>
    median(runs.map((run) => (run[one] ?? NaN) / (run[other] ?? NaN)));
  const figure = (
    name: string,
    value: number,
    unit: string,
    bar?: [is: 'at most' | 'at least', limit: number],
  ): Figure => ({
    figure: `terminal: ${name}`,
    value,
    unit,
    ...(bar && { bar: { is: bar[0], limit: bar[1] } }),
  });
  const watched = Object.keys(runs[0] ?? {}).map((name) => {
    const unit = UNITS[name.split(': ')[1] ?? ''] ?? 'ms';
    return figure(name, of(name), unit);
  });
  const behind: [is: 'at least', limit: number] = ['at least', NOT_BEHIND];
  return [
    ...watched,
    figure('output, of the raw pty', ratio('meshproof: output', 'raw pty: output'), 'times', [
      'at least',
      0.6,
    ]),
    figure('output, of naive', ratio('meshproof: output', 'naive: output'), 'times', behind),
    ...(withWetty
      ? [figure('output, of wetty', ratio('meshproof: output', 'wetty: output'), 'times', behind)]
      : []),
    figure(
      'processor, of the raw pty',
      ratio('meshproof: processor', 'raw pty: processor'),
      'times',
      ['at most', 2.5],
    ),
    figure('echo alone, p50', of('meshproof: echo alone, p50'), 'ms', ['at most', 3]),
    figure('echo beside a flood, p50', of('meshproof: echo beside a flood, p50'), 'ms', [
      'at most',
      3,
    ]),
    figure(
      'echo alone, p99, of naive',
      ratio('meshproof: echo alone, p99', 'naive: echo alone, p99'),
      'times',
      ['at most', 1.25],
    ),
    figure(
      'echo beside a flood, p99, of naive',
      ratio('meshproof: echo beside a flood, p99', 'naive: echo beside a flood, p99'),
      'times',
      ['at most', 1.25],
    ),
    figure('backlog of the parser', of('meshproof: backlog'), 'MB', ['at most', 0.6]),
    figure('Ctrl-C on a flood, to the drawn prompt', of('meshproof: stopped'), 'ms', [
      'at most',
      50,
    ]),
    figure('growth by a stalled page', of('meshproof: grown'), 'MB', ['at most', 8]),
  ];
}

/** Memory of the server for each of many idle terminals with a page. */
async function idleSessions(): Promise<Figure> {
  const script = fileURLToPath(new URL('terminal/many-sessions.ts', import.meta.url));
  const server = fork(script, { execArgv: ['--expose-gc'] });
  const [port] = (await once(server, 'message')) as [number];
  const held = async () => {
    server.send('how much?');
    const [bytes] = (await once(server, 'message')) as [number];
    return bytes;
  };
  const pages: WebSocket[] = [];
  const open = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const { learner, session, ticket } = (await response.json()) as {
      learner: string;
      session: string;
      ticket: { ticket: string };
    };
    const page = new WebSocket(`ws://127.0.0.1:${port}/?learner=${learner}`, 'lab.term.v1', {
      perMessageDeflate: false,
    });
    await once(page, 'open');
    const hello = { resume: -1, epoch: '', columns: 80, rows: 24, page: 'p', takeOver: false };
    page.send(encodeClientFrame({ kind: 'hello', hello: { ...ticket, session, ...hello } }));
    await new Promise<void>((resolve) => {
      page.on('message', (data: Buffer) => data.includes('$ ') && resolve());
    });
    pages.push(page);
  };
  const openUpTo = async (count: number) => {
    while (pages.length < count) await Promise.all(Array.from({ length: AT_ONCE }, open));
    await pause(1_000);
  };
  await openUpTo(FIRST_SESSIONS);
  const before = await held();
  await openUpTo(FIRST_SESSIONS + SESSIONS);
  const each = ((await held()) - before) / SESSIONS / 1_000;
  for (const page of pages) page.terminate();
  server.disconnect();
  await once(server, 'exit');
  return {
    figure: `terminal: each of ${SESSIONS} idle sessions`,
    value: each,
    unit: 'kB',
    bar: { is: 'at most', limit: 60 },
  };
}
