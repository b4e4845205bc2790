// nginx' configuration files as a tree of directives: words, quotes, blocks, includes.
// Knows the grammar and where each word stood; what directives mean is directives.ts and model.ts.

import { textOf } from '../../streams.ts';
import { FileError, type FileSystem } from '../../node/file-system.ts';

export interface Directive {
  name: string;
  args: readonly string[];
  /** Present for directives with a block. */
  block?: readonly Directive[];
  file: string;
  line: number;
}

/** Why nginx does not start, in its own words, without the `nginx: [emerg]` before it. */
export class ConfigurationError extends Error {
  constructor(message: string, at?: Pick<Directive, 'file' | 'line'>) {
    super(at ? `${message} in ${at.file}:${at.line}` : message);
    this.name = 'ConfigurationError';
  }
}

/** Files included by files included …: a file that includes itself ends here. */
const MAX_INCLUDES = 32;

const PREFIX = '/etc/nginx';

interface Token {
  text: string;
  kind: 'word' | ';' | '{' | '}';
  line: number;
}

/** Reads a file and all it includes. Throws ConfigurationError. */
export function readConfiguration(files: FileSystem, path: string, depth = 0): Directive[] {
  let text: string;
  try {
    text = textOf(files.readFile(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const words =
      error.code === 'EACCES' ? '13: Permission denied' : '2: No such file or directory';
    throw new ConfigurationError(`open() "${path}" failed (${words})`);
  }
  return parseConfiguration(text, path, (pattern, at) => {
    if (depth >= MAX_INCLUDES) throw new ConfigurationError('too many includes', at);
    return included(files, pattern, at).flatMap((file) =>
      readConfiguration(files, file, depth + 1),
    );
  });
}

/** The files a pattern names. A plain name must exist; a pattern may match nothing. */
function included(files: FileSystem, pattern: string, at: Directive): string[] {
  const path = pattern.startsWith('/') ? pattern : `${PREFIX}/${pattern}`;
  if (!/[*?[]/.test(path)) {
    if (files.stat(path)) return [path];
    throw new ConfigurationError(`open() "${path}" failed (2: No such file or directory)`, at);
  }
  const directory = path.slice(0, path.lastIndexOf('/'));
  const name = path.slice(directory.length + 1);
  if (files.stat(directory)?.type !== 'directory') return [];
  const matches = globExpression(name);
  return files
    .list(directory)
    .filter((entry) => !entry.startsWith('.') && matches.test(entry))
    .map((entry) => `${directory}/${entry}`)
    .filter((entry) => files.stat(entry)?.type === 'file');
}

function globExpression(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}

export function parseConfiguration(
  text: string,
  file: string,
  include: (pattern: string, at: Directive) => Directive[],
): Directive[] {
  const tokens = tokensOf(text, file);
  let at = 0;

  const block = (inner: boolean): Directive[] => {
    const directives: Directive[] = [];
    for (;;) {
      const token = tokens[at];
      if (!token) {
        if (!inner) return directives;
        throw new ConfigurationError('unexpected end of file, expecting "}"', endOf(text, file));
      }
      if (token.kind === '}') {
        if (!inner) throw new ConfigurationError('unexpected "}"', { file, line: token.line });
        at++;
        return directives;
      }
      if (token.kind !== 'word')
        throw new ConfigurationError(`unexpected "${token.kind}"`, { file, line: token.line });
      directives.push(...directive(token));
    }
  };

  const directive = (first: Token): Directive[] => {
    const words: string[] = [];
    for (; tokens[at]?.kind === 'word'; at++) words.push(tokens[at]?.text ?? '');
    const end = tokens[at++];
    const [name = '', ...args] = words;
    const read: Directive = { name, args, file, line: end?.line ?? first.line };
    if (!end)
      throw new ConfigurationError(
        'unexpected end of file, expecting ";" or "}"',
        endOf(text, file),
      );
    if (end.kind === '}') throw new ConfigurationError('unexpected "}"', { file, line: end.line });
    if (end.kind === '{') return [{ ...read, block: block(true) }];
    if (name !== 'include') return [read];
    const [pattern] = args;
    if (pattern === undefined || args.length > 1)
      throw new ConfigurationError('invalid number of arguments in "include" directive', read);
    return include(pattern, read);
  };

  return block(false);
}

function endOf(text: string, file: string): { file: string; line: number } {
  return { file, line: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) || 1 };
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };

function tokensOf(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const isSpace = (char: string) => char === ' ' || char === '\t' || char === '\r' || char === '\n';

  /** The character after a backslash: some are escapes, a quote or `\` stands for itself, others keep the backslash. */
  const escape = (): string => {
    const char = text[at + 1] ?? '';
    at += 2;
    if (char === '\n') line++;
    if (char in ESCAPES) return ESCAPES[char] ?? '';
    return '"\'\\'.includes(char) ? char : `\\${char}`;
  };

  const quoted = (quote: string): string => {
    const started = line;
    let word = '';
    for (at++; text[at] !== quote;) {
      const char = text[at];
      if (char === undefined)
        throw new ConfigurationError('unexpected end of file, expecting ";" or "}"', {
          file,
          line: started,
        });
      if (char === '\\') {
        word += escape();
        continue;
      }
      if (char === '\n') line++;
      word += char;
      at++;
    }
    at++;
    const next = text[at];
    if (next !== undefined && !isSpace(next) && !';{)'.includes(next))
      throw new ConfigurationError(`unexpected "${next}"`, { file, line });
    return word;
  };

  const plain = (): string => {
    let word = '';
    for (;;) {
      const char = text[at];
      if (char === undefined || isSpace(char) || char === ';') return word;
      // `${name}` belongs to the word; any other brace opens a block.
      if (char === '{' && !word.endsWith('$')) return word;
      if (char === '\\') {
        word += escape();
        continue;
      }
      word += char;
      at++;
      if (char === '{') {
        const end = text.indexOf('}', at);
        if (end === -1) return word;
        word += text.slice(at, end + 1);
        at = end + 1;
      }
    }
  };

  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '\n') line++;
    if (isSpace(char)) {
      at++;
    } else if (char === '#') {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (char === ';' || char === '{' || char === '}') {
      tokens.push({ text: char, kind: char, line });
      at++;
    } else {
      const started = line;
      const word = char === '"' || char === "'" ? quoted(char) : plain();
      tokens.push({ text: word, kind: 'word', line: started });
    }
  }
  return tokens;
}
