// Reads awk programs.

import { AwkFault } from './syntax.ts';
import type { Expression, Redirect, Rule, Script, Statement, Target } from './syntax.ts';

interface Token {
  kind:
    | 'number'
    | 'string'
    | 'regex'
    | 'name'
    | 'function'
    | 'keyword'
    | 'operator'
    | 'newline'
    | 'end';
  text: string;
  line: number;
}

const KEYWORDS = new Set(
  'BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf'.split(
    ' ',
  ),
);
const OPERATORS = [
  '**=', '&&', '||', '++', '--', '+=', '-=', '*=', '/=', '%=', '^=', '**', '==', '<=', '>=', '!=', '>>', '!~',
  '{', '}', '(', ')', '[', ']', ';', ',', '+', '-', '*', '/', '%', '^', '!', '<', '>', '|', '?', ':', '~', '$', '=',
]; // prettier-ignore
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^=', '**=']);
/** Functions known by name; all others need a definition. */
export const BUILTINS = new Set(
  'length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper system close fflush systime strftime and or xor lshift rshift compl'.split(
    ' ',
  ),
);

export function parseAwk(text: string): Script {
  return new Parser(text).script();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #token: Token = { kind: 'newline', text: '', line: 1 };
  /** Inside parentheses `>` compares; after print it redirects. */
  #noRedirect = 0;
  /** In `for (x in a)` heads `in` is no operator. */
  #noIn = false;

  constructor(text: string) {
    this.#text = text;
    this.#advance();
  }

  script(): Script {
    const script: Script = { rules: [], functions: new Map() };
    this.#skipNewlines();
    while (this.#token.kind !== 'end') {
      if (this.#isKeyword('function') || this.#isKeyword('func')) this.#function(script);
      else script.rules.push(this.#rule());
      this.#skipTerminators();
    }
    return script;
  }

  #function(script: Script): void {
    this.#advance();
    const name = this.#token.text;
    if (this.#token.kind !== 'name' && this.#token.kind !== 'function') throw this.#unexpected();
    this.#advance();
    this.#expect('(');
    const parameters: string[] = [];
    while (!this.#is(')')) {
      parameters.push(this.#token.text);
      this.#advance();
      if (!this.#take(',')) break;
      this.#skipNewlines();
    }
    this.#expect(')');
    this.#skipNewlines();
    script.functions.set(name, { parameters, body: this.#block() });
  }

  #rule(): Rule {
    let pattern: Rule['pattern'] = { type: 'always' };
    if (this.#isKeyword('BEGIN')) {
      this.#advance();
      pattern = { type: 'begin' };
    } else if (this.#isKeyword('END')) {
      this.#advance();
      pattern = { type: 'end' };
    } else if (!this.#is('{')) {
      const from = this.#expression();
      if (this.#take(',')) {
        this.#skipNewlines();
        pattern = { type: 'range', from, to: this.#expression() };
      } else pattern = { type: 'when', condition: from };
    }
    return { pattern, body: this.#is('{') ? this.#block() : undefined };
  }

  // Statements

  #block(): Statement {
    this.#expect('{');
    const body: Statement[] = [];
    this.#skipTerminators();
    while (!this.#is('}')) {
      if (this.#token.kind === 'end') throw this.#unexpected();
      body.push(this.#statement());
      this.#skipTerminators();
    }
    this.#advance();
    return { type: 'block', body };
  }

  #statement(): Statement {
    if (this.#is('{')) return this.#block();
    if (this.#take(';')) return { type: 'block', body: [] };
    if (this.#token.kind !== 'keyword') return this.#simple();
    switch (this.#token.text) {
      case 'if':
        return this.#if();
      case 'while': {
        this.#advance();
        const condition = this.#parenthesized();
        return { type: 'while', condition, body: this.#body() };
      }
      case 'do': {
        this.#advance();
        const body = this.#body();
        this.#skipTerminators();
        if (!this.#isKeyword('while')) throw this.#unexpected();
        this.#advance();
        return { type: 'do', condition: this.#parenthesized(), body };
      }
      case 'for':
        return this.#for();
      default:
        return this.#simple();
    }
  }

  #body(): Statement {
    this.#skipNewlines();
    return this.#statement();
  }

  #if(): Statement {
    this.#advance();
    const condition = this.#parenthesized();
    const body = this.#body();
    const mark = { at: this.#at, line: this.#line, token: this.#token };
    this.#skipTerminators();
    if (this.#isKeyword('else')) {
      this.#advance();
      return { type: 'if', condition, body, otherwise: this.#body() };
    }
    this.#at = mark.at;
    this.#line = mark.line;
    this.#token = mark.token;
    return { type: 'if', condition, body, otherwise: undefined };
  }

  #for(): Statement {
    this.#advance();
    this.#expect('(');
    const mark = { at: this.#at, line: this.#line, token: this.#token };
    if (this.#token.kind === 'name') {
      const variable = this.#token.text;
      this.#advance();
      if (this.#isKeyword('in')) {
        this.#advance();
        const name = this.#token.text;
        this.#advance();
        if (this.#take(')')) return { type: 'for-in', variable, name, body: this.#body() };
      }
      this.#at = mark.at;
      this.#line = mark.line;
      this.#token = mark.token;
    }
    const start = this.#is(';') ? undefined : this.#simple();
    this.#expect(';');
    this.#skipNewlines();
    const condition = this.#is(';') ? undefined : this.#expression();
    this.#expect(';');
    this.#skipNewlines();
    const step = this.#is(')') ? undefined : this.#simple();
    this.#expect(')');
    return { type: 'for', start, condition, step, body: this.#body() };
  }

  #simple(): Statement {
    const { kind, text } = this.#token;
    if (kind !== 'keyword') return { type: 'expression', expression: this.#expression() };
    switch (text) {
      case 'print':
      case 'printf':
        return this.#print(text);
      case 'next':
      case 'nextfile':
      case 'break':
      case 'continue':
        this.#advance();
        return { type: text };
      case 'exit':
      case 'return': {
        this.#advance();
        const value = this.#endsStatement() ? undefined : this.#expression();
        return { type: text, value };
      }
      case 'delete': {
        this.#advance();
        const name = this.#token.text;
        this.#advance();
        const subscripts = this.#take('[') ? this.#list(']') : undefined;
        return { type: 'delete', name, subscripts };
      }
      default:
        return { type: 'expression', expression: this.#expression() };
    }
  }

  #print(type: 'print' | 'printf'): Statement {
    this.#advance();
    this.#noRedirect++;
    let values: Expression[] = [];
    if (!this.#endsStatement() && !this.#is('>') && !this.#is('>>') && !this.#is('|')) {
      values = this.#expressions();
      // print (a, b) > file
      const [only] = values;
      if (values.length === 1 && only?.type === 'call' && only.name === '(list)')
        values = only.arguments;
    }
    this.#noRedirect--;
    let to: Redirect | undefined;
    for (const operator of ['>>', '>', '|'] as const)
      if (!to && this.#take(operator)) to = { operator, target: this.#conditional() };
    return { type, values, to };
  }

  #endsStatement(): boolean {
    return (
      this.#is(';') || this.#is('}') || this.#token.kind === 'newline' || this.#token.kind === 'end'
    );
  }

  // Expressions, weakest first

  #expressions(): Expression[] {
    const list = [this.#expression()];
    while (this.#take(',')) {
      this.#skipNewlines();
      list.push(this.#expression());
    }
    return list;
  }

  #list(closer: string): Expression[] {
    const outer = this.#noRedirect;
    const outerIn = this.#noIn;
    this.#noRedirect = 0;
    this.#noIn = false;
    this.#skipNewlines();
    const list = this.#is(closer) ? [] : this.#expressions();
    this.#skipNewlines();
    this.#expect(closer);
    this.#noRedirect = outer;
    this.#noIn = outerIn;
    return list;
  }

  #parenthesized(): Expression {
    this.#expect('(');
    const [only, more] = this.#list(')');
    if (!only || more) throw this.#unexpected();
    return only;
  }

  #expression(): Expression {
    const left = this.#conditional();
    if (this.#token.kind !== 'operator' || !ASSIGNMENTS.has(this.#token.text)) return left;
    const target = targetOf(left);
    if (!target) return left;
    const operator = this.#token.text.replace('**', '^');
    this.#advance();
    this.#skipNewlines();
    return { type: 'assign', operator, target, value: this.#expression() };
  }

  #conditional(): Expression {
    const condition = this.#or();
    if (!this.#take('?')) return condition;
    this.#skipNewlines();
    const chosen = this.#expression();
    this.#skipNewlines();
    this.#expect(':');
    this.#skipNewlines();
    return { type: 'conditional', condition, chosen, otherwise: this.#expression() };
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#take('||')) {
      this.#skipNewlines();
      left = { type: 'binary', operator: '||', left, right: this.#and() };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#in();
    while (this.#take('&&')) {
      this.#skipNewlines();
      left = { type: 'binary', operator: '&&', left, right: this.#in() };
    }
    return left;
  }

  #in(): Expression {
    let left = this.#match();
    while (!this.#noIn && this.#isKeyword('in')) {
      this.#advance();
      const subscripts = left.type === 'call' && left.name === '(list)' ? left.arguments : [left];
      left = { type: 'in', subscripts, name: this.#token.text };
      this.#advance();
    }
    return left;
  }

  #match(): Expression {
    let left = this.#comparison();
    while (this.#is('~') || this.#is('!~')) {
      const negated = this.#is('!~');
      this.#advance();
      left = { type: 'match', negated, text: left, pattern: this.#comparison() };
    }
    return left;
  }

  #comparison(): Expression {
    const left = this.#concatenation();
    const { text } = this.#token;
    if (this.#token.kind !== 'operator' || !['<', '<=', '==', '!=', '>', '>='].includes(text))
      return left;
    if (text === '>' && this.#noRedirect > 0) return left;
    this.#advance();
    return { type: 'binary', operator: text, left, right: this.#concatenation() };
  }

  #concatenation(): Expression {
    let left = this.#additive();
    for (;;) {
      if (this.#is('|') && this.#peekKeyword('getline')) {
        this.#advance();
        this.#advance();
        left = { type: 'getline', target: this.#optionalTarget(), command: left };
        continue;
      }
      if (!this.#startsOperand()) return left;
      left = { type: 'binary', operator: ' ', left, right: this.#additive() };
    }
  }

  /** An operand follows directly: text is joined. */
  #startsOperand(): boolean {
    const { kind, text } = this.#token;
    if (
      kind === 'number' ||
      kind === 'string' ||
      kind === 'name' ||
      kind === 'function' ||
      kind === 'regex'
    )
      return true;
    if (kind === 'operator')
      return (
        ['$', '!', '(', '-', '+', '++', '--'].includes(text) &&
        !(text === '!' && this.#text[this.#at] === '~')
      );
    return false;
  }

  #additive(): Expression {
    let left = this.#multiplicative();
    while (this.#is('+') || this.#is('-')) {
      const operator = this.#token.text;
      this.#advance();
      left = { type: 'binary', operator, left, right: this.#multiplicative() };
    }
    return left;
  }

  #multiplicative(): Expression {
    let left = this.#unary();
    while (this.#is('*') || this.#is('/') || this.#is('%')) {
      const operator = this.#token.text;
      this.#advance();
      left = { type: 'binary', operator, left, right: this.#unary() };
    }
    return left;
  }

  #unary(): Expression {
    for (const operator of ['!', '-', '+'] as const)
      if (this.#take(operator)) return { type: 'unary', operator, operand: this.#unary() };
    return this.#power();
  }

  #power(): Expression {
    const base = this.#postfix();
    if (!this.#is('^') && !this.#is('**')) return base;
    this.#advance();
    // Groups to the right, and takes a sign: 2^-1.
    const exponent =
      this.#is('-') || this.#is('+') || this.#is('!') ? this.#unary() : this.#power();
    return { type: 'binary', operator: '^', left: base, right: exponent };
  }

  #postfix(): Expression {
    const operand = this.#primary();
    const target = targetOf(operand);
    if (!target) return operand;
    if (this.#take('++')) return { type: 'increment', by: 1, prefix: false, target };
    if (this.#take('--')) return { type: 'increment', by: -1, prefix: false, target };
    return operand;
  }

  #primary(): Expression {
    const { kind, text } = this.#token;
    switch (kind) {
      case 'number':
        this.#advance();
        return { type: 'number', value: Number(text) };
      case 'string':
        this.#advance();
        return { type: 'string', value: text };
      case 'regex':
        this.#advance();
        return { type: 'regex', source: text };
      case 'function':
        return this.#call();
      case 'name':
        return this.#name();
      case 'keyword':
        if (text === 'getline') return this.#getline();
        throw this.#unexpected();
      case 'operator':
        return this.#operator(text);
      case 'newline':
      case 'end':
        throw this.#unexpected();
    }
  }

  #operator(text: string): Expression {
    switch (text) {
      case '/':
      case '/=':
        return this.#regex(text);
      case '$': {
        this.#advance();
        if (this.#is('++') || this.#is('--')) return { type: 'field', index: this.#primary() };
        return { type: 'field', index: this.#primary() };
      }
      case '++':
      case '--': {
        this.#advance();
        const target = targetOf(this.#primary());
        if (!target) throw this.#unexpected();
        return { type: 'increment', by: text === '++' ? 1 : -1, prefix: true, target };
      }
      case '(': {
        this.#advance();
        const list = this.#list(')');
        const [only] = list;
        if (list.length === 1 && only) return { type: 'group', inner: only };
        return { type: 'call', name: '(list)', arguments: list };
      }
      case '-':
      case '+':
      case '!':
        return this.#unary();
      default:
        throw this.#unexpected();
    }
  }

  /** A slash where an operand is due begins an expression. */
  #regex(opener: string): Expression {
    let source = opener === '/=' ? '=' : '';
    let bracket = false;
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined || char === '\n')
        throw new AwkFault(`cmd. line:${this.#line}: Unexpected token`);
      if (char === '\\') {
        const next = this.#text[this.#at++] ?? '';
        source += next === '/' ? '/' : `\\${next}`;
        continue;
      }
      if (char === '[') bracket = true;
      if (char === ']') bracket = false;
      if (char === '/' && !bracket) break;
      source += char;
    }
    this.#advance();
    return { type: 'regex', source };
  }

  #name(): Expression {
    const name = this.#token.text;
    this.#advance();
    if (BUILTINS.has(name)) {
      if (this.#take('(')) return { type: 'call', name, arguments: this.#list(')') };
      if (name !== 'length') throw this.#unexpected();
      return { type: 'call', name, arguments: [] };
    }
    if (this.#take('[')) return { type: 'element', name, subscripts: this.#list(']') };
    return { type: 'variable', name };
  }

  #call(): Expression {
    const name = this.#token.text;
    this.#advance();
    this.#expect('(');
    return { type: 'call', name, arguments: this.#list(')') };
  }

  #getline(): Expression {
    this.#advance();
    const target = this.#optionalTarget();
    if (!this.#take('<')) return { type: 'getline', target };
    return { type: 'getline', target, file: this.#primary() };
  }

  #optionalTarget(): Target | undefined {
    if (this.#token.kind !== 'name' && !this.#is('$')) return undefined;
    return targetOf(this.#primary());
  }

  // Tokens

  #is(text: string): boolean {
    return this.#token.kind === 'operator' && this.#token.text === text;
  }

  #isKeyword(text: string): boolean {
    return this.#token.kind === 'keyword' && this.#token.text === text;
  }

  #peekKeyword(text: string): boolean {
    return new RegExp(`^[ \\t]*${text}\\b`).test(this.#text.slice(this.#at));
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#advance();
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected();
  }

  #skipNewlines(): void {
    while (this.#token.kind === 'newline') this.#advance();
  }

  #skipTerminators(): void {
    while (this.#token.kind === 'newline' || this.#is(';')) this.#advance();
  }

  #unexpected(): AwkFault {
    return new AwkFault(`cmd. line:${this.#token.line}: Unexpected token`);
  }

  #advance(): void {
    const skipped = /(?:[ \t\r]|\\\r?\n|#[^\n]*)*/y;
    skipped.lastIndex = this.#at;
    const blank = skipped.exec(this.#text)?.[0] ?? '';
    this.#line += blank.split('\n').length - 1;
    this.#at += blank.length;
    this.#token = this.#scan();
  }

  #scan(): Token {
    const line = this.#line;
    const rest = this.#text.slice(this.#at, this.#at + 64);
    if (rest === '') return { kind: 'end', text: '', line };
    if (rest.startsWith('\n')) {
      this.#at++;
      this.#line++;
      return { kind: 'newline', text: '\n', line };
    }
    const number = /^(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(rest)?.[0];
    if (number) {
      this.#at += number.length;
      return { kind: 'number', text: number, line };
    }
    const name = /^[A-Za-z_]\w*/.exec(this.#text.slice(this.#at))?.[0];
    if (name) {
      this.#at += name.length;
      if (KEYWORDS.has(name)) return { kind: 'keyword', text: name, line };
      const called = this.#text[this.#at] === '(' && !BUILTINS.has(name);
      return { kind: called ? 'function' : 'name', text: name, line };
    }
    if (rest.startsWith('"')) return this.#string(line);
    const operator = OPERATORS.find((one) => rest.startsWith(one));
    if (operator === undefined) throw new AwkFault(`cmd. line:${line}: Unexpected token`);
    this.#at += operator.length;
    return { kind: 'operator', text: operator, line };
  }

  #string(line: number): Token {
    let text = '';
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined || char === '\n')
        throw new AwkFault(`cmd. line:${line}: Unexpected end of string`);
      if (char === '"') return { kind: 'string', text, line };
      text += char === '\\' ? this.#escape() : char;
    }
  }

  #escape(): string {
    const next = this.#text[this.#at++] ?? '';
    const octal = /^[0-7]{1,3}/.exec(this.#text.slice(this.#at - 1))?.[0];
    if (octal) {
      this.#at += octal.length - 1;
      return String.fromCharCode(parseInt(octal, 8));
    }
    const escapes: Readonly<Record<string, string>> = {
      n: '\n',
      t: '\t',
      r: '\r',
      '\\': '\\',
      '"': '"',
      '/': '/',
      a: '\x07',
      b: '\b',
      f: '\f',
      v: '\v',
    };
    return escapes[next] ?? `\\${next}`;
  }
}

function targetOf(expression: Expression): Target | undefined {
  if (expression.type === 'group') return undefined;
  return expression.type === 'variable' ||
    expression.type === 'field' ||
    expression.type === 'element'
    ? expression
    : undefined;
}
