// Shell patterns (`*`, `?`, `[…]` and, in bash, `+(…)` and its like) as regular expressions.
// A pattern here is text in which a backslash takes the meaning from the next character.

const cache = new Map<string, RegExp>();
/** Compiled patterns kept; a loop uses few. */
const CACHE_SIZE = 256;

export interface PatternOptions {
  /** `?(a|b)`, `!(x)` … */
  extended?: boolean;
  ignoreCase?: boolean;
  /** For file names: `*` and `?` stop at a slash and leave a leading dot alone. */
  fileName?: boolean;
}

/** Matches the whole of a text. */
export function patternRegExp(pattern: string, options: PatternOptions = {}): RegExp {
  const key = `${options.extended ? 'e' : ''}${options.ignoreCase ? 'i' : ''}${options.fileName ? 'f' : ''}:${pattern}`;
  const known = cache.get(key);
  if (known) return known;
  const source = `^(?:${patternSource(pattern, options)})$`;
  const compiled = compile(source, options.ignoreCase ? 'sui' : 'su');
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

/** A bracket like [z-a] is no expression; in a shell it matches nothing. */
function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return /(?!)/;
  }
}

export function matchesPattern(
  text: string,
  pattern: string,
  options: PatternOptions = {},
): boolean {
  return patternRegExp(pattern, options).test(text);
}

/** Whether a pattern can match anything but its own text. */
export function hasWildcards(pattern: string, extended = false): boolean {
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (char === '*' || char === '?') return true;
    else if (char === '[' && bracketEnd(pattern, at) > 0) return true;
    else if (extended && '+@!'.includes(char ?? '') && pattern[at + 1] === '(') return true;
  }
  return false;
}

/** The text a pattern without wildcards stands for. */
export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, '$1');
}

/** Text as a pattern that matches it alone. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]()|!+@]/g, '\\$&');
}

/** The regular expression's source for a pattern, without anchors. */
export function patternSource(pattern: string, options: PatternOptions, lazy = false): string {
  const any = options.fileName ? '[^/]' : '[\\s\\S]';
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (options.extended && '?*+@!'.includes(char) && pattern[at + 1] === '(') {
      const end = groupEnd(pattern, at + 1);
      if (end > 0) {
        source += groupSource(char, pattern.slice(at + 2, end), pattern.slice(end + 1), options);
        at = end;
        continue;
      }
    }
    if (char === '\\') {
      source += quoted(pattern[++at] ?? '\\');
    } else if (char === '*') {
      while (pattern[at + 1] === '*') at++;
      source += `${any}*${lazy ? '?' : ''}`;
    } else if (char === '?') source += any;
    else if (char === '[') {
      const end = bracketEnd(pattern, at);
      if (end < 0) source += '\\[';
      else {
        source += bracketSource(pattern.slice(at + 1, end));
        at = end;
      }
    } else {
      const point = pattern.codePointAt(at) as number;
      const whole = String.fromCodePoint(point);
      source += quoted(whole);
      at += whole.length - 1;
    }
  }
  return source;
}

function groupSource(kind: string, inner: string, rest: string, options: PatternOptions): string {
  const choices = alternatives(inner).map((one) => patternSource(one, options));
  const group = `(?:${choices.join('|')})`;
  switch (kind) {
    case '?':
      return `${group}?`;
    case '*':
      return `${group}*`;
    case '+':
      return `${group}+`;
    case '!':
      return `(?!${group}${patternSource(rest, options)}$)[\\s\\S]*`;
    default:
      return group;
  }
}

function alternatives(inner: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < inner.length; at++) {
    const char = inner[at];
    if (char === '\\') at++;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) {
      found.push(inner.slice(start, at));
      start = at + 1;
    }
  }
  found.push(inner.slice(start));
  return found;
}

function groupEnd(pattern: string, open: number): number {
  let depth = 0;
  for (let at = open; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return at;
  }
  return -1;
}

/** Where the bracket expression that opens at `start` closes, or -1. */
export function bracketEnd(pattern: string, start: number, escapes = true): number {
  let at = start + 1;
  if (pattern[at] === '!' || pattern[at] === '^') at++;
  if (pattern[at] === ']') at++;
  for (; at < pattern.length; at++) {
    const char = pattern[at];
    if (escapes && char === '\\') at++;
    else if (char === '[' && /[:.=]/.test(pattern[at + 1] ?? '')) {
      const close = pattern.indexOf(`${pattern[at + 1]}]`, at + 2);
      if (close > 0) at = close + 1;
    } else if (char === ']') return at;
  }
  return -1;
}

const classes: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t\\n\\r\\f\\v',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  print: ' -~',
  graph: '!-~',
  cntrl: '\\x00-\\x1f\\x7f',
  xdigit: '0-9A-Fa-f',
};

/** What stands between [ and ] as a JavaScript class. Used for regular expressions of grep, sed and awk too. */
export function bracketSource(inner: string, backslashEscapes = true): string {
  const negated = inner[0] === '!' || inner[0] === '^';
  let source = '';
  for (let at = negated ? 1 : 0; at < inner.length; at++) {
    const named = /^\[:([a-z]+):\]/.exec(inner.slice(at));
    if (named) {
      source += classes[named[1] as string] ?? '';
      at += named[0].length - 1;
      continue;
    }
    const collating = /^\[([.=])(.)\1\]/u.exec(inner.slice(at));
    if (collating) {
      source += quotedInClass(collating[2] as string);
      at += collating[0].length - 1;
      continue;
    }
    const char = inner[at] as string;
    if (char === '\\' && backslashEscapes && at + 1 < inner.length) {
      source += quotedInClass(inner[++at] as string);
    } else if (char === '-' && at > (negated ? 1 : 0) && at + 1 < inner.length) source += '-';
    else {
      const whole = String.fromCodePoint(inner.codePointAt(at) as number);
      source += quotedInClass(whole);
      at += whole.length - 1;
    }
  }
  if (source === '') return negated ? '[\\s\\S]' : '[]';
  return `[${negated ? '^' : ''}${source}]`;
}

function quoted(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

function quotedInClass(char: string): string {
  return /[\\\]^\-[]/.test(char) ? `\\${char}` : char;
}
