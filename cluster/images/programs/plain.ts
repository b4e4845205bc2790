// Programs that need nothing but their arguments: true, false, echo, printf, test, yes, seq, sleep, basename, dirname, expr.

import type { Process, Program } from '../../node/process.ts';
import { matchesFrom } from './expr-match.ts';
import { applet } from './applet.ts';
import { echoText } from './echo-text.ts';
import { baseName, directoryName } from './files.ts';
import { formatPrintf } from './printf-format.ts';
import { UsageFault, complain, nameOf, print, printError } from './program.ts';
import { TestFault, evaluateTest } from './test-expression.ts';

const echo: Program = async (process) => {
  await print(process, echoText(process.argv.slice(1), false));
  return 0;
};

const printf: Program = async (process) => {
  const [, format, ...values] = process.argv;
  if (format === undefined) {
    await printError(process, 'Usage: printf FORMAT [ARG]...\n');
    return 1;
  }
  const printed = formatPrintf(format, values, {
    style: 'busybox',
    now: () => process.clock.now(),
  });
  for (const words of printed.complaints) await complain(process, words);
  await print(process, printed.text);
  return printed.complaints.length > 0 ? 1 : 0;
};

const test: Program = async (process) => {
  const words = process.argv.slice(1);
  const name = nameOf(process);
  if (name === '[' || name === '[[') {
    if (words.pop() !== (name === '[' ? ']' : ']]')) {
      await complain(process, `missing ${name === '[' ? ']' : ']]'}`);
      return 2;
    }
  }
  try {
    const context = {
      fs: process.fs,
      cwd: process.cwd,
      user: process.user,
      isTerminal: (fd: number) => (fd === 0 || fd === 1 || fd === 2) && process.isTerminal(fd),
    };
    return evaluateTest(words, context, 'busybox', name === '[[') ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestFault)) throw error;
    await complain(process, error.message);
    return 2;
  }
};

/** Lines `yes` writes at once: a reader takes thousands a turn. */
const YES_LINES = 512;

const yes: Program = async (process) => {
  const line = `${process.argv.slice(1).join(' ') || 'y'}\n`;
  const block = line.repeat(Math.max(1, Math.floor(YES_LINES / (1 + line.length / 64))));
  for (;;) await print(process, block);
};

const seq = applet(
  { letters: 'ws:', usage: '[-w] [-s SEP] [FIRST [INC]] LAST', operandsEnd: true },
  async (process, options) => {
    const { operands } = options;
    // Negative numbers are not options.
    const words = process.argv.slice(process.argv.length - operands.length);
    if (words.length === 0 || words.length > 3) throw new UsageFault('');
    const numbers = words.map(Number);
    for (const [index, number] of numbers.entries())
      if (Number.isNaN(number) || words[index] === '') {
        await complain(process, `invalid number '${words[index]}'`);
        return 1;
      }
    const [first, by, last] =
      words.length === 1
        ? [1, 1, numbers[0]]
        : words.length === 2
          ? [numbers[0], 1, numbers[1]]
          : numbers;
    await countUp(
      process,
      { first: first ?? 1, by: by ?? 1, last: last ?? 1 },
      words,
      options.value('s') ?? '\n',
      options.has('w'),
    );
    return 0;
  },
);

async function countUp(
  process: Process,
  { first, by, last }: { first: number; by: number; last: number },
  words: readonly string[],
  separator: string,
  equalWidth: boolean,
): Promise<void> {
  const decimals = Math.max(...words.slice(0, 2).map((word) => (word.split('.')[1] ?? '').length));
  const width = equalWidth
    ? Math.max(first.toFixed(decimals).length, last.toFixed(decimals).length)
    : 0;
  let out = '';
  // Counted by steps, not added up: 0.1 ten times is not 1.
  for (let step = 0; ; step++) {
    const value = first + step * by;
    if (by >= 0 ? value > last + 1e-12 : value < last - 1e-12) break;
    if (step > 0) out += separator;
    const text = value.toFixed(decimals);
    out += text.startsWith('-')
      ? `-${text.slice(1).padStart(width - 1, '0')}`
      : text.padStart(width, '0');
    if (out.length > 8_192) {
      await print(process, out);
      out = '';
      await process.yield();
    }
    // Nothing moves: it would print for ever, as the real one does.
    if (by === 0) await process.yield();
  }
  if (out !== '' || (by >= 0 ? first <= last : first >= last)) await print(process, `${out}\n`);
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `1.5`, `10m`, `1h`; `infinity` too. Undefined when it is none. */
export function durationSeconds(text: string): number | undefined {
  if (/^inf(?:inity)?$/i.test(text)) return Infinity;
  const found = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  return found ? Number(found[1]) * (units[found[2] || 's'] ?? 1) : undefined;
}

/** The longest wait a clock takes at once; longer sleeps go round. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

const sleep: Program = async (process) => {
  const words = process.argv.slice(1);
  if (words.length === 0) {
    await printError(
      process,
      'BusyBox v1.37.0 (simulated) multi-call binary.\n\nUsage: sleep [N]...\n',
    );
    return 1;
  }
  let seconds = 0;
  for (const word of words) {
    const one = durationSeconds(word);
    if (one === undefined) {
      await complain(process, `invalid number '${word}'`);
      return 1;
    }
    seconds += one;
  }
  let rest = seconds * 1000;
  while (rest > LONGEST_WAIT_MS) {
    await process.sleep(LONGEST_WAIT_MS);
    rest -= LONGEST_WAIT_MS;
  }
  await process.sleep(rest);
  return 0;
};

const usleep: Program = async (process) => {
  await process.sleep(Number(process.argv[1] ?? 0) / 1000);
  return 0;
};

const basename: Program = async (process) => {
  const [, path, suffix] = process.argv;
  if (path === undefined) {
    await printError(
      process,
      'BusyBox v1.37.0 (simulated) multi-call binary.\n\nUsage: basename FILE [SUFFIX]\n',
    );
    return 1;
  }
  const base = baseName(path);
  const cut = suffix !== undefined && suffix !== '' && base.endsWith(suffix) && base !== suffix;
  await print(process, `${cut ? base.slice(0, -suffix.length) : base}\n`);
  return 0;
};

const dirname: Program = async (process) => {
  const [, path] = process.argv;
  if (path === undefined) {
    await printError(
      process,
      'BusyBox v1.37.0 (simulated) multi-call binary.\n\nUsage: dirname FILENAME\n',
    );
    return 1;
  }
  await print(process, `${directoryName(path)}\n`);
  return 0;
};

const expr: Program = async (process) => {
  const words = process.argv.slice(1);
  if (words.length === 0) {
    await complain(process, 'too few arguments');
    return 2;
  }
  try {
    const value = new Expression(words).run();
    await print(process, `${value}\n`);
    return value === '' || value === '0' ? 1 : 0;
  } catch (error) {
    if (!(error instanceof UsageFault)) throw error;
    await complain(process, error.message);
    return 2;
  }
};

const EXPR_LEVELS: readonly (readonly string[])[] = [
  ['|'],
  ['&'],
  ['<', '<=', '=', '==', '!=', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%'],
  [':'],
];

/** expr(1)'s grammar: one word, one token. */
class Expression {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  run(): string {
    const value = this.#level(0);
    if (this.#at < this.#words.length) throw new UsageFault('syntax error');
    return value;
  }

  #level(level: number): string {
    const operators = EXPR_LEVELS[level];
    if (!operators) return this.#primary();
    let left = this.#level(level + 1);
    while (operators.includes(this.#words[this.#at] ?? '')) {
      const operator = this.#words[this.#at++] ?? '';
      left = applyOperator(operator, left, this.#level(level + 1));
    }
    return left;
  }

  #primary(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new UsageFault('syntax error');
    const take = () => {
      const value = this.#words[this.#at++];
      if (value === undefined) throw new UsageFault('syntax error');
      return value;
    };
    switch (word) {
      case '(': {
        const value = this.#level(0);
        if (take() !== ')') throw new UsageFault('syntax error');
        return value;
      }
      case 'match':
        return matchesFrom(take(), take());
      case 'length':
        return String(Array.from(take()).length);
      case 'index': {
        const [text, chars] = [take(), take()];
        return String(Array.from(text).findIndex((char) => chars.includes(char)) + 1);
      }
      case 'substr': {
        const [text, from, length] = [take(), Number(take()), Number(take())];
        return from >= 1 && length > 0
          ? Array.from(text)
              .slice(from - 1, from - 1 + length)
              .join('')
          : '';
      }
      default:
        return word;
    }
  }
}

function applyOperator(operator: string, left: string, right: string): string {
  const isNull = (value: string) => value === '' || value === '0';
  switch (operator) {
    case '|':
      return isNull(left) ? right : left;
    case '&':
      return isNull(left) || isNull(right) ? '0' : left;
    case ':':
      return matchesFrom(left, right);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return String(arithmetic(operator, left, right));
    default:
      return compare(operator, left, right) ? '1' : '0';
  }
}

function arithmetic(operator: string, left: string, right: string): bigint {
  if (!/^-?\d+$/.test(left) || !/^-?\d+$/.test(right)) throw new UsageFault('non-numeric argument');
  const [a, b] = [BigInt(left), BigInt(right)];
  if ((operator === '/' || operator === '%') && b === 0n) throw new UsageFault('division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return a % b;
  }
}

function compare(operator: string, left: string, right: string): boolean {
  const numbers = /^-?\d+$/.test(left) && /^-?\d+$/.test(right);
  const order = numbers
    ? Number(BigInt(left) - BigInt(right))
    : left < right
      ? -1
      : left > right
        ? 1
        : 0;
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '!=':
      return order !== 0;
    default:
      return order === 0;
  }
}

export const plainPrograms: Readonly<Record<string, Program>> = {
  true: () => Promise.resolve(0),
  false: () => Promise.resolve(1),
  echo,
  printf,
  test,
  '[': test,
  '[[': test,
  yes,
  seq,
  sleep,
  usleep,
  basename,
  dirname,
  expr,
};
