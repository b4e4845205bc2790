// Builtins about variables and options: export, readonly, local, declare, unset, set, shopt.

import type { Builtin, BuiltinArguments, Services } from '../builtin.ts';
import { assignmentOf, declarationOf } from '../declarations.ts';
import { Fault } from '../faults.ts';
import { formatFunction } from '../format.ts';
import { complaint } from '../messages.ts';
import { quoteSingle } from '../quoting.ts';
import { byLetter, optionLetters } from '../options.ts';
import type { OptionName } from '../options.ts';
import type { Shell } from '../shell.ts';
import type { Assignment } from '../syntax.ts';
import { quotedWord } from '../syntax.ts';
import type { Variable } from '../variables.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** An argument as name and value, whether the parser saw an assignment or expansion made one. */
function assignmentAt(call: BuiltinArguments, index: number): Assignment | string {
  const written = call.assignments.get(index);
  if (written) return written;
  const text = call.argv[index] ?? '';
  const made = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=([\s\S]*)$/.exec(text);
  if (!made) return text;
  return { name: made[1] as string, append: made[2] === '+', value: quotedWord(made[3] ?? '') };
}

const exportOrReadonly =
  (attribute: 'exported' | 'readonly', name: string): Builtin =>
  async (shell, call, services) => {
    const { argv } = call;
    let at = 1;
    let removes = false;
    let functions = false;
    for (; /^-[pnfaA]+$/.test(argv[at] ?? ''); at++) {
      if (argv[at]?.includes('n')) removes = true;
      if (argv[at]?.includes('f')) functions = true;
    }
    if (at >= argv.length) {
      await printAttribute(shell, attribute, name);
      return 0;
    }
    if (functions) return 0;
    let status = 0;
    for (let index = at; index < argv.length; index++) {
      const target = assignmentAt(call, index);
      const variable = typeof target === 'string' ? target : target.name;
      if (!NAME.test(variable)) {
        const words = shell.isBash
          ? `\`${argv[index]}': not a valid identifier`
          : `${variable.replace(/=.*/s, '')}: bad variable name`;
        if (!shell.isBash) throw new Fault(words, { status: 2, builtin: name });
        await shell.complain(complaint(shell, words, name));
        status = 1;
        continue;
      }
      if (typeof target !== 'string') await services.assign(target, name);
      const declared = shell.variables.declare(variable);
      declared[attribute] = !removes;
    }
    return status;
  };

async function printAttribute(
  shell: Shell,
  attribute: 'exported' | 'readonly',
  name: string,
): Promise<void> {
  for (const variable of shell.variables.names()) {
    const held = shell.variables.snapshot(variable);
    if (!held?.[attribute]) continue;
    const line = shell.isBash
      ? declarationOf(variable, held)
      : `${name} ${variable}${held.value === undefined ? '' : `=${quoteSingle(held.value)}`}`;
    await shell.write(1, `${line}\n`);
  }
}

const local: Builtin = async (shell, call, services) => {
  if (!shell.variables.inFunction) {
    if (shell.isBash) throw new Fault('can only be used in a function', { builtin: 'local' });
    throw new Fault('not in a function', { status: 2, builtin: 'local' });
  }
  return shell.isBash ? declare(shell, call, services) : declareLocals(shell, call, services);
};

async function declareLocals(
  shell: Shell,
  call: BuiltinArguments,
  services: Services,
): Promise<number> {
  for (let index = 1; index < call.argv.length; index++) {
    const target = assignmentAt(call, index);
    const name = typeof target === 'string' ? target : target.name;
    if (name === '-') continue;
    if (!NAME.test(name))
      throw new Fault(`${name}: bad variable name`, { status: 2, builtin: 'local' });
    shell.variables.makeLocal(name);
    if (typeof target !== 'string') await services.assign(target);
  }
  return 0;
}

interface DeclareOptions {
  on: Set<string>;
  off: Set<string>;
  from: number;
}

function declareOptions(shell: Shell, argv: readonly string[], builtin: string): DeclareOptions {
  const on = new Set<string>();
  const off = new Set<string>();
  let from = 1;
  for (; /^[-+]./.test(argv[from] ?? '') && !NAME.test(argv[from] ?? ''); from++) {
    const text = argv[from] ?? '';
    if (text === '--') {
      from++;
      break;
    }
    for (const letter of text.slice(1)) {
      if (!'aAfFgiIlnprtux'.includes(letter))
        throw new Fault(`${text[0]}${letter}: invalid option`, { status: 2, builtin });
      (text.startsWith('-') ? on : off).add(letter);
    }
  }
  return { on, off, from };
}

const declare: Builtin = async (shell, call, services) => {
  const builtin = call.argv[0] ?? 'declare';
  const { on, off, from } = declareOptions(shell, call.argv, builtin);
  const names = call.argv.slice(from);
  if (on.has('f') || on.has('F')) return printFunctions(shell, names, on.has('F'));
  if (on.has('p') || names.length === 0) return printVariables(shell, names, on, builtin);
  let status = 0;
  for (let index = from; index < call.argv.length; index++) {
    const target = assignmentAt(call, index);
    const name = typeof target === 'string' ? target.replace(/\[\]?$/, '') : target.name;
    if (!NAME.test(name)) {
      await shell.complain(
        complaint(shell, `\`${call.argv[index]}': not a valid identifier`, builtin),
      );
      status = 1;
      continue;
    }
    if (shell.variables.inFunction && !on.has('g')) shell.variables.makeLocal(name);
    shapeVariable(shell.variables.declare(name), on, off);
    if (typeof target !== 'string') await services.assign(target);
    const variable = shell.variables.declare(name);
    if (on.has('r')) variable.readonly = true;
    if (on.has('x')) variable.exported = true;
    if (off.has('x')) variable.exported = false;
  }
  return status;
};

function shapeVariable(
  variable: Variable,
  on: ReadonlySet<string>,
  off: ReadonlySet<string>,
): void {
  if (on.has('A')) variable.table ??= new Map();
  if (on.has('a') && !variable.elements) {
    variable.elements = new Map(variable.value === undefined ? [] : [[0, variable.value]]);
    variable.value = undefined;
  }
  if (on.has('i')) variable.integer = true;
  if (off.has('i')) variable.integer = false;
  if (on.has('l')) variable.letterCase = 'lower';
  if (on.has('u')) variable.letterCase = 'upper';
  if (on.has('n')) variable.reference = true;
  if (off.has('n')) variable.reference = false;
}

async function printFunctions(
  shell: Shell,
  names: readonly string[],
  namesOnly: boolean,
): Promise<number> {
  let status = 0;
  for (const name of names.length > 0 ? names : [...shell.functions.keys()].sort()) {
    const definition = shell.functions.get(name);
    if (!definition) status = 1;
    else if (namesOnly)
      await shell.write(1, names.length > 0 ? `${name}\n` : `declare -f ${name}\n`);
    else await shell.write(1, `${formatFunction(definition)}\n`);
  }
  return status;
}

async function printVariables(
  shell: Shell,
  names: readonly string[],
  on: ReadonlySet<string>,
  builtin: string,
): Promise<number> {
  let status = 0;
  const wanted = (variable: Variable) =>
    (!on.has('x') || variable.exported === true) &&
    (!on.has('r') || variable.readonly === true) &&
    (!on.has('i') || variable.integer === true) &&
    (!on.has('a') || variable.elements !== undefined) &&
    (!on.has('A') || variable.table !== undefined);
  for (const name of names.length > 0 ? names : shell.variables.names()) {
    const variable = shell.variables.snapshot(name);
    if (!variable) {
      await shell.complain(complaint(shell, `${name}: not found`, builtin));
      status = 1;
    } else if (names.length > 0 || on.size > 0) {
      if (names.length > 0 || wanted(variable))
        await shell.write(1, `${declarationOf(name, variable)}\n`);
    } else {
      const line = assignmentOf(name, variable);
      if (line !== undefined) await shell.write(1, `${line}\n`);
    }
  }
  return status;
}

const unset: Builtin = async (shell, { argv }, services) => {
  let at = 1;
  let functions = false;
  let onlyVariables = false;
  for (; /^-[fvn]+$/.test(argv[at] ?? ''); at++) {
    if (argv[at]?.includes('f')) functions = true;
    if (argv[at]?.includes('v')) onlyVariables = true;
  }
  let status = 0;
  for (const name of argv.slice(at)) {
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(name);
    if (functions) shell.functions.delete(name);
    else if (element && shell.isBash)
      unsetElement(shell, services, element[1] as string, element[2] ?? '');
    else if (!NAME.test(name)) {
      if (!shell.isBash)
        throw new Fault(`${name}: bad variable name`, { status: 2, builtin: 'unset' });
      await shell.complain(complaint(shell, `\`${name}': not a valid identifier`, 'unset'));
      status = 1;
    } else if (shell.variables.snapshot(name)?.readonly) {
      if (!shell.isBash) throw new Fault(`${name}: is read only`, { status: 2, builtin: 'unset' });
      await shell.complain(complaint(shell, `${name}: cannot unset: readonly variable`, 'unset'));
      status = 1;
    } else if (
      shell.isBash &&
      !onlyVariables &&
      !shell.variables.snapshot(name) &&
      shell.functions.has(name)
    )
      shell.functions.delete(name);
    else shell.variables.unset(name);
  }
  return status;
};

function unsetElement(shell: Shell, services: Services, name: string, subscript: string): void {
  const variable = shell.variables.writable(name);
  if (subscript === '@' || subscript === '*') shell.variables.unset(name);
  else if (variable.table) variable.table.delete(subscript);
  else if (variable.elements) {
    const index = Number(services.arithmetic(subscript, 'unset'));
    const last = Math.max(-1, ...variable.elements.keys());
    variable.elements.delete(index < 0 ? last + 1 + index : index);
  }
}

// set

const ashOptions: readonly OptionName[] = [
  'errexit',
  'noglob',
  'ignoreeof',
  'monitor',
  'noexec',
  'xtrace',
  'verbose',
  'noclobber',
  'allexport',
  'notify',
  'nounset',
  'errtrace',
  'vi',
  'pipefail',
];

const set: Builtin = async (shell, { argv }) => {
  if (argv.length === 1) {
    await printAllVariables(shell);
    return 0;
  }
  let at = 1;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--' || word === '-') {
      shell.positional =
        word === '--'
          ? argv.slice(at + 1)
          : argv.length > at + 1
            ? argv.slice(at + 1)
            : shell.positional;
      if (word === '-')
        for (const name of ['xtrace', 'verbose'] as const) shell.options.delete(name);
      return 0;
    }
    if (!/^[-+]./.test(word)) break;
    const on = word.startsWith('-');
    for (const letter of word.slice(1)) {
      if (letter === 'o') {
        const name = argv[at + 1];
        if (name === undefined) await printOptions(shell, on);
        else setNamed(shell, name, on);
        at++;
        break;
      }
      const option = byLetter.get(letter);
      if (!option) throw unknownOption(shell, `${on ? '-' : '+'}${letter}`);
      setOption(shell, option, on);
    }
  }
  if (at < argv.length) shell.positional = argv.slice(at);
  return 0;
};

function unknownOption(shell: Shell, option: string): Fault {
  if (!shell.isBash) return new Fault(`illegal option ${option}`, { status: 2, builtin: 'set' });
  return new Fault(
    `${option}: invalid option\nset: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]`,
    {
      status: 2,
      builtin: 'set',
    },
  );
}

function setNamed(shell: Shell, name: string, on: boolean): void {
  const known = shell.isBash
    ? Object.hasOwn(optionLetters, name)
    : ashOptions.some((option) => option === name);
  if (!known)
    throw new Fault(
      shell.isBash ? `${name}: invalid option name` : `illegal option ${on ? '-o' : '+o'} ${name}`,
      {
        status: shell.isBash ? 2 : 1,
        builtin: 'set',
      },
    );
  setOption(shell, name as OptionName, on);
}

function setOption(shell: Shell, option: OptionName, on: boolean): void {
  if (on) shell.options.add(option);
  else shell.options.delete(option);
}

async function printOptions(shell: Shell, table: boolean): Promise<void> {
  const names = shell.isBash ? (Object.keys(optionLetters) as OptionName[]).sort() : ashOptions;
  for (const name of names) {
    const on = shell.options.has(name);
    if (!table) await shell.write(1, `set ${on ? '-o' : '+o'} ${name}\n`);
    else if (shell.isBash) await shell.write(1, `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n`);
    else await shell.write(1, `${name.padEnd(16)}${on ? 'on' : 'off'}\n`);
  }
}

async function printAllVariables(shell: Shell): Promise<void> {
  for (const name of shell.variables.names()) {
    const variable = shell.variables.snapshot(name);
    const line =
      variable &&
      (shell.isBash
        ? assignmentOf(name, variable)
        : variable.value === undefined
          ? undefined
          : `${name}=${quoteSingle(variable.value)}`);
    if (line !== undefined) await shell.write(1, `${line}\n`);
  }
  if (!shell.isBash) return;
  for (const definition of shell.functions.values())
    await shell.write(1, `${formatFunction(definition)}\n`);
}

// shopt

/** Those that change what this shell does, and the common ones that do not. */
const switchNames = [
  'autocd',
  'cdspell',
  'checkwinsize',
  'cmdhist',
  'dotglob',
  'execfail',
  'expand_aliases',
  'extglob',
  'failglob',
  'globstar',
  'histappend',
  'inherit_errexit',
  'lastpipe',
  'nocaseglob',
  'nocasematch',
  'nullglob',
  'progcomp',
  'promptvars',
  'sourcepath',
];

const shopt: Builtin = async (shell, { argv }) => {
  const { on, off, quiet, print, names } = shoptArguments(argv);
  let status = 0;
  for (const name of names) {
    if (!switchNames.includes(name)) {
      await shell.complain(complaint(shell, `${name}: invalid shell option name`, 'shopt'));
      status = 1;
    } else if (on) shell.switches.add(name);
    else if (off) shell.switches.delete(name);
    else {
      const isOn = shell.switches.has(name);
      if (!quiet) await shell.write(1, switchLine(name, isOn, print));
      if (!isOn) status = 1;
    }
  }
  if (names.length > 0) return status;
  for (const name of switchNames) {
    const isOn = shell.switches.has(name);
    if ((on && !isOn) || (off && isOn)) continue;
    await shell.write(1, switchLine(name, isOn, print));
  }
  return 0;
};

function shoptArguments(argv: readonly string[]) {
  let letters = '';
  let at = 1;
  for (; /^-[supqo]+$/.test(argv[at] ?? ''); at++) letters += (argv[at] ?? '').slice(1);
  return {
    on: letters.includes('s'),
    off: letters.includes('u'),
    quiet: letters.includes('q'),
    print: letters.includes('p'),
    names: argv.slice(at),
  };
}

function switchLine(name: string, isOn: boolean, asCommand: boolean): string {
  return asCommand
    ? `shopt ${isOn ? '-s' : '-u'} ${name}\n`
    : `${name.padEnd(15)}\t${isOn ? 'on' : 'off'}\n`;
}

export const declarationBuiltins: Readonly<Record<string, Builtin>> = {
  export: exportOrReadonly('exported', 'export'),
  readonly: exportOrReadonly('readonly', 'readonly'),
  local,
  declare,
  typeset: declare,
  unset,
  set,
  shopt,
};
