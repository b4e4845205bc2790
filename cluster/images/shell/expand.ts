// Word expansion: from words as written to arguments. Order as POSIX 2.6 says: braces (bash), tilde, parameters, commands and
// arithmetic, field splitting, pathnames, quote removal.

import { evaluateArithmetic } from './arithmetic.ts';
import type { ArithmeticContext } from './arithmetic.ts';
import { ArithmeticFault } from './arithmetic.ts';
import { TooManyWords, expandBraces } from './braces.ts';
import { Fault } from './faults.ts';
import { BREAK, DEFAULT_IFS, fieldPattern, fieldText, splitFields } from './fields.ts';
import type { Field, PieceOrBreak } from './fields.ts';
import { glob } from './glob.ts';
import { ParameterExpander } from './parameters.ts';
import { hasWildcards } from './pattern.ts';
import type { Shell } from './shell.ts';
import type { List, Word, WordPart } from './syntax.ts';

/** What expansion needs of the evaluator. */
export interface Substitutions {
  /** The output of commands, without the newlines at its end. */
  command(body: List): Promise<string>;
  /** A path that stands for the stream to or from commands. */
  process(body: List, direction: '<' | '>'): Promise<string>;
}

export class Expander {
  readonly #shell: Shell;
  readonly #substitutions: Substitutions;
  readonly #parameters: ParameterExpander;

  constructor(shell: Shell, substitutions: Substitutions) {
    this.#shell = shell;
    this.#substitutions = substitutions;
    this.#parameters = new ParameterExpander(shell, this);
  }

  /** Words as arguments. Throws Fault. */
  async fields(words: readonly Word[]): Promise<string[]> {
    const fields: string[] = [];
    for (const word of words)
      for (const single of this.#shell.flavour.braces ? this.#braces(word) : [word]) {
        const [only] = single.parts;
        // Most words are plain text.
        if (single.parts.length === 1 && only?.type === 'text' && !/[~*?[+@!]/.test(only.text))
          fields.push(only.text);
        else fields.push(...this.#pathnames(splitFields(await this.pieces(single), this.#ifs())));
      }
    return fields;
  }

  /** A word as one text: assignments, redirections, `case`, here-strings. Not split, no pathnames. */
  async text(word: Word, options: { assignment?: boolean } = {}): Promise<string> {
    return joined(await this.pieces(word, options), ' ');
  }

  /** A word as a pattern. */
  async pattern(word: Word): Promise<string> {
    const pieces = await this.pieces(word);
    return fieldPattern(pieces.filter((piece) => piece !== BREAK));
  }

  /** A word as a regular expression: what is quoted matches itself. */
  async regex(word: Word): Promise<string> {
    let source = '';
    for (const piece of await this.pieces(word)) {
      if (piece === BREAK) source += ' ';
      else source += piece.quoted ? piece.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : piece.text;
    }
    return source;
  }

  async pieces(
    word: Word,
    options: { assignment?: boolean; operand?: boolean } = {},
  ): Promise<PieceOrBreak[]> {
    const pieces: PieceOrBreak[] = [];
    for (const [index, part] of word.parts.entries()) {
      if (part.type !== 'text') {
        await this.#part(part, false, pieces);
        continue;
      }
      const text = this.#tildes(word, index, part.text, options.assignment ?? false, pieces);
      if (text !== '') pieces.push({ text, quoted: false, splits: options.operand ?? false });
    }
    return pieces;
  }

  async #part(part: WordPart, quoted: boolean, pieces: PieceOrBreak[]): Promise<void> {
    switch (part.type) {
      case 'text':
        pieces.push({ text: part.text, quoted, splits: false });
        return;
      case 'quoted':
        pieces.push({ text: part.text, quoted: true, splits: false });
        return;
      case 'double': {
        const inner: PieceOrBreak[] = [];
        for (const one of part.parts) await this.#part(one, true, inner);
        // "$@" without arguments is no field at all; every other "…" is one.
        if (inner.length === 0 && !part.parts.some(isArgumentList))
          inner.push({ text: '', quoted: true, splits: false });
        pieces.push(...inner);
        return;
      }
      case 'parameter':
        pieces.push(...(await this.#parameters.expand(part, quoted)));
        return;
      case 'command':
        pieces.push({
          text: await this.#substitutions.command(part.body),
          quoted,
          splits: !quoted,
        });
        return;
      case 'arithmetic': {
        const value = await this.arithmetic(part.expression);
        pieces.push({ text: String(value), quoted, splits: !quoted });
        return;
      }
      case 'process':
        pieces.push({
          text: await this.#substitutions.process(part.body, part.direction),
          quoted: true,
          splits: false,
        });
        return;
      case 'bad':
        throw new Fault(`${part.source}: bad substitution`, { reach: 'line' });
    }
  }

  // Arithmetic

  /** The value of an expression as written. Throws Fault. */
  async arithmetic(expression: Word, builtin?: string): Promise<bigint> {
    return this.arithmeticText(await this.text(expression), builtin);
  }

  arithmeticText(text: string, builtin?: string): bigint {
    try {
      return evaluateArithmetic(text, this.#arithmeticContext());
    } catch (error) {
      if (!(error instanceof ArithmeticFault)) throw error;
      if (this.#shell.isBash)
        throw new Fault(error.message, { reach: builtin ? 'command' : 'line', builtin });
      throw new Fault(error.message, { reach: 'shell', status: 2 });
    }
  }

  #arithmeticContext(): ArithmeticContext {
    const shell = this.#shell;
    const { variables } = shell;
    const nounset = shell.options.has('nounset');
    return {
      flavour: shell.flavour,
      get: (name, subscript) =>
        subscript === undefined ? variables.get(name) : this.element(name, subscript),
      set: (name, subscript, value) => {
        if (subscript === undefined) variables.set(name, value);
        else this.setElement(name, subscript, value);
      },
      onUnset: nounset
        ? (name) => {
            throw this.unset(name);
          }
        : undefined,
    };
  }

  // Arrays

  /** `name[subscript]`; the subscript is expanded text. */
  element(name: string, subscript: string): string | undefined {
    const variable = this.#shell.variables.find(name);
    if (variable?.table) return variable.table.get(subscript);
    const index = this.index(name, subscript);
    if (variable?.elements) return variable.elements.get(index);
    return index === 0 ? this.#shell.variables.get(name) : undefined;
  }

  setElement(name: string, subscript: string, value: string): void {
    const { variables } = this.#shell;
    if (variables.find(name)?.table) variables.setKey(name, subscript, value);
    else variables.setElement(name, this.index(name, subscript), value);
  }

  /** An index counted from the start; negative ones count from the end. */
  index(name: string, subscript: string): number {
    const value = Number(this.arithmeticText(subscript));
    if (value >= 0) return value;
    const elements = this.#shell.variables.find(name)?.elements;
    const size = elements && elements.size > 0 ? Math.max(...elements.keys()) + 1 : 0;
    if (size + value < 0)
      throw new Fault(`${name}[${subscript}]: bad array subscript`, { reach: 'line' });
    return size + value;
  }

  unset(name: string): Fault {
    return this.#shell.isBash
      ? new Fault(`${/^[A-Za-z_]/.test(name) ? '' : '$'}${name}: unbound variable`, {
          reach: 'shell',
          status: 127,
        })
      : new Fault(`${name}: parameter not set`, { reach: 'shell', status: 2 });
  }

  // Tilde, braces, pathnames

  /** Turns `~` at the start (and after `:` and `=` in assignments) into a quoted home; answers with the text that is left. */
  #tildes(
    word: Word,
    index: number,
    text: string,
    assignment: boolean,
    pieces: PieceOrBreak[],
  ): string {
    if (!text.includes('~')) return text;
    const assigns = assignment || (this.#shell.isBash && /^[A-Za-z_]\w*=/.test(word.source));
    const atEnd = index === word.parts.length - 1;
    let rest = text;
    // `a=~` as an argument: bash reads it like an assignment, whose value is the second part.
    const first = assigns && !assignment ? 1 : 0;
    let start = index === first && (first === 0 || isAssignmentHead(word.parts[0]));
    let out = '';
    while (rest !== '') {
      const prefix = start ? /^~([A-Za-z0-9_.-]*|\+|-)(?=\/|:|$)/.exec(rest) : null;
      const usable = prefix && (prefix[0].length < rest.length || atEnd);
      const home = usable ? this.#home(prefix[1] ?? '') : undefined;
      if (prefix && home !== undefined) {
        if (out !== '') pieces.push({ text: out, quoted: false, splits: false });
        pieces.push({ text: home, quoted: true, splits: false });
        out = '';
        rest = rest.slice(prefix[0].length);
      }
      const separator = assigns ? rest.search(/[:=]/) : -1;
      if (separator < 0) return out + rest;
      out += rest.slice(0, separator + 1);
      rest = rest.slice(separator + 1);
      start = true;
    }
    return out;
  }

  #home(user: string): string | undefined {
    const { variables, process } = this.#shell;
    if (user === '') return variables.get('HOME') ?? process.user.home;
    if (user === '+') return this.#shell.isBash ? variables.get('PWD') : undefined;
    if (user === '-') return this.#shell.isBash ? variables.get('OLDPWD') : undefined;
    if (user === 'root') return '/root';
    return user === process.user.name ? process.user.home : undefined;
  }

  #braces(word: Word): Word[] {
    try {
      return expandBraces(word);
    } catch (error) {
      if (error instanceof TooManyWords) throw new Fault(error.message, { reach: 'line' });
      throw error;
    }
  }

  #pathnames(fields: readonly Field[]): string[] {
    const { options, switches } = this.#shell;
    const found: string[] = [];
    for (const field of fields) {
      const extended = switches.has('extglob');
      const mayMatch =
        !options.has('noglob') &&
        field.some((piece) => !piece.quoted && hasWildcards(piece.text, extended));
      if (!mayMatch) {
        found.push(fieldText(field));
        continue;
      }
      const pattern = fieldPattern(field);
      const names = glob(this.#shell.fs, this.#shell.cwd, pattern, {
        extended,
        dots: switches.has('dotglob'),
        ignoreCase: switches.has('nocaseglob'),
        deep: switches.has('globstar'),
      });
      if (names.length > 0) found.push(...names);
      else if (switches.has('failglob'))
        throw new Fault(`no match: ${fieldText(field)}`, { reach: 'line' });
      else if (!switches.has('nullglob')) found.push(fieldText(field));
    }
    return found;
  }

  #ifs(): string {
    return this.#shell.variables.get('IFS') ?? DEFAULT_IFS;
  }
}

/** `$@` or `${a[@]}`: may stand for no field. */
function isArgumentList(part: WordPart): boolean {
  return part.type === 'parameter' && (part.name === '@' || part.subscript?.source === '@');
}

function isAssignmentHead(part: WordPart | undefined): boolean {
  return part?.type === 'text' && /^[A-Za-z_][A-Za-z0-9_]*\+?=$/.test(part.text);
}

function joined(pieces: readonly PieceOrBreak[], between: string): string {
  let text = '';
  for (const piece of pieces) text += piece === BREAK ? between : piece.text;
  return text;
}
