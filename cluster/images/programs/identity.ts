// Programs about where and who one is: env, printenv, id, whoami, groups, hostname, uname, nproc, tty, which, pwd, date,
// uptime, free, clear.

import type { Process, Program } from '../../node/process.ts';
import { applet } from './applet.ts';
import { strftime } from './calendar.ts';
import { resolvePath } from './files.ts';
import { UsageFault, complain, print } from './program.ts';
import { become } from './running.ts';
import { parseDate } from './time-text.ts';
import { findUser, groupName, groupsOf, userName } from './users.ts';

/** What the simulated node calls itself: kind's nodes on a common host. */
const KERNEL = {
  release: '6.8.0-60-generic',
  version: '#63-Ubuntu SMP PREEMPT_DYNAMIC Tue Apr 15 19:04:15 UTC 2026',
  machine: 'x86_64',
};
/** Processors and memory of the simulated node, as its Node object says. */
const PROCESSORS = 4;
const MEMORY_KB = {
  total: 8_131_264,
  used: 2_412_036,
  free: 3_014_592,
  shared: 3_120,
  cache: 2_704_636,
};

const env = applet(
  {
    letters: 'i0u:',
    usage: '[-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]',
    operandsEnd: true,
    long: { 'ignore-environment': 'i', unset: 'u' },
  },
  async (process, options) => {
    const words = [...options.operands];
    const clean = options.has('i') || words[0] === '-';
    if (words[0] === '-') words.shift();
    const environment = new Map(clean ? [] : process.env);
    for (const name of options.values('u')) environment.delete(name);
    while (/^[^=]+=/.test(words[0] ?? '')) {
      const word = words.shift() ?? '';
      const equals = word.indexOf('=');
      environment.set(word.slice(0, equals), word.slice(equals + 1));
    }
    if (words.length > 0) return become(process, words, { env: environment });
    const ending = options.has('0') ? '\0' : '\n';
    for (const [name, value] of environment) await print(process, `${name}=${value}${ending}`);
    return 0;
  },
);

const printenv: Program = async (process) => {
  const names = process.argv.slice(1);
  if (names.length === 0)
    for (const [name, value] of process.env) await print(process, `${name}=${value}\n`);
  let status = 0;
  for (const name of names) {
    const value = process.env.get(name);
    if (value === undefined) status = 1;
    else await print(process, `${value}\n`);
  }
  return status;
};

const id = applet({ letters: 'ugGnr', usage: '[-ugGnr] [USER]' }, async (process, options) => {
  const [name] = options.operands;
  const user = name === undefined ? process.user : findUser(process, name);
  if (!user) {
    await complain(process, `unknown user ${name}`);
    return 1;
  }
  const groups = [
    { gid: user.gid, name: groupName(process, user.gid) },
    ...groupsOf(process, user),
  ];
  const named = options.has('n');
  if (options.has('u')) await print(process, `${named ? userName(process, user.uid) : user.uid}\n`);
  else if (options.has('g'))
    await print(process, `${named ? groupName(process, user.gid) : user.gid}\n`);
  else if (options.has('G'))
    await print(process, `${groups.map((group) => (named ? group.name : group.gid)).join(' ')}\n`);
  else {
    const shown = (number: number, text: string) =>
      text === String(number) ? String(number) : `${number}(${text})`;
    const list = groups.map((group) => shown(group.gid, group.name)).join(',');
    await print(
      process,
      `uid=${shown(user.uid, userName(process, user.uid))} gid=${shown(user.gid, groupName(process, user.gid))} groups=${list}\n`,
    );
  }
  return 0;
});

const whoami: Program = async (process) => {
  const name = userName(process, process.user.uid);
  if (name === String(process.user.uid)) {
    await complain(process, `unknown uid ${process.user.uid}`);
    return 1;
  }
  await print(process, `${name}\n`);
  return 0;
};

const groups: Program = async (process) => {
  const all = [{ name: groupName(process, process.user.gid) }, ...groupsOf(process, process.user)];
  await print(process, `${all.map(({ name }) => name).join(' ')}\n`);
  return 0;
};

const hostname = applet(
  { letters: 'sidfF:', usage: '[-sidf] [HOSTNAME | -F FILE]' },
  async (process, options) => {
    const { hostname: name, ip } = process.net;
    if (options.operands.length > 0 || options.has('F')) {
      await complain(process, 'sethostname: Operation not permitted');
      return 1;
    }
    if (options.has('i')) await print(process, `${ip}\n`);
    else if (options.has('d')) await print(process, `${name.split('.').slice(1).join('.')}\n`);
    else if (options.has('s')) await print(process, `${name.split('.')[0]}\n`);
    else await print(process, `${name}\n`);
    return 0;
  },
);

const uname = applet({ letters: 'amnrspvio', usage: '[-amnrspvio]' }, async (process, options) => {
  const parts: readonly [string, string][] = [
    ['s', 'Linux'],
    ['n', process.net.hostname],
    ['r', KERNEL.release],
    ['v', KERNEL.version],
    ['m', KERNEL.machine],
    ['o', 'GNU/Linux'],
  ];
  const all = options.has('a');
  const none = !['a', 's', 'n', 'r', 'v', 'm', 'o', 'p', 'i'].some((letter) => options.has(letter));
  const words = parts
    .filter(([letter]) => all || options.has(letter) || (none && letter === 's'))
    .map(([, text]) => text);
  if (options.has('p') || options.has('i')) words.push('unknown');
  await print(process, `${words.join(' ')}\n`);
  return 0;
});

const nproc: Program = async (process) => {
  await print(process, `${PROCESSORS}\n`);
  return 0;
};

const tty: Program = async (process) => {
  const is = process.isTerminal(0);
  if (process.argv[1] !== '-s') await print(process, is ? '/dev/pts/0\n' : 'not a tty\n');
  return is ? 0 : 1;
};

const which = applet({ letters: 'a', usage: '[-a] COMMAND...' }, async (process, options) => {
  if (options.operands.length === 0) throw new UsageFault('');
  let status = 0;
  for (const name of options.operands) {
    const paths = name.includes('/')
      ? [name]
      : (process.env.get('PATH') ?? '')
          .split(':')
          .map((directory) => `${directory || '.'}/${name}`);
    const found = paths.filter((path) => {
      const info = process.fs.stat(resolvePath(process.cwd, path));
      return info !== undefined && info.type !== 'directory' && (info.mode & 0o111) !== 0;
    });
    if (found.length === 0) status = 1;
    for (const path of options.has('a') ? found : found.slice(0, 1))
      await print(process, `${path}\n`);
  }
  return status;
});

const pwd: Program = async (process) => {
  await print(process, `${process.cwd}\n`);
  return 0;
};

const date = applet(
  {
    letters: 'us:d:r:RI::D:',
    usage: '[OPTIONS] [+FMT] [[-s] TIME]',
    long: {
      utc: 'u',
      date: 'd',
      reference: 'r',
      'iso-8601': 'I',
      'rfc-2822': 'R',
      'rfc-email': 'R',
    },
  },
  async (process, options) => {
    let at = process.clock.now();
    const text = options.value('d');
    const reference = options.value('r');
    if (text !== undefined) {
      const parsed = parseDate(text, at);
      if (parsed === undefined) {
        await complain(process, `invalid date '${text}'`);
        return 1;
      }
      at = parsed;
    } else if (reference !== undefined) {
      const info = process.fs.stat(resolvePath(process.cwd, reference));
      if (!info) {
        await complain(process, `${reference}: No such file or directory`);
        return 1;
      }
      at = info.modifiedAt;
    }
    const [operand] = options.operands;
    if (options.has('s') || (operand !== undefined && !operand.startsWith('+'))) {
      await complain(process, "can't set date: Operation not permitted");
      return 1;
    }
    await print(
      process,
      `${strftime(dateFormat(operand, options.has('R'), options.value('I')), at)}\n`,
    );
    return 0;
  },
);

function dateFormat(operand: string | undefined, mail: boolean, iso: string | undefined): string {
  if (operand !== undefined) return operand.slice(1);
  if (mail) return '%a, %d %b %Y %H:%M:%S %z';
  switch (iso) {
    case undefined:
      return '%a %b %e %H:%M:%S %Z %Y';
    case 'hours':
      return '%Y-%m-%dT%H%z';
    case 'minutes':
      return '%Y-%m-%dT%H:%M%z';
    case 'seconds':
      return '%Y-%m-%dT%H:%M:%S%z';
    default:
      return '%Y-%m-%d';
  }
}

const uptime: Program = async (process) => {
  const now = process.clock.now();
  const first = Math.min(now, ...process.processes.list().map(({ startedAt }) => startedAt));
  const minutes = Math.floor((now - first) / 60_000);
  const days = Math.floor(minutes / 1440);
  const clock =
    minutes % 1440 >= 60
      ? `${String(Math.floor((minutes % 1440) / 60)).padStart(2)}:${String(minutes % 60).padStart(2, '0')}`
      : `${minutes % 60} min`;
  const up = days > 0 ? `${days} day${days === 1 ? '' : 's'}, ${clock}` : clock;
  await print(
    process,
    ` ${strftime('%H:%M:%S', now)} up ${up},  0 users,  load average: 0.08, 0.05, 0.01\n`,
  );
  return 0;
};

const free = applet({ letters: 'bkmgh', usage: '[-bkmgh]' }, async (process, options) => {
  const shift = options.has('b')
    ? 1 / 1024
    : options.has('m')
      ? 1024
      : options.has('g')
        ? 1024 * 1024
        : 1;
  const cell = (kilobytes: number) =>
    (options.has('h') ? human(kilobytes) : String(Math.floor(kilobytes / shift))).padStart(12);
  const { total, used, free: left, shared, cache } = MEMORY_KB;
  const available = left + cache;
  await print(
    process,
    `              total        used        free      shared  buff/cache   available\nMem:   ${cell(total)}${cell(used)}${cell(left)}${cell(shared)}${cell(cache)}${cell(available)}\nSwap:  ${cell(0)}${cell(0)}${cell(0)}\n`,
  );
  return 0;
});

function human(kilobytes: number): string {
  if (kilobytes === 0) return '0';
  return kilobytes >= 1024 * 1024
    ? `${(kilobytes / 1024 / 1024).toFixed(1)}G`
    : `${(kilobytes / 1024).toFixed(1)}M`;
}

const clear: Program = async (process) => {
  await print(process, '\x1b[H\x1b[J');
  return 0;
};

export const identityPrograms: Readonly<Record<string, Program>> = {
  env,
  printenv,
  id,
  whoami,
  groups,
  hostname,
  uname,
  nproc,
  tty,
  which,
  pwd,
  date,
  uptime,
  free,
  clear,
  reset: clear,
  arch: async (process: Process) => {
    await print(process, `${KERNEL.machine}\n`);
    return 0;
  },
};
