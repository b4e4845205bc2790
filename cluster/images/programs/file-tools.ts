// Programs that change files: mkdir, rmdir, rm, cp, mv, ln, touch, chmod, chown, mktemp, truncate, and those that describe
// them: readlink, realpath, stat, du, df.

import type { Process, Program } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import { applet } from './applet.ts';
import { strftime } from './calendar.ts';
import { baseName, describe, directoryName, resolvePath } from './files.ts';
import { humanSize, modeText } from './listing.ts';
import type { Options } from './program.ts';
import { UsageFault, complain, print } from './program.ts';
import { parseDate } from './time-text.ts';
import { findUser, groupName, userName } from './users.ts';

/** Runs `change` for each operand and tells what failed in the words given. */
async function forEach(
  process: Process,
  operands: readonly string[],
  change: (name: string, path: string) => void | Promise<void>,
  words: (name: string, reason: string) => string,
): Promise<number> {
  let status = 0;
  for (const name of operands) {
    try {
      await change(name, resolvePath(process.cwd, name));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      status = 1;
      await complain(process, words(name, describe(error)));
    }
  }
  return status;
}

function needs(options: Options, least: number): void {
  if (options.operands.length < least) throw new UsageFault('');
}

const mkdir = applet(
  { letters: 'pm:v', usage: '[-m MODE] [-p] DIRECTORY...', long: { parents: 'p', mode: 'm' } },
  async (process, options) => {
    needs(options, 1);
    const mode = options.value('m');
    return forEach(
      process,
      options.operands,
      (_name, path) => {
        const there = process.fs.stat(path);
        if (there?.type === 'directory' && options.has('p')) return;
        if (there) throw new FileError('EEXIST', path);
        process.fs.makeDirectory(path, options.has('p'));
        if (mode !== undefined) process.fs.setMode(path, newMode(0o777, mode));
      },
      (name, reason) => `can't create directory '${name}': ${reason}`,
    );
  },
);

const rmdir = applet({ letters: 'p', usage: '[-p] DIRECTORY...' }, async (process, options) => {
  needs(options, 1);
  return forEach(
    process,
    options.operands,
    (_name, path) => {
      const info = process.fs.stat(path, false);
      if (!info) throw new FileError('ENOENT', path);
      if (info.type !== 'directory') throw new FileError('ENOTDIR', path);
      if (process.fs.list(path).length > 0) throw new FileError('ENOTEMPTY', path);
      process.fs.remove(path, true);
    },
    (name, reason) => `'${name}': ${reason}`,
  );
});

const rm = applet(
  { letters: 'irRfv', usage: '[-irf] FILE...', long: { recursive: 'r', force: 'f' } },
  async (process, options) => {
    if (options.operands.length === 0 && !options.has('f')) throw new UsageFault('');
    const recursive = options.has('r') || options.has('R');
    let status = 0;
    for (const name of options.operands) {
      const path = resolvePath(process.cwd, name);
      const info = process.fs.stat(path, false);
      if (!info) {
        if (options.has('f')) continue;
        status = 1;
        await complain(process, `can't remove '${name}': No such file or directory`);
      } else if (info.type === 'directory' && !recursive) {
        status = 1;
        await complain(process, `'${name}' is a directory`);
      } else if (/(?:^|\/)\.{1,2}\/*$/.test(name)) {
        status = 1;
        await complain(process, `can't remove '.' or '..'`);
      } else {
        const failed = await forEach(
          process,
          [name],
          () => process.fs.remove(path, recursive),
          (one, reason) => `can't remove '${one}': ${reason}`,
        );
        status ||= failed;
      }
    }
    return status;
  },
);

// cp, mv, ln

/** Where each source goes: into a directory under its own name, or to the name given. */
function destinations(
  process: Process,
  operands: readonly string[],
  noDirectory: boolean,
): { from: string; to: string }[] {
  const last = operands.at(-1) ?? '';
  const into =
    !noDirectory && process.fs.stat(resolvePath(process.cwd, last))?.type === 'directory';
  if (operands.length > 2 && !into) throw new UsageFault(`target '${last}' is not a directory`);
  return operands.slice(0, -1).map((from) => ({
    from,
    to: into ? `${last.replace(/\/+$/, '')}/${baseName(from)}` : last,
  }));
}

const cp = applet(
  {
    letters: 'arPLHpfinlsTuRdv',
    usage: '[-arPLHpfinlsTu] SOURCE DEST',
    long: { archive: 'a', recursive: 'r', force: 'f' },
  },
  async (process, options) => {
    needs(options, 2);
    let status = 0;
    for (const { from, to } of destinations(process, options.operands, options.has('T'))) {
      const source = resolvePath(process.cwd, from);
      const info = process.fs.stat(source);
      if (!info) {
        status = 1;
        await complain(process, `can't stat '${from}': No such file or directory`);
        continue;
      }
      const recursive = ['a', 'r', 'R'].some((letter) => options.has(letter));
      if (info.type === 'directory' && !recursive) {
        status = 1;
        await complain(process, `omitting directory '${from}'`);
        continue;
      }
      const target = resolvePath(process.cwd, to);
      if (target === source || (info.type === 'directory' && target.startsWith(`${source}/`))) {
        status = 1;
        await complain(
          process,
          target === source
            ? `'${from}' and '${to}' are the same file`
            : `recursion detected, omitting directory '${to}'`,
        );
        continue;
      }
      const failed = await forEach(
        process,
        [to],
        () => copyTree(process, source, target, options),
        (name, reason) => `can't create '${name}': ${reason}`,
      );
      status ||= failed;
    }
    return status;
  },
);

function copyTree(process: Process, source: string, target: string, options: Options): void {
  const { fs } = process;
  const keepsLinks = options.has('a') || options.has('P') || options.has('d');
  const info = fs.stat(source, !keepsLinks);
  if (!info) return;
  if (info.type === 'link') {
    if (fs.stat(target, false)) fs.remove(target);
    fs.link(info.target ?? '', target);
  } else if (info.type === 'directory') {
    if (fs.stat(target)?.type !== 'directory') fs.makeDirectory(target);
    for (const name of fs.list(source))
      copyTree(process, `${source}/${name}`, `${target}/${name}`, options);
  } else {
    if (options.has('n') && fs.stat(target)) return;
    fs.writeFile(target, fs.readFile(source), info.mode);
    if (options.has('p') || options.has('a')) fs.setModified(target, info.modifiedAt);
  }
}

const mv = applet(
  { letters: 'finTv', usage: '[-finT] SOURCE DEST', long: { force: 'f' } },
  async (process, options) => {
    needs(options, 2);
    let status = 0;
    for (const { from, to } of destinations(process, options.operands, options.has('T'))) {
      const source = resolvePath(process.cwd, from);
      const target = resolvePath(process.cwd, to);
      if (options.has('n') && process.fs.stat(target)) continue;
      const failed = await forEach(
        process,
        [from],
        () => {
          if (!process.fs.stat(source, false)) throw new FileError('ENOENT', source);
          process.fs.rename(source, target);
        },
        (name, reason) => `can't rename '${name}': ${reason}`,
      );
      status ||= failed;
    }
    return status;
  },
);

const ln = applet(
  {
    letters: 'sfnTvb',
    usage: '[-sfnbtv] [-S SUF] TARGET... LINK|DIR',
    long: { symbolic: 's', force: 'f' },
  },
  async (process, options) => {
    needs(options, 1);
    const operands = options.operands.length === 1 ? [...options.operands, '.'] : options.operands;
    let status = 0;
    for (const { from, to } of destinations(
      process,
      operands,
      options.has('T') || options.has('n'),
    )) {
      const failed = await forEach(
        process,
        [to],
        (_name, path) => {
          if (process.fs.stat(path, false)) {
            if (!options.has('f')) throw new FileError('EEXIST', path);
            process.fs.remove(path);
          }
          if (options.has('s')) process.fs.link(from, path);
          // Two names of one file are not simulated: a copy looks the same until it is changed.
          else process.fs.writeFile(path, process.fs.readFile(resolvePath(process.cwd, from)));
        },
        (name, reason) => `${name}: ${reason}`,
      );
      status ||= failed;
    }
    return status;
  },
);

const touch = applet(
  {
    letters: 'cahmd:t:r:',
    usage: '[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...',
    long: { 'no-create': 'c', date: 'd', reference: 'r' },
  },
  async (process, options) => {
    needs(options, 1);
    const text = options.value('d') ?? options.value('t');
    const reference = options.value('r');
    let at = process.clock.now();
    if (text !== undefined) {
      const parsed = parseDate(text, at);
      if (parsed === undefined) {
        await complain(process, `invalid date '${text}'`);
        return 1;
      }
      at = parsed;
    } else if (reference !== undefined)
      at = process.fs.stat(resolvePath(process.cwd, reference))?.modifiedAt ?? at;
    return forEach(
      process,
      options.operands,
      (_name, path) => {
        if (!process.fs.stat(path)) {
          if (options.has('c')) return;
          process.fs.writeFile(path, new Uint8Array());
        }
        process.fs.setModified(path, at);
      },
      (name, reason) => `${name}: ${reason}`,
    );
  },
);

// chmod, chown

/** A mode after `755`, `u+x`, `go-w`, `a=r`. Throws UsageFault. */
export function newMode(before: number, text: string): number {
  if (/^[0-7]{1,4}$/.test(text)) return parseInt(text, 8);
  let mode = before;
  for (const clause of text.split(',')) {
    const found = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
    if (!found) throw new UsageFault(`invalid mode '${text}'`);
    const [, who = '', operator, permissions = ''] = found;
    let bits = 0;
    for (const group of who === '' || who.includes('a') ? 'ugo' : who) {
      const shift = { u: 6, g: 3, o: 0 }[group] ?? 0;
      if (permissions.includes('r')) bits |= 4 << shift;
      if (permissions.includes('w')) bits |= 2 << shift;
      if (permissions.includes('x') || (permissions.includes('X') && (before & 0o111) !== 0))
        bits |= 1 << shift;
      if (operator === '=') mode &= ~(7 << shift);
    }
    if (permissions.includes('t')) bits |= 0o1000;
    if (permissions.includes('s'))
      bits |= (who.includes('g') ? 0 : 0o4000) | (who.includes('u') ? 0 : 0o2000);
    mode = operator === '-' ? mode & ~bits : mode | bits;
  }
  return mode;
}

/** A path and everything below it. */
function* tree(process: Process, path: string): Generator<string> {
  yield path;
  if (process.fs.stat(path, false)?.type !== 'directory') return;
  for (const name of process.fs.list(path))
    yield* tree(process, `${path === '/' ? '' : path}/${name}`);
}

const chmod = applet(
  {
    letters: 'Rvcf',
    usage: '[-Rcvf] MODE[,MODE]... FILE...',
    // `chmod -x file`: a mode, not options.
    rewrite: (argv) =>
      argv.flatMap((word, index) =>
        index > 0 && /^-[rwxXst]+$/.test(word) ? ['--', word] : [word],
      ),
  },
  async (process, options) => {
    needs(options, 2);
    const [mode = '', ...names] = options.operands;
    try {
      newMode(0, mode);
    } catch (error) {
      if (!(error instanceof UsageFault)) throw error;
      await complain(process, error.message);
      return 1;
    }
    return forEach(
      process,
      names,
      (_name, path) => {
        if (!process.fs.stat(path)) throw new FileError('ENOENT', path);
        for (const one of options.has('R') ? tree(process, path) : [path])
          process.fs.setMode(one, newMode(process.fs.stat(one)?.mode ?? 0, mode));
      },
      (name, reason) => `${name}: ${reason}`,
    );
  },
);

const chown = applet(
  { letters: 'RhLHPvcf', usage: '[-RhLHPcvf] USER[:[GRP]] FILE...' },
  async (process, options) => {
    needs(options, 2);
    const [owner = '', ...names] = options.operands;
    const [userText = '', groupText] = owner.split(/[:.]/);
    const user = userText === '' ? undefined : findUser(process, userText);
    if (userText !== '' && !user && !/^\d+$/.test(userText)) {
      await complain(process, `unknown user ${userText}`);
      return 1;
    }
    return forEach(
      process,
      names,
      (_name, path) => {
        for (const one of options.has('R') ? tree(process, path) : [path]) {
          const info = process.fs.stat(one);
          if (!info) throw new FileError('ENOENT', one);
          const uid = userText === '' ? info.uid : (user?.uid ?? Number(userText));
          const gid =
            groupText === undefined
              ? info.gid
              : groupText === ''
                ? (user?.gid ?? info.gid)
                : groupId(process, groupText);
          process.fs.setOwner(one, uid, gid);
        }
      },
      (name, reason) => `${name}: ${reason}`,
    );
  },
);

const chgrp = applet(
  { letters: 'RhLHPvcf', usage: '[-RhLHPcvf] GROUP FILE...' },
  async (process, options) => {
    needs(options, 2);
    const [group = '', ...names] = options.operands;
    return forEach(
      process,
      names,
      (_name, path) => {
        const info = process.fs.stat(path);
        if (!info) throw new FileError('ENOENT', path);
        process.fs.setOwner(path, info.uid, groupId(process, group));
      },
      (name, reason) => `${name}: ${reason}`,
    );
  },
);

function groupId(process: Process, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  for (let gid = 0; gid < 65_536; gid++) if (groupName(process, gid) === text) return gid;
  return 0;
}

const mktemp = applet(
  { letters: 'dqutp:', usage: '[-dt] [-p DIR] [TEMPLATE]' },
  async (process, options) => {
    const template = options.operands[0] ?? 'tmp.XXXXXX';
    if (!template.endsWith('XXXXXX')) {
      await complain(process, `${template}: Invalid argument`);
      return 1;
    }
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const random = Array.from(
      { length: 6 },
      () => letters[Math.floor(process.random() * letters.length)],
    ).join('');
    const directory =
      options.value('p') ??
      (options.operands[0] === undefined || options.has('t')
        ? (process.env.get('TMPDIR') ?? '/tmp')
        : undefined);
    const name = template.replace(/XXXXXX$/, random);
    const shown = directory === undefined ? name : `${directory}/${name}`;
    const status = await forEach(
      process,
      [shown],
      (_name, path) => {
        if (options.has('d')) process.fs.makeDirectory(path);
        else process.fs.writeFile(path, new Uint8Array(), 0o600);
      },
      (one, reason) => `${one}: ${reason}`,
    );
    if (status === 0) await print(process, `${shown}\n`);
    return status;
  },
);

const truncate = applet(
  { letters: 'cs:', usage: '[-c] -s SIZE FILE...', long: { size: 's' } },
  async (process, options) => {
    needs(options, 1);
    const size = Number(options.value('s') ?? Number.NaN);
    if (Number.isNaN(size)) throw new UsageFault('');
    return forEach(
      process,
      options.operands,
      (_name, path) => {
        const before = process.fs.stat(path) ? process.fs.readFile(path) : undefined;
        if (!before && options.has('c')) return;
        const after = new Uint8Array(size);
        after.set((before ?? new Uint8Array()).subarray(0, size));
        process.fs.writeFile(path, after);
      },
      (name, reason) => `${name}: ${reason}`,
    );
  },
);

// Descriptions

const readlink = applet({ letters: 'fnv', usage: '[-fnv] FILE' }, async (process, options) => {
  needs(options, 1);
  const [name = ''] = options.operands;
  const path = resolvePath(process.cwd, name);
  const ending = options.has('n') ? '' : '\n';
  if (options.has('f')) {
    await print(process, followed(process, path) + ending);
    return 0;
  }
  const info = process.fs.stat(path, false);
  if (info?.type !== 'link') return 1;
  await print(process, (info.target ?? '') + ending);
  return 0;
});

/** Links Linux follows in one path. */
const MAX_LINKS = 40;

/** A path with all its links followed. */
function followed(process: Process, path: string, hops = 0): string {
  let at = '/';
  const steps = path.split('/').filter((step) => step !== '');
  for (const [index, step] of steps.entries()) {
    const next = resolvePath(at, step);
    const info = process.fs.stat(next, false);
    if (info?.type === 'link' && hops < MAX_LINKS)
      return followed(
        process,
        resolvePath(resolvePath(at, info.target ?? ''), steps.slice(index + 1).join('/')),
        hops + 1,
      );
    at = next;
  }
  return at;
}

const realpath = applet({ letters: '', usage: 'FILE...' }, async (process, options) => {
  needs(options, 1);
  return forEach(
    process,
    options.operands,
    async (_name, path) => {
      const real = followed(process, path);
      if (process.fs.stat(directoryName(real))?.type !== 'directory')
        throw new FileError('ENOENT', path);
      await print(process, `${real}\n`);
    },
    (name, reason) => `${name}: ${reason}`,
  );
});

const stat = applet(
  { letters: 'ltfc:L', usage: '[-ltf] [-c FMT] FILE...' },
  async (process, options) => {
    needs(options, 1);
    return forEach(
      process,
      options.operands,
      async (name, path) => {
        const info = process.fs.stat(path, options.has('L'));
        if (!info) throw new FileError('ENOENT', path);
        const format = options.value('c');
        const kinds = {
          directory: 'directory',
          link: 'symbolic link',
          device: 'character special file',
          file: info.size === 0 ? 'regular empty file' : 'regular file',
        };
        const octal = (info.mode & 0o7777).toString(8).padStart(4, '0');
        const time = strftime('%Y-%m-%d %H:%M:%S.000000000 +0000', info.modifiedAt);
        if (format !== undefined) {
          const values: Readonly<Record<string, string>> = {
            n: name,
            N: info.type === 'link' ? `'${name}' -> '${info.target ?? ''}'` : name,
            s: String(info.size),
            a: octal.replace(/^0+(?=.)/, ''),
            A: modeText(info),
            F: kinds[info.type],
            u: String(info.uid),
            U: userName(process, info.uid),
            g: String(info.gid),
            G: groupName(process, info.gid),
            y: time,
            Y: String(Math.floor(info.modifiedAt / 1000)),
            z: time,
            Z: String(Math.floor(info.modifiedAt / 1000)),
            b: String(Math.ceil(info.size / 4096) * 8),
            h: '1',
            '%': '%',
          };
          await print(
            process,
            `${format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => values[letter] ?? whole)}\n`,
          );
          return;
        }
        await print(
          process,
          `  File: ${name}\n  Size: ${String(info.size).padEnd(10)}\tBlocks: ${String(Math.ceil(info.size / 4096) * 8).padEnd(10)} IO Block: 4096   ${kinds[info.type]}\n` +
            `Access: (${octal}/${modeText(info)})  Uid: (${String(info.uid).padStart(5)}/${userName(process, info.uid).padStart(8)})   Gid: (${String(info.gid).padStart(5)}/${groupName(process, info.gid).padStart(8)})\n` +
            `Access: ${time}\nModify: ${time}\nChange: ${time}\n`,
        );
      },
      (name, reason) => `can't stat '${name}': ${reason}`,
    );
  },
);

const du = applet(
  { letters: 'aHLdclsxhmkd:', usage: '[-aHLdclsxhmk] [FILE]...' },
  async (process, options) => {
    const unit = (kilobytes: number) =>
      options.has('h')
        ? humanSize(kilobytes * 1024)
        : options.has('m')
          ? String(Math.ceil(kilobytes / 1024))
          : String(kilobytes);
    const lines: string[] = [];
    const depthLimit = options.has('s') ? 0 : Number(options.value('d') ?? Infinity);
    const sizeOf = (path: string, shown: string, depth: number): number => {
      const info = process.fs.stat(path, false);
      if (!info) throw new FileError('ENOENT', path);
      let total =
        info.type === 'file' ? Math.ceil(info.size / 4096) * 4 : info.type === 'directory' ? 4 : 0;
      if (info.type === 'directory')
        for (const name of process.fs.list(path))
          total += sizeOf(
            resolvePath(path, name),
            `${shown.replace(/\/$/, '')}/${name}`,
            depth + 1,
          );
      if (depth <= depthLimit && (depth === 0 || info.type === 'directory' || options.has('a')))
        lines.push(`${unit(total)}\t${shown}\n`);
      return total;
    };
    let sum = 0;
    const status = await forEach(
      process,
      options.operands.length > 0 ? options.operands : ['.'],
      async (name, path) => {
        lines.length = 0;
        sum += sizeOf(path, name, 0);
        await print(process, lines.join(''));
      },
      (name, reason) => `${name}: ${reason}`,
    );
    if (options.has('c')) await print(process, `${unit(sum)}\ttotal\n`);
    return status;
  },
);

/** What a node's disk looks like from a container; sizes are of the simulated node, in kilobytes. */
const DISK = { size: 61_255_492, used: 18_234_112 };

const df = applet(
  { letters: 'PkmhTai', usage: '[-PkmhTai] [-B SIZE] [FILESYSTEM]...' },
  async (process, options) => {
    const unit = (kilobytes: number) =>
      options.has('h')
        ? humanSize(kilobytes * 1024)
        : options.has('m')
          ? String(Math.floor(kilobytes / 1024))
          : String(kilobytes);
    const head = options.has('h') ? 'Size' : options.has('m') ? '1M-blocks' : '1K-blocks';
    const rows = [
      ['overlay', DISK.size, DISK.used, '/'],
      ['tmpfs', 65_536, 0, '/dev'],
      ['/dev/vda1', DISK.size, DISK.used, '/etc/hosts'],
      ['shm', 65_536, 0, '/dev/shm'],
    ] as const;
    await print(
      process,
      `${'Filesystem'.padEnd(20)} ${head.padStart(9)}      Used Available Use% Mounted on\n`,
    );
    for (const name of options.operands)
      if (!process.fs.stat(resolvePath(process.cwd, name))) {
        await complain(process, `${name}: can't find mount point`);
        return 1;
      }
    for (const [name, size, used, mounted] of options.operands.length > 0 ? rows.slice(0, 1) : rows)
      await print(
        process,
        `${name.padEnd(20)} ${unit(size).padStart(9)} ${unit(used).padStart(9)} ${unit(size - used).padStart(9)} ${String(Math.ceil((used / size) * 100)).padStart(3)}% ${mounted}\n`,
      );
    return 0;
  },
);

export const filePrograms: Readonly<Record<string, Program>> = {
  mkdir,
  rmdir,
  rm,
  unlink: rm,
  cp,
  mv,
  ln,
  touch,
  chmod,
  chown,
  chgrp,
  mktemp,
  truncate,
  readlink,
  realpath,
  stat,
  du,
  df,
  sync: () => Promise.resolve(0),
};
