// Builtins that run other text or commands: eval, `.`, exec, command, builtin, trap, let.

import { FileError } from '../../../node/file-system.ts';
import { signalNumbers } from '../../../node/signals.ts';
import { fileReader, resolvePath } from '../../programs/files.ts';
import { decodeText } from '../../programs/text.ts';
import { readAll } from '../../../streams.ts';
import type { Builtin } from '../builtin.ts';
import { Fault } from '../faults.ts';
import { complaint } from '../messages.ts';
import { quoteSingle } from '../quoting.ts';
import type { Shell } from '../shell.ts';
import { describeCommand } from './lookup.ts';

const doEval: Builtin = (_shell, { argv }, services) =>
  services.runText(argv.slice(1).join(' '), { speaker: 'eval' });

const source: Builtin = async (shell, { argv }, services) => {
  const builtin = argv[0] ?? '.';
  const name = argv[1];
  if (name === undefined) {
    if (!shell.isBash) return 0;
    await shell.complain(complaint(shell, 'filename argument required', builtin));
    await shell.complain(`${builtin}: usage: ${builtin} filename [arguments]\n`);
    return 2;
  }
  const text = await sourceText(shell, builtin, name);
  const outer = shell.positional;
  if (argv.length > 2) shell.positional = argv.slice(2);
  shell.sourceDepth++;
  try {
    const status = await services.runText(text, { source: name });
    if (shell.jump?.type !== 'return') return status;
    const { status: returned } = shell.jump;
    shell.jump = undefined;
    return returned;
  } finally {
    shell.sourceDepth--;
    if (argv.length > 2) shell.positional = outer;
  }
};

async function sourceText(shell: Shell, builtin: string, name: string): Promise<string> {
  const path = name.includes('/')
    ? name
    : (inPath(shell, name) ?? (shell.isBash ? name : undefined));
  if (path === undefined) throw new Fault(`${name}: not found`, { status: 2, builtin });
  try {
    return decodeText(await readAll(fileReader(shell.fs, resolvePath(shell.cwd, path))));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (!shell.isBash)
      throw new Fault(`can't open '${name}': No such file or directory`, { status: 2, builtin });
    throw new Fault(
      error.code === 'EISDIR' ? `${name}: is a directory` : `${name}: No such file or directory`,
      error.code === 'EISDIR' ? { builtin } : {},
    );
  }
}

function inPath(shell: Shell, name: string): string | undefined {
  for (const directory of (shell.variables.get('PATH') ?? '').split(':')) {
    const path = resolvePath(shell.cwd, `${directory || '.'}/${name}`);
    if (shell.fs.stat(path)?.type === 'file') return path;
  }
  return undefined;
}

const exec: Builtin = (_shell, { argv }, services) => {
  const words = argv.slice(1);
  if (words[0] === '--') words.shift();
  return words.length === 0 ? 0 : services.exec(words);
};

const command: Builtin = async (shell, { argv }, services) => {
  let at = 1;
  let describes: 'v' | 'V' | undefined;
  for (; /^-./.test(argv[at] ?? ''); at++) {
    const option = argv[at] ?? '';
    if (option === '--') {
      at++;
      break;
    }
    if (option.includes('v')) describes = 'v';
    if (option.includes('V')) describes = 'V';
  }
  const words = argv.slice(at);
  if (words.length === 0) return 0;
  if (!describes) return services.runCommand(words, {});
  // bash minds only when it finds none of them.
  let found = 0;
  for (const name of shell.isBash ? words : words.slice(0, 1))
    if (
      await describeCommand(shell, services, name, describes === 'v' ? 'brief' : 'full', 'command')
    )
      found++;
  return found > 0 ? 0 : shell.isBash ? 1 : 127;
};

const builtin: Builtin = async (shell, { argv }, services) => {
  const words = argv.slice(1);
  const [name] = words;
  if (name === undefined) return 0;
  if (!services.isBuiltin(name))
    throw new Fault(`${name}: not a shell builtin`, { builtin: 'builtin' });
  return services.runCommand(words, { builtinsOnly: true });
};

// Traps

const pseudoSignals = new Set(['EXIT', 'ERR', 'DEBUG', 'RETURN']);

/** `INT`, `SIGINT`, `2`, `EXIT`, `0`. */
function trapName(shell: Shell, text: string): string | undefined {
  const upper = text.toUpperCase().replace(/^SIG/, '');
  if (text === '0') return 'EXIT';
  if (upper === 'EXIT' || (shell.isBash && pseudoSignals.has(upper))) return upper;
  for (const [signal, number] of Object.entries(signalNumbers))
    if (signal === `SIG${upper}` || String(number) === text) return signal.slice(3);
  return undefined;
}

const trap: Builtin = async (shell, { argv }, services) => {
  const words = argv.slice(1);
  if (words[0] === '--') words.shift();
  if (words[0] === '-l' && shell.isBash) return 0;
  if (words.length === 0 || words[0] === '-p') {
    await printTraps(shell);
    return 0;
  }
  const resets = words.length === 1 || words[0] === '-' || /^\d+$/.test(words[0] ?? '');
  const action = resets && words[0] !== '-' ? undefined : words.shift();
  let status = 0;
  for (const word of words) {
    const name = trapName(shell, word);
    if (name === undefined) {
      await shell.complain(complaint(shell, `${word}: invalid signal specification`, 'trap'));
      status = 1;
      continue;
    }
    if (action === undefined || action === '-') shell.traps.delete(name);
    else shell.traps.set(name, action);
    if (!pseudoSignals.has(name)) services.installTrap(name);
  }
  return status;
};

async function printTraps(shell: Shell): Promise<void> {
  const order = [
    'EXIT',
    ...Object.keys(signalNumbers).map((signal) => signal.slice(3)),
    'DEBUG',
    'ERR',
    'RETURN',
  ];
  const sorted = [...shell.traps].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  for (const [name, action] of sorted) {
    const shown = shell.isBash && !pseudoSignals.has(name) ? `SIG${name}` : name;
    await shell.write(1, `trap -- ${quoteSingle(action)} ${shown}\n`);
  }
}

const doLet: Builtin = (shell, { argv }, services) => {
  if (argv.length < 2)
    throw new Fault('expression expected', { builtin: 'let', status: shell.isBash ? 1 : 2 });
  let value = 0n;
  for (const text of argv.slice(1)) value = services.arithmetic(text, 'let');
  return value === 0n ? 1 : 0;
};

export const evalBuiltins: Readonly<Record<string, Builtin>> = {
  eval: doEval,
  '.': source,
  source,
  exec,
  command,
  builtin,
  trap,
  let: doLet,
};
