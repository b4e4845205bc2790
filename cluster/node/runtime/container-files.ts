// The files as a process sees them: one tree out of the container's own files and its mounts, with links, permissions
// and read-only mounts. Knows nothing of what the mounts hold.

import { FileError, type FileErrorCode, type FileInfo, type FileSystem } from '../file-system.ts';
import { MAX_LINKS } from './memory-files.ts';

/** A file system and where it hangs. `root` is the path inside it that appears at `path`. */
export interface Mount {
  path: string;
  files: FileSystem;
  root: string;
  readOnly: boolean;
}

/** The deepest mount whose path leads to a file serves it. */
export class MountTable {
  readonly #mounts: Mount[];

  constructor(mounts: readonly Mount[]) {
    this.#mounts = mounts.toSorted((a, b) => b.path.length - a.path.length);
  }

  all(): readonly Mount[] {
    return this.#mounts.toReversed();
  }

  /** A canonical path, as the mount that serves it names it. */
  locate(path: string): { mount: Mount; inner: string } {
    for (const mount of this.#mounts) {
      if (mount.path === '/') return { mount, inner: path };
      if (path === mount.path) return { mount, inner: mount.root };
      if (path.startsWith(`${mount.path}/`)) {
        const rest = path.slice(mount.path.length);
        return { mount, inner: mount.root === '/' ? rest : mount.root + rest };
      }
    }
    throw new Error(`no file system at ${path}: the container has no root`);
  }

  isMountPoint(path: string): boolean {
    return this.#mounts.some((mount) => mount.path === path);
  }
}

interface User {
  uid: number;
  gid: number;
}

const READ = 4;
const WRITE = 2;
const EXECUTE = 1;

interface Found {
  /** Without links, except perhaps the last. */
  path: string;
  mount: Mount;
  inner: string;
  info: FileInfo | undefined;
}

/** What one user may do with the mounted files. */
export class UserFiles implements FileSystem {
  readonly #mounts: MountTable;
  readonly #user: User;

  constructor(mounts: MountTable, user: User) {
    this.#mounts = mounts;
    this.#user = user;
  }

  readFile(path: string): Uint8Array {
    const found = this.#existing(path);
    this.#require(found, READ, path);
    return this.#at(path, () => found.mount.files.readFile(found.inner));
  }

  writeFile(path: string, bytes: Uint8Array, mode?: number): void {
    this.#write(path, (found) => {
      found.mount.files.writeFile(found.inner, bytes, found.info ? undefined : mode);
    });
  }

  appendFile(path: string, bytes: Uint8Array): void {
    this.#write(path, (found) => found.mount.files.appendFile(found.inner, bytes));
  }

  stat(path: string, followLinks = true): FileInfo | undefined {
    try {
      return this.#find(path, followLinks).info;
    } catch (error) {
      // Asking whether something is there is no error when a part of the way is not.
      if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined;
      throw error;
    }
  }

  list(path: string): string[] {
    const found = this.#existing(path);
    if (found.info?.type !== 'directory') throw new FileError('ENOTDIR', path);
    this.#require(found, READ, path);
    return this.#at(path, () => found.mount.files.list(found.inner));
  }

  makeDirectory(path: string, recursive = false): void {
    if (recursive) {
      const parts = path.split('/').filter(Boolean);
      for (let count = 1; count <= parts.length; count++) {
        const sofar = `/${parts.slice(0, count).join('/')}`;
        const info = this.stat(sofar);
        if (!info) this.makeDirectory(sofar);
        else if (info.type !== 'directory') throw new FileError('ENOTDIR', path);
      }
      return;
    }
    const found = this.#find(path, false);
    if (found.info) throw new FileError('EEXIST', path);
    this.#changeParent(found, path, () => {
      found.mount.files.makeDirectory(found.inner);
      this.#own(found);
    });
  }

  remove(path: string, recursive = false): void {
    const found = this.#find(path, false);
    if (!found.info) throw new FileError('ENOENT', path);
    if (this.#mounts.isMountPoint(found.path)) throw new FileError('EBUSY', path);
    this.#changeParent(found, path, () => found.mount.files.remove(found.inner, recursive));
  }

  rename(from: string, to: string): void {
    const source = this.#find(from, false);
    if (!source.info) throw new FileError('ENOENT', from);
    const target = this.#find(to, false);
    for (const { path } of [source, target])
      if (this.#mounts.isMountPoint(path)) throw new FileError('EBUSY', path);
    this.#changeParent(source, from, () =>
      this.#changeParent(target, to, () => {
        if (source.mount === target.mount) source.mount.files.rename(source.inner, target.inner);
        // rename(2) would say EXDEV and every program would copy: it is done here once for all of them.
        else this.#move(source, target);
      }),
    );
  }

  link(target: string, path: string): void {
    const found = this.#find(path, false);
    if (found.info) throw new FileError('EEXIST', path);
    this.#changeParent(found, path, () => found.mount.files.link(target, found.inner));
  }

  setMode(path: string, mode: number): void {
    this.#changeNode(path, (found) => found.mount.files.setMode(found.inner, mode));
  }

  setOwner(path: string, uid: number, gid: number): void {
    if (this.#user.uid !== 0) throw new FileError('EPERM', path);
    this.#changeNode(path, (found) => found.mount.files.setOwner(found.inner, uid, gid));
  }

  setModified(path: string, at: number): void {
    this.#changeNode(path, (found) => found.mount.files.setModified(found.inner, at));
  }

  /** The path without links: realpath(3). */
  resolve(path: string): string {
    return this.#existing(path).path;
  }

  /** Whether this user may run the file. Even root needs one execute bit. */
  mayExecute(path: string): boolean {
    const { info } = this.#existing(path);
    return info?.type === 'file' && this.#may(info, EXECUTE);
  }

  /** Reads without asking whether the user may: what execve(2) does. */
  readForKernel(path: string): Uint8Array {
    const { mount, inner } = this.#existing(path);
    return this.#at(path, () => mount.files.readFile(inner));
  }

  #write(path: string, write: (found: Found) => void): void {
    const found = this.#find(path, true);
    if (found.info) {
      if (found.info.type === 'directory') throw new FileError('EISDIR', path);
      if (found.info.type !== 'device') this.#writable(found, path);
      this.#require(found, WRITE, path);
      this.#at(path, () => write(found));
      return;
    }
    this.#changeParent(found, path, () => {
      write(found);
      this.#own(found);
    });
  }

  #changeNode(path: string, change: (found: Found) => void): void {
    const found = this.#existing(path);
    this.#writable(found, path);
    if (this.#user.uid !== 0 && found.info?.uid !== this.#user.uid)
      throw new FileError('EPERM', path);
    this.#at(path, () => change(found));
  }

  /** Adds or removes an entry: needs a writable directory. */
  #changeParent(found: Found, path: string, change: () => void): void {
    this.#writable(found, path);
    const parent = parentOf(found.path);
    const above = this.#find(parent, true);
    if (!above.info) throw new FileError('ENOENT', path);
    if (above.info.type !== 'directory') throw new FileError('ENOTDIR', path);
    this.#require(above, WRITE | EXECUTE, path);
    this.#at(path, change);
  }

  #writable(found: Found, path: string): void {
    if (found.mount.readOnly) throw new FileError('EROFS', path);
  }

  /** What a user makes is the user's. */
  #own(found: Found): void {
    const { uid, gid } = this.#user;
    if (uid !== 0 || gid !== 0) found.mount.files.setOwner(found.inner, uid, gid);
  }

  #move(source: Found, target: Found): void {
    copyTree(source.mount.files, source.inner, target.mount.files, target.inner);
    source.mount.files.remove(source.inner, true);
  }

  #require(found: Found, wanted: number, path: string): void {
    if (found.info && !this.#may(found.info, wanted)) throw new FileError('EACCES', path);
  }

  #may({ mode, uid, gid, type }: FileInfo, wanted: number): boolean {
    const user = this.#user;
    if (user.uid === 0) {
      if (!(wanted & EXECUTE) || type === 'directory') return true;
      return (mode & 0o111) !== 0;
    }
    const shift = user.uid === uid ? 6 : user.gid === gid ? 3 : 0;
    return ((mode >> shift) & wanted) === wanted;
  }

  #existing(path: string): Found {
    const found = this.#find(path, true);
    if (!found.info) throw new FileError('ENOENT', path);
    return found;
  }

  /**
   * Walks a path part by part, as the kernel does: links on the way are followed, `..` is taken after them, and each
   * directory passed must be searchable. Throws ENOENT or ENOTDIR when the way, not the end, is missing.
   */
  #find(path: string, followLast: boolean): Found {
    if (!path.startsWith('/')) throw new FileError('ENOENT', path);
    const rest = path.split('/').filter((part) => part !== '' && part !== '.');
    const taken: string[] = [];
    let links = 0;
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (part === '..') {
        taken.pop();
        continue;
      }
      taken.push(part);
      const found = this.#entry(taken);
      const last = rest.length === 0;
      if (found.info?.type === 'link' && (!last || followLast)) {
        if (++links > MAX_LINKS) throw new FileError('ELOOP', path);
        const target = found.info.target ?? '';
        taken.pop();
        if (target.startsWith('/')) taken.length = 0;
        rest.unshift(...target.split('/').filter((step) => step !== '' && step !== '.'));
        continue;
      }
      if (last) break;
      if (!found.info) throw new FileError('ENOENT', path);
      if (found.info.type !== 'directory') throw new FileError('ENOTDIR', path);
      this.#require(found, EXECUTE, path);
    }
    const found = this.#entry(taken);
    if (
      path.endsWith('/') &&
      found.info &&
      found.info.type !== 'directory' &&
      found.info.type !== 'link'
    )
      throw new FileError('ENOTDIR', path);
    return found;
  }

  #entry(parts: readonly string[]): Found {
    const path = `/${parts.join('/')}`;
    const { mount, inner } = this.#mounts.locate(path);
    return { path, mount, inner, info: mount.files.stat(inner, false) };
  }

  /** Errors name the path the program used, not the one inside a volume. */
  #at<Result>(path: string, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      if (error instanceof FileError) throw new FileError(error.code, path);
      throw error;
    }
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** The words of strerror(3) for what file operations answer. */
export const fileErrorWords: Readonly<Record<FileErrorCode, string>> = {
  ENOENT: 'No such file or directory',
  EEXIST: 'File exists',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  EACCES: 'Permission denied',
  EROFS: 'Read-only file system',
  ENOSPC: 'No space left on device',
  ELOOP: 'Too many levels of symbolic links',
  EBUSY: 'Device or resource busy',
  EINVAL: 'Invalid argument',
  EPERM: 'Operation not permitted',
};

/** Copies a file or a whole directory, links as links, owners and modes kept. */
function copyTree(from: FileSystem, fromPath: string, to: FileSystem, toPath: string): void {
  const info = from.stat(fromPath, false);
  if (!info) throw new FileError('ENOENT', fromPath);
  if (info.type === 'link') return to.link(info.target ?? '', toPath);
  if (info.type === 'directory') {
    to.makeDirectory(toPath);
    for (const name of from.list(fromPath))
      copyTree(from, join(fromPath, name), to, join(toPath, name));
  } else {
    to.writeFile(toPath, from.readFile(fromPath));
  }
  to.setMode(toPath, info.mode);
  to.setOwner(toPath, info.uid, info.gid);
  to.setModified(toPath, info.modifiedAt);
}

function join(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}
