// Base64 as Go's standard encoding: alphabet `+/`, padding required, line breaks ignored. Knows nothing of Secrets.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(ALPHABET.split('').map((char, value) => [char, value]));

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    text += `${ALPHABET[a >> 2]}${ALPHABET[((a & 3) << 4) | ((b ?? 0) >> 4)]}`;
    text += b === undefined ? '=' : ALPHABET[((b & 15) << 2) | ((c ?? 0) >> 6)];
    text += c === undefined ? '=' : ALPHABET[c & 63];
  }
  return text;
}

/** The bytes, or where the first wrong byte stands, as Go counts. */
export function decodeBase64(text: string): Uint8Array | { wrongAt: number } {
  const chars: { value: number; at: number }[] = [];
  let padding = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\n' || char === '\r') continue;
    if (char === '=') {
      padding++;
      if (chars.length % 4 < 2 || padding + (chars.length % 4) > 4) return { wrongAt: at };
      continue;
    }
    const value = VALUES.get(char);
    if (value === undefined || padding > 0) return { wrongAt: padding > 0 ? at - padding + 1 : at };
    chars.push({ value, at });
  }
  const rest = chars.length % 4;
  if (rest !== 0 && rest + padding !== 4) return { wrongAt: text.length - rest };
  const bytes = new Uint8Array(Math.floor((chars.length * 6) / 8));
  let bits = 0;
  let held = 0;
  let written = 0;
  for (const { value } of chars) {
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = (held >> bits) & 255;
    }
  }
  return bytes;
}
