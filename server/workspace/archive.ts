// Takes single files out of tar and zip archives that a checksum has already vouched for.
// Knows the two formats as far as that needs (no zip64, no encryption, no long tar names); nothing of what is in them.
// Sources: POSIX ustar; PKWARE APPNOTE 4.3.

import { crc32, inflateRaw } from 'node:zlib';
import { promisify } from 'node:util';

/** Tar counts in blocks of this many bytes. */
const TAR_BLOCK_BYTES = 512;

/** The bytes of one regular file in an uncompressed tar archive, or undefined when there is none of that name. */
export function fileInTar(tar: Buffer, name: string): Buffer | undefined {
  let at = 0;
  while (at + TAR_BLOCK_BYTES <= tar.length) {
    const header = tar.subarray(at, at + TAR_BLOCK_BYTES);
    const entry = textOf(header, 0, 100);
    if (entry === '') return undefined;
    const size = Number.parseInt(textOf(header, 124, 12).trim(), 8);
    if (!Number.isInteger(size) || size < 0)
      throw new Error(`tar: the header of ${entry} has no size; the archive is damaged`);
    const type = header[156];
    const start = at + TAR_BLOCK_BYTES;
    const isFile = type === 0 || type === '0'.charCodeAt(0);
    if (isFile && entry === name) return tar.subarray(start, start + size);
    at = start + Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
  }
  return undefined;
}

function textOf(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
}

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const CENTRAL_FILE_HEADER = 0x02014b50;
/** Its fixed part, and the longest comment that may follow it. */
const END_BYTES = 22;
const LONGEST_COMMENT_BYTES = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/** The bytes of one file in a zip archive, checked against its CRC, or undefined when there is none of that name. */
export async function fileInZip(zip: Buffer, name: string): Promise<Buffer | undefined> {
  const end = endOfCentralDirectory(zip);
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry++) {
    if (zip.readUInt32LE(at) !== CENTRAL_FILE_HEADER)
      throw new Error('zip: the central directory is damaged');
    const nameBytes = zip.readUInt16LE(at + 28);
    const found = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    if (found === name) return contentOf(zip, at, name);
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return undefined;
}

function endOfCentralDirectory(zip: Buffer): number {
  const first = Math.max(0, zip.length - END_BYTES - LONGEST_COMMENT_BYTES);
  for (let at = zip.length - END_BYTES; at >= first; at--) {
    if (zip.readUInt32LE(at) === END_OF_CENTRAL_DIRECTORY) return at;
  }
  throw new Error('zip: no central directory; the archive is cut off or not a zip');
}

async function contentOf(zip: Buffer, entry: number, name: string): Promise<Buffer> {
  const method = zip.readUInt16LE(entry + 10);
  const checksum = zip.readUInt32LE(entry + 16);
  const packedBytes = zip.readUInt32LE(entry + 20);
  const bytes = zip.readUInt32LE(entry + 24);
  const local = zip.readUInt32LE(entry + 42);
  // The local header repeats the name and has extra fields of its own length.
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + packedBytes);
  if (method !== STORED && method !== DEFLATED)
    throw new Error(
      `zip: ${name} is packed by method ${method}; only stored and deflated are read`,
    );
  const content =
    method === STORED ? packed : await promisify(inflateRaw)(packed, { maxOutputLength: bytes });
  if (content.length !== bytes || crc32(content) !== checksum)
    throw new Error(`zip: ${name} does not match its checksum`);
  return content;
}
