// As much of make as the labs' Makefiles use, in GNU make's words, for machines without one: phony targets with
// prerequisites, variables, recipes run by sh. Anything more says that a real make is needed.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

interface Rule {
  prerequisites: string[];
  recipe: { line: number; text: string }[];
}

interface Makefile {
  name: string;
  rules: Map<string, Rule>;
  variables: Map<string, string>;
  /** .DEFAULT_GOAL, or the first target. */
  goal: string | undefined;
}

/** Stands where a backslash joined two lines; no Makefile holds this character. */
const JOINT = '\uE000';

/** GNU make's exit code for everything that goes wrong. */
const FAILED = 2;

class MakeError extends Error {}

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  const goals: string[] = [];
  const given = new Map<string, string>();
  let file: string | undefined;
  const directories: string[] = [];
  let entered: string | undefined;
  try {
    for (let word = args.shift(); word !== undefined; word = args.shift()) {
      const [option, value] = /^-[Cf]./.test(word)
        ? [word.slice(0, 2), word.slice(2)]
        : [word, undefined];
      if (option === '-C') directories.push(value ?? needed(option, args));
      else if (option === '-f') file = value ?? needed(option, args);
      else if (option.startsWith('-'))
        throw new MakeError(`the option ${option} needs a real make: install make`);
      else {
        const [, name, text] = /^(\w+)=(.*)$/.exec(option) ?? [];
        if (name !== undefined && text !== undefined) given.set(name, text);
        else goals.push(option);
      }
    }
    for (const directory of directories) {
      if (!existsSync(directory))
        throw new MakeError(`${directory}: No such file or directory.  Stop.`);
      process.chdir(directory);
    }
    if (directories.length > 0) {
      entered = process.cwd();
      process.stdout.write(`make: Entering directory '${entered}'\n`);
    }
    run(file, goals, given);
    return 0;
  } catch (error) {
    if (!(error instanceof MakeError)) throw error;
    process.stderr.write(`make: *** ${error.message}\n`);
    return FAILED;
  } finally {
    if (entered !== undefined) process.stdout.write(`make: Leaving directory '${entered}'\n`);
  }
}

function needed(option: string, args: string[]): string {
  const value = args.shift();
  if (value === undefined)
    throw new MakeError(`option requires an argument -- '${option.slice(1)}'`);
  return value;
}

function run(file: string | undefined, goals: string[], given: Map<string, string>): void {
  const found = file ?? ['GNUmakefile', 'makefile', 'Makefile'].find((name) => existsSync(name));
  if (found === undefined)
    throw new MakeError(
      goals[0] === undefined
        ? 'No targets specified and no makefile found.  Stop.'
        : `No rule to make target '${goals[0]}'.  Stop.`,
    );
  const makefile = parse(found, given);
  const first = makefile.goal;
  const wanted = goals.length > 0 ? goals : first === undefined ? [] : [first];
  if (wanted.length === 0) throw new MakeError('No targets.  Stop.');
  const made = new Set<string>();
  for (const goal of wanted) {
    if (made.has(goal)) process.stdout.write(`make: Nothing to be done for '${goal}'.\n`);
    make(makefile, goal, undefined, made);
  }
}

function parse(name: string, given: Map<string, string>): Makefile {
  const variables = new Map(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  for (const [key, value] of given) variables.set(key, value);
  const makefile: Makefile = { name, rules: new Map(), variables, goal: undefined };
  let named: string | undefined;
  let rules: Rule[] = [];
  const text = readFileSync(name, 'utf8').replaceAll(/\\\n/g, JOINT);
  let line = 0;
  for (const joined of text.split('\n')) {
    line++;
    const at = line;
    line += joined.split(JOINT).length - 1;
    if (joined.startsWith('\t')) {
      for (const rule of rules)
        rule.recipe.push({ line: at, text: joined.slice(1).replaceAll(JOINT, '\\\n') });
      continue;
    }
    const content = joined
      .replaceAll(/\s*\uE000\s*/g, ' ')
      .replace(/(^|\s)#.*$/, '')
      .trim();
    if (content === '') continue;
    const assignment = /^([\w.-]+)\s*(\?=|:=|::=|=)\s*(.*)$/.exec(content);
    const rule = /^([^:=]+):(?!=)\s*(.*)$/.exec(content);
    if (assignment) {
      const [, key = '', operator, value = ''] = assignment;
      if (key === '.DEFAULT_GOAL') named = value;
      else if (!given.has(key) && !(operator === '?=' && variables.has(key)))
        variables.set(
          key,
          operator === '=' || operator === '?=' ? value : expand(value, variables),
        );
    } else if (rule) {
      const targets = expand(rule[1] ?? '', variables)
        .split(/\s+/)
        .filter(Boolean);
      const prerequisites = expand(rule[2] ?? '', variables)
        .split(/\s+/)
        .filter(Boolean);
      rules = targets.map((target) => {
        const existing = makefile.rules.get(target);
        existing?.prerequisites.push(...prerequisites);
        const fresh = existing ?? { prerequisites: [...prerequisites], recipe: [] };
        if (!target.startsWith('.')) {
          makefile.goal ??= target;
          makefile.rules.set(target, fresh);
        }
        return fresh;
      });
    } else {
      throw new MakeError(`${name}:${at}: "${content}" needs a real make: install make.  Stop.`);
    }
  }
  makefile.goal = named ?? makefile.goal;
  return makefile;
}

/** $(NAME), ${NAME}, $$; automatic variables of one letter. Functions need a real make. */
function expand(text: string, variables: ReadonlyMap<string, string>, target = ''): string {
  return text.replaceAll(/\$(?:\$|\(([^()]*)\)|\{([^{}]*)\}|(.))/g, (all, round, curly, letter) => {
    if (all === '$$') return '$';
    const name = String(round ?? curly ?? letter);
    if (name === '@') return target;
    if (!/^[\w.-]+$/.test(name))
      throw new MakeError(`"${all}" needs a real make: install make.  Stop.`);
    return expand(variables.get(name) ?? '', variables, target);
  });
}

function make(
  makefile: Makefile,
  target: string,
  neededBy: string | undefined,
  made: Set<string>,
): void {
  if (made.has(target)) return;
  made.add(target);
  const rule = makefile.rules.get(target);
  if (!rule) {
    if (existsSync(target)) {
      if (neededBy === undefined)
        process.stdout.write(`make: Nothing to be done for '${target}'.\n`);
      return;
    }
    const by = neededBy === undefined ? '' : `, needed by '${neededBy}'`;
    throw new MakeError(`No rule to make target '${target}'${by}.  Stop.`);
  }
  for (const prerequisite of rule.prerequisites) make(makefile, prerequisite, target, made);
  if (rule.recipe.length === 0 && neededBy === undefined)
    process.stdout.write(`make: Nothing to be done for '${target}'.\n`);
  for (const { line, text } of rule.recipe) {
    const [, flags = '', command = ''] =
      /^\s*([@-]*)([^]*)$/.exec(expand(text, makefile.variables, target)) ?? [];
    if (command.trim() === '') continue;
    if (!flags.includes('@')) process.stdout.write(`${command}\n`);
    const { status, signal } = spawnSync('/bin/sh', ['-c', command], { stdio: 'inherit' });
    if (status === 0) continue;
    const how = signal ? signal : `Error ${status ?? 1}`;
    if (!flags.includes('-')) throw new MakeError(`[${makefile.name}:${line}: ${target}] ${how}`);
    process.stderr.write(`make: [${makefile.name}:${line}: ${target}] ${how} (ignored)\n`);
  }
}
