// A shell that reads its commands from standard input, line by line: what follows a command is there for it to read.

import { decodeText } from '../programs/text.ts';
import type { Input } from './descriptors.ts';
import type { Evaluator } from './evaluate.ts';
import { Exit } from './faults.ts';
import { syntaxComplaint } from './messages.ts';
import { parserFor, runLine } from './run.ts';
import type { Shell } from './shell.ts';
import { SyntaxFault } from './syntax.ts';
import type { List } from './syntax.ts';
import { concatBytes } from '../../streams.ts';

export async function runStandardInput(evaluator: Evaluator): Promise<void> {
  const { shell } = evaluator;
  const input = shell.descriptors.get(0)?.input;
  if (!input) return;
  let line = 1;
  for (;;) {
    const first = await readLine(input);
    if (first === undefined) return;
    const taken = await wholeCommand(shell, input, first, line);
    line += countLines(taken.text);
    for (const list of taken.lists) {
      await runLine(evaluator, () => evaluator.list(list));
      shell.jump = undefined;
    }
  }
}

/** Reads on until the text is whole commands. Ends the shell where it is none. */
async function wholeCommand(
  shell: Shell,
  input: Input,
  first: string,
  line: number,
): Promise<{ text: string; lists: List[] }> {
  let text = first;
  for (;;) {
    const parsed = tryParse(shell, text, line, false);
    if (Array.isArray(parsed)) return { text, lists: parsed };
    const { fault } = parsed;
    const more = fault.incomplete ? await linesUntil(input, fault) : undefined;
    if (more !== undefined) {
      text += more;
      continue;
    }
    const last = fault.incomplete ? tryParse(shell, text, line, true) : parsed;
    if (Array.isArray(last)) return { text, lists: last };
    shell.line = line;
    await shell.complain(syntaxComplaint(shell, last.fault, last.lineText));
    throw new Exit(2);
  }
}

/** @param ended nothing follows, so that a here-document ends with the text. */
function tryParse(
  shell: Shell,
  text: string,
  line: number,
  ended: boolean,
): List[] | { fault: SyntaxFault; lineText: string } {
  const parser = parserFor(shell, text, line, !ended);
  const lists: List[] = [];
  try {
    for (let list = parser.next(); list; list = parser.next()) lists.push(list);
    return lists;
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { fault: error, lineText: parser.lineText() };
  }
}

/** The next line, or all lines up to the one that can close what is open: parsing each time would take quadratic time. */
async function linesUntil(input: Input, fault: SyntaxFault): Promise<string | undefined> {
  const { token } = fault;
  let text = '';
  for (;;) {
    const line = await readLine(input);
    if (line === undefined) return text === '' ? undefined : text;
    text += line;
    if (token.kind !== 'unclosed') return text;
    const closes =
      token.opener === '<<' ? line.trim() === token.closer : line.includes(token.closer[0] ?? '');
    if (closes) return text;
  }
}

/** A line with its newline; undefined at the end. What comes behind it stays in the stream. */
export async function readLine(input: Input): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await input.read();
    if (!chunk) break;
    const end = chunk.indexOf(0x0a);
    if (end < 0) {
      chunks.push(chunk);
      continue;
    }
    chunks.push(chunk.subarray(0, end + 1));
    input.unread(chunk.subarray(end + 1));
    break;
  }
  return chunks.length === 0 ? undefined : decodeText(concatBytes(chunks));
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
