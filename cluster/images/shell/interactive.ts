// A shell with a person in front: prompts, the line editor, history, jobs that end meanwhile, and marks for the page.

import { readAll } from '../../streams.ts';
import { fileReader } from '../programs/files.ts';
import { decodeText } from '../programs/text.ts';
import { tellEndedJobs } from './builtins/job-control.ts';
import { completionsOf } from './completion.ts';
import type { Evaluator } from './evaluate.ts';
import { Interrupted } from './faults.ts';
import { expandHistory, joinLines, remember } from './history.ts';
import { LineEditor } from './line-editor.ts';
import type { Edited } from './line-editor.ts';
import { commandEnded, commandLine, commandStarts, inputStarts, promptStarts } from './marks.ts';
import { syntaxComplaint } from './messages.ts';
import { promptText } from './prompt.ts';
import { parserFor, runLine } from './run.ts';
import { readLine } from './standard-input.ts';
import { SyntaxFault } from './syntax.ts';
import type { List } from './syntax.ts';
import { defaultHandler, runTrap } from './traps.ts';

const INTERRUPTED = 130;

/** One line of what was typed: what it says and what it means. */
interface Typed {
  text: string;
  list: List;
}

export async function runInteractively(
  evaluator: Evaluator,
  options: { startFiles: boolean },
): Promise<void> {
  const session = new Session(evaluator);
  session.catchSignals();
  session.setDefaults();
  if (options.startFiles) await session.readStartFiles();
  await session.run();
}

class Session {
  readonly #evaluator: Evaluator;
  readonly #editor: LineEditor | undefined;
  /** A command has run since the last prompt. */
  #ran = false;

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
    const { shell } = evaluator;
    const file = shell.descriptors.get(0);
    if (file?.tty && file.input)
      this.#editor = new LineEditor({
        tty: file.tty,
        input: file.input,
        output: shell.process.stderr,
        history: shell.history,
        complete: (before) => completionsOf(shell, evaluator.simple.builtinNames(), before),
        bracketedPaste: shell.isBash,
        search: shell.isBash,
      });
  }

  catchSignals(): void {
    const { shell } = this.#evaluator;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGTSTP'] as const)
      shell.process.onSignal(signal, defaultHandler(this.#evaluator, signal));
    shell.process.tty?.setForeground([shell.process.pid]);
  }

  setDefaults(): void {
    const { variables, isBash, options } = this.#evaluator.shell;
    if (variables.get('PS1') === undefined)
      variables.set('PS1', isBash ? '\\s-\\v\\$ ' : '\\w \\$ ');
    if (variables.get('PS2') === undefined) variables.set('PS2', '> ');
    if (!isBash) return;
    for (const option of ['emacs', 'histexpand', 'history', 'monitor'] as const)
      options.add(option);
    this.#evaluator.shell.switches.add('expand_aliases');
  }

  /** bash's system file (where Alpine and Debian have it) and ~/.bashrc; ash's $ENV. */
  async readStartFiles(): Promise<void> {
    const { shell } = this.#evaluator;
    const home = shell.variables.get('HOME') ?? '/';
    const env = shell.variables.get('ENV');
    const files = shell.isBash
      ? ['/etc/bash/bashrc', '/etc/bash.bashrc', `${home}/.bashrc`]
      : env
        ? [env]
        : [];
    for (const path of files) {
      if (shell.fs.stat(path)?.type !== 'file') continue;
      const text = decodeText(await readAll(fileReader(shell.fs, path)));
      await this.#guarded(async () => {
        await this.#evaluator.simple.runText(text, { source: path });
      });
    }
    shell.status = 0;
  }

  async run(): Promise<void> {
    const { shell } = this.#evaluator;
    for (;;) {
      shell.interrupted = false;
      await tellEndedJobs(shell);
      await this.#promptCommand();
      const edited = await this.#prompt();
      if (edited.type === 'end') {
        if (await this.#mayLeave()) return;
        continue;
      }
      if (edited.type === 'interrupt') {
        shell.status = INTERRUPTED;
        if (shell.traps.has('INT')) await this.#guarded(() => runTrap(this.#evaluator, 'INT'));
        continue;
      }
      await this.#command(edited.text);
    }
  }

  /** Ctrl-D. bash says what it does; a shell with stopped jobs asks once more. */
  async #mayLeave(): Promise<boolean> {
    const { shell } = this.#evaluator;
    const stopped = shell.jobs.list().some((job) => job.state.type === 'stopped');
    if (stopped && !this.#warned && this.#editor) {
      this.#warned = true;
      await shell.complain(
        shell.isBash ? 'exit\nThere are stopped jobs.\n' : 'You have stopped jobs.\n',
      );
      return false;
    }
    if (shell.isBash) await shell.complain(this.#editor ? '\nexit\n' : 'exit\n');
    else if (this.#editor) await shell.complain('\n');
    return true;
  }

  #warned = false;

  async #promptCommand(): Promise<void> {
    const { shell } = this.#evaluator;
    const command = shell.isBash ? shell.variables.get('PROMPT_COMMAND') : undefined;
    if (!command) return;
    const { status } = shell;
    await this.#guarded(async () => {
      await this.#evaluator.simple.runText(command);
    });
    shell.status = status;
  }

  async #prompt(): Promise<Edited> {
    const { shell } = this.#evaluator;
    // A shell without bracketed paste reads a pasted block line by line: it is over when none is left, and until then each
    // command's mark tells how the one before it ended, as in a real bash.
    const over = this.#ran && !shell.descriptors.get(0)?.tty?.lineWaits;
    const ended = over ? commandEnded(shell.status) : '';
    if (over) this.#ran = false;
    const prompt = await this.#promptOf('PS1');
    return this.#read(this.#editor ? `${ended}${promptStarts}${prompt}${inputStarts}` : prompt);
  }

  async #promptOf(name: 'PS1' | 'PS2'): Promise<string> {
    const { shell, expander } = this.#evaluator;
    const text = promptText(shell, shell.variables.get(name) ?? '');
    if (!/[$`]/.test(text.replace(/\$ ?$/, ''))) return text;
    try {
      return await expander.text(parserFor(shell, text, 1).hereDocument());
    } catch (error) {
      // A prompt that breaks off in the middle of a substitution is shown as it is.
      if (error instanceof SyntaxFault) return text;
      throw error;
    }
  }

  async #read(prompt: string): Promise<Edited> {
    if (this.#editor) return this.#editor.edit(prompt);
    const { shell } = this.#evaluator;
    const input = shell.descriptors.get(0)?.input;
    await shell.complain(prompt);
    const line = input && (await readLine(input));
    return line === undefined ? { type: 'end' } : { type: 'line', text: line.replace(/\n$/, '') };
  }

  /** Reads on until what was typed is whole, then runs it. */
  async #command(first: string): Promise<void> {
    const { shell } = this.#evaluator;
    const start = await this.#expanded(first);
    if (start === undefined) return;
    let text = start;
    let entry = start;
    if (!shell.isBash) remember(shell, start);
    for (;;) {
      const parsed = this.#parse(`${text}\n`);
      if (Array.isArray(parsed)) {
        if (shell.isBash) remember(shell, entry);
        return this.#runAll(parsed);
      }
      if (!parsed.incomplete) {
        if (shell.isBash) remember(shell, entry);
        await this.#mistaken(text, parsed);
        return;
      }
      const edited = await this.#read(await this.#promptOf('PS2'));
      if (edited.type === 'interrupt') {
        shell.status = INTERRUPTED;
        return;
      }
      if (edited.type === 'end') {
        await this.#mistaken(text, parsed);
        return;
      }
      if (!shell.isBash) remember(shell, edited.text);
      text += `\n${edited.text}`;
      entry = joinLines(
        entry,
        edited.text,
        parsed.token.kind === 'unclosed' && /^['"<]/.test(parsed.token.opener),
      );
    }
  }

  /** History expansion; undefined when the line is not to be run. */
  async #expanded(text: string): Promise<string | undefined> {
    const { shell } = this.#evaluator;
    if (!shell.isBash || !shell.options.has('histexpand')) return text;
    const expanded = expandHistory(shell.history, text);
    if ('missing' in expanded) {
      await shell.complain(`bash: ${expanded.missing}: event not found\n`);
      return undefined;
    }
    if (expanded.changed) await shell.complain(`${expanded.text}\n`);
    return expanded.text;
  }

  #parse(text: string): Typed[] | SyntaxFault {
    const parser = parserFor(this.#evaluator.shell, text, 1, true);
    const typed: Typed[] = [];
    let from = 0;
    try {
      for (let list = parser.next(); list; list = parser.next()) {
        typed.push({ text: text.slice(from, parser.at).trim(), list });
        from = parser.at;
      }
      return typed;
    } catch (error) {
      if (error instanceof SyntaxFault) return error;
      throw error;
    }
  }

  async #mistaken(text: string, fault: SyntaxFault): Promise<void> {
    const { shell } = this.#evaluator;
    await this.#markStart(text);
    await shell.complain(syntaxComplaint(shell, fault, ''));
    shell.status = 2;
  }

  async #runAll(typed: readonly Typed[]): Promise<void> {
    const { shell } = this.#evaluator;
    for (const { text, list } of typed) {
      await this.#markStart(text);
      await this.#guarded(() => this.#evaluator.list(list));
      if (shell.interrupted) return;
    }
  }

  async #markStart(text: string): Promise<void> {
    const { shell } = this.#evaluator;
    this.#ran = true;
    if (this.#editor) await shell.complain(commandLine(text) + commandStarts(shell.status));
  }

  /** Runs something; Ctrl-C and errors lead back to the prompt. */
  async #guarded(run: () => Promise<void>): Promise<void> {
    const { shell } = this.#evaluator;
    try {
      await runLine(this.#evaluator, run);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      if (shell.interrupted) await shell.complain('\n');
      shell.interrupted = true;
      shell.status = INTERRUPTED;
    }
    shell.jump = undefined;
    shell.loopDepth = 0;
    shell.callStack = [];
  }
}
