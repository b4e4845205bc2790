// /proc as one process sees it: who runs beside it, its own streams, and the few facts of the machine that people read.
// Made when read; nothing is kept.

import { bytesOf } from '../../streams.ts';
import { type FileInfo, type FileSystem, FileError } from '../file-system.ts';

export interface ProcProcess {
  pid: number;
  ppid: number;
  argv: readonly string[];
  env: ReadonlyMap<string, string>;
  cwd: string;
  uid: number;
  gid: number;
  startedAt: number;
  state: 'R' | 'S' | 'T';
  memoryBytes: number;
}

/** What /proc asks of its container. */
export interface ProcSource {
  readonly now: () => number;
  readonly startedAt: number;
  readonly hostname: string;
  readonly mounts: readonly { path: string; readOnly: boolean }[];
  processes(): readonly ProcProcess[];
  /** Writes to a stream of the process that looks. */
  writeStream(fd: 1 | 2, bytes: Uint8Array): void;
}

/** The kernel this node claims: also `uname -r`. Source: what kind runs on is the host's; this is Debian 13's. */
export const KERNEL_RELEASE = '6.12.48+deb13-amd64';
export const KERNEL_VERSION = '#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)';

/** CPUs and memory of the simulated node, as its status says too. */
const NODE_CPUS = 4;
const NODE_MEMORY_KB = 8 * 1024 * 1024;

type Entry =
  | { kind: 'file'; text: () => string }
  | { kind: 'directory'; names: () => string[] }
  | { kind: 'link'; target: string }
  | { kind: 'stream'; fd: 0 | 1 | 2 };

export class ProcFiles implements FileSystem {
  readonly #source: ProcSource;
  readonly #self: number;

  /** @param self pid of the process that looks. */
  constructor(source: ProcSource, self: number) {
    this.#source = source;
    this.#self = self;
  }

  readFile(path: string): Uint8Array {
    const entry = this.#entry(path);
    switch (entry?.kind) {
      case 'file':
        return bytesOf(entry.text());
      case 'directory':
        throw new FileError('EISDIR', path);
      case 'stream':
      case 'link':
        throw new FileError('EINVAL', path);
      case undefined:
        throw new FileError('ENOENT', path);
    }
  }

  writeFile(path: string, bytes: Uint8Array): void {
    this.appendFile(path, bytes);
  }

  appendFile(path: string, bytes: Uint8Array): void {
    const entry = this.#entry(path);
    if (!entry) throw new FileError('ENOENT', path);
    if (entry.kind !== 'stream' || entry.fd === 0) throw new FileError('EACCES', path);
    this.#source.writeStream(entry.fd, bytes);
  }

  stat(path: string): FileInfo | undefined {
    const entry = this.#entry(path);
    if (!entry) return undefined;
    const common = { size: 0, uid: 0, gid: 0, modifiedAt: this.#source.now() };
    switch (entry.kind) {
      case 'file':
        return { type: 'file', mode: 0o444, ...common };
      case 'directory':
        return { type: 'directory', mode: 0o555, ...common };
      case 'stream':
        return { type: 'device', mode: 0o666, ...common };
      case 'link':
        return { type: 'link', mode: 0o777, target: entry.target, ...common };
    }
  }

  list(path: string): string[] {
    const entry = this.#entry(path);
    if (!entry) throw new FileError('ENOENT', path);
    if (entry.kind !== 'directory') throw new FileError('ENOTDIR', path);
    return entry.names().toSorted();
  }

  makeDirectory(path: string): void {
    throw new FileError('EROFS', path);
  }

  remove(path: string): void {
    throw new FileError('EPERM', path);
  }

  rename(path: string): void {
    throw new FileError('EPERM', path);
  }

  link(_target: string, path: string): void {
    throw new FileError('EROFS', path);
  }

  setMode(path: string): void {
    throw new FileError('EPERM', path);
  }

  setOwner(path: string): void {
    throw new FileError('EPERM', path);
  }

  setModified(path: string): void {
    throw new FileError('EPERM', path);
  }

  #entry(path: string): Entry | undefined {
    const [first, ...rest] = path.split('/').filter(Boolean);
    if (first === undefined)
      return {
        kind: 'directory',
        names: () => [
          ...Object.keys(this.#facts()),
          'self',
          'sys',
          'net',
          ...this.#source.processes().map(({ pid }) => String(pid)),
        ],
      };
    if (first === 'self' && rest.length === 0) return { kind: 'link', target: String(this.#self) };
    if (first === 'mounts' && rest.length === 0) return { kind: 'link', target: 'self/mounts' };
    if (first === 'sys' || first === 'net') return systemEntry([first, ...rest], this.#source);
    const fact = rest.length === 0 ? this.#facts()[first] : undefined;
    if (fact) return { kind: 'file', text: fact };
    const pid = first === 'self' ? this.#self : Number(first);
    const process = this.#source.processes().find((other) => other.pid === pid);
    return process && this.#processEntry(process, rest);
  }

  #facts(): Record<string, () => string> {
    const { now, startedAt } = this.#source;
    const uptime = () => ((now() - startedAt) / 1000 + NODE_UP_SECONDS).toFixed(2);
    return {
      uptime: () => `${uptime()} ${uptime()}\n`,
      loadavg: () => {
        const count = this.#source.processes().length;
        return `0.12 0.10 0.09 1/${count} ${count}\n`;
      },
      version: () =>
        `Linux version ${KERNEL_RELEASE} (debian-kernel@lists.debian.org) ${KERNEL_VERSION}\n`,
      meminfo: () =>
        `MemTotal:       ${NODE_MEMORY_KB} kB\nMemFree:        ${NODE_MEMORY_KB / 2} kB\nMemAvailable:   ${(NODE_MEMORY_KB * 3) / 4} kB\n`,
      cpuinfo: () =>
        Array.from(
          { length: NODE_CPUS },
          (_, cpu) => `processor\t: ${cpu}\nmodel name\t: Simulated CPU\ncpu MHz\t\t: 2400.000\n\n`,
        ).join(''),
      filesystems: () => 'nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n',
      mounts: () => this.#mounts(),
    };
  }

  #processEntry(process: ProcProcess, [name, ...rest]: string[]): Entry | undefined {
    if (name === undefined)
      return {
        kind: 'directory',
        names: () => ['cmdline', 'comm', 'cwd', 'environ', 'fd', 'mounts', 'stat', 'status'],
      };
    if (name === 'fd') {
      if (rest.length === 0) return { kind: 'directory', names: () => ['0', '1', '2'] };
      const fd = Number(rest[0]);
      const own = process.pid === this.#self && rest.length === 1;
      return own && (fd === 0 || fd === 1 || fd === 2) ? { kind: 'stream', fd } : undefined;
    }
    if (rest.length > 0) return undefined;
    if (name === 'cwd') return { kind: 'link', target: process.cwd };
    const text = processFacts(process)[name];
    if (text) return { kind: 'file', text };
    return name === 'mounts' ? { kind: 'file', text: () => this.#mounts() } : undefined;
  }

  #mounts(): string {
    return this.#source.mounts
      .map(({ path, readOnly }) => {
        const type = path === '/' ? 'overlay' : (kernelMounts[path] ?? 'ext4');
        return `${type} ${path} ${type} ${readOnly ? 'ro' : 'rw'},relatime 0 0\n`;
      })
      .join('');
  }
}

/** How long the node ran before the container started, so that uptime does not begin at nothing. */
const NODE_UP_SECONDS = 3_600;

const kernelMounts: Readonly<Record<string, string>> = { '/proc': 'proc', '/dev': 'tmpfs' };

function processFacts(process: ProcProcess): Record<string, () => string> {
  const { pid, ppid, argv, env, uid, gid, state, memoryBytes } = process;
  const name = (argv[0] ?? '').slice((argv[0] ?? '').lastIndexOf('/') + 1).slice(0, 15);
  const states = { R: 'R (running)', S: 'S (sleeping)', T: 'T (stopped)' };
  const kilobytes = Math.ceil(memoryBytes / 1024);
  return {
    comm: () => `${name}\n`,
    cmdline: () => argv.map((word) => `${word}\0`).join(''),
    environ: () => [...env].map(([key, value]) => `${key}=${value}\0`).join(''),
    stat: () =>
      `${pid} (${name}) ${state} ${ppid} ${pid} ${pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0\n`,
    status: () =>
      [
        `Name:\t${name}`,
        `State:\t${states[state]}`,
        `Tgid:\t${pid}`,
        `Pid:\t${pid}`,
        `PPid:\t${ppid}`,
        `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
        `Gid:\t${gid}\t${gid}\t${gid}\t${gid}`,
        `VmRSS:\t${String(kilobytes).padStart(8)} kB`,
        'Threads:\t1',
        '',
      ].join('\n'),
  };
}

function systemEntry(parts: readonly string[], source: ProcSource): Entry | undefined {
  const path = parts.join('/');
  const files: Record<string, string> = {
    'sys/kernel/hostname': `${source.hostname}\n`,
    'sys/kernel/osrelease': `${KERNEL_RELEASE}\n`,
    'sys/kernel/ostype': 'Linux\n',
    'sys/net/core/somaxconn': '4096\n',
    'sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  };
  const text = files[path];
  if (text !== undefined) return { kind: 'file', text: () => text };
  const below = Object.keys(files)
    .filter((file) => file.startsWith(`${path}/`))
    .map((file) => file.slice(path.length + 1).split('/')[0] ?? '');
  if (below.length === 0 && path !== 'net') return undefined;
  return { kind: 'directory', names: () => [...new Set(below)] };
}
