// Builtins that steer: `:`, true, false, break, continue, return, exit, shift, times.

import type { Builtin } from '../builtin.ts';
import { Exit, Fault } from '../faults.ts';
import type { Shell } from '../shell.ts';
import { minutes } from '../times.ts';

/** A status argument: exit codes are a byte. Throws Fault. */
function statusArgument(shell: Shell, name: string, text: string | undefined): number {
  if (text === undefined) return shell.status;
  if (shell.isBash ? /^\s*[-+]?\d+\s*$/.test(text) : /^\d+$/.test(text)) return Number(text) & 255;
  throw new Fault(shell.isBash ? `${text}: numeric argument required` : `Illegal number: ${text}`, {
    status: 2,
    builtin: name,
  });
}

const leave =
  (type: 'break' | 'continue'): Builtin =>
  async (shell, { argv }) => {
    const text = argv[1] ?? '1';
    if (!/^\d+$/.test(text) || Number(text) < 1) {
      if (!shell.isBash) throw new Fault(`Illegal number: ${text}`, { status: 2, builtin: type });
      const words = /^-?\d+$/.test(text) ? 'loop count out of range' : 'numeric argument required';
      throw new Fault(`${text}: ${words}`, {
        status: words.startsWith('loop') ? 1 : 128,
        builtin: type,
      });
    }
    if (shell.loopDepth > 0) shell.jump = { type, levels: Math.min(Number(text), shell.loopDepth) };
    else if (shell.isBash)
      throw new Fault("only meaningful in a `for', `while', or `until' loop", {
        status: 0,
        builtin: type,
      });
    return 0;
  };

const doReturn: Builtin = (shell, { argv }) => {
  const status = statusArgument(shell, 'return', argv[1]);
  const inside = shell.callStack.length > 0 || shell.sourceDepth > 0;
  if (!inside && shell.isBash)
    throw new Fault("can only `return' from a function or sourced script", {
      status: 2,
      builtin: 'return',
    });
  shell.jump = { type: 'return', status };
  return status;
};

const exit: Builtin = async (shell, { argv }) => {
  if (shell.interactive && shell.isBash && shell.subshellDepth === 0)
    await shell.complain('exit\n');
  if (shell.isBash && argv.length > 2 && /^\d+$/.test(argv[1] ?? ''))
    throw new Fault('too many arguments', { builtin: 'exit' });
  if (shell.isBash && argv[1] !== undefined && !/^\s*[-+]?\d+\s*$/.test(argv[1]))
    throw new Fault(`${argv[1]}: numeric argument required`, {
      status: 2,
      reach: 'shell',
      builtin: 'exit',
    });
  throw new Exit(statusArgument(shell, 'exit', argv[1]));
};

const shift: Builtin = (shell, { argv }) => {
  const text = argv[1] ?? '1';
  if (!/^-?\d+$/.test(text))
    throw new Fault(
      shell.isBash ? `${text}: numeric argument required` : `Illegal number: ${text}`,
      {
        status: shell.isBash ? 1 : 2,
        builtin: 'shift',
      },
    );
  const count = Number(text);
  if (count < 0) throw new Fault(`${text}: shift count out of range`, { builtin: 'shift' });
  if (count > shell.positional.length) return 1;
  shell.positional = shell.positional.slice(count);
  return 0;
};

/** CPU time is not simulated: it counts as zero. */
const times: Builtin = async (shell) => {
  await shell.write(1, `${minutes(0)} ${minutes(0)}\n${minutes(0)} ${minutes(0)}\n`);
  return 0;
};

export const flowBuiltins: Readonly<Record<string, Builtin>> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  break: leave('break'),
  continue: leave('continue'),
  return: doReturn,
  exit,
  logout: (shell, call, services) => {
    if (!shell.interactive) throw new Fault("not login shell: use `exit'", { builtin: 'logout' });
    return exit(shell, call, services);
  },
  shift,
  times,
};
