// Reads one word of shell text into its parts: quotes, substitutions, parameters. Knows no grammar beyond words; what
// stands in $(…) is read by the parser that owns this scanner.

import { ansiCString } from './escapes.ts';
import type { Flavour } from './flavour.ts';
import type { Source } from './source.ts';
import { SyntaxFault } from './syntax.ts';
import type {
  ArrayLiteral,
  List,
  ParameterOperation,
  ParameterPart,
  Word,
  WordPart,
} from './syntax.ts';

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const DIGITS = /[0-9]+/y;
const EXTENDED_PATTERN = /[?*+@!]\(/y;

/** Where a word ends and what may stand in it. */
export interface WordMode {
  /** Characters that end the word where they stand unquoted. */
  ends: string;
  /** `?(…)` and the like are one piece. */
  extendedPatterns?: boolean;
  /** Right of `=~`: parentheses and bars belong to the expression. */
  regex?: boolean;
  /** `<(…)` and `>(…)` are part of a word. */
  processes?: boolean;
}

export const PLAIN: WordMode = { ends: ' \t\n;&|<>()', processes: true };

export class WordScanner {
  readonly #source: Source;
  readonly #flavour: Flavour;
  readonly #listUntilParenthesis: () => List;
  readonly #parseText: (text: string) => List;

  /**
   * @param listUntilParenthesis reads commands up to and over `)`.
   * @param parseText reads commands from another text: what stood between backquotes.
   */
  constructor(
    source: Source,
    flavour: Flavour,
    listUntilParenthesis: () => List,
    parseText: (text: string) => List,
  ) {
    this.#source = source;
    this.#flavour = flavour;
    this.#listUntilParenthesis = listUntilParenthesis;
    this.#parseText = parseText;
  }

  /** The word that starts here; undefined when none does. */
  word(mode: WordMode = PLAIN): Word | undefined {
    const source = this.#source;
    const start = source.at;
    const parts = new Parts();
    let depth = 0;
    while (!source.ended) {
      const char = source.peek();
      if (mode.regex && (char === '(' || char === ')' || char === '|')) {
        if (char === '(') depth++;
        else if (char === ')') {
          if (depth === 0) break;
          depth--;
        } else if (depth === 0 && source.peek(1) === '|') break;
        parts.text(char);
        source.at++;
      } else if (mode.extendedPatterns && source.match(EXTENDED_PATTERN)) {
        this.#extendedPattern(parts);
      } else if ((char === '<' || char === '>') && source.peek(1) === '(' && mode.processes) {
        source.at += 2;
        parts.add({ type: 'process', direction: char, body: this.#listUntilParenthesis() });
      } else if (mode.ends.includes(char) && !(depth > 0 && char === ' ')) break;
      else this.#piece(parts, false);
    }
    if (source.at === start) return undefined;
    return { parts: parts.list, source: source.text.slice(start, source.at) };
  }

  /** The body of a here-document: like "…", except that double quotes are ordinary. */
  hereDocument(): Word {
    const parts = new Parts();
    while (!this.#source.ended) {
      if (this.#source.peek() === '"') {
        parts.quoted('"');
        this.#source.at++;
      } else this.#quotedPiece(parts, '');
    }
    return { parts: parts.list, source: this.#source.text };
  }

  /** Everything up to one of `ends` at no depth of parentheses or brackets, as an arithmetic expression. Steps over nothing else. */
  arithmetic(ends: string): Word {
    const source = this.#source;
    const start = source.at;
    const parts = new Parts();
    let depth = 0;
    while (!source.ended) {
      const char = source.peek();
      if (depth === 0 && ends.includes(char)) break;
      if (char === '(' || char === '[') depth++;
      if (char === ')' || char === ']') depth--;
      if (char === '"') {
        // Quotes mean nothing in arithmetic.
        source.at++;
        continue;
      }
      if (char === "'" && ends === ']') {
        this.#piece(parts, false);
        continue;
      }
      this.#quotedPiece(parts, '');
    }
    return { parts: parts.list, source: source.text.slice(start, source.at) };
  }

  /** `[…]` after a name, up to the bracket that closes it; undefined and no step when it never closes. */
  subscript(): Word | undefined {
    const source = this.#source;
    const start = source.at;
    source.at++;
    const word = this.arithmetic(']');
    if (source.take(']')) return word;
    source.at = start;
    return undefined;
  }

  /** `(a b [c]=d)` after `name=`. */
  arrayLiteral(skipSpace: () => void): ArrayLiteral {
    const source = this.#source;
    const line = source.line;
    source.at++;
    const elements: ArrayLiteral['elements'] = [];
    for (;;) {
      skipSpace();
      if (source.ended) throw this.#unclosed('(', ')', line);
      if (source.take(')')) return { elements };
      const subscripted = source.peek() === '[' ? this.#subscripted() : undefined;
      const value = this.word() ?? (subscripted ? { parts: [], source: '' } : undefined);
      if (!value) throw new SyntaxFault({ kind: 'operator', text: source.peek() }, source.line);
      elements.push(subscripted ? { ...subscripted, value } : { append: false, value });
    }
  }

  #subscripted(): { subscript: Word; append: boolean } | undefined {
    const source = this.#source;
    const start = source.at;
    const subscript = this.subscript();
    if (subscript && source.take('+=')) return { subscript, append: true };
    if (subscript && source.take('=')) return { subscript, append: false };
    source.at = start;
    return undefined;
  }

  #extendedPattern(parts: Parts): void {
    const source = this.#source;
    const line = source.line;
    parts.text(source.peek() + '(');
    source.at += 2;
    for (let depth = 1; depth > 0;) {
      if (source.ended) throw this.#unclosed('(', ')', line);
      const char = source.peek();
      if (char === '(') depth++;
      if (char === ')') depth--;
      if ('()| \t<>&;'.includes(char)) {
        parts.text(char);
        source.at++;
      } else this.#piece(parts, false);
    }
  }

  /** One piece of unquoted text. `inBraces`: in the operand of ${…}. */
  #piece(parts: Parts, inBraces: boolean): void {
    const source = this.#source;
    const char = source.peek();
    switch (char) {
      case '\\': {
        if (source.take('\\\n')) return;
        const next = source.peek(1);
        // A backslash at the very end stands for itself.
        if (next === '') parts.quoted('\\');
        else parts.quoted(next);
        source.at += next === '' ? 1 : 2;
        return;
      }
      case "'":
        parts.quoted(this.#upToQuote("'", source.line));
        return;
      case '"':
        parts.add(this.#doubleQuoted());
        return;
      case '$':
        if (source.peek(1) === "'") {
          source.at++;
          parts.quoted(ansiCString(this.#upToQuote("'", source.line, true)));
          return;
        }
        if (source.peek(1) === '"' && this.#flavour.localeStrings) {
          source.at++;
          parts.add(this.#doubleQuoted());
          return;
        }
        this.#dollar(parts, false);
        return;
      case '`':
        parts.add(this.#backquoted(false));
        return;
      default:
        if (inBraces && char === '\n') {
          parts.text('\n');
          source.at++;
          return;
        }
        parts.text(char);
        source.at++;
    }
  }

  /** One piece of text inside "…" or a here-document; `escapable`: what a backslash takes beside $ ` \ and newline. */
  #quotedPiece(parts: Parts, escapable: string): void {
    const source = this.#source;
    const char = source.peek();
    if (char === '\\') {
      if (source.take('\\\n')) return;
      const next = source.peek(1);
      if (next !== '' && ('$`\\'.includes(next) || escapable.includes(next))) {
        parts.quoted(next);
        source.at += 2;
      } else {
        parts.quoted('\\');
        source.at++;
      }
    } else if (char === '$') this.#dollar(parts, true);
    else if (char === '`') parts.add(this.#backquoted(true));
    else {
      parts.quoted(char);
      source.at++;
    }
  }

  #doubleQuoted(): WordPart {
    const source = this.#source;
    const line = source.line;
    source.at++;
    const parts = new Parts();
    while (!source.take('"')) {
      if (source.ended) throw this.#unclosed('"', '"', line);
      this.#quotedPiece(parts, '"');
    }
    return { type: 'double', parts: parts.list };
  }

  /** The text up to the next quote; the opening one is next. With `escapes`, \' does not end it. */
  #upToQuote(quote: string, line: number, escapes = false): string {
    const source = this.#source;
    const start = ++source.at;
    while (!source.ended) {
      const char = source.peek();
      if (char === quote) {
        source.at++;
        return source.text.slice(start, source.at - 1);
      }
      source.at += escapes && char === '\\' ? 2 : 1;
    }
    source.at = source.text.length;
    throw this.#unclosed(quote, quote, line);
  }

  #dollar(parts: Parts, quoted: boolean): void {
    const source = this.#source;
    if (source.startsWith('$((')) {
      const arithmetic = this.#arithmeticExpansion();
      if (arithmetic) return parts.add(arithmetic);
    }
    if (source.startsWith('$(')) {
      source.at += 2;
      return parts.add({ type: 'command', body: this.#listUntilParenthesis() });
    }
    if (source.startsWith('${')) return parts.add(this.#braced(quoted));
    if (source.startsWith('$[') && this.#flavour.squareArithmetic) {
      const line = source.line;
      source.at += 2;
      const expression = this.arithmetic(']');
      if (!source.take(']')) throw this.#unclosed('$[', ']', line);
      return parts.add({ type: 'arithmetic', expression });
    }
    source.at++;
    const name = source.match(NAME) ?? (/^[0-9@*#?$!-]/.test(source.peek()) ? source.peek() : '');
    if (name === '') {
      if (quoted) parts.quoted('$');
      else parts.text('$');
      return;
    }
    source.at += name.length;
    parts.add({ type: 'parameter', name, bare: true });
  }

  /** `$((…))`; undefined and no step when it turns out to be `$( (…) )`. */
  #arithmeticExpansion(): WordPart | undefined {
    const source = this.#source;
    const start = source.at;
    const line = source.line;
    source.at += 3;
    const expression = this.arithmetic(')');
    if (source.take('))')) return { type: 'arithmetic', expression };
    if (source.ended) throw this.#unclosed('$((', this.#flavour.name === 'ash' ? '))' : ')', line);
    source.at = start;
    return undefined;
  }

  #backquoted(quoted: boolean): WordPart {
    const source = this.#source;
    const line = source.line;
    source.at++;
    let text = '';
    while (!source.take('`')) {
      if (source.ended) throw this.#unclosed('`', '`', line);
      const next = source.peek(1);
      if (source.peek() === '\\' && ('$`\\'.includes(next) || (quoted && next === '"'))) {
        text += next;
        source.at += 2;
      } else text += source.text[source.at++];
    }
    return { type: 'command', body: this.#parseText(text) };
  }

  // ${…}

  #braced(quoted: boolean): WordPart {
    const source = this.#source;
    const start = source.at;
    const line = source.line;
    source.at += 2;
    const part = this.#bracedParameter(quoted);
    if (part && source.take('}')) return part;
    // Not an expansion either shell knows. bash minds when it gets there; ash at once.
    const end = source.text.indexOf('}', source.at);
    if (end < 0) {
      source.at = source.text.length;
      throw this.#unclosed('${', '}', line);
    }
    source.at = end + 1;
    if (this.#flavour.name === 'ash')
      throw new SyntaxFault({ kind: 'message', text: 'bad substitution' }, line);
    return { type: 'bad', source: source.text.slice(start, source.at) };
  }

  #bracedParameter(quoted: boolean): ParameterPart | undefined {
    const source = this.#source;
    const { bashExpansions } = this.#flavour;
    if (source.peek() === '#' && this.#lengthFollows()) {
      source.at++;
      const part = this.#parameterName();
      if (part) part.operation = { type: 'length' };
      return part;
    }
    if (source.peek() === '!' && bashExpansions && /[A-Za-z_0-9@*#?$!-]/.test(source.peek(1))) {
      source.at++;
      return this.#indirect(quoted);
    }
    const part = this.#parameterName();
    if (!part) return undefined;
    if (source.peek() === '}') return part;
    const operation = this.#operation(quoted);
    if (!operation) return undefined;
    part.operation = operation;
    return part;
  }

  /** `${#x}` is a length, `${#}` and `${#-x}` are about the number of arguments. */
  #lengthFollows(): boolean {
    const after = this.#source.text.slice(this.#source.at + 1, this.#source.at + 3);
    return /^[A-Za-z0-9_@*]/.test(after) || /^[#?$!-]\}/.test(after);
  }

  #indirect(quoted: boolean): ParameterPart | undefined {
    const source = this.#source;
    const part = this.#parameterName();
    if (!part) return undefined;
    const subscript = part.subscript?.source;
    if (source.peek() === '}' && (subscript === '@' || subscript === '*'))
      return { ...part, operation: { type: 'keys' } };
    if ((source.startsWith('*}') || source.startsWith('@}')) && !part.subscript) {
      const star = source.peek();
      source.at++;
      return { ...part, subscript: { parts: [], source: star }, operation: { type: 'names' } };
    }
    part.indirect = true;
    if (source.peek() === '}') return part;
    const operation = this.#operation(quoted);
    return operation && { ...part, operation };
  }

  #parameterName(): ParameterPart | undefined {
    const source = this.#source;
    const name =
      source.match(NAME) ??
      source.match(DIGITS) ??
      (/^[@*#?$!-]/.test(source.peek()) ? source.peek() : undefined);
    if (name === undefined) return undefined;
    source.at += name.length;
    const part: ParameterPart = { type: 'parameter', name };
    if (this.#flavour.arrays && source.peek() === '[' && /^[A-Za-z_]/.test(name)) {
      const subscript = this.subscript();
      if (!subscript) return undefined;
      part.subscript = subscript;
    }
    return part;
  }

  #operation(quoted: boolean): ParameterOperation | undefined {
    const source = this.#source;
    const choice = source.match(/:?[-=?+]/y);
    if (choice) {
      source.at += choice.length;
      const types = { '-': 'default', '=': 'assign', '?': 'error', '+': 'alternative' } as const;
      return {
        type: types[choice.at(-1) as keyof typeof types],
        colon: choice.length === 2,
        word: this.#operand(quoted, '}'),
      };
    }
    const trim = source.match(/##?|%%?/y);
    if (trim) {
      source.at += trim.length;
      return {
        type: 'trim',
        side: trim.startsWith('#') ? 'prefix' : 'suffix',
        longest: trim.length === 2,
        pattern: this.#patternOperand(quoted, '}'),
      };
    }
    if (source.take('/')) return this.#replacement(quoted);
    if (source.take(':')) {
      const offset = this.#sliceBound();
      const length = source.take(':') ? this.#sliceBound() : undefined;
      return { type: 'slice', offset, length };
    }
    return this.#flavour.bashExpansions ? this.#bashOperation(quoted) : undefined;
  }

  #replacement(quoted: boolean): ParameterOperation {
    const source = this.#source;
    const all = source.take('/');
    const anchor =
      !all && source.take('#') ? 'prefix' : !all && source.take('%') ? 'suffix' : undefined;
    const pattern = this.#patternOperand(quoted, '/}');
    const replacement = source.take('/') ? this.#patternOperand(quoted, '}') : undefined;
    return {
      type: 'replace',
      all,
      anchor,
      pattern,
      replacement: replacement ?? { parts: [], source: '' },
    };
  }

  #bashOperation(quoted: boolean): ParameterOperation | undefined {
    const source = this.#source;
    const change = source.match(/\^\^?|,,?/y);
    if (change) {
      source.at += change.length;
      const pattern = source.peek() === '}' ? undefined : this.#patternOperand(quoted, '}');
      return {
        type: 'case',
        to: change.startsWith('^') ? 'upper' : 'lower',
        all: change.length === 2,
        pattern,
      };
    }
    const transform = source.match(/@[QEPAKakuUL](?=\})/y);
    if (!transform) return undefined;
    source.at += 2;
    return { type: 'transform', operator: transform.slice(1) };
  }

  /** One side of `:offset:length`; a `?` before keeps the `:` of its own. */
  #sliceBound(): Word {
    const source = this.#source;
    const start = source.at;
    const parts = new Parts();
    let depth = 0;
    let questions = 0;
    while (!source.ended) {
      const char = source.peek();
      if (char === '}' || (char === ':' && depth === 0 && questions === 0)) break;
      if (char === '?') questions++;
      if (char === ':') questions--;
      if ('(['.includes(char)) depth++;
      if (')]'.includes(char)) depth--;
      this.#quotedPiece(parts, '"');
    }
    return { parts: parts.list, source: source.text.slice(start, source.at) };
  }

  /** The word after an operator. Inside "…" its text is quoted already and ' means itself. */
  #operand(quoted: boolean, ends: string): Word {
    const source = this.#source;
    const start = source.at;
    const line = source.line;
    const parts = new Parts();
    while (!source.ended && !ends.includes(source.peek())) {
      if (!quoted) this.#piece(parts, true);
      else if (source.peek() === '"') parts.add(this.#doubleQuoted());
      else this.#quotedPiece(parts, '"}');
    }
    if (source.ended) throw this.#unclosed('${', '}', line);
    return { parts: parts.list, source: source.text.slice(start, source.at) };
  }

  /** A pattern is one even inside "…": its quotes and pattern characters keep their meaning. */
  #patternOperand(quoted: boolean, ends: string): Word {
    const source = this.#source;
    const start = source.at;
    const line = source.line;
    const parts = new Parts();
    while (!source.ended && !ends.includes(source.peek())) {
      if (quoted && source.peek() === '\\' && !`"$\`\\}/`.includes(source.peek(1))) {
        parts.quoted(source.peek(1));
        source.at += 2;
      } else this.#piece(parts, true);
    }
    if (source.ended) throw this.#unclosed('${', '}', line);
    return { parts: parts.list, source: source.text.slice(start, source.at) };
  }

  #unclosed(opener: string, closer: string, line: number): SyntaxFault {
    return new SyntaxFault({ kind: 'unclosed', opener, closer }, line, { incomplete: true });
  }
}

/** Collects parts, joining neighbours of one kind. */
class Parts {
  readonly list: WordPart[] = [];

  text(text: string): void {
    const last = this.list.at(-1);
    if (last?.type === 'text') last.text += text;
    else this.list.push({ type: 'text', text });
  }

  /** An empty text counts: '' is a word too. */
  quoted(text: string): void {
    const last = this.list.at(-1);
    if (last?.type === 'quoted') last.text += text;
    else this.list.push({ type: 'quoted', text });
  }

  add(part: WordPart): void {
    this.list.push(part);
  }
}
