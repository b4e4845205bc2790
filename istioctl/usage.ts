// Help and usage of a command, laid out as istioctl's library lays them out.
// Source: the documentation of spf13/cobra (the default help and usage templates).

import { type Command, type CommandEntry, nameOf } from './command.ts';
import { type Flag, flagUsages } from './flags.ts';

/** A command with its place among the others. */
export interface Placed {
  entry: Pick<CommandEntry, 'use' | 'aliases' | 'short'>;
  command: Command;
  /** From `istioctl` down to this one. */
  path: string;
  inherited: readonly Flag[];
}

const HELP_NAME = 'help';
/** Names are padded to this width at least. */
const NAME_WIDTH = 11;

export function helpOf(placed: Placed): string {
  const { entry, command } = placed;
  const about = (command.long ?? entry.short).trimEnd();
  return `${about === '' ? '' : `${about}\n\n`}${usageOf(placed)}`;
}

export function usageOf({ entry, command, path, inherited }: Placed): string {
  const { example, run } = command;
  const all = command.commands ?? [];
  const commands = all.filter(({ topic }) => !topic);
  const topics = all.filter(({ topic }) => topic);
  const own = [...(command.flags ?? []), ...(command.persistentFlags ?? [])];
  const parts: string[] = [];
  const listed = commands.length > 0;
  const useLine = `${path}${entry.use.slice(nameOf(entry).length)}`;
  const lines = [
    ...(run ? [`  ${useLine}${/\[flags\]/.test(useLine) ? '' : ' [flags]'}`] : []),
    ...(listed ? [`  ${path} [command]`] : []),
  ];
  parts.push(`Usage:\n${lines.join('\n')}`);
  if (entry.aliases && entry.aliases.length > 0)
    parts.push(`Aliases:\n  ${[nameOf(entry), ...entry.aliases].join(', ')}`);
  if (example !== undefined) parts.push(`Examples:\n${example}`);
  if (listed) {
    const width = Math.max(NAME_WIDTH, ...commands.map((each) => nameOf(each).length));
    const rows = commands
      .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
      .map((each) => `  ${nameOf(each).padEnd(width)} ${each.short}`);
    parts.push(`Available Commands:\n${rows.join('\n')}`);
  }
  const help: Flag = {
    name: HELP_NAME,
    short: 'h',
    type: 'bool',
    usage: `help for ${nameOf(entry)}`,
  };
  parts.push(`Flags:\n${flagUsages([...own, help])}`);
  if (inherited.some(({ hidden }) => !hidden))
    parts.push(`Global Flags:\n${flagUsages(inherited)}`);
  if (topics.length > 0) {
    const paths = commands.map((each) => `${path} ${nameOf(each)}`.length);
    const width = Math.max(NAME_WIDTH, ...paths);
    const rows = topics.map(
      (topic) => `  ${`${path} ${nameOf(topic)}`.padEnd(width)} ${topic.short}`,
    );
    parts.push(`Additional help topics:\n${rows.join('\n')}`);
  }
  if (listed) parts.push(`Use "${path} [command] --help" for more information about a command.`);
  return `${parts.join('\n\n')}\n`;
}
