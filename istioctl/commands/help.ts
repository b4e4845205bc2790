// istioctl help: stands in the list of commands. `help` itself is read before any command is looked for (parse.ts).

import type { Command } from '../command.ts';

export const command: Command = {
  long: 'Help about any command: istioctl help [command]',
};
