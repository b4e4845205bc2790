// What terminals must live through, as often as a test or a soak likes: frames that no page would send beside a neighbour who types,
// and terminals that are opened and closed with programs in them that do not want to end.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { echoTimes, eventually, pause, proc } from './lab.ts';
import type { Browser, TestLab } from './lab.ts';

export interface BadFrames {
  count: number;
  seed: number;
  /** So many were sent. */
  progress?: (sent: number) => void;
}

/** Sends frames of every kind and length from many sockets, and fails when another terminal's echo ever stops. */
export async function badFrames(
  lab: TestLab,
  browser: Browser,
  { count, seed, progress }: BadFrames,
): Promise<{ sockets: number; echoes: number[] }> {
  const random = seededRandom(seed);
  const { page } = await lab.terminal(browser, { hello: { page: 'echoing' } });
  let over = false;
  const echoing = (async () => {
    const times: number[] = [];
    while (!over) {
      times.push(...(await echoTimes(page, 5)));
      await pause(5);
    }
    return times;
  })();
  const victim = await lab.openTerminal(browser);
  let sockets = 0;
  for (let sent = 0; sent < count; sockets++) {
    const greeted = random() < 0.7;
    const frames = await lab.socket(browser, { acknowledge: random() < 0.5 }).opened();
    if (greeted) {
      const ticket = await lab.ticket(browser, victim);
      frames.hello({ ticket, session: victim, page: `p${sockets}` });
    }
    // Several at a time: what follows a bad frame must not be read.
    for (let n = 0; n < 20 && sent < count && !frames.closed; n++, sent++) {
      frames.socket.send(randomFrame(random));
      if (random() < 0.2) await pause(1);
    }
    frames.cut();
    progress?.(sent);
  }
  over = true;
  const echoes = (await echoing).sort((a, b) => a - b);
  assert.equal((await lab.request(browser, 'GET', '/lab/terminals')).status, 200);
  page.type('\x15echo "still ""here"\r');
  await page.until(/still here\r\n/);
  assert.doesNotMatch(lab.log, /made a mistake|at .*\.ts:\d+/, 'no handler failed');
  return { sockets, echoes };
}

export interface Held {
  descriptors: number;
  bytes: number;
}

/** At a time: fewer than a learner may have, so that a test can keep one. */
const AT_ONCE = 7;

/** Opens and closes terminals with leftovers in each, and fails when a process, a zombie, a descriptor or memory is left. */
export async function openAndClose(
  lab: TestLab,
  browser: Browser,
  cycles: number,
): Promise<{ before: Held; after: Held }> {
  const cycle = async () => {
    const { page, session } = await lab.terminal(browser);
    page.type(
      'nohup sleep 900 >/dev/null 2>&1 & setsid sleep 901 & (trap "" HUP; sleep 902) & echo "star""ted"\r',
    );
    await page.until(/started\r\n/);
    await lab.request(browser, 'DELETE', `/lab/terminals/${session}`);
    await page.end();
  };
  const several = (count: number) => Promise.all(Array.from({ length: count }, cycle));
  const held = async (): Promise<Held> => ({
    descriptors: proc.descriptors(lab.pid),
    bytes: await lab.heldBytes(),
  });
  // What is loaded once is loaded now.
  for (let round = 0; round < 2; round++) await several(AT_ONCE);
  const before = await held();
  for (let left = cycles; left > 0; left -= AT_ONCE) await several(Math.min(left, AT_ONCE));
  await eventually('no process is left', () =>
    proc.below(lab.pid).every(({ pid, zombie }) => !zombie && pid === lab.webPid),
  );
  assert.deepEqual(leftSleeping(lab), []);
  const after = await held();
  assert.ok(after.descriptors <= before.descriptors, `${after.descriptors} descriptors`);
  assert.ok(after.bytes < before.bytes * 1.05 + 500_000, `${after.bytes} bytes`);
  return { before, after };
}

/** Jobs of a lab's terminals that should have ended with them. */
export function leftSleeping({ directory }: Pick<TestLab, 'directory'>): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && fileOf(name, 'environ').includes(`HOME=${directory}\0`))
    .map((pid) => fileOf(pid, 'cmdline').replaceAll('\0', ' ').trim())
    .filter((command) => /^sleep 9[01]\d$/.test(command));
}

function fileOf(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // gone meanwhile
  }
}

/** Repeats with its seed: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TYPES = [0, 1, 2, 3, 4, 5, 6, 0x80, 0x81, 0x86, 0xff];
const LENGTHS = [0, 1, 2, 4, 5, 6, 7, 100, 1_100, 5_000, 17_000, 70_000];
const JSONS = [
  '{}',
  '[]',
  '{"ticket":1}',
  '{"control":"nothing"}',
  '{"control":"clear"}',
  'null',
  '{"cols":-1}',
];

/** Every type, lengths to 70 kB, sometimes almost right; nothing that a shell would run. */
function randomFrame(random: () => number): Buffer {
  const oneOf = <T>(all: readonly T[], otherwise: T): T =>
    all[Math.floor(random() * all.length)] ?? otherwise;
  const type = oneOf(TYPES, 0);
  const length = oneOf(LENGTHS, 0);
  const body =
    random() < 0.3
      ? Buffer.from(oneOf(JSONS, ''))
      : type === 1
        ? Buffer.alloc(length, ' ')
        : Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  return Buffer.concat([Buffer.from([type]), body]);
}
