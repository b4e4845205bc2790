// `set -x`: what is about to run, on standard error.

import { quoteWhereNeeded } from './quoting.ts';
import type { Shell } from './shell.ts';

/** Prints a command's text when tracing is on; `text` is asked only then, and may decline. */
export async function traceCommand(
  shell: Shell,
  text: () => Promise<string | undefined>,
): Promise<void> {
  if (!shell.options.has('xtrace')) return;
  const line = await text();
  if (line === undefined) return;
  const prompt = shell.variables.get('PS4') ?? '+ ';
  const first = prompt.slice(0, 1);
  await shell.complain(`${first.repeat(shell.traceDepth)}${prompt.slice(1)}${line}\n`);
}

export function traceWords(
  shell: Shell,
  assignments: readonly string[],
  argv: readonly string[],
): string {
  const quote = shell.isBash ? bashWord : ashWord;
  return [...assignments, ...argv.map(quote)].join(' ');
}

export function traceAssignment(shell: Shell, name: string, value: string, append = false): string {
  const quoted = value === '' ? '' : shell.isBash ? quoteWhereNeeded(value) : ashWord(value);
  return `${name}${append ? '+=' : '='}${quoted}`;
}

function bashWord(word: string): string {
  return word === '' ? "''" : quoteWhereNeeded(word);
}

/** busybox quotes for ASCII up to `*`, `;<=>?`, backquote, `[`, `\\` and everything above `z`. */
function ashWord(word: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are among those it quotes
  if (!/[\x00-*;-?`[\\]|[^\x00-z]/.test(word)) return word;
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}
