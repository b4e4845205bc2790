// Text written so that a shell reads it back as it was.

// eslint-disable-next-line no-control-regex -- control characters are what it is about
const CONTROL = /[\x00-\x1f\x7f\udc80-\udcff]/;
const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

const namedControls: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\E',
};

/** `'a b'`, or `$'a\nb'` where control characters are in it: `set`, `${x@Q}`, `trap`, `declare -p` of odd values. */
export function quoteSingle(text: string): string {
  if (CONTROL.test(text)) return ansiQuoted(text);
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As it is where that is safe, quoted otherwise: what `set -x` prints. */
export function quoteWhereNeeded(text: string): string {
  return SAFE.test(text) ? text : quoteSingle(text);
}

/** bash's `printf %q`: backslashes. */
export function quoteBackslash(text: string): string {
  if (text === '') return "''";
  if (CONTROL.test(text)) return ansiQuoted(text);
  return text.replace(/[^A-Za-z0-9_@%+=:./\-\u0080-\u{10ffff}]/gu, '\\$&').replace(/^[~#]/, '\\$&');
}

/** `"…"`, as `declare -p` and `alias` write values. */
export function quoteDouble(text: string): string {
  if (CONTROL.test(text)) return ansiQuoted(text);
  return `"${text.replace(/[$`"\\]/g, '\\$&')}"`;
}

function ansiQuoted(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.charCodeAt(0);
    if (namedControls[char]) out += namedControls[char];
    else if (code >= 0xdc80 && code <= 0xdcff) out += `\\${(code - 0xdc00).toString(8)}`;
    else if (code < 0x20 || code === 0x7f) out += `\\${code.toString(8).padStart(3, '0')}`;
    else out += char === "'" || char === '\\' ? `\\${char}` : char;
  }
  return `$'${out}'`;
}
