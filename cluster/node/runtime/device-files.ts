// /dev of a container: the few devices programs open by name. Terminals and streams behind /dev/std* are /proc/self/fd's.

import { type FileInfo, type FileSystem, FileError } from '../file-system.ts';

interface Device {
  read(): Uint8Array;
  write(bytes: Uint8Array, path: string): void;
}

/** Bytes one read of an endless device gives. `head -c` and `dd` of the container's tools ask again. */
const ENDLESS_READ_BYTES = 64 * 1024;

const links: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
};

const directories = ['mqueue', 'pts', 'shm'];

export class DeviceFiles implements FileSystem {
  readonly #devices: ReadonlyMap<string, Device>;
  readonly #at: number;

  /** @param at cluster time the container started, shown by ls. */
  constructor(random: () => number, at: number) {
    this.#at = at;
    const nothing: Device = { read: () => new Uint8Array(), write: () => {} };
    const zero: Device = { read: () => new Uint8Array(ENDLESS_READ_BYTES), write: () => {} };
    const noise: Device = {
      read: () => new Uint8Array(ENDLESS_READ_BYTES).map(() => Math.floor(random() * 256)),
      write: () => {},
    };
    const full: Device = {
      read: () => zero.read(),
      write: (bytes, path) => {
        if (bytes.length > 0) throw new FileError('ENOSPC', path);
      },
    };
    this.#devices = new Map([
      ['null', nothing],
      ['zero', zero],
      ['full', full],
      ['random', noise],
      ['urandom', noise],
      ['tty', nothing],
      ['ptmx', nothing],
    ]);
  }

  readFile(path: string): Uint8Array {
    return this.#device(path).read();
  }

  writeFile(path: string, bytes: Uint8Array): void {
    this.#device(path).write(bytes, path);
  }

  appendFile(path: string, bytes: Uint8Array): void {
    this.#device(path).write(bytes, path);
  }

  stat(path: string): FileInfo | undefined {
    const name = path.slice(1);
    const common = { uid: 0, gid: 0, modifiedAt: this.#at };
    if (name === '') return { type: 'directory', size: 360, mode: 0o755, ...common };
    if (directories.includes(name)) return { type: 'directory', size: 40, mode: 0o1777, ...common };
    const target = links[name];
    if (target !== undefined)
      return { type: 'link', size: target.length, mode: 0o777, target, ...common };
    if (!this.#devices.has(name)) return undefined;
    return { type: 'device', size: 0, mode: 0o666, ...common };
  }

  list(path: string): string[] {
    const name = path.slice(1);
    if (directories.includes(name)) return [];
    if (name !== '') throw new FileError('ENOTDIR', path);
    return [...this.#devices.keys(), ...Object.keys(links), ...directories].sort();
  }

  makeDirectory(path: string): void {
    throw new FileError('EACCES', path);
  }

  remove(path: string): void {
    throw new FileError('EACCES', path);
  }

  rename(path: string): void {
    throw new FileError('EACCES', path);
  }

  link(_target: string, path: string): void {
    throw new FileError('EACCES', path);
  }

  setMode(path: string): void {
    throw new FileError('EPERM', path);
  }

  setOwner(path: string): void {
    throw new FileError('EPERM', path);
  }

  setModified(): void {}

  #device(path: string): Device {
    const device = this.#devices.get(path.slice(1));
    if (device) return device;
    throw new FileError(directories.includes(path.slice(1)) ? 'EISDIR' : 'ENOENT', path);
  }
}
