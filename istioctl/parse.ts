// Which command a command line means, and what it gives it: istioctl's own words for what cannot be understood.
// Source: the documentation of spf13/cobra (how commands are found, suggestions).

import { type Command, type CommandEntry, CommandError, exitCodes, nameOf } from './command.ts';
import {
  bareValue,
  type Flag,
  FlagError,
  HelpAsked,
  type ParsedWords,
  parseWords,
} from './flags.ts';
import type { Placed } from './usage.ts';

export type Meant =
  | { kind: 'run'; placed: Placed; command: Command; parsed: ParsedWords }
  | { kind: 'help'; placed: Placed };

/** Throws a CommandError for what makes no sense. */
export async function meant(words: readonly string[], root: Placed): Promise<Meant> {
  const [first, ...others] = words;
  if (first === 'help') return { kind: 'help', placed: (await find(others, root, true)).placed };
  const { placed, rest } = await find(words, root, false);
  const { command, inherited, path } = placed;
  const flags = [...(command.flags ?? []), ...(command.persistentFlags ?? []), ...inherited];
  try {
    const parsed = parseWords(rest, flags);
    const wrong = command.checkArgs?.(parsed.args);
    if (wrong !== undefined)
      throw new CommandError(
        wrong,
        wrong.startsWith('unknown command') ? exitCodes.usage : exitCodes.failed,
      );
    return command.run ? { kind: 'run', placed, command, parsed } : { kind: 'help', placed };
  } catch (error) {
    if (error instanceof HelpAsked) return { kind: 'help', placed };
    if (error instanceof FlagError)
      throw new CommandError(error.message, exitCodes.usage, {
        cause: `${path} ${rest.join(' ')}`,
      });
    throw error;
  }
}

/** Walks down as long as the next word that is no flag names a command. */
async function find(
  words: readonly string[],
  root: Placed,
  forHelp: boolean,
): Promise<{ placed: Placed; rest: string[] }> {
  let placed = root;
  let rest = [...words];
  for (;;) {
    const { commands = [], persistentFlags = [], flags = [] } = placed.command;
    const at = firstArgument(rest, [...flags, ...persistentFlags, ...placed.inherited]);
    const word = at === undefined ? undefined : rest[at];
    if (at === undefined || word === undefined) return { placed, rest };
    const entry = commands.find((each) => nameOf(each) === word || each.aliases?.includes(word));
    if (!entry) {
      if (placed === root && !forHelp && commands.length > 0)
        throw new CommandError(unknown(word, placed, commands), exitCodes.usage);
      return { placed, rest };
    }
    rest = rest.toSpliced(at, 1);
    placed = {
      entry,
      command: (await entry.load()).command,
      path: `${placed.path} ${nameOf(entry)}`,
      inherited: [...placed.inherited, ...persistentFlags],
    };
  }
}

/** The place of the first word that is neither a flag nor the value of one. */
function firstArgument(words: readonly string[], flags: readonly Flag[]): number | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return undefined;
    if (!word.startsWith('-') || word === '-') return at;
    const flag = word.startsWith('--')
      ? flags.find(({ name }) => name === word.slice(2))
      : word.length === 2
        ? flags.find(({ short }) => short === word.slice(1))
        : undefined;
    if (flag && bareValue(flag) === undefined) at++;
  }
  return undefined;
}

function unknown(word: string, { path }: Placed, commands: readonly CommandEntry[]): string {
  const near = commands.map(nameOf).filter((name) => isNear(word, name));
  const suggestions =
    near.length === 0
      ? ''
      : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}`;
  return `unknown command ${JSON.stringify(word)} for ${JSON.stringify(path)}${suggestions}`;
}

/** Two mistakes at most, or the beginning of the name. */
const MISTAKES = 2;

function isNear(word: string, name: string): boolean {
  const [a, b] = [word.toLowerCase(), name.toLowerCase()];
  return b.startsWith(a) || distance(a, b) <= MISTAKES;
}

/** How many letters have to be put in, taken out or exchanged. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
