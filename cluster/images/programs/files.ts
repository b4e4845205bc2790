// Files as programs open them: paths against a directory, streams over files, the devices, and errors in words.

import type { FileSystem } from '../../node/file-system.ts';
import { FileError } from '../../node/file-system.ts';
import type { FileErrorCode } from '../../node/file-system.ts';
import type { ByteReader, ByteWriter } from '../../streams.ts';
import { nothing } from '../../streams.ts';

/** What strerror(3) says. */
const words: Readonly<Record<FileErrorCode, string>> = {
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

export function describe(error: unknown): string {
  if (error instanceof FileError) return words[error.code];
  throw error;
}

/** An absolute path without `.`, `..` and double slashes. */
export function resolvePath(directory: string, path: string): string {
  const whole = path.startsWith('/') ? path : `${directory}/${path}`;
  const steps: string[] = [];
  for (const step of whole.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return `/${steps.join('/')}`;
}

export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? (path === '' ? '' : '/') : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

export function directoryName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  const slash = trimmed.lastIndexOf('/');
  if (slash < 0) return trimmed === '' && path !== '' ? '/' : '.';
  return trimmed.slice(0, slash).replace(/\/+$/, '') || '/';
}

/** Bytes handed over at a time, as a read(2) of a common buffer. */
const BLOCK_BYTES = 64 * 1024;

/** Reads a file from its beginning; what is appended meanwhile is read too. Throws FileError. */
export function fileReader(fs: FileSystem, path: string): ByteReader {
  const device = deviceReader(path);
  if (device) return device;
  const info = fs.stat(path);
  if (!info) throw new FileError('ENOENT', path);
  if (info.type === 'directory') throw new FileError('EISDIR', path);
  fs.readFile(path);
  let offset = 0;
  return {
    read(max = BLOCK_BYTES) {
      // A file removed while open stays readable in life; here it ends.
      if (!fs.stat(path)) return Promise.resolve(null);
      const bytes = fs.readFile(path);
      const end = Math.min(bytes.length, offset + Math.min(max, BLOCK_BYTES));
      if (end <= offset) return Promise.resolve(null);
      const chunk = bytes.subarray(offset, end);
      offset = end;
      return Promise.resolve(chunk);
    },
    cancel() {},
  };
}

export type WriteMode = 'truncate' | 'append' | 'exclusive';

/** Opens a file for writing, made if need be. Throws FileError. */
export function fileWriter(fs: FileSystem, path: string, mode: WriteMode): ByteWriter {
  const device = deviceWriter(path);
  if (device) return device;
  const info = fs.stat(path);
  if (info?.type === 'directory') throw new FileError('EISDIR', path);
  if (info && mode === 'exclusive') throw new FileError('EEXIST', path);
  if (!info || mode !== 'append') fs.writeFile(path, new Uint8Array());
  else fs.appendFile(path, new Uint8Array());
  return {
    write(bytes) {
      try {
        fs.appendFile(path, bytes);
        return Promise.resolve();
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(String(error)));
      }
    },
    end() {},
  };
}

function deviceReader(path: string): ByteReader | undefined {
  switch (path) {
    case '/dev/null':
      return nothing;
    case '/dev/zero':
    case '/dev/full':
      return endless(() => new Uint8Array(BLOCK_BYTES));
    default:
      return undefined;
  }
}

function deviceWriter(path: string): ByteWriter | undefined {
  switch (path) {
    case '/dev/null':
    case '/dev/zero':
      return { write: () => Promise.resolve(), end() {} };
    case '/dev/full':
      return { write: () => Promise.reject(new FileError('ENOSPC', path)), end() {} };
    default:
      return undefined;
  }
}

function endless(block: () => Uint8Array): ByteReader {
  return {
    read: (max = BLOCK_BYTES) => Promise.resolve(block().subarray(0, Math.min(max, BLOCK_BYTES))),
    cancel() {},
  };
}
