// A tree of files in memory, shared until written: a container starts with its image's tree and copies what it changes.
// Also the files of emptyDir and of volumes somebody else fills. Knows nothing of users or mounts: it is root's view of one disk.

import { type FileInfo, type FileSystem, FileError } from '../file-system.ts';
import type { ImageFile } from '../image.ts';
import { bytesOf } from '../../streams.ts';

interface Common {
  /** Who may change this node in place; anybody else copies it first. */
  owner: object;
  mode: number;
  uid: number;
  gid: number;
  modifiedAt: number;
}

interface FileNode extends Common {
  type: 'file';
  /** May be longer than the file, so that appending seldom copies. Bytes below `length` never change. */
  buffer: Uint8Array;
  length: number;
}

interface LinkNode extends Common {
  type: 'link';
  target: string;
}

export interface DirectoryNode extends Common {
  type: 'directory';
  children: Map<string, TreeNode>;
}

export type TreeNode = FileNode | LinkNode | DirectoryNode;

export interface MemoryFilesOptions {
  /** Cluster time, for modification times. */
  now: () => number;
  /** Bytes of all files that are not the base's. Past it: ENOSPC. */
  maxBytes: number;
  /** A tree to start from. It is never changed. */
  base?: DirectoryNode;
}

/** Links followed in one path before ELOOP: Linux's own limit. */
export const MAX_LINKS = 40;

/** What a file costs beside its bytes, so that a million empty ones are not free. */
const NODE_BYTES = 128;

export class MemoryFiles implements FileSystem {
  #owner: object = {};
  readonly #now: () => number;
  readonly #maxBytes: number;
  #root: DirectoryNode;
  #used = 0;

  constructor(options: MemoryFilesOptions) {
    this.#now = options.now;
    this.#maxBytes = options.maxBytes;
    this.#root = options.base ?? directory(this.#owner, options.now());
  }

  /** Bytes written here and still there. */
  get usedBytes(): number {
    return this.#used;
  }

  readFile(path: string): Uint8Array {
    const node = this.#existing(path, true);
    if (node.type === 'directory') throw new FileError('EISDIR', path);
    if (node.type === 'link') throw new FileError('ELOOP', path);
    return node.buffer.subarray(0, node.length);
  }

  writeFile(path: string, bytes: Uint8Array, mode?: number): void {
    const { parent, name, node } = this.#place(path);
    if (node?.type === 'directory') throw new FileError('EISDIR', path);
    const before = node?.type === 'file' ? this.#costOf(node) : 0;
    this.#spend(bytes.length + NODE_BYTES - before, path);
    parent.children.set(name, {
      type: 'file',
      owner: this.#owner,
      mode: mode ?? node?.mode ?? 0o644,
      uid: node?.uid ?? 0,
      gid: node?.gid ?? 0,
      modifiedAt: this.#now(),
      buffer: bytes.slice(),
      length: bytes.length,
    });
    parent.modifiedAt = this.#now();
  }

  appendFile(path: string, bytes: Uint8Array): void {
    const { parent, name, node } = this.#place(path);
    if (!node) return this.writeFile(path, bytes);
    if (node.type !== 'file') throw new FileError('EISDIR', path);
    const length = node.length + bytes.length;
    this.#spend(length + NODE_BYTES - this.#costOf(node), path);
    const owned = node.owner === this.#owner;
    let { buffer } = node;
    if (!owned || buffer.length < length) {
      buffer = new Uint8Array(Math.max(length * 2, 64));
      buffer.set(node.buffer.subarray(0, node.length));
    }
    buffer.set(bytes, node.length);
    parent.children.set(name, {
      ...node,
      owner: this.#owner,
      buffer,
      length,
      modifiedAt: this.#now(),
    });
  }

  stat(path: string, followLinks = true): FileInfo | undefined {
    const node = this.#find(path, followLinks);
    return node && infoOf(node);
  }

  list(path: string): string[] {
    const node = this.#existing(path, true);
    if (node.type !== 'directory') throw new FileError('ENOTDIR', path);
    return [...node.children.keys()].sort();
  }

  makeDirectory(path: string, recursive = false): void {
    if (recursive) {
      let sofar = '';
      for (const part of partsOf(path)) {
        sofar += `/${part}`;
        const info = this.stat(sofar);
        if (!info) this.makeDirectory(sofar);
        else if (info.type !== 'directory') throw new FileError('ENOTDIR', path);
      }
      return;
    }
    const { parent, name, node } = this.#place(path, false);
    if (node) throw new FileError('EEXIST', path);
    this.#spend(NODE_BYTES, path);
    parent.children.set(name, directory(this.#owner, this.#now()));
    parent.modifiedAt = this.#now();
  }

  remove(path: string, recursive = false): void {
    const { parent, name, node } = this.#place(path, false);
    if (!node) throw new FileError('ENOENT', path);
    if (node.type === 'directory' && !recursive && node.children.size > 0)
      throw new FileError('ENOTEMPTY', path);
    parent.children.delete(name);
    parent.modifiedAt = this.#now();
    this.#used -= this.#costOf(node);
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, false);
    if (!source.node) throw new FileError('ENOENT', from);
    if (to === from) return;
    if (to.startsWith(`${from}/`)) throw new FileError('EINVAL', to);
    const target = this.#place(to, false);
    if (target.node?.type === 'directory') {
      if (source.node.type !== 'directory') throw new FileError('EISDIR', to);
      if (target.node.children.size > 0) throw new FileError('ENOTEMPTY', to);
    } else if (target.node && source.node.type === 'directory') {
      throw new FileError('ENOTDIR', to);
    }
    if (target.node) this.#used -= this.#costOf(target.node);
    source.parent.children.delete(source.name);
    target.parent.children.set(target.name, source.node);
  }

  link(target: string, path: string): void {
    const { parent, name, node } = this.#place(path, false);
    if (node) throw new FileError('EEXIST', path);
    this.#spend(NODE_BYTES, path);
    parent.children.set(name, {
      type: 'link',
      owner: this.#owner,
      mode: 0o777,
      uid: 0,
      gid: 0,
      modifiedAt: this.#now(),
      target,
    });
  }

  setMode(path: string, mode: number): void {
    this.#change(path, (node) => (node.mode = mode & 0o7777));
  }

  setOwner(path: string, uid: number, gid: number): void {
    this.#change(path, (node) => {
      node.uid = uid;
      node.gid = gid;
    });
  }

  setModified(path: string, at: number): void {
    this.#change(path, (node) => (node.modifiedAt = at));
  }

  /** The tree as it is now. It is shared from here on: this file system copies before it changes anything again. */
  snapshotTree(): DirectoryNode {
    const tree = this.#root;
    this.#owner = {};
    this.#used = 0;
    return tree;
  }

  #change(path: string, change: (node: TreeNode) => void): void {
    if (partsOf(path).length === 0) return change(this.#ownRoot());
    const { parent, name, node } = this.#place(path);
    if (!node) throw new FileError('ENOENT', path);
    const own = this.#owned(node);
    parent.children.set(name, own);
    change(own);
  }

  #existing(path: string, followLinks: boolean): TreeNode {
    const node = this.#find(path, followLinks);
    if (!node) throw new FileError('ENOENT', path);
    return node;
  }

  #find(path: string, followLinks: boolean): TreeNode | undefined {
    return this.#walk(partsOf(path), followLinks, path)?.node;
  }

  /**
   * Walks to a node. Undefined when a directory on the way or the node itself is missing; throws when something on the
   * way is no directory.
   */
  #walk(
    parts: string[],
    followLast: boolean,
    path: string,
  ): { node: TreeNode; parts: string[] } | undefined {
    let node: TreeNode = this.#root;
    const taken: string[] = [];
    const rest = [...parts];
    let links = 0;
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (node.type !== 'directory') throw new FileError('ENOTDIR', path);
      const child: TreeNode | undefined = node.children.get(part);
      if (!child) return undefined;
      if (child.type === 'link' && (rest.length > 0 || followLast)) {
        if (++links > MAX_LINKS) throw new FileError('ELOOP', path);
        const from = child.target.startsWith('/') ? [] : taken;
        rest.unshift(...partsOf(`/${[...from, child.target].join('/')}`));
        taken.length = 0;
        node = this.#root;
        continue;
      }
      taken.push(part);
      node = child;
    }
    return { node, parts: taken };
  }

  /** The directory a path stands in, ready to be changed, and what is there now. The last link is followed for writing. */
  #place(
    path: string,
    followLast = true,
  ): { parent: DirectoryNode; name: string; node: TreeNode | undefined } {
    let parts = partsOf(path);
    for (let links = 0; links <= MAX_LINKS; links++) {
      const name = parts.at(-1);
      if (name === undefined) throw new FileError(followLast ? 'EISDIR' : 'EBUSY', path);
      const above = this.#walk(parts.slice(0, -1), true, path);
      if (!above) throw new FileError('ENOENT', path);
      if (above.node.type !== 'directory') throw new FileError('ENOTDIR', path);
      const node = above.node.children.get(name);
      if (node?.type === 'link' && followLast) {
        const from = node.target.startsWith('/') ? [] : above.parts;
        parts = partsOf(`/${[...from, node.target].join('/')}`);
        continue;
      }
      return { parent: this.#ownDirectory(above.parts), name, node };
    }
    throw new FileError('ELOOP', path);
  }

  /** Copies every directory on the way that is not ours yet. */
  #ownDirectory(parts: readonly string[]): DirectoryNode {
    let node = this.#ownRoot();
    for (const part of parts) {
      const child = node.children.get(part);
      if (child?.type !== 'directory') throw new FileError('ENOTDIR', `/${parts.join('/')}`);
      const own = this.#owned(child);
      node.children.set(part, own);
      node = own;
    }
    return node;
  }

  #ownRoot(): DirectoryNode {
    return (this.#root = this.#owned(this.#root));
  }

  #owned<Kind extends TreeNode>(node: Kind): Kind {
    if (node.owner === this.#owner) return node;
    if (node.type === 'directory')
      return { ...node, owner: this.#owner, children: new Map(node.children) };
    if (node.type === 'file') this.#used += node.length + NODE_BYTES;
    return { ...node, owner: this.#owner };
  }

  #costOf(node: TreeNode): number {
    if (node.type === 'directory') {
      let sum = node.owner === this.#owner ? NODE_BYTES : 0;
      for (const child of node.children.values()) sum += this.#costOf(child);
      return sum;
    }
    if (node.owner !== this.#owner) return 0;
    return NODE_BYTES + (node.type === 'file' ? node.length : 0);
  }

  #spend(bytes: number, path: string): void {
    if (bytes > 0 && this.#used + bytes > this.#maxBytes) throw new FileError('ENOSPC', path);
    this.#used += bytes;
  }
}

/** A tree of an image's files, never to be changed in place: containers of one image share it. */
export function treeOf(
  files: Readonly<Record<string, ImageFile>>,
  modifiedAt: number,
): DirectoryNode {
  const memory = new MemoryFiles({ now: () => modifiedAt, maxBytes: Infinity });
  for (const [path, file] of Object.entries(files)) addFile(memory, path, file);
  return memory.snapshotTree();
}

function addFile(files: MemoryFiles, path: string, file: ImageFile): void {
  const above = path.slice(0, path.lastIndexOf('/'));
  if (above) files.makeDirectory(above, true);
  if (typeof file === 'object' && 'link' in file) return files.link(file.link, path);
  if (typeof file === 'object' && 'directory' in file) {
    files.makeDirectory(path, true);
    files.setMode(path, file.mode ?? 0o755);
    files.setOwner(path, file.uid ?? 0, file.gid ?? 0);
    return;
  }
  const plain = typeof file === 'string' || file instanceof Uint8Array;
  const content = plain ? file : file.content;
  const bytes = typeof content === 'string' ? bytesOf(content) : content;
  const script = bytes[0] === 0x23 && bytes[1] === 0x21;
  files.writeFile(path, bytes, (plain ? undefined : file.mode) ?? (script ? 0o755 : 0o644));
  if (!plain) files.setOwner(path, file.uid ?? 0, file.gid ?? 0);
}

function directory(owner: object, at: number): DirectoryNode {
  return {
    type: 'directory',
    owner,
    mode: 0o755,
    uid: 0,
    gid: 0,
    modifiedAt: at,
    children: new Map(),
  };
}

function infoOf(node: TreeNode): FileInfo {
  const { type, mode, uid, gid, modifiedAt } = node;
  const size =
    node.type === 'file' ? node.length : node.type === 'link' ? node.target.length : DIRECTORY_SIZE;
  const info: FileInfo = { type, size, mode, uid, gid, modifiedAt };
  if (node.type === 'link') info.target = node.target;
  return info;
}

/** What ext4 and overlayfs show for a small directory. */
const DIRECTORY_SIZE = 4_096;

/** The names of a path, `.` and `..` worked out. `..` above the root stays there. */
export function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}
