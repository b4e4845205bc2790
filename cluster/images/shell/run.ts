// Runs shell text line by line, and decides how far an error reaches.

import { Exit, Fault } from './faults.ts';
import type { Evaluator } from './evaluate.ts';
import { Parser } from './parser.ts';
import { complaint, syntaxComplaint } from './messages.ts';
import type { ParserOptions } from './parser.ts';
import type { Shell } from './shell.ts';
import { SyntaxFault } from './syntax.ts';
import type { List } from './syntax.ts';

/** Runs a text that came from inside: `eval`, `.`, a trap. Faults that reach further go on to the outer text. */
export async function runText(
  evaluator: Evaluator,
  text: string,
  options: { source?: string; line?: number; speaker?: string } = {},
): Promise<number> {
  const { shell } = evaluator;
  const { origin } = shell;
  if (options.source !== undefined) shell.origin = { ...origin, source: options.source };
  if (options.speaker !== undefined) shell.origin = { ...shell.origin, speaker: options.speaker };
  try {
    const parser = parserFor(
      shell,
      text,
      options.line ?? (options.source === undefined ? shell.line : 1),
    );
    let ran = false;
    for (;;) {
      const list = await nextOrComplain(shell, parser);
      if (list === 'mistaken') return 2;
      if (!list) break;
      ran = true;
      await evaluator.list(list);
      if (shell.jump) break;
    }
    return ran ? shell.status : 0;
  } finally {
    shell.origin = origin;
  }
}

/** Runs the text a shell was started for. Ends with the shell's status or throws Exit. */
export async function runScript(evaluator: Evaluator, text: string): Promise<void> {
  const { shell } = evaluator;
  // bash ends every text with a newline; ash takes it as it is, and its messages show that.
  const whole = shell.isBash && !text.endsWith('\n') ? `${text}\n` : text;
  const parser = parserFor(shell, whole, 1);
  for (;;) {
    const from = parser.at;
    const list = await nextOrExit(shell, parser);
    // ash prints what it reads from files only.
    if (list && shell.options.has('verbose') && (shell.isBash || shell.origin.kind !== 'command'))
      await shell.complain(whole.slice(from, parser.at).replace(/\n?$/, '\n'));
    if (!list) return;
    const last = shell.origin.kind === 'command' && /^\s*$/.test(whole.slice(parser.at));
    await runLine(evaluator, () => evaluator.list(list, last));
    if (shell.jump?.type === 'return') {
      shell.status = shell.jump.status;
      shell.jump = undefined;
      return;
    }
    shell.jump = undefined;
  }
}

/** Runs one line of the outermost text: faults that take a line down end here. */
export async function runLine(evaluator: Evaluator, run: () => Promise<void>): Promise<void> {
  const { shell } = evaluator;
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await evaluator.report(error);
    // To a person bash says 1 whatever went wrong.
    shell.status = shell.interactive && shell.isBash ? Math.min(error.status, 1) : error.status;
    if (error.reach === 'shell' && !shell.interactive) throw new Exit(error.status);
  }
}

/** @param interactive more text may come: an open here-document is incomplete then. */
export function parserFor(shell: Shell, text: string, line: number, interactive = false): Parser {
  const options: ParserOptions = {
    flavour: shell.flavour,
    line,
    interactive,
    extendedPatterns: () => shell.switches.has('extglob'),
    onUnendedHereDocument: (delimiter, start, end) => {
      if (!shell.isBash) return;
      shell.line = end;
      const words = `warning: here-document at line ${start} delimited by end-of-file (wanted \`${delimiter}')`;
      void shell.complain(complaint(shell, words));
    },
  };
  // bash expands aliases only for people.
  if (!shell.isBash || shell.interactive || shell.switches.has('expand_aliases'))
    options.aliases = shell.aliases;
  return new Parser(text, options);
}

/** The next line of an inner text. A mistake is told; in bash it is the failure of the `eval`, ash gives up. */
async function nextOrComplain(
  shell: Shell,
  parser: Parser,
): Promise<List | 'mistaken' | undefined> {
  try {
    return parser.next();
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    await shell.complain(syntaxComplaint(shell, error, parser.lineText()));
    if (!shell.isBash) throw new Fault('', { status: 2, reach: 'shell' });
    return 'mistaken';
  }
}

/** The next line of the outermost text. A mistake is told and ends the shell. */
async function nextOrExit(shell: Shell, parser: Parser): Promise<List | undefined> {
  try {
    return parser.next();
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    await shell.complain(syntaxComplaint(shell, error, parser.lineText()));
    throw new Exit(2);
  }
}
