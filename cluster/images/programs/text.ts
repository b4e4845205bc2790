// Bytes as text and back without loss, and lines out of a stream as they come.

import type { ByteReader, ByteWriter } from '../../streams.ts';
import { bytesOf, concatBytes } from '../../streams.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are not UTF-8 become U+DC80…U+DCFF, one each, so that `encodeText` gives them back. */
export function decodeText(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  if (!text.includes('\ufffd')) return text;
  let out = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) out += strict.decode(bytes.subarray(at, at + length));
    else out += String.fromCharCode(0xdc00 + (bytes[at] as number));
    at += length || 1;
  }
  return out;
}

export function encodeText(text: string): Uint8Array {
  // eslint-disable-next-line no-control-regex -- lone surrogates stand for bytes
  if (!/[\udc80-\udcff]/.test(text)) return bytesOf(text);
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0xd800 && code < 0xdc00) at++;
    else if (code >= 0xdc80 && code <= 0xdcff) {
      if (at > start) chunks.push(bytesOf(text.slice(start, at)));
      chunks.push(Uint8Array.of(code - 0xdc00));
      start = at + 1;
    }
  }
  if (start < text.length) chunks.push(bytesOf(text.slice(start)));
  return concatBytes(chunks);
}

/** The length of the well-formed UTF-8 sequence at a place, or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const length =
    first < 0x80
      ? 1
      : first < 0xc2
        ? 0
        : first < 0xe0
          ? 2
          : first < 0xf0
            ? 3
            : first < 0xf5
              ? 4
              : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let next = 1; next < length; next++)
    if (((bytes[at + next] as number) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] ?? 0;
  // Overlong forms, surrogates and what lies above U+10FFFF.
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

export interface Line {
  text: string;
  /** False on a last line that no newline ends. */
  ended: boolean;
}

/** Bytes one line may hold before it is handed on in pieces: a stream without newlines must not fill the memory. */
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Lines as they come, those of one read together: a filter prints what a block gives before it waits for the next, so that
 * a loop's lines appear one by one. `separator` is a byte: newline, or NUL for -z.
 */
export async function* lineBlocks(reader: ByteReader, separator = 0x0a): AsyncGenerator<Line[]> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(separator); end >= 0; end = chunk.indexOf(separator, start)) {
      const piece = chunk.subarray(start, end);
      lines.push({
        text: decodeText(held.length > 0 ? concatBytes([...held, piece]) : piece),
        ended: true,
      });
      held = [];
      heldBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      // The reader may use its buffer again.
      held.push(chunk.slice(start));
      heldBytes += chunk.length - start;
    }
    if (heldBytes > MAX_LINE_BYTES) {
      lines.push({ text: decodeText(concatBytes(held)), ended: false });
      held = [];
      heldBytes = 0;
    }
    if (lines.length > 0) yield lines;
  }
  if (heldBytes > 0) yield [{ text: decodeText(concatBytes(held)), ended: false }];
}

export function write(writer: ByteWriter, text: string): Promise<void> {
  return writer.write(encodeText(text));
}
