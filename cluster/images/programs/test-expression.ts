// test(1) and `[`: what an expression of arguments says. The shells' builtins and the programs share it.

import type { FileInfo, FileSystem } from '../../node/file-system.ts';
import { matchesPattern } from '../shell/pattern.ts';
import { resolvePath } from './files.ts';

export interface TestContext {
  fs: FileSystem;
  cwd: string;
  user: { uid: number; gid: number };
  isTerminal(fd: number): boolean;
  /** `-o name`: a shell's option. */
  optionIsOn?(name: string): boolean;
  /** `-v name`: a shell's variable. */
  isSet?(name: string): boolean;
}

export type TestStyle = 'busybox' | 'bash';

/** The expression is none. */
export class TestFault extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'TestFault';
  }
}

const BINARY = new Set('= == != < > -eq -ne -lt -le -gt -ge -nt -ot -ef'.split(' '));

/** Throws TestFault. `patterns`: busybox's `[[`, where the right side of `==` is a pattern. */
export function evaluateTest(
  words: readonly string[],
  context: TestContext,
  style: TestStyle,
  patterns = false,
): boolean {
  return new TestExpression(words, context, style, patterns).run();
}

class TestExpression {
  readonly #words: readonly string[];
  readonly #context: TestContext;
  readonly #style: TestStyle;
  readonly #patterns: boolean;
  #at = 0;

  constructor(words: readonly string[], context: TestContext, style: TestStyle, patterns: boolean) {
    this.#words = words;
    this.#context = context;
    this.#style = style;
    this.#patterns = patterns;
  }

  run(): boolean {
    const words = this.#words;
    const short = this.#bySize(words);
    if (short !== undefined) return short;
    const result = this.#or();
    if (this.#at < words.length) throw this.#extra();
    return result;
  }

  /** POSIX decides up to four arguments by their number, so that `[ "$x" = "(" ]` means what it says. */
  #bySize(words: readonly string[]): boolean | undefined {
    const [a = '', b = '', c = '', d = ''] = words;
    switch (words.length) {
      case 0:
        return false;
      case 1:
        return a !== '';
      case 2:
        if (a === '!') return b === '';
        if (isUnary(a)) return this.#unary(a, b);
        throw new TestFault(
          this.#style === 'bash' ? `${a}: unary operator expected` : `${b}: unknown operand`,
        );
      case 3:
        if (BINARY.has(b) || (this.#patterns && b === '=~')) return this.#binary(a, b, c);
        if (b === '-a') return a !== '' && c !== '';
        if (b === '-o') return a !== '' || c !== '';
        if (a === '!') return !this.#bySize([b, c]);
        if (a === '(' && c === ')') return b !== '';
        throw new TestFault(
          this.#style === 'bash' ? `${b}: binary operator expected` : `${b}: unknown operand`,
        );
      case 4:
        if (a === '!') return !this.#bySize([b, c, d]);
        if (a === '(' && d === ')') return this.#bySize([b, c]);
        return undefined;
      default:
        return undefined;
    }
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#take('-o')) {
      const right = this.#and();
      value ||= right;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#take('-a')) {
      const right = this.#not();
      value &&= right;
    }
    return value;
  }

  #not(): boolean {
    return this.#take('!') ? !this.#not() : this.#primary();
  }

  #primary(): boolean {
    const word = this.#words[this.#at];
    if (word === undefined) throw new TestFault('argument expected');
    const next = this.#words[this.#at + 1];
    const right = this.#words[this.#at + 2];
    if (next !== undefined && BINARY.has(next) && right !== undefined) {
      this.#at += 3;
      return this.#binary(word, next, right);
    }
    if (word === '(') {
      this.#at++;
      const value = this.#or();
      if (!this.#take(')'))
        throw new TestFault(this.#style === 'bash' ? "`)' expected" : 'closing paren expected');
      return value;
    }
    if (isUnary(word) && next !== undefined) {
      this.#at += 2;
      return this.#unary(word, next);
    }
    this.#at++;
    return word !== '';
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  #extra(): TestFault {
    if (this.#style === 'bash') return new TestFault('too many arguments');
    return new TestFault(`${this.#words[this.#at]}: unknown operand`);
  }

  #unary(operator: string, operand: string): boolean {
    if (operator === '-o') return this.#context.optionIsOn?.(operand) ?? false;
    if (operator === '-v') return this.#context.isSet?.(operand) ?? false;
    if (operator === '-t') return this.#context.isTerminal(Number(this.#integer(operand)));
    return unaryTest(this.#context, operator, operand);
  }

  #binary(left: string, operator: string, right: string): boolean {
    if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(operator))
      return compareIntegers(operator, this.#integer(left), this.#integer(right));
    if (this.#patterns && (operator === '==' || operator === '=' || operator === '!='))
      return matchesPattern(left, right) === (operator !== '!=');
    return binaryTest(this.#context, left, operator, right);
  }

  #integer(text: string): bigint {
    const trimmed = text.trim();
    if (/^[-+]?\d+$/.test(trimmed)) return BigInt(trimmed.replace(/^\+/, ''));
    throw new TestFault(
      this.#style === 'bash' ? `${text}: integer expression expected` : `${text}: bad number`,
    );
  }
}

function isUnary(word: string): boolean {
  return /^-[abcdefghkLnNoOprsStuvwxzG]$/.test(word);
}

function compareIntegers(operator: string, left: bigint, right: bigint): boolean {
  switch (operator) {
    case '-eq':
      return left === right;
    case '-ne':
      return left !== right;
    case '-lt':
      return left < right;
    case '-le':
      return left <= right;
    case '-gt':
      return left > right;
    default:
      return left >= right;
  }
}

/** `-f x`, `-z x` and their like. */
export function unaryTest(context: TestContext, operator: string, operand: string): boolean {
  if (operator === '-z') return operand === '';
  if (operator === '-n') return operand !== '';
  if (operator === '-t') return context.isTerminal(Number(operand));
  if (operator === '-o') return context.optionIsOn?.(operand) ?? false;
  if (operand === '') return false;
  const path = resolvePath(context.cwd, operand);
  if (operator === '-h' || operator === '-L') return context.fs.stat(path, false)?.type === 'link';
  const info = context.fs.stat(path);
  return info !== undefined && fileTest(context, operator, info);
}

function fileTest(context: TestContext, operator: string, info: FileInfo): boolean {
  switch (operator) {
    case '-e':
    case '-a':
      return true;
    case '-f':
      return info.type === 'file';
    case '-d':
      return info.type === 'directory';
    case '-c':
      return info.type === 'device';
    case '-s':
      return info.size > 0;
    case '-r':
      return mayAccess(context, info, 4);
    case '-w':
      return mayAccess(context, info, 2);
    case '-x':
      return mayAccess(context, info, 1);
    case '-O':
      return info.uid === context.user.uid;
    case '-G':
      return info.gid === context.user.gid;
    case '-u':
      return (info.mode & 0o4000) !== 0;
    case '-g':
      return (info.mode & 0o2000) !== 0;
    case '-k':
      return (info.mode & 0o1000) !== 0;
    default:
      // Block devices, pipes and sockets do not exist here.
      return false;
  }
}

function mayAccess({ user }: TestContext, info: FileInfo, bit: 1 | 2 | 4): boolean {
  if (user.uid === 0) return bit !== 1 || info.type === 'directory' || (info.mode & 0o111) !== 0;
  const shift = info.uid === user.uid ? 6 : info.gid === user.gid ? 3 : 0;
  return ((info.mode >> shift) & bit) !== 0;
}

/** `a = b`, `f -nt g` and their like; numbers are compared elsewhere. */
export function binaryTest(
  context: TestContext,
  left: string,
  operator: string,
  right: string,
): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    default: {
      const a = context.fs.stat(resolvePath(context.cwd, left));
      const b = context.fs.stat(resolvePath(context.cwd, right));
      if (operator === '-ef')
        return (
          a !== undefined && resolvePath(context.cwd, left) === resolvePath(context.cwd, right)
        );
      const [newer, older] = operator === '-nt' ? [a, b] : [b, a];
      return newer !== undefined && (older === undefined || newer.modifiedAt > older.modifiedAt);
    }
  }
}
