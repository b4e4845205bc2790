// istioctl options: what every command takes besides its own flags, of how it logs its own work.

import type { Command } from '../command.ts';

const OPTIONS = [
  ['log_as_json', 'Whether to format output as JSON or in plain console-friendly format'],
  ['log_caller', 'Scopes whose log lines say where in the program they come from'],
  ['log_output_level', 'The least severe messages to log, by scope'],
  ['log_stacktrace_level', 'The least severe messages to log with a stack trace, by scope'],
  ['log_target', 'Where the log goes'],
];

export const command: Command = {
  async run({ io }) {
    io.out('The following options can be passed to any command:\n');
    for (const [name, usage] of OPTIONS) io.out(`      --${name}: ${usage}\n`);
  },
};
