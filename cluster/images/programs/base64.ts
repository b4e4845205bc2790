// Base64, as the tool and curl's passwords need it.

export const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += (BASE64[bits >> 18] ?? '') + (BASE64[(bits >> 12) & 63] ?? '');
    text += b === undefined ? '=' : (BASE64[(bits >> 6) & 63] ?? '');
    text += c === undefined ? '=' : (BASE64[bits & 63] ?? '');
  }
  return text;
}
