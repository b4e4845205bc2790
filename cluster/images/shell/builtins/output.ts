// Builtins that print or judge: echo, printf, test.

import { echoText } from '../../programs/echo-text.ts';
import { formatPrintf } from '../../programs/printf-format.ts';
import { TestFault, evaluateTest } from '../../programs/test-expression.ts';
import type { Builtin } from '../builtin.ts';
import { testContext } from '../conditions.ts';
import { Fault } from '../faults.ts';
import { complaint } from '../messages.ts';

const echo: Builtin = async (shell, { argv }) => {
  await shell.write(1, echoText(argv.slice(1), shell.isBash));
  return 0;
};

const printf: Builtin = async (shell, { argv }) => {
  let at = 1;
  let variable: string | undefined;
  if (shell.isBash && argv[at] === '-v') {
    variable = argv[at + 1];
    at += 2;
  }
  if (argv[at] === '--') at++;
  const format = argv[at];
  if (format === undefined) {
    await shell.complain(
      shell.isBash
        ? 'printf: usage: printf [-v var] format [arguments]\n'
        : `${shell.origin.name}: usage: printf FORMAT [ARGUMENT...]\n`,
    );
    return 2;
  }
  const printed = formatPrintf(format, argv.slice(at + 1), {
    style: shell.isBash ? 'bash' : 'busybox',
    now: () => shell.process.clock.now(),
  });
  for (const words of printed.complaints)
    await shell.complain(
      shell.isBash ? complaint(shell, words, 'printf') : `${shell.origin.name}: ${words}\n`,
    );
  if (variable === undefined) await shell.write(1, printed.text);
  else shell.variables.set(variable, printed.text);
  return printed.complaints.length > 0 ? 1 : 0;
};

const test: Builtin = (shell, { argv }) => {
  const name = argv[0] ?? 'test';
  const words = argv.slice(1);
  if (name === '[' || name === '[[') {
    const closer = name === '[' ? ']' : ']]';
    if (words.pop() !== closer)
      throw new Fault(shell.isBash ? `missing \`${closer}'` : `missing ${closer}`, {
        status: 2,
        builtin: shell.isBash ? name : undefined,
      });
  }
  try {
    const context = {
      ...testContext(shell),
      isSet: (variable: string) => shell.variables.isSet(variable),
    };
    return evaluateTest(words, context, shell.isBash ? 'bash' : 'busybox', name === '[[') ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestFault)) throw error;
    throw new Fault(error.message, { status: 2, builtin: shell.isBash ? name : undefined });
  }
};

export const outputBuiltins: Readonly<Record<string, Builtin>> = {
  echo,
  printf,
  test,
  '[': test,
  '[[': test,
};
