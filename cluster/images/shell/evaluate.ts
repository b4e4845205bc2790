// Walks the grammar and does what it says: lists, pipelines, compound commands. Simple commands are next door.

import type { Child, Process } from '../../node/process.ts';
import { Pipe, concatBytes } from '../../streams.ts';
import { decodeText } from '../programs/text.ts';
import { conditionHolds } from './conditions.ts';
import type { Descriptors } from './descriptors.ts';
import { OpenFile } from './descriptors.ts';
import { Expander } from './expand.ts';
import { Exit, Fault, Interrupted } from './faults.ts';
import { Launcher } from './launch.ts';
import { complaint } from './messages.ts';
import { matchesPattern } from './pattern.ts';
import { emptyInput, redirect } from './redirect.ts';
import type { SubstitutedStreams } from './redirect.ts';
import type { Shell } from './shell.ts';
import { SimpleCommands } from './simple-command.ts';
import type {
  Command,
  Compound,
  CompoundCommand,
  List,
  Pipeline,
  Redirection,
  Statement,
} from './syntax.ts';
import { showTimes } from './times.ts';
import { traceCommand } from './trace.ts';
import { runPendingTraps, runTrap } from './traps.ts';

/** Bytes one command substitution may yield. Past it a real shell would be stopped by its container's memory limit. */
const MAX_SUBSTITUTION_BYTES = 8 * 1024 * 1024;

export class Evaluator {
  readonly shell: Shell;
  readonly expander: Expander;
  readonly launcher: Launcher;
  readonly simple: SimpleCommands;
  /** Streams of process substitutions of the command being run. */
  readonly streams: SubstitutedStreams = new Map();
  /** Above 0 where a failure is a question, not an error: conditions, `&&`, `!`. `set -e` waits. */
  #guards: number;
  /** This shell shares its process with its parent: `$(…)`. */
  readonly inProcess: boolean;
  #nextStream = 63;

  constructor(shell: Shell, options: { guards?: number; inProcess?: boolean } = {}) {
    this.shell = shell;
    this.#guards = options.guards ?? 0;
    this.inProcess = options.inProcess ?? false;
    this.expander = new Expander(shell, {
      command: (body) => this.#substitute(body),
      process: (body, direction) => this.#substituteProcess(body, direction),
    });
    this.launcher = new Launcher(shell);
    this.simple = new SimpleCommands(this);
  }

  /** Runs statements in order. `last`: nothing comes after them, so the last one may take the process over. */
  async list(list: List, last = false): Promise<void> {
    const final = list.statements.length - 1;
    for (const [index, statement] of list.statements.entries()) {
      await this.#statement(statement, last && index === final);
      if (this.shell.jump) return;
    }
  }

  async #statement(statement: Statement, last: boolean): Promise<void> {
    const { shell } = this;
    await shell.process.yield();
    shell.process.signal.throwIfAborted();
    await runPendingTraps(this);
    if (shell.interrupted) throw new Interrupted();
    if (shell.options.has('noexec')) return;
    if (statement.background) return this.#background(statement);
    return this.#andOr(statement, last);
  }

  async #andOr({ first, rest }: Statement, last: boolean): Promise<void> {
    const { shell } = this;
    await this.#guarded(rest.length > 0, () => this.#pipeline(first, last && rest.length === 0));
    for (const [index, { operator, pipeline }] of rest.entries()) {
      if (shell.jump) return;
      if ((shell.status === 0) !== (operator === '&&')) continue;
      const isLast = index === rest.length - 1;
      await this.#guarded(!isLast, () => this.#pipeline(pipeline, last && isLast));
    }
  }

  async #guarded(guard: boolean, run: () => Promise<void>): Promise<void> {
    if (!guard) return run();
    this.#guards++;
    try {
      await run();
    } finally {
      this.#guards--;
    }
  }

  // Pipelines

  async #pipeline(pipeline: Pipeline, last: boolean): Promise<void> {
    const { shell } = this;
    const { commands, negated, timed } = pipeline;
    const startedAt = shell.process.clock.now();
    await this.#guarded(negated, async () => {
      const [only] = commands;
      if (!only) shell.status = 0;
      else if (commands.length === 1) {
        const mayExec = last && !negated && timed === 'no' && this.#mayBeReplaced();
        await this.command(only, mayExec);
        shell.pipeStatus = [shell.status];
      } else await this.#pipe(pipeline);
    });
    if (timed !== 'no') await showTimes(shell, shell.process.clock.now() - startedAt, timed);
    if (negated) shell.status = shell.status === 0 ? 1 : 0;
    else if (shell.status !== 0 && !shell.jump && countsAsFailure(commands)) await this.#failed();
  }

  /** Traps and job control need the shell to outlive its last command. */
  #mayBeReplaced(): boolean {
    return this.shell.traps.size === 0 && !this.shell.interactive && !this.inProcess;
  }

  /** A command failed where nobody asked. */
  async #failed(): Promise<void> {
    const { shell } = this;
    if (this.#guards > 0) return;
    const { status } = shell;
    if (shell.isBash && shell.traps.get('ERR') && shell.callStack.length === 0)
      await runTrap(this, 'ERR');
    shell.status = status;
    if (shell.options.has('errexit')) throw new Exit(status);
  }

  async #pipe(pipeline: Pipeline): Promise<void> {
    const { shell } = this;
    const children: Child[] = [];
    let input: OpenFile | undefined;
    for (const [index, command] of pipeline.commands.entries()) {
      const descriptors = shell.descriptors.copy();
      if (input) descriptors.set(0, input);
      input = undefined;
      if (index < pipeline.commands.length - 1) {
        const pipe = new Pipe();
        const output = OpenFile.writing(pipe);
        descriptors.set(1, output);
        if (pipeline.pipesErrors[index]) descriptors.set(2, output.retain());
        input = OpenFile.reading(pipe);
      }
      children.push(this.fork(descriptors, (evaluator) => evaluator.command(command, true)));
    }
    const statuses = await this.launcher.statuses(children, pipeline.source);
    shell.pipeStatus = statuses;
    const failed = statuses.findLast((status) => status !== 0);
    shell.status = shell.options.has('pipefail') ? (failed ?? 0) : (statuses.at(-1) ?? 0);
  }

  // Subshells

  /** A child process that is a copy of this shell. Takes the descriptors over. */
  fork(descriptors: Descriptors, body: (evaluator: Evaluator) => Promise<void>): Child {
    const shell = this.shell.fork();
    shell.descriptors.closeAll();
    shell.descriptors = descriptors;
    const guards = this.#guards;
    return this.launcher.fork(descriptors, (process: Process) => {
      shell.process = process;
      const evaluator = new Evaluator(shell, { guards });
      return evaluator.toExit(() => body(evaluator));
    });
  }

  /** Runs a subshell's commands to their end, traps and complaints included; resolves with its status. */
  async toExit(body: () => Promise<void>): Promise<number> {
    const { shell } = this;
    await this.catching(body);
    const { status } = shell;
    if (shell.traps.get('EXIT')) {
      // The trap's own `exit 5` counts; how its last command went does not.
      shell.status = status;
      const left = await this.#leavesWith(() => runTrap(this, 'EXIT'));
      shell.status = left ?? status;
    }
    return shell.status;
  }

  /** The status of an `exit` that ended `body`. */
  async #leavesWith(body: () => Promise<void>): Promise<number | undefined> {
    let exited: number | undefined;
    await this.catching(async () => {
      try {
        await body();
      } catch (error) {
        if (error instanceof Exit) exited = error.status;
        throw error;
      }
    });
    return exited;
  }

  /** Turns what ends a shell into its status. Deaths go on: they are the process's. */
  async catching(body: () => Promise<void>): Promise<void> {
    const { shell } = this;
    try {
      await body();
      if (shell.jump?.type === 'return') shell.status = shell.jump.status;
    } catch (error) {
      if (error instanceof Exit) shell.status = error.status;
      else if (error instanceof Fault) {
        await this.report(error);
        shell.status = error.status;
      } else if (error instanceof Interrupted) shell.status = 130;
      else throw error;
    }
    shell.jump = undefined;
  }

  async report(fault: Fault): Promise<void> {
    if (fault.reported) return;
    fault.reported = true;
    if (fault.message !== '')
      await this.shell.complain(complaint(this.shell, fault.message, fault.builtin));
  }

  async #background(statement: Statement): Promise<void> {
    const { shell } = this;
    const descriptors = shell.descriptors.copy();
    // A job that read from the terminal would take the shell's keys.
    if (!shell.interactive || descriptors.get(0)?.tty) descriptors.set(0, emptyInput());
    const alone: Statement = { ...statement, background: false };
    const child = this.fork(descriptors, (evaluator) =>
      evaluator.list({ statements: [alone] }, true),
    );
    if (!shell.interactive) shell.jobs.sweep(true);
    const job = shell.jobs.add([child], statement.source);
    shell.lastBackground = child.pid;
    shell.status = 0;
    if (shell.interactive && shell.isBash) await shell.complain(`[${job.id}] ${child.pid}\n`);
  }

  async #substitute(body: List): Promise<string> {
    const { shell } = this;
    const pipe = new Pipe();
    const sub = shell.fork();
    sub.descriptors.set(1, OpenFile.writing(pipe));
    if (shell.isBash) {
      sub.traceDepth = shell.traceDepth + 1;
      sub.options.delete('errexit');
    }
    const output = collect(pipe);
    const evaluator = new Evaluator(sub, { guards: this.#guards, inProcess: true });
    const file = shell.isBash ? fileOnly(body) : undefined;
    try {
      shell.status = await evaluator.toExit(() =>
        file ? evaluator.#printFile(file) : evaluator.list(body),
      );
    } finally {
      sub.descriptors.closeAll();
    }
    shell.lastSubstitution = shell.status;
    const text = await output;
    if (text === undefined)
      throw new Fault('command substitution: cannot allocate memory', { reach: 'shell' });
    return text.replace(/\n+$/, '').replaceAll('\0', '');
  }

  /** `$(<file)` */
  async #printFile(redirection: Redirection): Promise<void> {
    const { shell } = this;
    await redirect(shell, this.expander, [redirection], shell.descriptors, this.streams);
    const input = shell.descriptors.get(0)?.input;
    for (let chunk = await input?.read(); chunk; chunk = await input?.read())
      await shell.descriptors.get(1)?.output?.write(chunk);
    shell.status = 0;
  }

  /** Starts the commands and answers with a path by which redirections and arguments name the stream. */
  #substituteProcess(body: List, direction: '<' | '>'): Promise<string> {
    const pipe = new Pipe();
    const descriptors = this.shell.descriptors.copy();
    if (direction === '<') descriptors.set(1, OpenFile.writing(pipe));
    else descriptors.set(0, OpenFile.reading(pipe));
    const child = this.fork(descriptors, (evaluator) => evaluator.list(body, true));
    const path = `/dev/fd/${this.#nextStream--}`;
    this.streams.set(path, direction === '<' ? OpenFile.reading(pipe) : OpenFile.writing(pipe));
    this.substituted.set(path, child);
    return Promise.resolve(path);
  }

  /** The processes of process substitutions, by path. */
  readonly substituted = new Map<string, Child>();

  // Commands

  async command(command: Command, last: boolean): Promise<void> {
    try {
      if (command.type === 'simple') await this.simple.run(command, last);
      else if (command.type === 'function') {
        this.shell.functions.set(command.name, command);
        this.shell.status = 0;
      } else await this.#compound(command, last);
    } catch (error) {
      if (!(error instanceof Fault) || error.reach !== 'command') throw error;
      await this.report(error);
      this.shell.status = error.status;
    } finally {
      this.#dropStreams();
    }
  }

  #dropStreams(): void {
    for (const file of this.streams.values()) file.release();
    this.streams.clear();
    this.substituted.clear();
    this.#nextStream = 63;
  }

  async #compound(command: CompoundCommand, last: boolean): Promise<void> {
    const { shell } = this;
    if (command.redirections.length === 0) return this.#compoundBody(command, last);
    const outer = shell.descriptors;
    const inner = outer.copy();
    try {
      await redirect(shell, this.expander, command.redirections, inner, this.streams);
      shell.descriptors = inner;
      await this.#compoundBody(command, last);
    } finally {
      shell.descriptors = outer;
      inner.closeAll();
    }
  }

  async #compoundBody(command: CompoundCommand, last: boolean): Promise<void> {
    const { shell } = this;
    switch (command.type) {
      case 'group':
        return this.list(command.body, last);
      case 'subshell':
        return this.#subshell(command, last);
      case 'if':
        return this.#if(command, last);
      case 'while':
      case 'until':
        return this.#while(command);
      case 'for':
        return this.#for(command);
      case 'select':
        return this.#select(command);
      case 'arithmetic-for':
        return this.#arithmeticFor(command);
      case 'case':
        return this.#case(command, last);
      case 'arithmetic': {
        shell.line = command.line;
        await traceCommand(shell, () =>
          Promise.resolve(`(( ${command.expression.source.trim()} ))`),
        );
        shell.status = (await this.#arithmetic(command.expression)) === 0n ? 1 : 0;
        return;
      }
      case 'condition':
        shell.line = command.line;
        shell.status = (await conditionHolds(this, command.expression)) ? 0 : 1;
        return;
    }
  }

  async #arithmetic(expression: Compound<'arithmetic'>['expression']): Promise<bigint> {
    return this.expander.arithmetic(expression, '((');
  }

  async #subshell(command: Compound<'subshell'>, last: boolean): Promise<void> {
    const { shell } = this;
    const child = this.fork(shell.descriptors.copy(), (evaluator) =>
      evaluator.list(command.body, true),
    );
    shell.status = await this.launcher.foreground([child], last ? '' : '( … )');
  }

  async #if(command: Compound<'if'>, last: boolean): Promise<void> {
    const { shell } = this;
    for (const { condition, body } of command.clauses) {
      await this.#guarded(true, () => this.list(condition));
      if (shell.jump) return;
      if (shell.status === 0) return this.list(body, last);
    }
    shell.status = 0;
    if (command.otherwise) await this.list(command.otherwise, last);
  }

  async #while(command: Compound<'while' | 'until'>): Promise<void> {
    const { shell } = this;
    let status = 0;
    await this.#loop(async () => {
      await this.#guarded(true, () => this.list(command.condition));
      if (shell.jump) return !this.#leaves();
      if ((shell.status === 0) !== (command.type === 'while')) return false;
      await this.list(command.body);
      status = shell.status;
      return !this.#leaves();
    });
    shell.status = status;
  }

  async #for(command: Compound<'for'>): Promise<void> {
    const { shell } = this;
    shell.line = command.line;
    const values = command.words
      ? await this.expander.fields(command.words)
      : [...shell.positional];
    if (!/^[A-Za-z_]\w*$/.test(command.name))
      throw new Fault(`\`${command.name}': not a valid identifier`);
    let next = 0;
    let status = 0;
    await this.#loop(async () => {
      const value = values[next++];
      if (value === undefined) return false;
      await traceCommand(shell, () =>
        Promise.resolve(
          shell.isBash
            ? `for ${command.name} in ${command.words?.map(({ source }) => source).join(' ') ?? '"$@"'}`
            : undefined,
        ),
      );
      this.simple.setVariable(command.name, value);
      await this.list(command.body);
      status = shell.status;
      return !this.#leaves();
    });
    shell.status = status;
  }

  async #arithmeticFor(command: Compound<'arithmetic-for'>): Promise<void> {
    const { shell } = this;
    shell.line = command.line;
    if (command.start) await this.#arithmetic(command.start);
    let status = 0;
    await this.#loop(async () => {
      if (command.condition && (await this.#arithmetic(command.condition)) === 0n) return false;
      await this.list(command.body);
      status = shell.status;
      if (this.#leaves()) return false;
      if (command.step) await this.#arithmetic(command.step);
      return true;
    });
    shell.status = status;
  }

  async #select(command: Compound<'select'>): Promise<void> {
    const { shell } = this;
    const values = command.words
      ? await this.expander.fields(command.words)
      : [...shell.positional];
    if (values.length === 0) return;
    const width = String(values.length).length;
    const menu = values
      .map((value, index) => `${String(index + 1).padStart(width)}) ${value}\n`)
      .join('');
    let showMenu = true;
    await this.#loop(async () => {
      if (showMenu) await shell.complain(menu);
      await shell.complain(shell.variables.get('PS3') ?? '#? ');
      const status = await this.simple.runText('IFS= read -r REPLY');
      if (status !== 0) {
        await shell.write(1, '\n');
        return false;
      }
      const reply = shell.variables.get('REPLY') ?? '';
      showMenu = reply === '';
      if (showMenu) return true;
      this.simple.setVariable(command.name, values[Number(reply) - 1] ?? '');
      await this.list(command.body);
      return !this.#leaves();
    });
  }

  /** Goes round until `round` says no. */
  async #loop(round: () => Promise<boolean>): Promise<void> {
    const { shell } = this;
    shell.loopDepth++;
    try {
      while (await round()) await shell.process.yield();
    } finally {
      shell.loopDepth--;
    }
  }

  /** Takes in a `break` or `continue` meant for this loop; true when the loop is to be left. */
  #leaves(): boolean {
    const { shell } = this;
    const { jump } = shell;
    if (!jump) return false;
    if (jump.type === 'return') return true;
    if (jump.levels > 1) {
      jump.levels--;
      return true;
    }
    shell.jump = undefined;
    return jump.type === 'break';
  }

  async #case(command: Compound<'case'>, last: boolean): Promise<void> {
    const { shell } = this;
    shell.line = command.line;
    const text = await this.expander.text(command.word);
    await traceCommand(shell, () =>
      Promise.resolve(shell.isBash ? `case ${command.word.source} in` : undefined),
    );
    shell.status = 0;
    let falling = false;
    for (const item of command.items) {
      if (!falling && !(await this.#matchesAny(text, item.patterns))) continue;
      await this.list(item.body, last && item.ending === ';;');
      if (item.ending === ';;' || shell.jump) return;
      falling = item.ending === ';&';
    }
  }

  async #matchesAny(
    text: string,
    patterns: Compound<'case'>['items'][number]['patterns'],
  ): Promise<boolean> {
    const { switches } = this.shell;
    for (const word of patterns) {
      const pattern = await this.expander.pattern(word);
      const options = {
        extended: switches.has('extglob'),
        ignoreCase: switches.has('nocasematch'),
      };
      if (matchesPattern(text, pattern, options)) return true;
    }
    return false;
  }
}

/** Loops and conditions pass a failure on that was somebody's question; `set -e` minds the commands themselves only. */
function countsAsFailure(commands: readonly Command[]): boolean {
  const [only] = commands;
  if (!only || commands.length > 1) return true;
  return ['simple', 'subshell', 'arithmetic', 'condition'].includes(only.type);
}

/** The redirection of `$(<file)`, if a substitution is just that. */
function fileOnly(body: List): Redirection | undefined {
  const [statement] = body.statements;
  const [command] = statement?.first.commands ?? [];
  if (body.statements.length !== 1 || statement?.rest.length !== 0) return undefined;
  if (command?.type !== 'simple' || statement.first.commands.length !== 1) return undefined;
  if (command.words.length + command.assignments.length > 0) return undefined;
  const [redirection] = command.redirections;
  if (redirection?.type !== 'file' || command.redirections.length !== 1) return undefined;
  return redirection.operator === '<' ? redirection : undefined;
}

/** Everything written to a pipe; undefined when it is too much, and then nobody may write on. */
async function collect(pipe: Pipe): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await pipe.read(); chunk; chunk = await pipe.read()) {
    length += chunk.length;
    if (length > MAX_SUBSTITUTION_BYTES) {
      pipe.cancel();
      return undefined;
    }
    chunks.push(chunk);
  }
  return decodeText(concatBytes(chunks));
}
