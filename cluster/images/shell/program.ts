// The programs `sh` and `bash`: their arguments, where their text comes from, and how they begin and end.

import type { Process, Program } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import { readAll } from '../../streams.ts';
import { describe, fileReader, resolvePath } from '../programs/files.ts';
import { decodeText } from '../programs/text.ts';
import { Evaluator } from './evaluate.ts';
import { Exit } from './faults.ts';
import { ash, bash } from './flavour.ts';
import type { Flavour } from './flavour.ts';
import { runInteractively } from './interactive.ts';
import { byLetter } from './options.ts';
import type { OptionName } from './options.ts';
import { runScript } from './run.ts';
import { Shell } from './shell.ts';
import type { Origin } from './shell.ts';
import { runStandardInput } from './standard-input.ts';

export interface ShellProgramOptions {
  flavour: 'ash' | 'bash';
  /** `$BASH_VERSION`, and what `--version` says. */
  version?: string;
}

const BASH_VERSION = '5.2.37(1)-release';

/** A shell to put into an image as `/bin/sh` or `/bin/bash`. */
export function shellProgram(options: ShellProgramOptions): Program {
  const flavour = options.flavour === 'bash' ? bash : ash;
  const version = options.version ?? BASH_VERSION;
  return (process) => start(process, flavour, version);
}

interface Invocation {
  command: string | undefined;
  script: string | undefined;
  operands: readonly string[];
  options: OptionName[];
  switches: string[];
  interactive: boolean;
  standardInput: boolean;
  /** `--norc` */
  noStartFile: boolean;
}

class UsageFault extends Error {}

function parseArguments(argv: readonly string[], flavour: Flavour): Invocation {
  const found: Invocation = {
    command: undefined,
    script: undefined,
    operands: [],
    options: [],
    switches: [],
    interactive: false,
    standardInput: false,
    noStartFile: false,
  };
  let wantsCommand = false;
  let at = 1;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--' || word === '-') {
      at++;
      break;
    }
    if (word.startsWith('--') && flavour.name === 'bash') {
      if (word === '--norc' || word === '--noprofile') found.noStartFile = true;
      else if (!['--login', '--posix', '--noediting', '--verbose'].includes(word))
        throw new UsageFault(`${word}: invalid option`);
      continue;
    }
    if (!/^[-+]./.test(word)) break;
    for (const letter of word.slice(1)) {
      if (letter === 'c') wantsCommand = true;
      else if (letter === 'i') found.interactive = true;
      else if (letter === 's') found.standardInput = true;
      else if (letter === 'l') continue;
      else if (letter === 'o') found.options.push(argv[++at] as OptionName);
      else if (letter === 'O' && flavour.name === 'bash') found.switches.push(argv[++at] ?? '');
      else {
        const option = byLetter.get(letter);
        if (!option)
          throw new UsageFault(
            flavour.name === 'bash'
              ? `${word[0]}${letter}: invalid option`
              : `illegal option ${word[0]}${letter}`,
          );
        found.options.push(option);
      }
    }
  }
  const rest = argv.slice(at);
  if (wantsCommand) {
    const [command, ...operands] = rest;
    if (command === undefined) throw new UsageFault('-c: option requires an argument');
    return { ...found, command, operands };
  }
  if (rest.length > 0 && !found.standardInput)
    return { ...found, script: rest[0] ?? '', operands: rest };
  return { ...found, operands: rest };
}

async function start(process: Process, flavour: Flavour, version: string): Promise<number> {
  const called = process.argv[0] ?? flavour.name;
  if (flavour.name === 'bash' && process.argv[1] === '--version') {
    const text = `GNU bash, version ${version} (simulated)\n`;
    await process.stdout.write(new TextEncoder().encode(text));
    return 0;
  }
  let invocation: Invocation;
  try {
    invocation = parseArguments(process.argv, flavour);
  } catch (error) {
    if (!(error instanceof UsageFault)) throw error;
    await process.stderr.write(new TextEncoder().encode(`${called}: ${error.message}\n`));
    return 2;
  }
  const shell = shellFor(process, flavour, invocation, version);
  const evaluator = new Evaluator(shell);
  return runToEnd(evaluator, invocation);
}

function shellFor(
  process: Process,
  flavour: Flavour,
  invocation: Invocation,
  version: string,
): Shell {
  const called = process.argv[0] ?? flavour.name;
  const { command, script, operands } = invocation;
  const interactive =
    command === undefined &&
    script === undefined &&
    (invocation.interactive || (process.isTerminal(0) && process.isTerminal(2)));
  const name = script ?? (command === undefined ? called : (operands[0] ?? called));
  const origin: Origin = {
    kind:
      command !== undefined
        ? 'command'
        : script !== undefined
          ? 'script'
          : interactive
            ? 'interactive'
            : 'stdin',
    name,
    named: command !== undefined && operands.length > 0,
  };
  const shell = new Shell(flavour, process, { name, origin });
  shell.positional = operands.slice(command === undefined && script === undefined ? 0 : 1);
  shell.interactive = interactive;
  shell.openStandardStreams();
  if (flavour.name === 'bash')
    for (const option of ['hashall', 'braceexpand', 'interactive-comments'] as const)
      shell.options.add(option);
  for (const option of invocation.options) shell.options.add(option);
  for (const one of invocation.switches) shell.switches.add(one);
  setFirstVariables(shell, version);
  return shell;
}

function setFirstVariables(shell: Shell, version: string): void {
  const { variables, process } = shell;
  for (const [name, value] of process.env) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    variables.set(name, value);
    variables.declare(name).exported = true;
  }
  // A PWD that came along is kept only where it is true.
  variables.set('PWD', process.cwd);
  variables.declare('PWD').exported = true;
  variables.set('IFS', ' \t\n');
  variables.set('OPTIND', '1');
  variables.set('PS4', '+ ');
  if (variables.get('PATH') === undefined)
    variables.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  if (variables.get('HOSTNAME') === undefined) variables.set('HOSTNAME', process.net.hostname);
  const level = Number(variables.get('SHLVL') ?? 0);
  variables.set('SHLVL', String(Number.isInteger(level) ? level + 1 : 1));
  variables.declare('SHLVL').exported = true;
  if (!shell.isBash) return;
  variables.set('BASH', '/bin/bash');
  variables.set('BASH_VERSION', version);
  const [major = '5', minor = '2', patch = '0'] = version.split(/[.(]/);
  variables.restore('BASH_VERSINFO', {
    elements: new Map(
      [major, minor, patch, '1', 'release', 'x86_64-alpine-linux-musl'].map((one, index) => [
        index,
        one,
      ]),
    ),
    readonly: true,
  });
  variables.set('MACHTYPE', 'x86_64-alpine-linux-musl');
  variables.set('OSTYPE', 'linux-musl');
  variables.set('HOSTTYPE', 'x86_64');
  for (const name of ['UID', 'EUID']) {
    variables.set(name, String(process.user.uid));
    variables.declare(name).readonly = true;
    variables.declare(name).integer = true;
  }
}

/** Runs the shell's text and answers with its exit code. */
async function runToEnd(evaluator: Evaluator, invocation: Invocation): Promise<number> {
  const { shell } = evaluator;
  const status = await evaluator.toExit(async () => {
    if (invocation.command !== undefined) await runScript(evaluator, invocation.command);
    else if (invocation.script !== undefined) await runFile(evaluator, invocation.script);
    else if (shell.interactive)
      await runInteractively(evaluator, { startFiles: !invocation.noStartFile });
    else await runStandardInput(evaluator);
  });
  shell.descriptors.closeAll();
  return status;
}

async function runFile(evaluator: Evaluator, name: string): Promise<void> {
  const { shell } = evaluator;
  let text: string;
  try {
    const found = findScript(shell, name);
    text = decodeText(await readAll(fileReader(shell.fs, found)));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await shell.complain(unreadable(shell, name, error));
    throw new Exit(error.code === 'ENOENT' ? (shell.isBash ? 127 : 2) : 126);
  }
  if (text.startsWith('\u007fELF')) {
    await shell.complain(
      `${shell.isBash ? `${name}: ${name}` : name}: cannot execute binary file\n`,
    );
    throw new Exit(126);
  }
  await runScript(evaluator, text);
}

/** bash looks along PATH where there is no such file. */
function findScript(shell: Shell, name: string): string {
  const path = resolvePath(shell.cwd, name);
  if (!shell.isBash || name.includes('/') || shell.fs.stat(path)) return path;
  for (const directory of (shell.variables.get('PATH') ?? '').split(':')) {
    const candidate = resolvePath(shell.cwd, `${directory}/${name}`);
    if (shell.fs.stat(candidate)?.type === 'file') return candidate;
  }
  return path;
}

function unreadable(shell: Shell, name: string, error: FileError): string {
  const called = shell.process.argv[0] ?? shell.flavour.name;
  if (shell.isBash)
    return `${called}: ${name}: ${error.code === 'EISDIR' ? 'Is a directory' : describe(error)}\n`;
  return `${called}: can't open '${name}': ${describe(error)}\n`;
}
