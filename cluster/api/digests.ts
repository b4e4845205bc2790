// Bytes as text: hex, and base64 as URLs and tokens write it. Knows nothing of what they stand for.

import { decodeBase64, encodeBase64 } from '../schema/base64.ts';

export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Without padding. */
export function base64UrlOf(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The bytes, or undefined if the text is not base64url. Padding may be there or not. */
export function base64UrlBytes(text: string): Uint8Array | undefined {
  if (/[+/]/.test(text)) return undefined;
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  const bytes = decodeBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, '='));
  return 'wrongAt' in bytes ? undefined : bytes;
}
