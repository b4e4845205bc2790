// Commands of the real istioctl that this one lists and does not do: it says so, and what does.

import { CommandError, type CommandEntry, nameOf } from '../command.ts';

export function notSimulated(use: string, short: string, aliases?: string[]): CommandEntry {
  const name = nameOf({ use });
  return {
    use,
    short,
    ...(aliases && { aliases }),
    load: async () => ({
      command: {
        run: async ({ path }) => {
          throw new CommandError(
            `${path} is not simulated on the embedded cluster. On a real one (MESHPROOF_ENGINE=kind) the real istioctl has it: ${name}.`,
          );
        },
      },
    }),
  };
}
