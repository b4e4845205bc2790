// Backslash escapes: those of $'…', of echo -e and of printf. The three differ in how octal is written and in \c.

/** What a letter after a backslash stands for, wherever escapes are understood. */
const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/**
 * Bytes that are not UTF-8 travel through strings as U+DC80…U+DCFF, one each, and come out as themselves:
 * see encodeText in programs/text.ts.
 */
export function charOfByte(byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte);
}

function charOfCodePoint(code: number): string {
  return code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000)
    ? String.fromCodePoint(code)
    : '\ufffd';
}

/** The text between $' and '. */
export function ansiCString(text: string): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char !== '\\' || at + 1 >= text.length) {
      out += char;
      continue;
    }
    const next = text[++at] as string;
    const rest = text.slice(at);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
    const unicode = /^u([0-9a-fA-F]{1,4})|^U([0-9a-fA-F]{1,8})/.exec(rest);
    const control = /^c([\s\S])/.exec(rest)?.[1];
    if (octal) {
      out += charOfByte(parseInt(octal, 8) & 0xff);
      at += octal.length - 1;
    } else if (hex) {
      out += charOfByte(parseInt(hex[1] as string, 16));
      at += hex[0].length - 1;
    } else if (unicode) {
      out += charOfCodePoint(parseInt((unicode[1] ?? unicode[2]) as string, 16));
      at += unicode[0].length - 1;
    } else if (control !== undefined) {
      out += String.fromCharCode(control.charCodeAt(0) & 0x1f);
      at++;
    } else if (next === 'e' || next === 'E') out += '\x1b';
    else if (`'"?`.includes(next)) out += next;
    else out += letters[next] ?? `\\${next}`;
  }
  // A NUL ends the string, as it does in C.
  const nul = out.indexOf('\0');
  return nul < 0 ? out : out.slice(0, nul);
}

export interface Escaped {
  text: string;
  /** `\c` was met: nothing more is to be printed, not even a newline. */
  stop: boolean;
}

/** `echo -e` and printf's `%b`: octal is `\0nnn`; bash takes `\nnn` in %b too, ash takes both everywhere. */
export function echoEscapes(
  text: string,
  options: { bareOctal: boolean; unicode: boolean },
): Escaped {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char !== '\\' || at + 1 >= text.length) {
      out += char;
      continue;
    }
    const rest = text.slice(at + 1);
    if (rest.startsWith('c')) return { text: out, stop: true };
    const one = oneEscape(rest, options);
    out += one.text;
    at += one.length;
  }
  return { text: out, stop: false };
}

/** printf's format: octal is `\nnn`. */
export function printfEscapes(text: string, unicode: boolean): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char !== '\\' || at + 1 >= text.length) {
      out += char;
      continue;
    }
    const rest = text.slice(at + 1);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    if (octal) {
      out += charOfByte(parseInt(octal, 8) & 0xff);
      at += octal.length;
      continue;
    }
    const one = oneEscape(rest, { bareOctal: true, unicode });
    out += rest.startsWith('"') ? '"' : one.text;
    at += one.length;
  }
  return out;
}

function oneEscape(
  rest: string,
  options: { bareOctal: boolean; unicode: boolean },
): { text: string; length: number } {
  const octal = (options.bareOctal ? /^(?:0[0-7]{0,3}|[1-7][0-7]{0,2})/ : /^0[0-7]{0,3}/).exec(
    rest,
  )?.[0];
  if (octal) return { text: charOfByte(parseInt(octal, 8) & 0xff), length: octal.length };
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
  if (hex) return { text: charOfByte(parseInt(hex[1] as string, 16)), length: hex[0].length };
  const unicode = options.unicode
    ? /^u([0-9a-fA-F]{1,4})|^U([0-9a-fA-F]{1,8})/.exec(rest)
    : undefined;
  if (unicode)
    return {
      text: charOfCodePoint(parseInt((unicode[1] ?? unicode[2]) as string, 16)),
      length: unicode[0].length,
    };
  const letter = rest[0] as string;
  if (letter === 'e' || letter === 'E') return { text: '\x1b', length: 1 };
  return { text: letters[letter] ?? `\\${letter}`, length: 1 };
}
