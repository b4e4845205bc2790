// Builtins that say what a name is: type, command -v, hash, alias, unalias, help, enable, caller.

import type { Builtin, Services } from '../builtin.ts';
import { Fault } from '../faults.ts';
import { complaint } from '../messages.ts';
import { quoteSingle } from '../quoting.ts';
import type { Shell } from '../shell.ts';
import { formatFunction } from '../format.ts';

const KEYWORDS = {
  ash: new Set(
    '! case do done elif else esac fi for function if in then until while { }'.split(' '),
  ),
  bash: new Set(
    '! case coproc do done elif else esac fi for function if in select then time until while { } [[ ]]'.split(
      ' ',
    ),
  ),
};
const SPECIAL = new Set(
  '. : break continue eval exec exit export readonly return set shift times trap unset source'.split(
    ' ',
  ),
);

/** Says what a command's name stands for. False when it stands for nothing. */
export async function describeCommand(
  shell: Shell,
  services: Services,
  name: string,
  style: 'brief' | 'full',
  builtin: 'type' | 'command',
): Promise<boolean> {
  const print = (brief: string, full: string) =>
    shell.write(1, `${style === 'brief' ? brief : full}\n`);
  const alias = shell.aliases.get(name);
  if (alias !== undefined) {
    await print(
      `alias ${name}=${quoteSingle(alias)}`,
      shell.isBash ? `${name} is aliased to \`${alias}'` : `${name} is an alias for ${alias}`,
    );
    return true;
  }
  if (KEYWORDS[shell.flavour.name].has(name)) {
    await print(name, `${name} is a shell keyword`);
    return true;
  }
  const definition = shell.functions.get(name);
  if (definition) {
    await print(
      name,
      shell.isBash
        ? `${name} is a function\n${formatFunction(definition)}`
        : `${name} is a function`,
    );
    return true;
  }
  if (services.isBuiltin(name)) {
    const special = !shell.isBash && SPECIAL.has(name) ? 'special ' : '';
    await print(name, `${name} is a ${special}shell builtin`);
    return true;
  }
  const path = services.findProgram(name);
  if (path !== undefined) {
    await print(path, `${name} is ${path}`);
    return true;
  }
  if (style === 'full') {
    const words = `${name}: not found`;
    if (shell.isBash) await shell.complain(complaint(shell, words, builtin));
    else await shell.write(1, `${words}\n`);
  }
  return false;
}

const type: Builtin = async (shell, { argv }, services) => {
  const options = new Set<string>();
  let at = 1;
  if (shell.isBash)
    for (; /^-[afpPt]+$/.test(argv[at] ?? ''); at++)
      for (const letter of (argv[at] ?? '').slice(1)) options.add(letter);
  let status = 0;
  for (const name of argv.slice(at)) {
    const found = options.has('t')
      ? await printKind(shell, services, name)
      : options.has('p') || options.has('P')
        ? await printPath(shell, services, name)
        : await describeCommand(shell, services, name, 'full', 'type');
    if (!found) status = shell.isBash ? 1 : 127;
  }
  return status;
};

async function printKind(shell: Shell, services: Services, name: string): Promise<boolean> {
  const kind = shell.aliases.has(name)
    ? 'alias'
    : KEYWORDS[shell.flavour.name].has(name)
      ? 'keyword'
      : shell.functions.has(name)
        ? 'function'
        : services.isBuiltin(name)
          ? 'builtin'
          : services.findProgram(name) === undefined
            ? undefined
            : 'file';
  if (kind) await shell.write(1, `${kind}\n`);
  return kind !== undefined;
}

async function printPath(shell: Shell, services: Services, name: string): Promise<boolean> {
  const path = services.findProgram(name);
  if (path !== undefined) await shell.write(1, `${path}\n`);
  return path !== undefined;
}

/** Lookups are not remembered here, so there is nothing to show. */
const hash: Builtin = async (shell, { argv }, services) => {
  let status = 0;
  for (const name of argv.slice(1).filter((word) => !word.startsWith('-')))
    if (!services.isBuiltin(name) && services.findProgram(name) === undefined) {
      await shell.complain(complaint(shell, `${name}: not found`, 'hash'));
      status = 1;
    }
  if (argv.length === 1 && shell.isBash) await shell.write(1, 'hash: hash table empty\n');
  return status;
};

const alias: Builtin = async (shell, { argv }) => {
  const words = argv.slice(1).filter((word) => word !== '-p');
  const line = (name: string, value: string) =>
    `${shell.isBash ? 'alias ' : ''}${name}=${quoteSingle(value)}\n`;
  if (words.length === 0)
    for (const [name, value] of [...shell.aliases].sort(([a], [b]) => (a < b ? -1 : 1)))
      await shell.write(1, line(name, value));
  let status = 0;
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals > 0 ? word.slice(0, equals) : word;
    if (equals > 0) shell.aliases.set(name, word.slice(equals + 1));
    else if (shell.aliases.has(name))
      await shell.write(1, line(name, shell.aliases.get(name) ?? ''));
    else {
      await shell.complain(
        shell.isBash
          ? complaint(shell, `${name}: not found`, 'alias')
          : `alias: ${name} not found\n`,
      );
      status = 1;
    }
  }
  return status;
};

const unalias: Builtin = async (shell, { argv }) => {
  if (argv[1] === '-a') {
    shell.aliases.clear();
    return 0;
  }
  let status = 0;
  for (const name of argv.slice(1))
    if (!shell.aliases.delete(name)) {
      await shell.complain(
        shell.isBash
          ? complaint(shell, `${name}: not found`, 'unalias')
          : `unalias: ${name} not found\n`,
      );
      status = 1;
    }
  return status;
};

const help: Builtin = async (shell, _call, services) => {
  const names = services.builtinNames();
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    if (line.length + name.length + 1 > 70) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? name : ` ${name}`;
  }
  lines.push(line);
  const title = shell.isBash ? 'Shell commands of this bash:' : 'Built-in commands:';
  await shell.write(
    1,
    `${title}\n${'-'.repeat(title.length)}\n${lines.map((one) => `\t${one}\n`).join('')}`,
  );
  return 0;
};

const enable: Builtin = async (shell, { argv }, services) => {
  if (argv.length > 1)
    throw new Fault('builtins cannot be switched off in this shell', { builtin: 'enable' });
  for (const name of services.builtinNames()) await shell.write(1, `enable ${name}\n`);
  return 0;
};

const caller: Builtin = async (shell, { argv }) => {
  const name = shell.callStack.at(-1);
  if (name === undefined) return 1;
  await shell.write(
    1,
    argv.length > 1
      ? `${shell.line} ${name} ${shell.origin.name}\n`
      : `${shell.line} ${shell.origin.name}\n`,
  );
  return 0;
};

export const typeBuiltins: Readonly<Record<string, Builtin>> = {
  type,
  hash,
  alias,
  unalias,
  help,
  enable,
  caller,
};
