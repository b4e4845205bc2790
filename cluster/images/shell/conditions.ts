// bash's [[ … ]]: patterns, regular expressions, and no splitting.

import { patternToRegExp } from '../programs/regex.ts';
import { binaryTest, unaryTest } from '../programs/test-expression.ts';
import type { TestContext } from '../programs/test-expression.ts';
import type { Evaluator } from './evaluate.ts';
import { Fault } from './faults.ts';
import { matchesPattern } from './pattern.ts';
import { quoteWhereNeeded } from './quoting.ts';
import type { Shell } from './shell.ts';
import type { Condition } from './syntax.ts';
import { traceCommand } from './trace.ts';

export async function conditionHolds(evaluator: Evaluator, condition: Condition): Promise<boolean> {
  switch (condition.type) {
    case 'not':
      return !(await conditionHolds(evaluator, condition.operand));
    case 'and':
      return (
        (await conditionHolds(evaluator, condition.left)) &&
        (await conditionHolds(evaluator, condition.right))
      );
    case 'or':
      return (
        (await conditionHolds(evaluator, condition.left)) ||
        (await conditionHolds(evaluator, condition.right))
      );
    case 'word': {
      const text = await evaluator.expander.text(condition.word);
      await trace(evaluator.shell, ['-n', quoteWhereNeeded(text)]);
      return text !== '';
    }
    case 'unary': {
      const operand = await evaluator.expander.text(condition.operand);
      await trace(evaluator.shell, [condition.operator, quoteWhereNeeded(operand)]);
      return unary(evaluator, condition.operator, operand);
    }
    case 'binary':
      return binary(evaluator, condition);
  }
}

async function binary(
  evaluator: Evaluator,
  condition: Condition & { type: 'binary' },
): Promise<boolean> {
  const { expander, shell } = evaluator;
  const { operator } = condition;
  const left = await expander.text(condition.left);
  if (operator === '=~') {
    const source = await expander.regex(condition.right);
    await trace(shell, [quoteWhereNeeded(left), operator, source]);
    return matchesRegex(evaluator, left, source);
  }
  if (operator === '==' || operator === '=' || operator === '!=') {
    const pattern = await expander.pattern(condition.right);
    await trace(shell, [quoteWhereNeeded(left), operator, pattern]);
    const options = { extended: true, ignoreCase: shell.switches.has('nocasematch') };
    return matchesPattern(left, pattern, options) === (operator !== '!=');
  }
  const right = await expander.text(condition.right);
  await trace(shell, [quoteWhereNeeded(left), operator, quoteWhereNeeded(right)]);
  if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(operator))
    return compare(
      operator,
      expander.arithmeticText(left, '[['),
      expander.arithmeticText(right, '[['),
    );
  return binaryTest(testContext(shell), left, operator, right);
}

function compare(operator: string, left: bigint, right: bigint): boolean {
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

function unary(evaluator: Evaluator, operator: string, operand: string): boolean {
  const { shell } = evaluator;
  if (operator === '-v') return shell.variables.isSet(operand);
  if (operator === '-R') return shell.variables.snapshot(operand)?.reference ?? false;
  return unaryTest(testContext(shell), operator, operand);
}

/** Sets BASH_REMATCH. */
function matchesRegex(evaluator: Evaluator, text: string, source: string): boolean {
  const { shell } = evaluator;
  const flags = shell.switches.has('nocasematch') ? 'i' : '';
  const expression = patternToRegExp(source, { extended: true, flags });
  if (!expression) throw new Fault('', { status: 2 });
  const found = expression.exec(text);
  shell.variables.restore('BASH_REMATCH', {
    elements: new Map((found ?? []).map((group, index) => [index, group ?? ''])),
  });
  return found !== null;
}

export function testContext(shell: Shell): TestContext {
  return {
    fs: shell.fs,
    cwd: shell.cwd,
    user: shell.process.user,
    isTerminal: (fd) => {
      const file = shell.descriptors.get(fd);
      if (!file) return false;
      if (file.tty) return true;
      const own = { 1: shell.process.stdout, 2: shell.process.stderr }[fd];
      return own !== undefined && file.output === own && shell.process.isTerminal(fd === 1 ? 1 : 2);
    },
    optionIsOn: (name) => [...shell.options].includes(name as never),
  };
}

async function trace(shell: Shell, words: readonly string[]): Promise<void> {
  await traceCommand(shell, () => Promise.resolve(`[[ ${words.join(' ')} ]]`));
}
