// Programs about processes: ps, top, kill, killall, pidof, pgrep, pkill, time, timeout, watch, nohup.

import type { Process, Program, Signal } from '../../node/process.ts';
import { signalNumbers, signalOf } from '../../node/signals.ts';
import { applet } from './applet.ts';
import { strftime } from './calendar.ts';
import { baseName } from './files.ts';
import { durationSeconds } from './plain.ts';
import { UsageFault, complain, print, printError } from './program.ts';
import { become, run, start } from './running.ts';

type Listed = ReturnType<Process['processes']['list']>[number];

const commandOf = ({ argv }: Listed) => argv.join(' ');
/** The name a process goes by: its program's, cut as the kernel cuts it. */
const nameOfProcess = ({ argv }: Listed) =>
  baseName(argv[0] ?? '')
    .replace(/^-/, '')
    .slice(0, 15);

const columns: Readonly<
  Record<string, { title: string; width: number; value(process: Process, one: Listed): string }>
> = {
  pid: { title: 'PID', width: 5, value: (_process, one) => String(one.pid) },
  ppid: { title: 'PPID', width: 5, value: (_process, one) => String(one.ppid) },
  user: { title: 'USER', width: 8, value: (_process, one) => one.user },
  comm: { title: 'COMMAND', width: 16, value: (_process, one) => nameOfProcess(one) },
  args: { title: 'COMMAND', width: 0, value: (_process, one) => commandOf(one) },
  time: { title: 'TIME', width: 6, value: () => '0:00' },
  etime: {
    title: 'ELAPSED',
    width: 7,
    value: (process, one) => elapsed(process.clock.now() - one.startedAt),
  },
  vsz: { title: 'VSZ', width: 4, value: () => '4400' },
  rss: { title: 'RSS', width: 4, value: () => '1024' },
  stat: { title: 'STAT', width: 4, value: () => 'S' },
};

function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Takes the options of procps too: everybody types `ps aux` and `ps -ef`, and busybox ignores them. */
const ps = applet(
  { letters: 'o:TaAefuxwl', usage: '[-o COL1,COL2=HEADER] [-T]' },
  async (process, options) => {
    const wanted = options.value('o')?.split(',') ?? ['pid', 'user', 'time', 'args'];
    const chosen = wanted.map((text) => {
      const [name = '', title] = text.split('=');
      const column = columns[name];
      if (!column)
        throw new UsageFault(
          `bad -o argument '${name}', supported arguments: ${Object.keys(columns).join(',')}`,
        );
      return title === undefined ? column : { ...column, title };
    });
    const line = (cells: readonly string[]) =>
      `${cells
        .map((cell, index) => {
          const width = Math.max(chosen[index]?.width ?? 0, chosen[index]?.title.length ?? 0);
          if (index === cells.length - 1) return cell;
          return wanted[index] === 'pid' || wanted[index] === 'ppid' || wanted[index] === 'time'
            ? cell.padStart(width)
            : cell.padEnd(width);
        })
        .join(' ')}\n`.replace(/ +\n$/, '\n');
    await print(process, line(chosen.map(({ title }) => title)));
    for (const one of process.processes.list())
      await print(process, line(chosen.map((column) => column.value(process, one))));
    return 0;
  },
);

/** Milliseconds between two screens of top. */
const TOP_MS = 5_000;

const top = applet(
  { letters: 'bHmn:d:', usage: '[-bH] [-n COUNT] [-d SECONDS]' },
  async (process, options) => {
    const most = Number(options.value('n') ?? Infinity);
    const pause = options.has('d') ? Number(options.value('d')) * 1000 : TOP_MS;
    const screen = process.isTerminal(1) && !options.has('b');
    for (let round = 0; round < most; round++) {
      if (round > 0 && (await pauseOrKey(process, pause, screen))) break;
      const listed = process.processes.list();
      const head = [
        'Mem: 5116672K used, 3014592K free, 3120K shrd, 172032K buff, 2532604K cached',
        'CPU:   1% usr   1% sys   0% nic  97% idle   0% io   0% irq   0% sirq',
        `Load average: 0.08 0.05 0.01 1/${listed.length + 120} ${Math.max(0, ...listed.map(({ pid }) => pid))}`,
      ];
      const title = '  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND';
      const rows = listed.map(
        (one) =>
          `${String(one.pid).padStart(5)} ${String(one.ppid).padStart(5)} ${one.user.padEnd(8)} S     4400   0%   0   0% ${commandOf(one)}`,
      );
      if (screen)
        await print(
          process,
          `\x1b[H\x1b[J${head.join('\n')}\n\x1b[7m${title}\x1b[m\n${rows.join('\n')}\n`,
        );
      else await print(process, `${[...head, title, ...rows].join('\n')}\n`);
    }
    return 0;
  },
);

/** Waits; true when somebody pressed q. */
async function pauseOrKey(process: Process, ms: number, screen: boolean): Promise<boolean> {
  const { tty } = process;
  if (!screen || !tty) {
    await process.sleep(ms);
    return false;
  }
  tty.setRaw(true);
  try {
    const key = process.stdin.read(1);
    const pressed = await Promise.race([key, process.sleep(ms).then(() => undefined)]);
    // 3 is Ctrl-C, which raw mode hands through.
    return (
      pressed !== undefined &&
      (pressed === null || 'qQ\x03'.includes(String.fromCharCode(pressed[0] ?? 0)))
    );
  } finally {
    tty.setRaw(false);
  }
}

// kill and its kin

/** The signal of a leading `-9`, `-TERM`, `-s TERM`. Throws UsageFault. */
function signalAndRest(words: readonly string[]): { signal: Signal | 0; rest: readonly string[] } {
  const [first = '', second = ''] = words;
  if (first === '-s') return { signal: signalNamed(second), rest: words.slice(2) };
  if (/^-./.test(first) && first !== '--')
    return { signal: signalNamed(first.slice(1)), rest: words.slice(1) };
  return { signal: 'SIGTERM', rest: first === '--' ? words.slice(1) : words };
}

function signalNamed(text: string): Signal | 0 {
  if (text === '0') return 0;
  const signal = signalOf(text);
  if (!signal) throw new UsageFault(`bad signal name '${text}'`);
  return signal;
}

const killing =
  (
    body: (process: Process, signal: Signal | 0, rest: readonly string[]) => Promise<number>,
  ): Program =>
  async (process) => {
    const words = process.argv.slice(1);
    if (words[0] === '-l') {
      for (const [signal, number] of Object.entries(signalNumbers))
        await print(process, `${String(number).padStart(2)}) ${signal.slice(3)}\n`);
      return 0;
    }
    try {
      const { signal, rest } = signalAndRest(words);
      return await body(process, signal, rest);
    } catch (error) {
      if (!(error instanceof UsageFault)) throw error;
      await complain(process, error.message);
      return 1;
    }
  };

const kill = killing(async (process, signal, rest) => {
  if (rest.length === 0) {
    await complain(process, 'you need to specify whom to kill');
    return 1;
  }
  let status = 0;
  for (const word of rest) {
    const pid = Number(word);
    if (!/^-?\d+$/.test(word)) {
      await complain(process, `invalid number '${word}'`);
      status = 1;
    } else if (!send(process, pid, signal)) {
      await complain(process, `can't kill pid ${word}: No such process`);
      status = 1;
    }
  }
  return status;
});

function send(process: Process, pid: number, signal: Signal | 0): boolean {
  const exists = process.processes.list().some((one) => one.pid === Math.abs(pid));
  return signal === 0 ? exists : process.processes.kill(Math.abs(pid), signal);
}

const killall = killing(async (process, signal, rest) => {
  let status = 0;
  for (const name of rest) {
    const found = process.processes
      .list()
      .filter((one) => nameOfProcess(one) === name && one.pid !== process.pid);
    for (const { pid } of found) send(process, pid, signal);
    if (found.length === 0) {
      await complain(process, `${name}: no process killed`);
      status = 1;
    }
  }
  return status;
});

const pidof: Program = async (process) => {
  const names = process.argv.slice(1).filter((word) => !word.startsWith('-'));
  const found = process.processes.list().filter((one) => names.includes(nameOfProcess(one)));
  if (found.length > 0)
    await print(
      process,
      `${found
        .toReversed()
        .map(({ pid }) => pid)
        .join(' ')}\n`,
    );
  return found.length > 0 ? 0 : 1;
};

/** Processes an expression matches, by name or with -f by the whole command. */
function matching(process: Process, pattern: string, whole: boolean, exact: boolean): Listed[] {
  const expression = new RegExp(exact ? `^(?:${pattern})$` : pattern);
  return process.processes
    .list()
    .filter(
      (one) =>
        one.pid !== process.pid && expression.test(whole ? commandOf(one) : nameOfProcess(one)),
    );
}

const pgrep = applet(
  { letters: 'flnovxaP:', usage: '[-flanovx] [-P PPID] PATTERN' },
  async (process, options) => {
    const [pattern = ''] = options.operands;
    const found = matching(process, pattern, options.has('f'), options.has('x'));
    for (const one of found)
      await print(
        process,
        `${one.pid}${options.has('a') ? ` ${commandOf(one)}` : options.has('l') ? ` ${nameOfProcess(one)}` : ''}\n`,
      );
    return found.length > 0 ? 0 : 1;
  },
);

const pkill = killing(async (process, signal, rest) => {
  const whole = rest[0] === '-f';
  const found = matching(process, rest.at(-1) ?? '', whole, rest[0] === '-x');
  for (const { pid } of found) send(process, pid, signal);
  return found.length > 0 ? 0 : 1;
});

// Programs around programs

const time = applet(
  { letters: 'vpao:f:', usage: '[-vpa] [-o FILE] PROG ARGS', operandsEnd: true },
  async (process, options) => {
    if (options.operands.length === 0) throw new UsageFault('');
    const startedAt = process.clock.now();
    const status = await run(process, options.operands);
    const seconds = (process.clock.now() - startedAt) / 1000;
    if (options.has('p'))
      await printError(process, `real ${seconds.toFixed(2)}\nuser 0.00\nsys 0.00\n`);
    else {
      const text = (value: number) => `${Math.floor(value / 60)}m ${(value % 60).toFixed(2)}s`;
      await printError(process, `real\t${text(seconds)}\nuser\t${text(0)}\nsys\t${text(0)}\n`);
    }
    return status;
  },
);

const timeout = applet(
  {
    letters: 's:k:t:',
    usage: '[-s SIG] [-k KILL_SECS] SECS PROG ARGS',
    operandsEnd: true,
    long: { signal: 's', 'kill-after': 'k' },
  },
  async (process, options) => {
    const [limit = '', ...argv] = options.operands;
    if (argv.length === 0) throw new UsageFault('');
    const seconds = durationSeconds(limit);
    if (seconds === undefined) {
      await complain(process, `invalid number '${limit}'`);
      return 1;
    }
    const signal = signalNamed(options.value('s') ?? 'TERM');
    const child = await start(process, argv);
    if (typeof child === 'number') return child;
    const onDeath = () => child.kill('SIGTERM');
    process.signal.addEventListener('abort', onDeath, { once: true });
    const late = seconds === 0 ? new Promise<'late'>(() => {}) : sleepLong(process, seconds * 1000);
    const first = await Promise.race([child.exited, late]);
    if (first !== 'late') return first;
    if (signal !== 0) child.kill(signal);
    const grace = options.value('k');
    if (grace !== undefined) {
      const after = await Promise.race([
        child.exited,
        sleepLong(process, (durationSeconds(grace) ?? 0) * 1000),
      ]);
      if (after === 'late') child.kill('SIGKILL');
    }
    // busybox's own process becomes the program, so its end is the program's.
    return child.exited;
  },
);

async function sleepLong(process: Process, ms: number): Promise<'late'> {
  await process.sleep(Math.min(ms, 2 ** 31 - 1));
  return 'late';
}

const watch = applet(
  { letters: 'n:td', usage: '[-n SEC] [-t] PROG ARGS', operandsEnd: true },
  async (process, options) => {
    if (options.operands.length === 0) throw new UsageFault('');
    const command = options.operands.join(' ');
    const seconds = Number(options.value('n') ?? 2);
    for (;;) {
      const head = options.has('t')
        ? ''
        : `Every ${seconds.toFixed(1)}s: ${command}${strftime('%Y-%m-%d %H:%M:%S', process.clock.now()).padStart(30)}\n\n`;
      await print(process, `\x1b[H\x1b[J${head}`);
      await run(process, ['sh', '-c', command]);
      await process.sleep(Math.max(0.1, seconds) * 1000);
    }
  },
);

const nohup: Program = async (process) => {
  const words = process.argv.slice(1);
  if (words.length === 0) {
    await printError(process, 'Usage: nohup PROG ARGS\n');
    return 125;
  }
  return become(process, words);
};

const setsid: Program = async (process) => become(process, process.argv.slice(1));

export const processPrograms: Readonly<Record<string, Program>> = {
  ps,
  top,
  kill,
  killall,
  pidof,
  pgrep,
  pkill,
  time,
  timeout,
  watch,
  nohup,
  setsid,
};
