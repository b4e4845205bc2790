// ls: names in columns on a terminal, one a line elsewhere, and the long form.

import type { Process, Program } from '../../node/process.ts';
import type { FileInfo } from '../../node/file-system.ts';
import { applet } from './applet.ts';
import { strftime } from './calendar.ts';
import { resolvePath } from './files.ts';
import type { Options } from './program.ts';
import { complain, print } from './program.ts';
import { groupName, userName } from './users.ts';

interface Entry {
  name: string;
  path: string;
  info: FileInfo;
}

/** Half a year: older files show their year instead of the time. */
const RECENT_MS = 182 * 86_400_000;

export const ls = applet(
  {
    letters: '1AaCxdLHRFplinshrSXvctukTw:gGo',
    usage: '[-1AaCxdLHRFplinshrSXvctuk] [FILE]...',
    long: { color: '1', all: 'a', 'human-readable': 'h' },
  },
  async (process, options) => {
    const names = options.operands.length > 0 ? options.operands : ['.'];
    const files: Entry[] = [];
    const directories: Entry[] = [];
    let failed = false;
    for (const name of names) {
      const path = resolvePath(process.cwd, name);
      const follows = !options.has('l') && !options.has('d');
      const info = process.fs.stat(path, follows);
      if (!info) {
        failed = true;
        await complain(process, `${name}: No such file or directory`);
      } else if (info.type === 'directory' && !options.has('d'))
        directories.push({ name, path, info });
      else files.push({ name, path, info });
    }
    let first = true;
    if (files.length > 0) {
      await show(process, options, sorted(files, options));
      first = false;
    }
    const titled = names.length > 1 || options.has('R');
    for (const directory of sorted(directories, options)) {
      await showDirectory(process, options, directory, titled, first);
      first = false;
    }
    return failed ? 1 : 0;
  },
);

async function showDirectory(
  process: Process,
  options: Options,
  directory: Entry,
  titled: boolean,
  first: boolean,
): Promise<void> {
  if (titled) await print(process, `${first ? '' : '\n'}${directory.name}:\n`);
  const names = process.fs
    .list(directory.path)
    .filter((name) => options.has('a') || options.has('A') || !name.startsWith('.'));
  if (options.has('a')) names.unshift('.', '..');
  const entries = names.flatMap((name): Entry[] => {
    const path = resolvePath(directory.path, name);
    const info = process.fs.stat(path, options.has('L'));
    return info ? [{ name, path, info }] : [];
  });
  if (options.has('l') || options.has('s'))
    await print(process, `total ${entries.reduce((sum, { info }) => sum + blocks(info), 0)}\n`);
  await show(process, options, sorted(entries, options));
  if (!options.has('R')) return;
  for (const entry of sorted(entries, options))
    if (entry.info.type === 'directory' && entry.name !== '.' && entry.name !== '..')
      await showDirectory(
        process,
        options,
        { ...entry, name: `${directory.name.replace(/\/$/, '')}/${entry.name}` },
        true,
        false,
      );
}

function sorted(entries: readonly Entry[], options: Options): Entry[] {
  const byName = (a: Entry, b: Entry) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const order = options.has('S')
    ? (a: Entry, b: Entry) => b.info.size - a.info.size || byName(a, b)
    : options.has('t')
      ? (a: Entry, b: Entry) => b.info.modifiedAt - a.info.modifiedAt || byName(a, b)
      : byName;
  const result = entries.toSorted(order);
  return options.has('r') ? result.reverse() : result;
}

async function show(process: Process, options: Options, entries: readonly Entry[]): Promise<void> {
  if (options.has('l') || options.has('g') || options.has('n') || options.has('o'))
    return showLong(process, options, entries);
  const cells = entries.map((entry) => prefix(entry, options) + painted(process, entry, options));
  const columns =
    !options.has('1') && (options.has('C') || options.has('x') || process.isTerminal(1));
  if (!columns) return print(process, cells.map((cell) => `${cell}\n`).join(''));
  const widths = entries.map(
    (entry) => prefix(entry, options).length + entry.name.length + mark(entry, options).length,
  );
  await print(process, inColumns(cells, widths, process.tty?.columns ?? 80));
}

function prefix(entry: Entry, options: Options): string {
  const inode = options.has('i') ? `${inodeOf(entry.path)} ` : '';
  return inode + (options.has('s') ? `${String(blocks(entry.info)).padStart(4)} ` : '');
}

/** A number that stays the same for a path: there are no inodes behind it. */
function inodeOf(path: string): string {
  let hash = 7;
  for (const char of path) hash = (hash * 31 + char.charCodeAt(0)) % 9_999_991;
  return String(hash).padStart(7);
}

/** busybox lists down the columns, two blanks apart. */
function inColumns(cells: readonly string[], widths: readonly number[], columns: number): string {
  if (cells.length === 0) return '';
  const width = Math.max(...widths) + 2;
  const perRow = Math.max(1, Math.floor((columns + 1) / width));
  const rows = Math.ceil(cells.length / perRow);
  let out = '';
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < perRow; column++) {
      const at = column * rows + row;
      if (at >= cells.length) break;
      const last = at + rows >= cells.length;
      out += (cells[at] ?? '') + (last ? '' : ' '.repeat(width - (widths[at] ?? 0)));
    }
    out += '\n';
  }
  return out;
}

async function showLong(
  process: Process,
  options: Options,
  entries: readonly Entry[],
): Promise<void> {
  const now = process.clock.now();
  const rows = entries.map((entry) => {
    const { info } = entry;
    const owner = options.has('n') ? String(info.uid) : userName(process, info.uid);
    const group = options.has('n') ? String(info.gid) : groupName(process, info.gid);
    const size = options.has('h') ? humanSize(info.size) : String(info.size);
    const target = info.type === 'link' ? ` -> ${info.target ?? ''}` : '';
    const recent = Math.abs(now - info.modifiedAt) < RECENT_MS;
    const time = strftime(recent ? '%b %e %H:%M' : '%b %e  %Y', info.modifiedAt);
    const links = info.type === 'directory' ? 2 : 1;
    const who = `${options.has('g') ? '' : `${owner.padEnd(8)} `}${options.has('o') ? '' : `${group.padEnd(8)} `}`;
    return `${prefix(entry, options)}${modeText(info)} ${String(links).padStart(4)} ${who}${size.padStart(9)} ${time} ${painted(process, entry, options)}${target}\n`;
  });
  await print(process, rows.join(''));
}

const COLOURS = {
  directory: '1;34',
  link: '1;36',
  device: '1;33',
  program: '1;32',
  file: '0',
} as const;

/** Coloured on a terminal, as busybox does by default. */
function painted(process: Process, entry: Entry, options: Options): string {
  const text = entry.name + mark(entry, options);
  if (!process.isTerminal(1)) return text;
  const { info } = entry;
  const kind = info.type === 'file' && (info.mode & 0o111) !== 0 ? 'program' : info.type;
  return `\x1b[${COLOURS[kind]}m${entry.name}\x1b[m${mark(entry, options)}`;
}

function mark({ info }: Entry, options: Options): string {
  if (info.type === 'directory') return options.has('F') || options.has('p') ? '/' : '';
  if (!options.has('F')) return '';
  if (info.type === 'link') return '@';
  return (info.mode & 0o111) !== 0 ? '*' : '';
}

/** `drwxr-xr-x` */
export function modeText(info: FileInfo): string {
  const kind = { directory: 'd', link: 'l', device: 'c', file: '-' }[info.type];
  const mode = info.type === 'link' ? 0o777 : info.mode;
  let text = '';
  for (const shift of [6, 3, 0]) {
    const bits = (mode >> shift) & 7;
    text += (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-');
    const special = shift === 6 ? mode & 0o4000 : shift === 3 ? mode & 0o2000 : mode & 0o1000;
    const letter = shift === 0 ? 't' : 's';
    text += special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-';
  }
  return kind + text;
}

/** Kilobytes on disk, in blocks of four. */
function blocks(info: FileInfo): number {
  if (info.type === 'link' || info.type === 'device') return 0;
  return info.type === 'directory' ? 4 : Math.ceil(info.size / 4096) * 4;
}

/** `1.5K`, `12M` */
export function humanSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < 5) {
    size /= 1024;
    unit++;
  }
  if (unit === 0) return String(bytes);
  return `${size.toFixed(1)}${'KMGTP'[unit - 1] ?? ''}`;
}

export const listingPrograms: Readonly<Record<string, Program>> = { ls };
