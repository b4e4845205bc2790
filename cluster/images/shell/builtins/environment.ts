// Builtins about where the shell is and what it may: cd, pwd, pushd, umask, ulimit, history.

import { resolvePath } from '../../programs/files.ts';
import type { Builtin } from '../builtin.ts';
import { Fault } from '../faults.ts';
import { complaint } from '../messages.ts';
import type { Shell } from '../shell.ts';

/** Goes to a directory. Throws Fault in the words of the shell. */
function changeDirectory(shell: Shell, target: string, builtin: string): void {
  const fail = (words: string) => {
    throw new Fault(shell.isBash ? `${target}: ${words}` : `can't cd to ${target}: ${words}`, {
      status: shell.isBash ? 1 : 2,
      builtin,
    });
  };
  const path = resolvePath(shell.cwd, target);
  const info = shell.fs.stat(path);
  if (!info) fail('No such file or directory');
  if (info?.type !== 'directory') fail('Not a directory');
  const { user } = shell.process;
  if (user.uid !== 0 && info && !mayEnter(info, user)) fail('Permission denied');
  shell.variables.set('OLDPWD', shell.variables.get('PWD') ?? shell.cwd);
  shell.cwd = path;
  shell.variables.set('PWD', path);
}

function mayEnter(
  info: { mode: number; uid: number; gid: number },
  user: { uid: number; gid: number },
): boolean {
  const shift = info.uid === user.uid ? 6 : info.gid === user.gid ? 3 : 0;
  return ((info.mode >> shift) & 1) !== 0;
}

const cd: Builtin = async (shell, { argv }) => {
  const words = argv.slice(1).filter((word) => word !== '--' && !/^-[LPe@]+$/.test(word));
  if (shell.isBash && words.length > 1) throw new Fault('too many arguments', { builtin: 'cd' });
  let target = words[0];
  let shows = false;
  if (target === undefined) {
    target = shell.variables.get('HOME');
    if (target === undefined || target === '') {
      if (shell.isBash) throw new Fault('HOME not set', { builtin: 'cd' });
      return 0;
    }
  } else if (target === '-') {
    const before = shell.variables.get('OLDPWD');
    if (before === undefined) {
      if (shell.isBash) throw new Fault('OLDPWD not set', { builtin: 'cd' });
      target = shell.cwd;
    } else target = before;
    shows = true;
  } else if (target === '') return 0;
  const found = shows || /^\.{0,2}\//.test(target) ? undefined : inCdPath(shell, target);
  changeDirectory(shell, found ?? target, argv[0] ?? 'cd');
  if (shows || found !== undefined) await shell.write(1, `${shell.cwd}\n`);
  return 0;
};

function inCdPath(shell: Shell, target: string): string | undefined {
  const paths = (shell.variables.get('CDPATH') ?? '').split(':').filter((path) => path !== '');
  for (const path of paths) {
    const candidate = resolvePath(shell.cwd, `${path}/${target}`);
    if (shell.fs.stat(candidate)?.type === 'directory') return candidate;
  }
  return undefined;
}

const pwd: Builtin = async (shell) => {
  await shell.write(1, `${shell.cwd}\n`);
  return 0;
};

// The directory stack

const shown = (shell: Shell, path: string) => {
  const home = shell.variables.get('HOME') ?? '';
  return home !== '' && home !== '/' && (path === home || path.startsWith(`${home}/`))
    ? `~${path.slice(home.length)}`
    : path;
};

const dirs: Builtin = async (shell, { argv }) => {
  if (argv[1] === '-c') {
    shell.directoryStack = [];
    return 0;
  }
  const all = [shell.cwd, ...shell.directoryStack].map((path) => shown(shell, path));
  if (argv[1] === '-v')
    await shell.write(
      1,
      all.map((path, index) => `${String(index).padStart(2)}  ${path}\n`).join(''),
    );
  else await shell.write(1, `${all.join(argv[1] === '-p' ? '\n' : ' ')}\n`);
  return 0;
};

const pushd: Builtin = async (shell, call, services) => {
  const target = call.argv[1];
  const before = shell.cwd;
  if (target === undefined) {
    const top = shell.directoryStack[0];
    if (top === undefined) throw new Fault('no other directory', { builtin: 'pushd' });
    changeDirectory(shell, top, 'pushd');
    shell.directoryStack = [before, ...shell.directoryStack.slice(1)];
  } else {
    changeDirectory(shell, target, 'pushd');
    shell.directoryStack = [before, ...shell.directoryStack];
  }
  return dirs(shell, { argv: ['dirs'], assignments: new Map() }, services);
};

const popd: Builtin = async (shell, _call, services) => {
  const [top, ...rest] = shell.directoryStack;
  if (top === undefined) throw new Fault('directory stack empty', { builtin: 'popd' });
  changeDirectory(shell, top, 'popd');
  shell.directoryStack = rest;
  return dirs(shell, { argv: ['dirs'], assignments: new Map() }, services);
};

// Limits

const umask: Builtin = async (shell, { argv }) => {
  const words = argv.slice(1);
  if (words[0] === '-S') words.shift();
  const [mode] = words;
  if (mode === undefined) {
    const text =
      argv[1] === '-S' ? symbolicMask(shell.umask) : shell.umask.toString(8).padStart(4, '0');
    await shell.write(1, `${text}\n`);
    return 0;
  }
  if (!/^[0-7]{1,4}$/.test(mode)) {
    const words8 = /^\d+$/.test(mode)
      ? 'octal number out of range'
      : 'invalid symbolic mode operator';
    throw new Fault(shell.isBash ? `${mode}: ${words8}` : `illegal mode: ${mode}`, {
      status: shell.isBash ? 1 : 2,
      builtin: 'umask',
    });
  }
  shell.umask = parseInt(mode, 8);
  return 0;
};

function symbolicMask(mask: number): string {
  const letters = (shift: number) => {
    const bits = ~(mask >> shift) & 7;
    return `${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`;
  };
  return `u=${letters(6)},g=${letters(3)},o=${letters(0)}`;
}

/** What containerd gives a container, by letter. Nothing here enforces them. */
const limits: Readonly<Record<string, string>> = {
  c: 'unlimited',
  d: 'unlimited',
  f: 'unlimited',
  l: '8192',
  m: 'unlimited',
  n: '1048576',
  s: '8192',
  t: 'unlimited',
  u: 'unlimited',
  v: 'unlimited',
};

const ulimit: Builtin = async (shell, { argv }) => {
  const letters = argv
    .slice(1)
    .flatMap((word) => (word.startsWith('-') ? Array.from(word.slice(1)) : []));
  const values = argv.slice(1).filter((word) => !word.startsWith('-'));
  const wanted = letters.filter((letter) => letter !== 'S' && letter !== 'H');
  const unknown = wanted.find((letter) => letter !== 'a' && limits[letter] === undefined);
  if (unknown !== undefined) {
    if (shell.isBash)
      throw new Fault(`-${unknown}: invalid option`, { status: 2, builtin: 'ulimit' });
    await shell.complain(`ulimit: invalid option -- '${unknown}'
`);
    return 1;
  }
  if (values.length > 0) {
    if (values[0] === 'unlimited' || /^\d+$/.test(values[0] ?? '')) return 0;
    throw new Fault(shell.isBash ? `${values[0]}: invalid number` : `bad number: ${values[0]}`, {
      builtin: 'ulimit',
    });
  }
  if (wanted.includes('a'))
    for (const [letter, value] of Object.entries(limits))
      await shell.write(1, `-${letter}: ${value}\n`);
  else await shell.write(1, `${limits[wanted[0] ?? 'f'] ?? ''}\n`);
  return 0;
};

// History

const history: Builtin = async (shell, { argv }) => {
  if (argv[1] === '-c') {
    shell.history.length = 0;
    return 0;
  }
  if (argv[1] !== undefined && !/^\d+$/.test(argv[1])) {
    if (!shell.isBash) return 0;
    throw new Fault(`${argv[1]}: numeric argument required`, { builtin: 'history' });
  }
  const from = argv[1] === undefined ? 0 : Math.max(0, shell.history.length - Number(argv[1]));
  for (const [index, line] of shell.history.entries()) {
    if (index < from) continue;
    // bash counts from 1, ash from 0.
    const number = String(index + (shell.isBash ? 1 : 0)).padStart(shell.isBash ? 5 : 4);
    await shell.write(1, `${number}${shell.isBash ? '  ' : ' '}${line}\n`);
  }
  return 0;
};

const fc: Builtin = async (shell, { argv }) => {
  if (argv[1] !== '-l') {
    await shell.complain(complaint(shell, 'only `fc -l` is simulated', 'fc'));
    return 1;
  }
  for (const [index, line] of shell.history.entries())
    if (index >= shell.history.length - 16) await shell.write(1, `${index + 1}\t ${line}\n`);
  return 0;
};

export const environmentBuiltins: Readonly<Record<string, Builtin>> = {
  cd,
  chdir: cd,
  pwd,
  dirs,
  pushd,
  popd,
  umask,
  ulimit,
  history,
  fc,
};
