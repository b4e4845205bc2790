// A container's files: the image's, read-only and shared, below a writable layer, below mounted volumes.

export type FileErrorCode =
  | 'ENOENT'
  | 'EEXIST'
  | 'EISDIR'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'EACCES'
  | 'EROFS'
  | 'ENOSPC'
  | 'ELOOP'
  | 'EBUSY'
  | 'EINVAL'
  | 'EPERM';

export class FileError extends Error {
  readonly code: FileErrorCode;
  readonly path: string;

  constructor(code: FileErrorCode, path: string) {
    super(`${code}: ${path}`);
    this.name = 'FileError';
    this.code = code;
    this.path = path;
  }
}

export interface FileInfo {
  /** Devices are those of /dev; they read and write as files do. */
  type: 'file' | 'directory' | 'link' | 'device';
  size: number;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Cluster milliseconds since the epoch. */
  modifiedAt: number;
  /** Where a link points. */
  target?: string;
}

/** Paths are absolute. Synchronous, for there is no disk behind it. Every method throws FileError. */
export interface FileSystem {
  readFile(path: string): Uint8Array;
  /** Creates or truncates. */
  writeFile(path: string, bytes: Uint8Array, mode?: number): void;
  appendFile(path: string, bytes: Uint8Array): void;
  /** Follows links unless told not to; undefined when there is nothing. */
  stat(path: string, followLinks?: boolean): FileInfo | undefined;
  /** Names in order, without `.` and `..`. */
  list(path: string): string[];
  makeDirectory(path: string, recursive?: boolean): void;
  remove(path: string, recursive?: boolean): void;
  rename(from: string, to: string): void;
  link(target: string, path: string): void;
  setMode(path: string, mode: number): void;
  setOwner(path: string, uid: number, gid: number): void;
  /** Cluster milliseconds since the epoch: touch(1). */
  setModified(path: string, at: number): void;
}

/**
 * What a mounted volume serves. Volumes that follow an object (configMap, secret) change under their reader.
 * `MemoryFiles` of runtime/memory-files.ts is one for emptyDir and for volumes whose files somebody else keeps up to date.
 */
export interface VolumeSource {
  readonly readOnly: boolean;
  readonly files: FileSystem;
}
