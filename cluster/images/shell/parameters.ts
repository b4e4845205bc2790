// Parameter expansion: `$x`, `${x:-y}`, `${x##*/}`, `${a[@]}` and the rest of their family.

import { describeAttributes, declarationOf } from './declarations.ts';
import { ansiCString } from './escapes.ts';
import type { Expander } from './expand.ts';
import { Fault } from './faults.ts';
import { BREAK, DEFAULT_IFS } from './fields.ts';
import type { PieceOrBreak } from './fields.ts';
import { patternRegExp, patternSource } from './pattern.ts';
import { quoteSingle } from './quoting.ts';
import type { Shell } from './shell.ts';
import type { ParameterOperation, ParameterPart, Word } from './syntax.ts';
import { ReadonlyVariable } from './variables.ts';

/** What a parameter is before any operation. */
type Value =
  | { type: 'text'; text: string | undefined }
  /** `$@`, `$*`, `${a[@]}`: star joins them where it is quoted. */
  | { type: 'list'; texts: string[]; star: boolean };

export class ParameterExpander {
  readonly #shell: Shell;
  readonly #expander: Expander;

  constructor(shell: Shell, expander: Expander) {
    this.#shell = shell;
    this.#expander = expander;
  }

  async expand(written: ParameterPart, quoted: boolean): Promise<PieceOrBreak[]> {
    if (written.operation?.type === 'names') return this.#pieces(this.#names(written), quoted);
    if (written.operation?.type === 'keys') return this.#pieces(this.#keys(written), quoted);
    const part = written.indirect ? await this.#indirect(written) : written;
    if (part.operation?.type === 'slice' && (part.name === '@' || part.name === '*'))
      return this.#pieces(await this.#slicePositional(part, part.operation), quoted);
    const value = await this.#value(part);
    const { operation } = part;
    if (!operation) return this.#pieces(this.#checked(part, value), quoted);
    switch (operation.type) {
      case 'default':
      case 'alternative':
      case 'assign':
      case 'error':
        return this.#choose(part, operation, value, quoted);
      case 'length':
      case 'slice':
      case 'trim':
      case 'replace':
      case 'case':
      case 'transform':
      case 'keys':
      case 'names':
        return this.#pieces(
          await this.#change(part, operation, this.#checked(part, value)),
          quoted,
        );
    }
  }

  // Values

  async #value(part: ParameterPart): Promise<Value> {
    const shell = this.#shell;
    const { name, subscript } = part;
    if (subscript) return this.#element(name, subscript);
    switch (name) {
      case '@':
      case '*':
        return { type: 'list', texts: [...shell.positional], star: name === '*' };
      case '#':
        return text(String(shell.positional.length));
      case '?':
        return text(String(shell.status));
      case '$':
        return text(String(shell.shellPid));
      case '!':
        return text(shell.lastBackground === undefined ? undefined : String(shell.lastBackground));
      case '-':
        return text(shell.flags());
      case '0':
        return text(shell.name);
      default:
        if (/^\d+$/.test(name)) return text(shell.positional[Number(name) - 1]);
        return this.#named(name);
    }
  }

  #named(name: string): Value {
    const shell = this.#shell;
    if (shell.isBash && name === 'FUNCNAME') return text(shell.callStack.at(-1));
    if (shell.isBash && name === 'PIPESTATUS') return text(String(shell.pipeStatus[0] ?? ''));
    return text(shell.variables.get(name));
  }

  async #element(name: string, subscript: Word): Promise<Value> {
    const all = subscript.source;
    if (all === '@' || all === '*')
      return {
        type: 'list',
        texts: this.elements(name).map(([, value]) => value),
        star: all === '*',
      };
    const key = await this.#expander.text(subscript);
    const special = this.#specialArray(name);
    if (special) return text(special[Number(this.#expander.arithmeticText(key))]);
    return text(this.#expander.element(name, key));
  }

  /** Keys and values of an array, in order; a plain variable is an array of one. */
  elements(name: string): [string, string][] {
    const special = this.#specialArray(name);
    if (special) return special.map((value, index) => [String(index), value]);
    const variable = this.#shell.variables.find(name);
    if (variable?.table) return [...variable.table];
    if (variable?.elements)
      return [...variable.elements].map(([index, value]) => [String(index), value]);
    const value = this.#shell.variables.get(name);
    return value === undefined ? [] : [['0', value]];
  }

  #specialArray(name: string): string[] | undefined {
    if (!this.#shell.isBash) return undefined;
    if (name === 'PIPESTATUS') return this.#shell.pipeStatus.map(String);
    if (name === 'FUNCNAME') return this.#shell.callStack.toReversed();
    return undefined;
  }

  #keys(part: ParameterPart): Value {
    return {
      type: 'list',
      texts: this.elements(part.name).map(([key]) => key),
      star: part.subscript?.source === '*',
    };
  }

  #names(part: ParameterPart): Value {
    return {
      type: 'list',
      texts: this.#shell.variables.namesWithPrefix(part.name),
      star: part.subscript?.source === '*',
    };
  }

  async #indirect(part: ParameterPart): Promise<ParameterPart> {
    const value = await this.#value(part);
    const target = value.type === 'text' ? (value.text ?? '') : value.texts.join(' ');
    const parsed = /^(?:([A-Za-z_]\w*)(?:\[(.*)\])?|(\d+|[@*#?$!-]))$/s.exec(target);
    if (!parsed) {
      if (target === '')
        throw new Fault(`${part.name}: invalid indirect expansion`, { reach: 'line' });
      throw new Fault(`${target}: invalid variable name`, { reach: 'line' });
    }
    const name = (parsed[1] ?? parsed[3]) as string;
    const subscript = parsed[2];
    return {
      type: 'parameter',
      name,
      ...(subscript === undefined
        ? {}
        : { subscript: { parts: [{ type: 'quoted', text: subscript }], source: subscript } }),
      ...(part.operation ? { operation: part.operation } : {}),
    };
  }

  /** `set -u`: a parameter without value is a fault, except `$@` and `$*`. */
  #checked(part: ParameterPart, value: Value): Value {
    if (value.type === 'text' && value.text === undefined && this.#shell.options.has('nounset'))
      throw this.#expander.unset(nameOf(part));
    return value;
  }

  // Operations

  async #choose(
    part: ParameterPart,
    operation: ParameterOperation & { type: 'default' | 'assign' | 'error' | 'alternative' },
    value: Value,
    quoted: boolean,
  ): Promise<PieceOrBreak[]> {
    const isSet = value.type === 'text' ? value.text !== undefined : value.texts.length > 0;
    const empty = value.type === 'text' ? !value.text : value.texts.every((one) => one === '');
    const usable = isSet && !(operation.colon && empty);
    switch (operation.type) {
      case 'default':
        return usable ? this.#pieces(value, quoted) : this.#operand(operation.word, quoted);
      case 'alternative':
        return usable ? this.#operand(operation.word, quoted) : quoted ? [emptyQuoted] : [];
      case 'assign':
        if (usable) return this.#pieces(value, quoted);
        return this.#pieces(text(await this.#assign(part, operation.word)), quoted);
      case 'error':
        if (usable) return this.#pieces(value, quoted);
        throw await this.#missing(part, operation);
    }
  }

  async #operand(word: Word, quoted: boolean): Promise<PieceOrBreak[]> {
    const pieces = await this.#expander.pieces(word, { operand: !quoted });
    return quoted && pieces.length === 0 ? [emptyQuoted] : pieces;
  }

  async #assign(part: ParameterPart, word: Word): Promise<string> {
    if (!/^[A-Za-z_]/.test(part.name)) {
      if (this.#shell.isBash)
        throw new Fault(`$${part.name}: cannot assign in this way`, { reach: 'line' });
      throw new Fault(`${part.name}: bad variable name`, { reach: 'shell', status: 2 });
    }
    const value = await this.#expander.text(word, { assignment: true });
    try {
      if (part.subscript)
        this.#expander.setElement(part.name, await this.#expander.text(part.subscript), value);
      else this.#shell.variables.set(part.name, value);
    } catch (error) {
      if (error instanceof ReadonlyVariable) throw readonlyFault(this.#shell, error);
      throw error;
    }
    return value;
  }

  async #missing(
    part: ParameterPart,
    operation: ParameterOperation & { type: 'error' | 'default' | 'assign' | 'alternative' },
  ): Promise<Fault> {
    const written = await this.#expander.text(operation.word);
    const words =
      written !== ''
        ? written
        : operation.colon
          ? `parameter ${this.#shell.isBash ? 'null or not set' : 'not set or null'}`
          : 'parameter not set';
    return new Fault(`${nameOf(part)}: ${words}`, {
      reach: 'shell',
      status: this.#shell.isBash ? 127 : 2,
    });
  }

  async #change(
    part: ParameterPart,
    operation: Exclude<
      ParameterOperation,
      { type: 'default' | 'assign' | 'error' | 'alternative' }
    >,
    value: Value,
  ): Promise<Value> {
    switch (operation.type) {
      case 'length':
        return text(String(this.#length(part, value)));
      case 'slice':
        return this.#slice(operation, value);
      case 'trim': {
        const cut = trimmer(
          await this.#expander.pattern(operation.pattern),
          operation,
          this.#extended(),
        );
        return mapped(value, cut);
      }
      case 'replace':
        return this.#replace(operation, value);
      case 'case': {
        const pattern = operation.pattern && (await this.#expander.pattern(operation.pattern));
        return mapped(value, (one) => changeCase(one, operation, pattern));
      }
      case 'transform':
        return this.#transform(part, operation.operator, value);
      case 'keys':
      case 'names':
        return value;
    }
  }

  #length(part: ParameterPart, value: Value): number {
    if (value.type === 'text') return Array.from(value.text ?? '').length;
    // ash counts the characters of $* here.
    if (!this.#shell.isBash && !part.subscript) return value.texts.join(' ').length;
    return value.texts.length;
  }

  async #slice(operation: ParameterOperation & { type: 'slice' }, value: Value): Promise<Value> {
    const offset = Number(await this.#expander.arithmetic(operation.offset));
    const length = operation.length && Number(await this.#expander.arithmetic(operation.length));
    if (value.type === 'list') return { ...value, texts: sliceList(value.texts, offset, length) };
    const chars = Array.from(value.text ?? '');
    const start = offset < 0 ? chars.length + offset : offset;
    if (start < 0 || start > chars.length) return text('');
    if (length === undefined) return text(chars.slice(start).join(''));
    const end = length < 0 ? chars.length + length : start + length;
    if (end < start) {
      if (!this.#shell.isBash) return text('');
      throw new Fault(`${operation.length?.source ?? ''}: substring expression < 0`, {
        reach: 'line',
      });
    }
    return text(chars.slice(start, end).join(''));
  }

  /** `${@:0}` counts `$0` in. */
  async #slicePositional(
    part: ParameterPart,
    operation: ParameterOperation & { type: 'slice' },
  ): Promise<Value> {
    const texts = [this.#shell.name, ...this.#shell.positional];
    const offset = Number(await this.#expander.arithmetic(operation.offset));
    const length = operation.length && Number(await this.#expander.arithmetic(operation.length));
    return { type: 'list', texts: sliceList(texts, offset, length), star: part.name === '*' };
  }

  async #replace(
    operation: ParameterOperation & { type: 'replace' },
    value: Value,
  ): Promise<Value> {
    const pattern = await this.#expander.pattern(operation.pattern);
    const replacement = await this.#replacement(operation.replacement);
    if (pattern === '')
      return mapped(value, (one) =>
        operation.anchor === 'prefix'
          ? replacement('') + one
          : operation.anchor === 'suffix'
            ? one + replacement('')
            : one,
      );
    const source = patternSource(pattern, { extended: this.#extended() });
    const anchored =
      operation.anchor === 'prefix'
        ? `^(?:${source})`
        : operation.anchor === 'suffix'
          ? `(?:${source})$`
          : source;
    const expression = new RegExp(anchored, operation.all ? 'sug' : 'su');
    return mapped(value, (one) =>
      one.replace(expression, (match) => (match === '' && operation.all ? '' : replacement(match))),
    );
  }

  /** bash 5.2 puts what matched for an unquoted `&`. */
  async #replacement(word: Word): Promise<(match: string) => string> {
    const pieces = await this.#expander.pieces(word);
    const plain = pieces.filter((piece) => piece !== BREAK);
    if (!this.#shell.isBash || !plain.some((piece) => !piece.quoted && piece.text.includes('&'))) {
      const fixed = plain.map((piece) => piece.text).join('');
      return () => fixed;
    }
    return (match) =>
      plain
        .map((piece) => (piece.quoted ? piece.text : piece.text.replaceAll('&', () => match)))
        .join('');
  }

  #transform(part: ParameterPart, operator: string, value: Value): Value {
    const variable = this.#shell.variables.find(part.name);
    switch (operator) {
      case 'Q':
        return mapped(value, quoteSingle);
      case 'U':
        return mapped(value, (one) => one.toUpperCase());
      case 'u':
        return mapped(value, (one) => one.replace(/^./su, (first) => first.toUpperCase()));
      case 'L':
        return mapped(value, (one) => one.toLowerCase());
      case 'E':
        return mapped(value, ansiCString);
      case 'a':
        return text(variable ? describeAttributes(variable) : '');
      case 'A':
        return text(variable ? declarationOf(part.name, variable, 'transform') : '');
      case 'K':
      case 'k':
        return {
          type: 'list',
          texts: this.elements(part.name).flatMap(([key, one]) => [
            key,
            operator === 'K' ? `"${one}"` : one,
          ]),
          star: false,
        };
      default:
        return value;
    }
  }

  #extended(): boolean {
    return this.#shell.switches.has('extglob');
  }

  // Pieces

  #pieces(value: Value, quoted: boolean): PieceOrBreak[] {
    if (value.type === 'text') {
      if (value.text === undefined || value.text === '') return quoted ? [emptyQuoted] : [];
      return [{ text: value.text, quoted, splits: !quoted }];
    }
    if (quoted && value.star) {
      const ifs = this.#shell.variables.get('IFS') ?? DEFAULT_IFS;
      return [{ text: value.texts.join(ifs.slice(0, 1)), quoted: true, splits: false }];
    }
    const pieces: PieceOrBreak[] = [];
    for (const [index, one] of value.texts.entries()) {
      if (index > 0) pieces.push(BREAK);
      pieces.push({ text: one, quoted, splits: !quoted });
    }
    return pieces;
  }
}

const emptyQuoted: PieceOrBreak = { text: '', quoted: true, splits: false };

function text(value: string | undefined): Value {
  return { type: 'text', text: value };
}

function mapped(value: Value, change: (one: string) => string): Value {
  if (value.type === 'list') return { ...value, texts: value.texts.map(change) };
  return value.text === undefined ? value : text(change(value.text));
}

function nameOf(part: ParameterPart): string {
  return part.subscript ? `${part.name}[${part.subscript.source}]` : part.name;
}

function sliceList(texts: readonly string[], offset: number, length: number | undefined): string[] {
  const start = offset < 0 ? texts.length + offset : offset;
  if (start < 0) return [];
  return texts.slice(start, length === undefined ? undefined : start + length);
}

function trimmer(
  pattern: string,
  { side, longest }: { side: 'prefix' | 'suffix'; longest: boolean },
  extended: boolean,
): (one: string) => string {
  if (pattern === '') return (one) => one;
  if (side === 'prefix') {
    // The shortest or longest start that matches, tried character by character: lazy expressions differ with groups.
    const expression = patternRegExp(pattern, { extended });
    return (one) => {
      const ends = charBounds(one);
      const order = longest ? ends.toReversed() : ends;
      const end = order.find((at) => expression.test(one.slice(0, at)));
      return end === undefined ? one : one.slice(end);
    };
  }
  const expression = patternRegExp(pattern, { extended });
  return (one) => {
    const starts = charBounds(one);
    const order = longest ? starts : starts.toReversed();
    const start = order.find((at) => expression.test(one.slice(at)));
    return start === undefined ? one : one.slice(0, start);
  };
}

function charBounds(one: string): number[] {
  const bounds = [0];
  for (const char of one) bounds.push((bounds.at(-1) ?? 0) + char.length);
  return bounds;
}

function changeCase(
  one: string,
  { to, all }: { to: 'upper' | 'lower'; all: boolean },
  pattern: string | undefined,
): string {
  const expression = pattern === undefined ? undefined : patternRegExp(pattern);
  const change = (char: string) =>
    expression && !expression.test(char)
      ? char
      : to === 'upper'
        ? char.toUpperCase()
        : char.toLowerCase();
  const chars = Array.from(one);
  return chars.map((char, index) => (all || index === 0 ? change(char) : char)).join('');
}

export function readonlyFault(shell: Shell, error: ReadonlyVariable, builtin?: string): Fault {
  return shell.isBash
    ? new Fault(`${error.variable}: readonly variable`, { reach: 'line' })
    : new Fault(`${error.variable}: is read only`, { reach: 'shell', status: 2, builtin });
}
