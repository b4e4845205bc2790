// Shell arithmetic: 64-bit integers, C's operators, variables by name. Expansion has been done before; what comes here is text.

import type { Flavour } from './flavour.ts';

export interface ArithmeticContext {
  flavour: Flavour;
  get(name: string, subscript: string | undefined): string | undefined;
  set(name: string, subscript: string | undefined, value: string): void;
  /** `set -u` is on: a name without a value is a fault. Called with the name. */
  onUnset?: ((name: string) => never) | undefined;
}

export class ArithmeticFault extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'ArithmeticFault';
  }
}

/** Values that name each other in a circle end here; bash's own bound. */
const MAX_RECURSION = 1024;

/** The value of an expression; an empty one is 0. Throws ArithmeticFault. */
export function evaluateArithmetic(text: string, context: ArithmeticContext, depth = 0): bigint {
  return new Evaluation(text, context, depth).run();
}

const TOKEN =
  /[ \t\n]*(?:(\d+#[0-9a-zA-Z@_]+|0[xX][0-9a-fA-F]+|[0-9][0-9a-zA-Z_]*)|([A-Za-z_][A-Za-z0-9_]*)|(<<=|>>=|\*\*|&&|\|\||<<|>>|<=|>=|==|!=|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|[-+*/%<>=!~&|^?:,()[\]])|([^]))/y;

/** Binary operators, weakest first. `**` and the ternary stand apart, for they group to the right. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const ASSIGNING = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '|=', '^=']);

interface Token {
  kind: 'number' | 'name' | 'operator' | 'end';
  text: string;
  at: number;
}

interface Place {
  name: string;
  subscript: string | undefined;
}

interface Operand {
  value: bigint;
  /** Where it can be assigned to. */
  place?: Place;
}

class Evaluation {
  readonly #text: string;
  readonly #context: ArithmeticContext;
  readonly #depth: number;
  #at = 0;
  #token: Token = endToken(0);
  #previous: Token = this.#token;
  /** Above 0 while reading the side of `&&`, `||` or `?:` that is not taken. */
  #skipping = 0;

  constructor(text: string, context: ArithmeticContext, depth: number) {
    this.#text = text;
    this.#context = context;
    this.#depth = depth;
  }

  run(): bigint {
    if (this.#depth > MAX_RECURSION)
      throw this.#fault('expression recursion level exceeded', this.#text);
    this.#next();
    if (this.#ended()) return 0n;
    const value = this.#comma();
    if (!this.#ended()) throw this.#unexpected('syntax error in expression');
    return value;
  }

  #ended(): boolean {
    return this.#token.kind === 'end';
  }

  #comma(): bigint {
    let value = this.#assignment().value;
    while (this.#take(',')) value = this.#assignment().value;
    return value;
  }

  #assignment(): Operand {
    const left = this.#ternary();
    const operator = this.#token.text;
    if (this.#token.kind !== 'operator' || !ASSIGNING.has(operator)) return left;
    if (!left.place) throw this.#unexpected('attempted assignment to non-variable');
    this.#next();
    const right = this.#assignment().value;
    const value = operator === '=' ? right : this.#binary(operator.slice(0, -1), left.value, right);
    this.#assign(left.place, value);
    return { value };
  }

  #ternary(): Operand {
    const condition = this.#level(0);
    if (!this.#take('?')) return condition;
    const truth = condition.value !== 0n;
    const first = this.#when(truth, () => this.#comma());
    if (!this.#take(':')) throw this.#unexpected("`:' expected for conditional expression");
    const second = this.#when(!truth, () => this.#assignment().value);
    return { value: truth ? first : second };
  }

  #level(level: number): Operand {
    const operators = LEVELS[level];
    if (!operators) return this.#power();
    let left = this.#level(level + 1);
    while (this.#token.kind === 'operator' && operators.includes(this.#token.text)) {
      const operator = this.#token.text;
      this.#next();
      if (operator === '&&' || operator === '||') {
        const decided = (left.value !== 0n) === (operator === '||');
        const right = this.#when(!decided, () => this.#level(level + 1).value);
        left = { value: decided ? truth(operator === '||') : truth(right !== 0n) };
      } else left = { value: this.#binary(operator, left.value, this.#level(level + 1).value) };
    }
    return left;
  }

  #power(): Operand {
    const base = this.#unary();
    if (!this.#take('**')) return base;
    const exponent = this.#power().value;
    if (exponent < 0n) throw this.#unexpected('exponent less than 0', this.#previous);
    return { value: power(base.value, exponent) };
  }

  #unary(): Operand {
    const { kind, text } = this.#token;
    if (kind !== 'operator') return this.#postfix();
    switch (text) {
      case '!':
        this.#next();
        return { value: truth(this.#unary().value === 0n) };
      case '~':
        this.#next();
        return { value: ~this.#unary().value };
      case '+':
        this.#next();
        return { value: this.#unary().value };
      case '-':
        this.#next();
        return { value: BigInt.asIntN(64, -this.#unary().value) };
      case '++':
      case '--': {
        this.#next();
        const operand = this.#unary();
        const by = text === '++' ? 1n : -1n;
        // `--5` is two minus signs.
        if (!operand.place) return { value: operand.value };
        const value = BigInt.asIntN(64, operand.value + by);
        this.#assign(operand.place, value);
        return { value };
      }
      default:
        return this.#postfix();
    }
  }

  #postfix(): Operand {
    const operand = this.#primary();
    const { text } = this.#token;
    if (!operand.place || this.#token.kind !== 'operator' || (text !== '++' && text !== '--'))
      return operand;
    this.#next();
    this.#assign(operand.place, BigInt.asIntN(64, operand.value + (text === '++' ? 1n : -1n)));
    return { value: operand.value };
  }

  #primary(): Operand {
    const { kind, text } = this.#token;
    if (kind === 'number') {
      this.#next();
      return { value: this.#number(text) };
    }
    if (kind === 'name') return this.#variable(text);
    if (this.#take('(')) {
      const value = this.#comma();
      if (!this.#take(')')) throw this.#unexpected("missing `)'");
      return { value };
    }
    throw this.#unexpected(
      'syntax error: operand expected',
      this.#token.kind === 'end' ? this.#previous : this.#token,
    );
  }

  #variable(name: string): Operand {
    let subscript: string | undefined;
    if (this.#text[this.#at] === '[' && this.#context.flavour.arrays) {
      const end = closingBracket(this.#text, this.#at);
      if (end < 0) throw this.#fault('bad array subscript', this.#text.slice(this.#at));
      subscript = this.#text.slice(this.#at + 1, end);
      this.#at = end + 1;
    }
    this.#next();
    const place = { name, subscript };
    if (this.#skipping > 0) return { value: 0n, place };
    const text = this.#context.get(name, subscript);
    if (text === undefined && this.#token.text !== '=') this.#context.onUnset?.(name);
    if (text === undefined || text.trim() === '') return { value: 0n, place };
    const value =
      /^[0-9]{1,15}$/.test(text) && !text.startsWith('0')
        ? BigInt(text)
        : evaluateArithmetic(text, this.#context, this.#depth + 1);
    return { value, place };
  }

  #number(text: string): bigint {
    const based = /^(\d+)#(.*)$/.exec(text);
    if (based) return this.#digits(based[2] as string, Number(based[1]), text);
    if (/^0[xX]/.test(text)) return BigInt.asIntN(64, BigInt(text));
    if (text.length > 1 && text.startsWith('0')) return this.#digits(text.slice(1), 8, text);
    return this.#digits(text, 10, text);
  }

  #digits(digits: string, base: number, whole: string): bigint {
    if (base < 2 || base > 64) throw this.#fault('invalid arithmetic base', whole);
    let value = 0n;
    for (const char of digits) {
      const digit = digitValue(char, base);
      if (digit < 0 || digit >= base) throw this.#fault('value too great for base', whole);
      value = value * BigInt(base) + BigInt(digit);
    }
    return BigInt.asIntN(64, value);
  }

  #binary(operator: string, left: bigint, right: bigint): bigint {
    switch (operator) {
      case '+':
        return BigInt.asIntN(64, left + right);
      case '-':
        return BigInt.asIntN(64, left - right);
      case '*':
        return BigInt.asIntN(64, left * right);
      case '/':
      case '%':
        if (this.#skipping > 0) return 0n;
        if (right === 0n) throw this.#divisionByZero();
        return BigInt.asIntN(64, operator === '/' ? left / right : left % right);
      case '<<':
        return BigInt.asIntN(64, left << (right & 63n));
      case '>>':
        return left >> (right & 63n);
      case '<':
        return truth(left < right);
      case '>':
        return truth(left > right);
      case '<=':
        return truth(left <= right);
      case '>=':
        return truth(left >= right);
      case '==':
        return truth(left === right);
      case '!=':
        return truth(left !== right);
      case '&':
        return left & right;
      case '|':
        return left | right;
      default:
        return left ^ right;
    }
  }

  #assign(place: Place, value: bigint): void {
    if (this.#skipping === 0) this.#context.set(place.name, place.subscript, String(value));
  }

  #when<T>(taken: boolean, read: () => T): T {
    if (taken) return read();
    this.#skipping++;
    const result = read();
    this.#skipping--;
    return result;
  }

  #take(operator: string): boolean {
    if (this.#token.kind !== 'operator' || this.#token.text !== operator) return false;
    this.#next();
    return true;
  }

  #next(): void {
    this.#previous = this.#token;
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (!found) {
      this.#token = endToken(this.#text.length);
      this.#at = this.#text.length;
      return;
    }
    this.#at = TOKEN.lastIndex;
    const text = found[1] ?? found[2] ?? found[3] ?? found[4] ?? '';
    const at = this.#at - text.length;
    if (found[1] !== undefined) this.#token = { kind: 'number', text, at };
    else if (found[2] !== undefined) this.#token = { kind: 'name', text, at };
    else if (found[3] !== undefined) this.#token = { kind: 'operator', text, at };
    else if (text === '' || /^\s$/.test(text)) this.#token = endToken(at);
    else throw this.#fault('syntax error: operand expected', this.#text.slice(at));
  }

  #unexpected(text: string, token: Token = this.#token): ArithmeticFault {
    return this.#fault(text, this.#text.slice(token.at));
  }

  #divisionByZero(): ArithmeticFault {
    if (this.#context.flavour.name === 'ash') return new ArithmeticFault('divide by zero');
    return this.#fault('division by 0', this.#text.slice(this.#previous.at));
  }

  #fault(text: string, errorToken: string): ArithmeticFault {
    if (this.#context.flavour.name === 'ash') return new ArithmeticFault('arithmetic syntax error');
    return new ArithmeticFault(`${this.#text}: ${text} (error token is "${errorToken}")`);
  }
}

function endToken(at: number): Token {
  return { kind: 'end', text: '', at };
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

/** By squaring, cut to 64 bits at each step, so that no exponent costs much. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

function digitValue(char: string, base: number): number {
  if (char >= '0' && char <= '9') return Number(char);
  if (char >= 'a' && char <= 'z') return char.charCodeAt(0) - 87;
  if (char >= 'A' && char <= 'Z') return char.charCodeAt(0) - (base <= 36 ? 55 : 29);
  if (char === '@') return 62;
  return char === '_' ? 63 : -1;
}

function closingBracket(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']' && --depth === 0) return at;
  }
  return -1;
}
