// What the subcommands of proxy-config share: their arguments, --file, and the three forms in which they show a list.

import { formatYaml } from '../../../cluster/schema/yaml.ts';
import type { Fields } from '../../../cluster/schema/fields.ts';
import { CommandError, type Invocation } from '../../command.ts';
import { inCamelCase } from '../../config-dump.ts';
import type { Flag } from '../../flags.ts';
import { goJson } from '../../json.ts';

export const fileFlag: Flag = {
  name: 'file',
  short: 'f',
  type: 'string',
  usage: 'Read a dump from this file instead of asking a pod; - is stdin',
};

export const verboseFlag: Flag = {
  name: 'verbose',
  type: 'bool',
  default: true,
  usage: 'One line a route or match, instead of one a table',
};

/** A pod, or a file in its place. */
export function requirePod({ path, args, flags }: Invocation): void {
  const name = path.split(' ').at(-1) ?? '';
  if ((args.length === 1) === (flags.string('file') !== '') || args.length > 1)
    throw new CommandError(`${name} requires pod name or --file parameter`);
}

/** As --output asks: `summary` for short, or whole messages. */
export function show(
  { flags, io }: Invocation,
  { summary, messages }: { summary: () => string; messages: () => unknown },
): void {
  const output = flags.string('output');
  switch (output) {
    case 'short':
      return io.out(summary());
    case 'json':
      return io.out(`${goJson(messages(), '    ')}\n`);
    case 'yaml':
      return io.out(`${formatYaml(sorted(messages()))}\n`);
    default:
      throw new CommandError(`output format ${JSON.stringify(output)} not supported`);
  }
}

export const printed = (list: readonly Fields[]): unknown => list.map(inCamelCase).map(untyped);

/** A message that is printed by itself does not say its type. */
function untyped(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message;
  return Object.fromEntries(Object.entries(message).filter(([key]) => key !== '@type'));
}

/** Keys in order, as JSON that has been made YAML has them. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
