// The tar format: headers as bytes and back, with the long names of GNU and of POSIX. Knows no files.
// Source: POSIX ustar and pax; GNU tar's manual for `L` and `K`.

import { bytesOf, textOf } from '../../../streams.ts';

export const BLOCK_BYTES = 512;

export interface Entry {
  /** As stored: relative, a directory's ends with a slash. */
  name: string;
  type: 'file' | 'directory' | 'link' | 'hard link';
  size: number;
  mode: number;
  uid: number;
  gid: number;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
  /** Where a link points. */
  target: string;
}

/** The bytes are no archive. */
export class NoArchive extends Error {}

const TYPES = { file: '0', 'hard link': '1', link: '2', directory: '5' } as const;

/** A header, before it one with the name where that is too long. */
export function headerBytes(entry: Entry): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const long = (type: string, text: string) => {
    const bytes = bytesOf(`${text}\0`);
    const link = { ...entry, name: '././@LongLink', size: bytes.length, target: '', mode: 0 };
    parts.push(block(link, type), padded(bytes));
  };
  if (bytesOf(entry.target).length > 100) long('K', entry.target);
  if (bytesOf(entry.name).length > 100) long('L', entry.name);
  return [...parts, block(entry, TYPES[entry.type])];
}

function block(entry: Entry, type: string): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, length: number, text: string) =>
    bytes.set(bytesOf(text).subarray(0, length), at);
  const octal = (at: number, length: number, value: number) =>
    put(
      at,
      length,
      `${Math.floor(value)
        .toString(8)
        .padStart(length - 1, '0')}\0`,
    );
  put(0, 100, entry.name);
  octal(100, 8, entry.mode);
  octal(108, 8, entry.uid);
  octal(116, 8, entry.gid);
  octal(124, 12, entry.size);
  octal(136, 12, entry.modifiedAt / 1000);
  put(148, 8, '        ');
  put(156, 1, type);
  put(157, 100, entry.target);
  put(257, 8, 'ustar  \0');
  put(148, 8, `${checksum(bytes).toString(8).padStart(6, '0')}\0 `);
  return bytes;
}

/** Counted with blanks where the sum itself will stand. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum;
}

/** Filled up to a whole number of blocks. */
export function padded(bytes: Uint8Array): Uint8Array {
  const filled = new Uint8Array(Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES);
  filled.set(bytes);
  return filled;
}

/** One block as a header; undefined for the empty one that ends an archive. Throws NoArchive. */
export function readHeader(bytes: Uint8Array): { entry: Entry; type: string } | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  if (number(bytes, 148, 8) !== checksum(bytes)) throw new NoArchive('invalid tar header checksum');
  const type = text(bytes, 156, 1);
  const isPosix = text(bytes, 257, 8) === 'ustar';
  const prefix = isPosix ? text(bytes, 345, 155) : '';
  const name = (prefix === '' ? '' : `${prefix}/`) + text(bytes, 0, 100);
  return {
    type,
    entry: {
      name,
      type: typeOf(type, name),
      size: number(bytes, 124, 12),
      mode: number(bytes, 100, 8) & 0o7777,
      uid: number(bytes, 108, 8),
      gid: number(bytes, 116, 8),
      modifiedAt: number(bytes, 136, 12) * 1000,
      target: text(bytes, 157, 100),
    },
  };
}

function typeOf(type: string, name: string): Entry['type'] {
  if (type === '5' || (name.endsWith('/') && type !== '2' && type !== '1')) return 'directory';
  if (type === '2') return 'link';
  return type === '1' ? 'hard link' : 'file';
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return textOf(end < 0 ? field : field.subarray(0, end));
}

function number(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  // GNU writes what octal cannot hold as a number of bytes, marked by the highest bit.
  if (first & 0x80)
    return bytes.subarray(at + 1, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
  return parseInt(text(bytes, at, length).trim() || '0', 8);
}

/** The records of a pax header: `30 path=…\n`. */
export function paxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(textOf(bytes.subarray(at, space)));
    if (space < 0 || !(length > 0)) throw new NoArchive('invalid pax header');
    const record = textOf(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
