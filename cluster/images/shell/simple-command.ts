// Simple commands: assignments, redirections, and then a builtin, a function or a program.

import { baseName, resolvePath } from '../programs/files.ts';
import type { Job } from './jobs.ts';
import type { Builtin, Services } from './builtin.ts';
import { builtinsOf } from './builtins/table.ts';
import type { Descriptors } from './descriptors.ts';
import type { OpenFile } from './descriptors.ts';
import type { Evaluator } from './evaluate.ts';
import { Exit, Fault } from './faults.ts';
import { readonlyFault } from './parameters.ts';
import { redirect } from './redirect.ts';
import { runText } from './run.ts';
import type { Shell } from './shell.ts';
import type { Assignment, FunctionDefinition, SimpleCommand } from './syntax.ts';
import { traceAssignment, traceCommand, traceWords } from './trace.ts';
import { installTrap } from './traps.ts';
import { ReadonlyVariable, ValueTooLong } from './variables.ts';
import type { Variable } from './variables.ts';

/** POSIX's special builtins: their errors end an ash that nobody types to, and assignments before them stay. */
const SPECIAL = new Set(
  '. : break continue eval exec exit export readonly return set shift source times trap unset'.split(
    ' ',
  ),
);
/** Functions inside one another. bash and ash run out of stack somewhere above. */
const MAX_CALL_DEPTH = 1_000;

export class SimpleCommands implements Services {
  readonly #evaluator: Evaluator;

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  get #shell(): Shell {
    return this.#evaluator.shell;
  }

  async run(command: SimpleCommand, last: boolean): Promise<void> {
    try {
      await this.#run(command, last);
    } catch (error) {
      if (error instanceof Fault) await this.#evaluator.report(error);
      throw error;
    }
  }

  async #run(command: SimpleCommand, last: boolean): Promise<void> {
    const shell = this.#shell;
    shell.line = command.line;
    shell.lastSubstitution = 0;
    const { argv, assignments } = await this.#arguments(command);
    if (argv.length === 0) return this.#assignOnly(command);
    if (command.redirections.length === 0)
      return this.#withAssignments(command, argv, assignments, last);
    const outer = shell.descriptors;
    const inner = outer.copy();
    let keep = false;
    try {
      await this.#redirect(command, argv[0] ?? '', inner);
      if (argv[0] === 'exec' && argv.length === 1) keep = true;
      shell.descriptors = inner;
      if (keep) shell.status = 0;
      else await this.#withAssignments(command, argv, assignments, last);
    } catch (error) {
      if (error instanceof Fault) await this.#evaluator.report(error);
      throw error;
    } finally {
      if (keep) outer.closeAll();
      else {
        shell.descriptors = outer;
        inner.closeAll();
      }
    }
  }

  /** Arguments, and which of them were written as assignments. */
  async #arguments(
    command: SimpleCommand,
  ): Promise<{ argv: string[]; assignments: Map<number, Assignment> }> {
    const { expander } = this.#evaluator;
    const assignments = new Map<number, Assignment>();
    if (!command.words.some((word) => word.assignment))
      return { argv: await expander.fields(command.words), assignments };
    const argv: string[] = [];
    for (const word of command.words) {
      if (word.assignment) {
        assignments.set(argv.length, word.assignment);
        argv.push(word.source);
      } else argv.push(...(await expander.fields([word])));
    }
    return { argv, assignments };
  }

  async #redirect(command: SimpleCommand, name: string, descriptors: Descriptors): Promise<void> {
    const { expander, streams } = this.#evaluator;
    try {
      await redirect(this.#shell, expander, command.redirections, descriptors, streams);
    } catch (error) {
      // POSIX: a special builtin whose redirection fails ends the shell. bash does not mind.
      if (error instanceof Fault && !this.#shell.isBash && SPECIAL.has(name))
        throw new Fault(error.message, { status: 1, reach: 'shell' });
      throw error;
    }
  }

  async #assignOnly(command: SimpleCommand): Promise<void> {
    const shell = this.#shell;
    const { expander, streams } = this.#evaluator;
    if (command.redirections.length > 0) {
      const scratch = shell.descriptors.copy();
      try {
        await redirect(shell, expander, command.redirections, scratch, streams);
      } finally {
        scratch.closeAll();
      }
    }
    for (const assignment of command.assignments) await this.assign(assignment, undefined, true);
    shell.status = shell.lastSubstitution;
  }

  /** `a=1 b=2 command`: the values are the command's for as long as it runs. */
  async #withAssignments(
    command: SimpleCommand,
    argv: string[],
    written: Map<number, Assignment>,
    last: boolean,
  ): Promise<void> {
    const shell = this.#shell;
    if (command.assignments.length === 0) {
      await this.#trace([], argv);
      return this.#dispatch(argv, written, last);
    }
    const saved = new Map<string, Variable | undefined>();
    const traced: string[] = [];
    for (const assignment of command.assignments) {
      const { name } = assignment;
      if (!saved.has(name)) saved.set(name, shell.variables.snapshot(name));
      await this.assign(assignment);
      shell.variables.declare(name).exported = true;
      traced.push(traceAssignment(shell, name, shell.variables.get(name) ?? ''));
    }
    await this.#trace(traced, argv);
    const stay = !shell.isBash && SPECIAL.has(argv[0] ?? '');
    try {
      await this.#dispatch(argv, written, last);
    } finally {
      if (!stay) for (const [name, variable] of saved) shell.variables.restore(name, variable);
    }
  }

  async #trace(assignments: readonly string[], argv: readonly string[]): Promise<void> {
    const shell = this.#shell;
    if (shell.isBash) {
      for (const one of assignments) await traceCommand(shell, () => Promise.resolve(one));
      await traceCommand(shell, () => Promise.resolve(traceWords(shell, [], argv)));
    } else await traceCommand(shell, () => Promise.resolve(traceWords(shell, assignments, argv)));
    if (shell.isBash) shell.variables.restore('_', { value: argv.at(-1) ?? '' });
  }

  async #dispatch(
    argv: string[],
    assignments: Map<number, Assignment>,
    last: boolean,
  ): Promise<void> {
    const shell = this.#shell;
    const name = argv[0] ?? '';
    const definition = shell.functions.get(name);
    const builtin = builtinsOf(shell.flavour).get(name);
    const specialFirst = !shell.isBash && SPECIAL.has(name);
    if (definition && !(specialFirst && builtin)) return this.#call(definition, argv);
    if (builtin) {
      shell.status = await this.#runBuiltin(builtin, argv, assignments);
      return;
    }
    await this.#runProgram(argv, last);
  }

  async #runBuiltin(
    builtin: Builtin,
    argv: readonly string[],
    assignments: ReadonlyMap<number, Assignment>,
  ): Promise<number> {
    const shell = this.#shell;
    const name = argv[0] ?? '';
    try {
      return await builtin(shell, { argv, assignments }, this);
    } catch (error) {
      if (error instanceof ReadonlyVariable) throw readonlyFault(shell, error);
      if (error instanceof ValueTooLong) throw new Fault(error.message, { reach: 'shell' });
      if (!(error instanceof Fault)) throw error;
      if (!shell.isBash && SPECIAL.has(name) && error.reach === 'command')
        throw new Fault(error.message, {
          status: error.status,
          reach: 'shell',
          builtin: error.builtin,
        });
      throw error;
    }
  }

  async #runProgram(argv: string[], last: boolean): Promise<void> {
    const shell = this.#shell;
    const { launcher } = this.#evaluator;
    const files = await this.#materialize(argv);
    const env = shell.variables.environment();
    if (last && files.length === 0) {
      const { status, failed } = await launcher.become(argv, env);
      shell.status = status;
      if (!failed) throw new Exit(status);
      return;
    }
    shell.status = await launcher.program(argv, env, argv.join(' '));
    await this.#dematerialize(files);
  }

  /**
   * A program opens files by name only, so the streams of process substitutions among its arguments become files: what
   * `<(…)` prints is collected first, and `>(…)` gets what was written when the program has ended.
   */
  async #materialize(argv: string[]): Promise<{ path: string; stream: OpenFile }[]> {
    const { streams, substituted } = this.#evaluator;
    const files: { path: string; stream: OpenFile }[] = [];
    for (const [index, argument] of argv.entries()) {
      const stream = streams.get(argument);
      if (!stream) continue;
      const path = `/tmp/sh-np.${this.#shell.process.pid}.${baseName(argument)}`;
      this.#shell.fs.writeFile(path, new Uint8Array());
      for (let chunk = await stream.input?.read(); chunk; chunk = await stream.input?.read())
        this.#shell.fs.appendFile(path, chunk);
      if (stream.input) await substituted.get(argument)?.exited;
      argv[index] = path;
      files.push({ path, stream });
    }
    return files;
  }

  async #dematerialize(files: readonly { path: string; stream: OpenFile }[]): Promise<void> {
    for (const { path, stream } of files) {
      if (stream.output) await stream.output.write(this.#shell.fs.readFile(path));
      this.#shell.fs.remove(path);
    }
  }

  // Functions

  async #call(definition: FunctionDefinition, argv: readonly string[]): Promise<void> {
    const shell = this.#shell;
    if (shell.callStack.length >= MAX_CALL_DEPTH)
      throw new Fault(
        `${definition.name}: maximum function nesting level exceeded (${MAX_CALL_DEPTH})`,
        {
          reach: 'line',
        },
      );
    const outer = { positional: shell.positional, loopDepth: shell.loopDepth };
    shell.positional = argv.slice(1);
    shell.loopDepth = 0;
    shell.callStack.push(definition.name);
    shell.variables.enterFunction();
    try {
      await this.#evaluator.command(definition.body, false);
      if (shell.jump?.type === 'return') {
        shell.status = shell.jump.status;
        shell.jump = undefined;
      }
    } finally {
      shell.variables.leaveFunction();
      shell.callStack.pop();
      shell.loopDepth = outer.loopDepth;
      shell.positional = outer.positional;
    }
  }

  // Services for builtins

  runText(
    text: string,
    options: { source?: string; line?: number; speaker?: string } = {},
  ): Promise<number> {
    return runText(this.#evaluator, text, options);
  }

  async runCommand(argv: readonly string[], options: { builtinsOnly?: boolean }): Promise<number> {
    const builtin = builtinsOf(this.#shell.flavour).get(argv[0] ?? '');
    if (builtin) return this.#runBuiltin(builtin, argv, new Map());
    if (!options.builtinsOnly) await this.#runProgram([...argv], false);
    return this.#shell.status;
  }

  isBuiltin(name: string): boolean {
    return builtinsOf(this.#shell.flavour).has(name);
  }

  builtinNames(): readonly string[] {
    return [...builtinsOf(this.#shell.flavour).keys()];
  }

  findProgram(name: string, path = this.#shell.variables.get('PATH') ?? ''): string | undefined {
    const { fs, cwd } = this.#shell;
    const usable = (file: string) => {
      const info = fs.stat(resolvePath(cwd, file));
      return info !== undefined && info.type !== 'directory' && (info.mode & 0o111) !== 0;
    };
    if (name.includes('/')) return usable(name) ? name : undefined;
    for (const directory of path.split(':')) {
      const file = `${directory === '' ? '.' : directory.replace(/\/$/, '')}/${name}`;
      if (usable(file)) return file;
    }
    return undefined;
  }

  async exec(argv: readonly string[]): Promise<number> {
    const { launcher, inProcess } = this.#evaluator;
    const shell = this.#shell;
    const env = shell.variables.environment();
    if (inProcess) throw new Exit(await launcher.program(argv, env, argv.join(' ')));
    const { status, failed } = await launcher.become(argv, env, 'exec');
    if (!failed || !shell.interactive) throw new Exit(status);
    return status;
  }

  async assign(assignment: Assignment, builtin?: string, traced = false): Promise<void> {
    const shell = this.#shell;
    const { expander } = this.#evaluator;
    const { name, subscript, append, value } = assignment;
    try {
      if ('elements' in value) {
        if (traced)
          await traceCommand(shell, () =>
            Promise.resolve(`${name}=(${value.elements.map((one) => one.value.source).join(' ')})`),
          );
        return await this.#assignArray(name, append, value.elements);
      }
      const key = subscript && (await expander.text(subscript));
      const text = await expander.text(value, { assignment: true });
      const before = key === undefined ? shell.variables.get(name) : expander.element(name, key);
      const kept = this.#valueFor(name, append ? before : undefined, text, append);
      if (traced)
        await traceCommand(shell, () =>
          Promise.resolve(
            traceAssignment(shell, subscript ? `${name}[${subscript.source}]` : name, text, append),
          ),
        );
      if (key === undefined) this.setVariable(name, kept);
      else expander.setElement(name, key, kept);
    } catch (error) {
      if (error instanceof ReadonlyVariable) throw readonlyFault(shell, error, builtin);
      if (error instanceof ValueTooLong) throw new Fault(error.message, { reach: 'shell' });
      throw error;
    }
  }

  /** Sets a plain variable, exported under `set -a`. Throws ReadonlyVariable. */
  setVariable(name: string, value: string): void {
    const { variables, options } = this.#shell;
    variables.set(name, value);
    if (options.has('allexport')) variables.declare(name).exported = true;
  }

  #valueFor(name: string, before: string | undefined, text: string, append: boolean): string {
    if (!this.#shell.variables.find(name)?.integer) return (before ?? '') + text;
    const sum = append ? `(${before ?? 0})+(${text === '' ? '0' : text})` : text;
    return String(this.#evaluator.expander.arithmeticText(sum));
  }

  async #assignArray(
    name: string,
    append: boolean,
    elements: readonly {
      subscript?: Assignment['subscript'];
      append: boolean;
      value: SimpleCommand['words'][number];
    }[],
  ): Promise<void> {
    const { variables } = this.#shell;
    const { expander } = this.#evaluator;
    const fresh: [string | undefined, string][] = [];
    for (const { subscript, value } of elements) {
      if (subscript)
        fresh.push([
          await expander.text(subscript),
          await expander.text(value, { assignment: true }),
        ]);
      else for (const field of await expander.fields([value])) fresh.push([undefined, field]);
    }
    const variable = variables.writable(name);
    if (variable.table) {
      if (!append) variable.table.clear();
      for (const [key, text] of pairsOf(fresh)) variables.setKey(name, key, text);
      return;
    }
    if (!append || !variable.elements) {
      const kept = append && variable.value !== undefined ? [[0, variable.value] as const] : [];
      variable.elements = new Map(kept);
      variable.value = undefined;
    }
    let next = variable.elements.size === 0 ? 0 : Math.max(...variable.elements.keys()) + 1;
    for (const [key, text] of fresh) {
      if (key !== undefined) next = expander.index(name, key);
      variables.setElement(name, next++, this.#valueFor(name, undefined, text, false));
    }
  }

  arithmetic(text: string, builtin: string): bigint {
    return this.#evaluator.expander.arithmeticText(text, builtin);
  }

  foreground(job: Job): Promise<number> {
    return this.#evaluator.launcher.foreground(job.children, job.source, job);
  }

  installTrap(signal: string): void {
    installTrap(this.#evaluator, signal);
  }
}

/** `declare -A m=(a 1 b 2)`: without subscripts, keys and values alternate. */
function pairsOf(fresh: readonly [string | undefined, string][]): [string, string][] {
  const pairs: [string, string][] = [];
  let key: string | undefined;
  for (const [subscript, text] of fresh) {
    if (subscript !== undefined) pairs.push([subscript, text]);
    else if (key === undefined) key = text;
    else {
      pairs.push([key, text]);
      key = undefined;
    }
  }
  if (key !== undefined) pairs.push([key, '']);
  return pairs;
}
