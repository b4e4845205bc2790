// Reads shell commands, one complete line of them at a time, as shells do: what stands before a mistake has run when the
// mistake is met. Both grammars, POSIX's as busybox ash reads it and bash's. Runs nothing.

import type { Flavour } from './flavour.ts';
import { Source } from './source.ts';
import { SyntaxFault, literalOf } from './syntax.ts';
import type {
  Command,
  Compound,
  CompoundCommand,
  Condition,
  FaultToken,
  List,
  Pipeline,
  Redirection,
  RedirectionOperator,
  SimpleCommand,
  Statement,
  Word,
} from './syntax.ts';
import { PLAIN, WordScanner } from './words.ts';
import type { WordMode } from './words.ts';

export interface ParserOptions {
  flavour: Flavour;
  /** Line number of the first line. Default 1. */
  line?: number;
  /** Words that stand for other text where a command begins. */
  aliases?: ReadonlyMap<string, string>;
  /** `shopt -s extglob`. */
  extendedPatterns?: () => boolean;
  /** Told about a here-document that ends with the text instead of its own line. */
  onUnendedHereDocument?: (delimiter: string, startLine: number, endLine: number) => void;
  /** Prompting for more lines: a here-document without its end is incomplete, not ended by the text's end. */
  interactive?: boolean;
}

type Token =
  | { kind: 'word'; word: Word }
  | { kind: 'operator'; text: string }
  | { kind: 'redirection'; fd: number | undefined; text: string }
  | { kind: 'newline' }
  | { kind: 'end' };

const RESERVED = {
  ash: new Set(
    'if then elif else fi do done case esac while until for in { } ! function'.split(' '),
  ),
  bash: new Set(
    'if then elif else fi do done case esac while until for in { } ! [[ ]] function select time'.split(
      ' ',
    ),
  ),
};
/** Reserved words that a command can never begin with. */
const CLOSERS = new Set(['then', 'elif', 'else', 'fi', 'do', 'done', 'esac', '}']);
/** Commands whose arguments may be assignments. */
const DECLARERS = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);
const REDIRECTIONS = ['<<<', '<<-', '&>>', '<<', '>>', '>|', '<>', '<&', '>&', '&>', '<', '>'];
const OPERATORS = [';;&', ';;', ';&', '&&', '||', '|&', ';', '&', '|', '(', ')'];
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ASSIGNMENT = /[A-Za-z_][A-Za-z0-9_]*(?:\[|\+?=)/y;
const CONDITION_MODE: WordMode = { ends: ' \t\n;&|<>()', extendedPatterns: true };
const REGEX_MODE: WordMode = { ends: ' \t\n', regex: true };
/** Commands inside one another. People write no deeper text, and a deeper one would use up the stack. */
const MAX_DEPTH = 250;

export class Parser {
  readonly #source: Source;
  readonly #flavour: Flavour;
  readonly #options: ParserOptions;
  readonly #words: WordScanner;
  #peeked: { token: Token; start: number; end: number } | undefined;
  /** Here-documents whose operator has been read and whose lines have not. */
  #pending: {
    redirection: Redirection & { type: 'heredoc' };
    delimiter: string;
    quoted: boolean;
    stripTabs: boolean;
    line: number;
  }[] = [];
  /** Aliases being expanded, each until the place where its text ends. */
  #expanding: { name: string; until: number }[] = [];
  #aliasAfter = -1;
  #depth = 0;

  constructor(text: string, options: ParserOptions) {
    this.#source = new Source(text, options.line);
    this.#flavour = options.flavour;
    this.#options = options;
    this.#words = new WordScanner(
      this.#source,
      options.flavour,
      () => this.#listUntilParenthesis(),
      (inner) => parse(inner, { ...options, line: this.#source.line }),
    );
  }

  /** The next line of commands, or undefined at the end. Throws SyntaxFault. */
  next(): List | undefined {
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') return undefined;
      if (token.kind !== 'newline') break;
      this.#take();
      this.#readHereDocuments();
    }
    const list = this.#line();
    const token = this.#peek();
    if (token.kind === 'newline') this.#take();
    else if (token.kind !== 'end') throw this.#unexpected();
    this.#readHereDocuments();
    return list;
  }

  /** The whole text as the body of a here-document whose delimiter was not quoted. */
  hereDocument(): Word {
    return this.#words.hereDocument();
  }

  /** How far `next` has read. */
  get at(): number {
    return this.#peeked?.start ?? this.#source.at;
  }

  /** The line of text around a place that does not fit: bash prints it. */
  lineText(): string {
    return this.#source.lineText(this.#peeked?.start ?? this.#source.at);
  }

  get line(): number {
    return this.#source.line;
  }

  // Lists

  #line(): List {
    const statements: Statement[] = [];
    for (;;) {
      const statement = this.#statement();
      statements.push(statement);
      const token = this.#peek();
      if (token.kind !== 'operator' || (token.text !== ';' && token.text !== '&')) break;
      this.#take();
      if (this.#endsLine()) break;
    }
    return { statements };
  }

  #endsLine(): boolean {
    const token = this.#peek();
    return token.kind === 'newline' || token.kind === 'end';
  }

  /** Commands up to one of the closing words or operators, which stays next. At least one, as both shells want. */
  #list(closers: readonly string[], mayBeEmpty = false): List {
    const statements: Statement[] = [];
    this.#skipNewlines();
    while (!this.#closes(closers)) {
      if (this.#peek().kind === 'end' || (statements.length > 0 && this.#isCloser()))
        throw this.#unexpected(expectedCloser(closers));
      statements.push(this.#statement());
      const token = this.#peek();
      if (token.kind === 'newline') this.#skipNewlines();
      else if (token.kind === 'operator' && (token.text === ';' || token.text === '&')) {
        this.#take();
        this.#skipNewlines();
      } else if (!this.#closes(closers)) throw this.#unexpected(expectedCloser(closers));
    }
    if (statements.length === 0 && !mayBeEmpty) throw this.#unexpected();
    return { statements };
  }

  #closes(closers: readonly string[]): boolean {
    const token = this.#peek();
    if (token.kind === 'operator') return closers.includes(token.text);
    if (token.kind !== 'word') return false;
    const text = literalOf(token.word);
    return text !== undefined && closers.includes(text);
  }

  #isCloser(): boolean {
    const token = this.#peek();
    return token.kind === 'word' && CLOSERS.has(literalOf(token.word) ?? '');
  }

  #statement(): Statement {
    this.#expandAlias();
    const start = this.#start();
    const first = this.#pipeline();
    const rest: Statement['rest'] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'operator' || (token.text !== '&&' && token.text !== '||')) break;
      const operator = token.text;
      this.#take();
      this.#skipNewlines();
      this.#expandAlias();
      rest.push({ operator, pipeline: this.#pipeline() });
    }
    const source = this.#source.text.slice(start, this.#lastEnd).trim();
    return { first, rest, background: this.#isOperator('&'), source };
  }

  #pipeline(): Pipeline {
    const start = this.#start();
    const pipeline: Pipeline = {
      negated: false,
      timed: 'no',
      commands: [],
      pipesErrors: [],
      source: '',
    };
    for (;;) {
      if (this.#takeReserved('!')) pipeline.negated = !pipeline.negated;
      else if (this.#flavour.timeKeyword && this.#takeReserved('time'))
        pipeline.timed = this.#takeReserved('-p') ? 'posix' : 'bash';
      else break;
    }
    // bash takes `!` and `time` without a command.
    const bare = pipeline.timed !== 'no' || (pipeline.negated && this.#flavour.name === 'bash');
    if (bare && (this.#endsLine() || this.#isOperator(';'))) return pipeline;
    for (;;) {
      this.#expandAlias();
      pipeline.commands.push(this.#command());
      const token = this.#peek();
      if (token.kind !== 'operator' || (token.text !== '|' && token.text !== '|&')) break;
      this.#take();
      pipeline.pipesErrors.push(token.text === '|&');
      this.#skipNewlines();
    }
    pipeline.source = this.#source.text.slice(start, this.#lastEnd);
    return pipeline;
  }

  // Commands

  #command(): Command {
    return this.#nested(() => this.#commandHere());
  }

  #commandHere(): Command {
    const token = this.#peek();
    if (token.kind === 'operator') {
      if (token.text === '(') return this.#parenthesis();
      throw this.#unexpected();
    }
    if (token.kind === 'newline' || token.kind === 'end') throw this.#unexpected();
    const reserved = token.kind === 'word' ? literalOf(token.word) : undefined;
    if (reserved !== undefined && RESERVED[this.#flavour.name].has(reserved)) {
      if (CLOSERS.has(reserved)) throw this.#unexpected();
      const compound = this.#compound(reserved);
      if (compound) return this.#redirected(compound);
      if (reserved === 'function') return this.#functionKeyword();
    }
    return this.#simpleOrFunction();
  }

  #compound(reserved: string): CompoundCommand | undefined {
    const { arithmeticCommands, select, conditions } = this.#flavour;
    const line = this.#source.line;
    switch (reserved) {
      case 'if':
        return this.#if(line);
      case 'while':
      case 'until':
        return this.#loop(reserved, line);
      case 'for':
        this.#take();
        if (arithmeticCommands && this.#source.match(/[ \t]*\(\(/y))
          return this.#arithmeticFor(line);
        return this.#for('for', line);
      case 'select':
        if (!select) return undefined;
        this.#take();
        return this.#for('select', line);
      case 'case':
        return this.#case(line);
      case '{': {
        this.#take();
        const body = this.#list(['}']);
        this.#expectReserved('}');
        return { type: 'group', body, redirections: [], line };
      }
      case '[[':
        return conditions ? this.#conditionCommand(line) : undefined;
      default:
        return undefined;
    }
  }

  #parenthesis(): Command {
    const line = this.#source.line;
    if (this.#flavour.arithmeticCommands) {
      const arithmetic = this.#arithmeticCommand(line);
      if (arithmetic) return this.#redirected(arithmetic);
    }
    this.#take();
    const body = this.#list([')']);
    this.#expectOperator(')');
    return this.#redirected({ type: 'subshell', body, redirections: [], line });
  }

  /** `((…))`; undefined and no step when it turns out to be `( (…) … )`. */
  #arithmeticCommand(line: number): CompoundCommand | undefined {
    const start = this.#start();
    const source = this.#source;
    if (!source.text.startsWith('((', start)) return undefined;
    const before = { at: source.at, peeked: this.#peeked };
    this.#peeked = undefined;
    source.at = start + 2;
    const expression = this.#words.arithmetic(')');
    if (source.take('))')) {
      this.#lastEnd = source.at;
      return { type: 'arithmetic', expression, redirections: [], line };
    }
    if (source.ended)
      throw new SyntaxFault({ kind: 'unclosed', opener: '((', closer: ')' }, line, {
        incomplete: true,
      });
    source.at = before.at;
    this.#peeked = before.peeked;
    return undefined;
  }

  #if(line: number): CompoundCommand {
    this.#take();
    const clauses: { condition: List; body: List }[] = [];
    for (;;) {
      const condition = this.#list(['then']);
      this.#expectReserved('then');
      const body = this.#list(['elif', 'else', 'fi']);
      clauses.push({ condition, body });
      if (!this.#takeReserved('elif')) break;
    }
    const otherwise = this.#takeReserved('else') ? this.#list(['fi']) : undefined;
    this.#expectReserved('fi');
    return { type: 'if', clauses, otherwise, redirections: [], line };
  }

  #loop(type: 'while' | 'until', line: number): CompoundCommand {
    this.#take();
    const condition = this.#list(['do']);
    return { type, condition, body: this.#doGroup(), redirections: [], line };
  }

  #doGroup(): List {
    this.#expectReserved('do');
    const body = this.#list(['done']);
    this.#expectReserved('done');
    return body;
  }

  #for(type: 'for' | 'select', line: number): CompoundCommand {
    const token = this.#peek();
    if (token.kind !== 'word') {
      if (this.#flavour.name === 'ash')
        throw this.#fault({ kind: 'message', text: 'bad for loop variable' });
      throw this.#unexpected();
    }
    const name = token.word.source;
    // bash finds out that the name is none when it runs the loop.
    if (this.#flavour.name === 'ash' && !NAME.test(name))
      throw this.#fault({ kind: 'message', text: 'bad for loop variable' });
    this.#take();
    this.#skipNewlines();
    let words: Word[] | undefined;
    if (this.#takeReserved('in')) {
      words = [];
      for (let next = this.#peek(); next.kind === 'word'; next = this.#peek()) {
        words.push(next.word);
        this.#take();
      }
      if (!this.#isOperator(';') && this.#peek().kind !== 'newline') throw this.#unexpected();
    }
    if (this.#isOperator(';')) this.#take();
    this.#skipNewlines();
    const body =
      type === 'for' && this.#flavour.name === 'bash' && this.#isReserved('{')
        ? this.#braceGroup()
        : this.#doGroup();
    return { type, name, words, body, redirections: [], line };
  }

  #braceGroup(): List {
    this.#expectReserved('{');
    const body = this.#list(['}']);
    this.#expectReserved('}');
    return body;
  }

  #arithmeticFor(line: number): CompoundCommand {
    const source = this.#source;
    this.#peeked = undefined;
    source.at += (source.match(/[ \t]*\(\(/y) ?? '').length;
    const parts: (Word | undefined)[] = [];
    for (const closer of [';', ';', ')']) {
      const word = this.#words.arithmetic(closer === ';' ? ';)' : ')');
      parts.push(word.source.trim() === '' ? undefined : word);
      if (!source.take(closer))
        throw source.ended
          ? new SyntaxFault({ kind: 'unclosed', opener: '((', closer: ')' }, line, {
              incomplete: true,
            })
          : this.#fault({ kind: 'operator', text: source.peek() });
    }
    if (!source.take(')')) throw this.#fault({ kind: 'operator', text: source.peek() });
    if (this.#isOperator(';')) this.#take();
    this.#skipNewlines();
    const body = this.#isReserved('{') ? this.#braceGroup() : this.#doGroup();
    const [start, condition, step] = parts;
    return { type: 'arithmetic-for', start, condition, step, body, redirections: [], line };
  }

  #case(line: number): CompoundCommand {
    this.#take();
    const token = this.#peek();
    if (token.kind !== 'word') throw this.#unexpected('word');
    this.#take();
    this.#skipNewlines();
    this.#expectReserved('in');
    const items: Compound<'case'>['items'] = [];
    for (;;) {
      this.#skipNewlines();
      if (this.#takeReserved('esac')) break;
      items.push(this.#caseItem());
      this.#skipNewlines();
      const last = items.at(-1);
      if (last && !this.#caseEnding(last)) {
        this.#expectReserved('esac', ';;');
        break;
      }
    }
    return { type: 'case', word: token.word, items, redirections: [], line };
  }

  #caseItem(): Compound<'case'>['items'][number] {
    if (this.#isOperator('(')) this.#take();
    const patterns: Word[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'word') throw this.#unexpected('word');
      patterns.push(token.word);
      this.#take();
      if (!this.#isOperator('|')) break;
      this.#take();
    }
    this.#expectOperator(')');
    const body = this.#list([';;', ';&', ';;&', 'esac'], true);
    return { patterns, body, ending: ';;' };
  }

  #caseEnding(item: { ending: ';;' | ';&' | ';;&' }): boolean {
    const token = this.#peek();
    if (token.kind !== 'operator') return false;
    if (
      token.text !== ';;' &&
      !(this.#flavour.caseFallThrough && (token.text === ';&' || token.text === ';;&'))
    )
      return false;
    item.ending = token.text as ';;' | ';&' | ';;&';
    this.#take();
    return true;
  }

  #redirected(command: CompoundCommand): CompoundCommand {
    for (let token = this.#peek(); token.kind === 'redirection'; token = this.#peek())
      command.redirections.push(this.#redirection(token));
    return command;
  }

  // Functions and simple commands

  #functionKeyword(): Command {
    const start = this.#start();
    const line = this.#source.line;
    this.#take();
    const token = this.#peek();
    if (token.kind !== 'word') throw this.#unexpected();
    const name = token.word.source;
    if (this.#flavour.name === 'ash' && !NAME.test(name))
      throw this.#fault({ kind: 'message', text: 'bad function name' });
    this.#take();
    if (this.#isOperator('(')) {
      this.#take();
      this.#expectOperator(')');
    }
    return this.#functionBody(name, start, line);
  }

  #functionBody(name: string, start: number, line: number): Command {
    this.#skipNewlines();
    const command = this.#command();
    if (command.type === 'simple' || command.type === 'function') {
      if (!this.#flavour.simpleFunctionBody || command.type === 'function')
        throw this.#unexpected();
      const only: Pipeline = {
        negated: false,
        timed: 'no',
        commands: [command],
        pipesErrors: [],
        source: '',
      };
      const body: CompoundCommand = {
        type: 'group',
        body: { statements: [{ first: only, rest: [], background: false, source: '' }] },
        redirections: [],
        line,
      };
      return {
        type: 'function',
        name,
        body,
        source: this.#source.text.slice(start, this.#lastEnd),
        line,
      };
    }
    return {
      type: 'function',
      name,
      body: command,
      source: this.#source.text.slice(start, this.#lastEnd),
      line,
    };
  }

  #simpleOrFunction(): Command {
    const start = this.#start();
    const line = this.#source.line;
    const command: SimpleCommand = {
      type: 'simple',
      assignments: [],
      words: [],
      redirections: [],
      line,
    };
    for (;;) {
      if (command.words.length === 0 || this.#aliasAfter === this.#start()) this.#expandAlias();
      const token = this.#peek();
      if (token.kind === 'redirection') command.redirections.push(this.#redirection(token));
      else if (token.kind === 'word') {
        this.#take();
        this.#argument(command, token.word);
      } else if (token.kind === 'operator' && this.#joinsAshTest(command, token.text)) this.#take();
      else if (token.kind === 'operator' && token.text === '(' && isFunctionName(command)) {
        this.#take();
        this.#expectOperator(')');
        const name = command.words[0]?.source ?? '';
        if (this.#flavour.name === 'ash' && !NAME.test(name))
          throw this.#fault({ kind: 'message', text: 'bad function name' });
        return this.#functionBody(name, start, line);
      } else break;
    }
    if (command.words.length + command.assignments.length + command.redirections.length === 0)
      throw this.#unexpected();
    return command;
  }

  #argument(command: SimpleCommand, word: Word): void {
    const { assignment } = word;
    const [first] = command.words;
    if (!assignment) command.words.push(word);
    else if (!first) command.assignments.push(assignment);
    else if (DECLARERS.has(literalOf(first) ?? '')) command.words.push(word);
    else if ('elements' in assignment.value)
      throw new SyntaxFault({ kind: 'operator', text: '(' }, this.#source.line);
    else command.words.push({ parts: word.parts, source: word.source });
  }

  /** ash reads `&&` and `||` between `[[` and `]]` as test's -a and -o. */
  #joinsAshTest(command: SimpleCommand, operator: string): boolean {
    const [first] = command.words;
    if (this.#flavour.conditions || !first || literalOf(first) !== '[[') return false;
    if (operator !== '&&' && operator !== '||') return false;
    if (command.words.some((word) => literalOf(word) === ']]')) return false;
    const text = operator === '&&' ? '-a' : '-o';
    command.words.push({ parts: [{ type: 'text', text }], source: text });
    return true;
  }

  /** A word here; with its assignment where it looks like one. */
  #word(): Word | undefined {
    const source = this.#source;
    const start = source.at;
    const head = source.match(ASSIGNMENT);
    const mode = this.#wordMode();
    if (
      !head ||
      (head.endsWith('[') && !this.#flavour.arrays) ||
      (head.endsWith('+=') && !this.#flavour.arrays)
    )
      return this.#words.word(mode);
    const name = head.replace(/[[+=]+$/, '');
    source.at += name.length;
    const subscript = head.endsWith('[') ? this.#words.subscript() : undefined;
    const append = source.take('+=');
    if ((head.endsWith('[') && !subscript) || (!append && !source.take('='))) {
      source.at = start;
      return this.#words.word(mode);
    }
    const target = { name, ...(subscript ? { subscript } : {}), append };
    if (this.#flavour.arrays && source.peek() === '(') {
      const value = this.#words.arrayLiteral(() => this.#skipBlanks(true));
      return {
        parts: [],
        source: source.text.slice(start, source.at),
        assignment: { ...target, value },
      };
    }
    const left = source.text.slice(start, source.at);
    const value = this.#words.word(mode) ?? { parts: [], source: '' };
    return {
      parts: [{ type: 'text', text: left }, ...value.parts],
      source: left + value.source,
      assignment: { ...target, value },
    };
  }

  // Redirections

  #redirection(token: Token & { kind: 'redirection' }): Redirection {
    const line = this.#source.line;
    this.#take();
    const operator = token.text;
    const hereDocument = operator === '<<' || operator === '<<-';
    const next = this.#peek();
    if (next.kind !== 'word') throw this.#unexpected();
    this.#take();
    if (operator === '<<<') return { type: 'herestring', fd: token.fd, target: next.word };
    if (!hereDocument)
      return {
        type: 'file',
        fd: token.fd,
        operator: operator as RedirectionOperator,
        target: next.word,
      };
    const redirection: Redirection & { type: 'heredoc' } = {
      type: 'heredoc',
      fd: token.fd,
      body: { parts: [], source: '' },
    };
    const { text, quoted } = delimiterOf(next.word);
    this.#pending.push({
      redirection,
      delimiter: text,
      quoted,
      stripTabs: operator === '<<-',
      line,
    });
    return redirection;
  }

  /** Reads the lines of here-documents whose operators stood on the line that just ended. */
  #readHereDocuments(): void {
    const source = this.#source;
    for (const { redirection, delimiter, quoted, stripTabs, line } of this.#pending.splice(0)) {
      let body = '';
      for (;;) {
        if (source.ended) {
          if (this.#options.interactive)
            throw new SyntaxFault({ kind: 'unclosed', opener: '<<', closer: delimiter }, line, {
              incomplete: true,
            });
          this.#options.onUnendedHereDocument?.(delimiter, line, source.lineAfterEnd - 1);
          break;
        }
        const end = source.text.indexOf('\n', source.at);
        let text = source.text.slice(source.at, end < 0 ? undefined : end);
        source.at = end < 0 ? source.text.length : end + 1;
        // A backslash at the end joins lines, unless the delimiter was quoted.
        while (!quoted && /(?:^|[^\\])(?:\\\\)*\\$/.test(text) && !source.ended) {
          const next = source.text.indexOf('\n', source.at);
          text = text.slice(0, -1) + source.text.slice(source.at, next < 0 ? undefined : next);
          source.at = next < 0 ? source.text.length : next + 1;
        }
        if (stripTabs) text = text.replace(/^\t+/, '');
        if (text === delimiter) break;
        body += text + (end < 0 ? '' : '\n');
      }
      redirection.body = quoted
        ? { parts: [{ type: 'quoted', text: body }], source: body }
        : new Parser(body, { ...this.#options, line }).hereDocument();
    }
  }

  // Conditions: [[ … ]]

  #conditionCommand(line: number): CompoundCommand {
    this.#take();
    const expression = this.#conditionOr(line);
    const closer = this.#conditionWord();
    if (!closer || literalOf(closer) !== ']]') {
      if (this.#source.ended)
        throw new SyntaxFault({ kind: 'unclosed', opener: '[[', closer: ']]' }, line, {
          incomplete: true,
        });
      throw this.#fault({ kind: 'message', text: 'conditional binary operator expected' });
    }
    this.#lastEnd = this.#source.at;
    return { type: 'condition', expression, redirections: [], line };
  }

  #conditionOr(line: number): Condition {
    let left = this.#conditionAnd(line);
    while (this.#takeInCondition('||'))
      left = { type: 'or', left, right: this.#conditionAnd(line) };
    return left;
  }

  #conditionAnd(line: number): Condition {
    let left = this.#conditionTerm(line);
    while (this.#takeInCondition('&&'))
      left = { type: 'and', left, right: this.#conditionTerm(line) };
    return left;
  }

  #conditionTerm(line: number): Condition {
    if (this.#takeInCondition('(')) {
      const inner = this.#nested(() => this.#conditionOr(line));
      if (!this.#takeInCondition(')'))
        throw this.#fault({ kind: 'operator', text: this.#source.peek() });
      return inner;
    }
    const left = this.#conditionWord();
    if (!left)
      throw this.#conditionFault(line, 'unexpected argument to conditional unary operator');
    const text = literalOf(left);
    if (text === '!') return { type: 'not', operand: this.#conditionTerm(line) };
    if (text === ']]') throw this.#fault({ kind: 'reserved', text: ']]' });
    const mark = this.#source.at;
    const operator = this.#conditionOperator();
    if (text !== undefined && /^-[a-zA-Z]$/.test(text) && operator === undefined) {
      const operand = this.#conditionWord();
      if (operand && literalOf(operand) !== ']]') return { type: 'unary', operator: text, operand };
      if (operand)
        throw this.#fault({
          kind: 'message',
          text: "unexpected argument `]]' to conditional unary operator",
        });
      this.#source.at = mark;
    }
    if (operator === undefined) return { type: 'word', word: left };
    const right = this.#conditionWord(operator === '=~' ? REGEX_MODE : CONDITION_MODE);
    if (!right)
      throw this.#conditionFault(line, 'unexpected argument to conditional binary operator');
    if (literalOf(right) === ']]')
      throw this.#fault({
        kind: 'message',
        text: "unexpected argument `]]' to conditional binary operator",
      });
    return { type: 'binary', operator, left, right };
  }

  #conditionFault(line: number, text: string): SyntaxFault {
    if (this.#source.ended)
      return new SyntaxFault({ kind: 'unclosed', opener: '[[', closer: ']]' }, line, {
        incomplete: true,
      });
    return this.#fault({ kind: 'message', text });
  }

  #conditionOperator(): string | undefined {
    this.#skipBlanks(true);
    const operator = this.#source.match(
      /(?:==|!=|=~|=|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))(?=[ \t\n])/y,
    );
    if (operator) this.#source.at += operator.length;
    return operator;
  }

  #conditionWord(mode: WordMode = CONDITION_MODE): Word | undefined {
    this.#peeked = undefined;
    this.#skipBlanks(true);
    return this.#words.word(mode);
  }

  #takeInCondition(text: string): boolean {
    this.#peeked = undefined;
    this.#skipBlanks(true);
    return this.#source.take(text);
  }

  // Tokens

  #lastEnd = 0;

  #start(): number {
    this.#peek();
    return this.#peeked?.start ?? this.#source.at;
  }

  #peek(): Token {
    if (this.#peeked) return this.#peeked.token;
    this.#skipBlanks(false);
    const start = this.#source.at;
    const token = this.#scan();
    this.#peeked = { token, start, end: this.#source.at };
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#lastEnd = this.#peeked?.end ?? this.#lastEnd;
    this.#peeked = undefined;
    if (token.kind === 'newline') this.#readHereDocuments();
    return token;
  }

  #scan(): Token {
    const source = this.#source;
    if (source.ended) return { kind: 'end' };
    if (source.take('\n')) return { kind: 'newline' };
    const redirection = this.#scanRedirection();
    if (redirection) return redirection;
    for (const operator of OPERATORS) {
      if (operator === '|&' && !this.#flavour.pipeErrors) continue;
      if ((operator === ';&' || operator === ';;&') && !this.#flavour.caseFallThrough) continue;
      if (source.take(operator)) return { kind: 'operator', text: operator };
    }
    const word = this.#word();
    return word ? { kind: 'word', word } : { kind: 'end' };
  }

  #scanRedirection(): Token | undefined {
    const source = this.#source;
    const digits = source.match(/[0-9]+(?=[<>])/y);
    const at = source.at + (digits?.length ?? 0);
    for (const operator of REDIRECTIONS) {
      if (!source.text.startsWith(operator, at)) continue;
      if (operator === '<<<' && !this.#flavour.hereStrings) continue;
      // `<(` and `>(` begin a word.
      if (
        (operator === '<' || operator === '>') &&
        source.text[at + 1] === '(' &&
        digits === undefined
      )
        return undefined;
      if (operator.startsWith('&') && digits !== undefined) return undefined;
      source.at = at + operator.length;
      return {
        kind: 'redirection',
        fd: digits === undefined ? undefined : Number(digits),
        text: operator,
      };
    }
    return undefined;
  }

  #wordMode(): WordMode {
    return this.#options.extendedPatterns?.() ? { ...PLAIN, extendedPatterns: true } : PLAIN;
  }

  /** Steps over blanks, joined lines and comments; over newlines too where they mean nothing. */
  #skipBlanks(newlines: boolean): void {
    const source = this.#source;
    for (;;) {
      const blanks = source.match(newlines ? /(?:[ \t\n]|\\\n)+/y : /(?:[ \t]|\\\n)+/y);
      if (blanks) source.at += blanks.length;
      if (source.peek() !== '#') return;
      const end = source.text.indexOf('\n', source.at);
      source.at = end < 0 ? source.text.length : end;
      if (!newlines) return;
    }
  }

  #skipNewlines(): void {
    while (this.#peek().kind === 'newline') this.#take();
  }

  #isOperator(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'operator' && token.text === text;
  }

  #isReserved(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'word' && literalOf(token.word) === text;
  }

  #takeReserved(text: string): boolean {
    if (!this.#isReserved(text)) return false;
    this.#take();
    return true;
  }

  #expectReserved(text: string, expected = text): void {
    if (!this.#takeReserved(text)) throw this.#unexpected(expected);
  }

  #expectOperator(text: string): void {
    if (!this.#isOperator(text)) throw this.#unexpected(text);
    this.#take();
  }

  #unexpected(expected?: string): SyntaxFault {
    const token = this.#peek();
    const line =
      token.kind === 'end'
        ? this.#source.lineAfterEnd
        : this.#source.lineAt(this.#peeked?.start ?? this.#source.at);
    return new SyntaxFault(faultToken(token, RESERVED[this.#flavour.name]), line, {
      incomplete: token.kind === 'end',
      expected,
    });
  }

  #fault(token: FaultToken): SyntaxFault {
    return new SyntaxFault(token, this.#source.line);
  }

  // Nesting and aliases

  #listUntilParenthesis(): List {
    const outer = { peeked: this.#peeked, pending: this.#pending };
    this.#peeked = undefined;
    this.#pending = [];
    const line = this.#source.line;
    const body = this.#substitutionList();
    if (!this.#isOperator(')')) {
      if (this.#peek().kind === 'end')
        throw new SyntaxFault({ kind: 'unclosed', opener: '$(', closer: ')' }, line, {
          incomplete: true,
        });
      throw this.#unexpected(')');
    }
    this.#take();
    this.#peeked = outer.peeked;
    this.#pending = outer.pending;
    return body;
  }

  /** The end inside `$(…)` is a missing parenthesis to bash. */
  #substitutionList(): List {
    try {
      return this.#list([')'], true);
    } catch (error) {
      if (
        !(error instanceof SyntaxFault) ||
        error.token.kind !== 'end' ||
        this.#flavour.name === 'ash'
      )
        throw error;
      throw new SyntaxFault(
        { kind: 'unclosed', opener: '$(', closer: ')' },
        this.#source.lineAfterEnd,
        {
          incomplete: true,
        },
      );
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH)
      throw this.#fault({ kind: 'message', text: `more than ${MAX_DEPTH} levels of nesting` });
    const result = read();
    // A fault ends the parse, so its depth matters no more.
    this.#depth--;
    return result;
  }

  /** Puts an alias's text in the place of the word that starts here. */
  #expandAlias(): void {
    const { aliases } = this.#options;
    if (!aliases || aliases.size === 0) return;
    for (;;) {
      const token = this.#peek();
      const peeked = this.#peeked;
      if (token.kind !== 'word' || !peeked) return;
      const name = literalOf(token.word);
      const value = name === undefined ? undefined : aliases.get(name);
      this.#expanding = this.#expanding.filter(({ until }) => peeked.start < until);
      if (
        name === undefined ||
        value === undefined ||
        this.#expanding.some((one) => one.name === name)
      )
        return;
      const source = this.#source;
      source.text = source.text.slice(0, peeked.start) + value + source.text.slice(peeked.end);
      const grown = value.length - (peeked.end - peeked.start);
      for (const one of this.#expanding) one.until += grown;
      this.#expanding.push({ name, until: peeked.start + value.length });
      source.at = peeked.start;
      this.#peeked = undefined;
      if (/[ \t]$/.test(value)) this.#aliasAfter = this.#placeAfter(peeked.start + value.length);
    }
  }

  #placeAfter(at: number): number {
    let place = at;
    while (/[ \t]/.test(this.#source.text[place] ?? '')) place++;
    return place;
  }
}

/** The whole text. Throws SyntaxFault. */
export function parse(text: string, options: ParserOptions): List {
  const parser = new Parser(text, options);
  const statements: Statement[] = [];
  for (let line = parser.next(); line; line = parser.next()) statements.push(...line.statements);
  return { statements };
}

function isFunctionName(command: SimpleCommand): boolean {
  return (
    command.words.length === 1 &&
    command.assignments.length === 0 &&
    command.redirections.length === 0
  );
}

function expectedCloser(closers: readonly string[]): string | undefined {
  if (closers.length === 1) return closers[0];
  if (closers.includes('fi')) return 'fi';
  return closers.includes(';;') ? ';;' : undefined;
}

function faultToken(token: Token, reserved: ReadonlySet<string>): FaultToken {
  switch (token.kind) {
    case 'word': {
      const text = literalOf(token.word);
      return text !== undefined && reserved.has(text)
        ? { kind: 'reserved', text }
        : { kind: 'word', text: token.word.source };
    }
    case 'operator':
      return token;
    case 'redirection':
      return { kind: 'redirection', text: token.text };
    case 'newline':
    case 'end':
      return token;
  }
}

/** The delimiter's text without its quotes, and whether it had any: then nothing is expanded in the body. */
function delimiterOf(word: Word): { text: string; quoted: boolean } {
  let text = '';
  let quoted = false;
  for (const part of word.parts) {
    if (part.type === 'text') text += part.text;
    else if (part.type === 'quoted') {
      text += part.text;
      quoted = true;
    } else if (part.type === 'double') {
      text += part.parts.map((inner) => (inner.type === 'quoted' ? inner.text : '')).join('');
      quoted = true;
    } else return { text: word.source, quoted: /['"\\]/.test(word.source) };
  }
  return { text, quoted };
}
