// What a command inside the shell gets: the shell it changes, its arguments, and the evaluator's services.

import type { Shell } from './shell.ts';
import type { Assignment } from './syntax.ts';
import type { Job } from './jobs.ts';

/** What builtins ask of the evaluator. */
export interface Services {
  /** Runs text in this shell: `eval`, `.`, traps. Resolves with the status. */
  runText(
    text: string,
    options?: { source?: string; line?: number; speaker?: string },
  ): Promise<number>;
  /** Runs a command by name, without functions (and aliases): `command`, `builtin`. */
  runCommand(argv: readonly string[], options: { builtinsOnly?: boolean }): Promise<number>;
  /** Where a program of that name is found; undefined when nowhere. */
  findProgram(name: string, path?: string): string | undefined;
  isBuiltin(name: string): boolean;
  builtinNames(): readonly string[];
  /** Replaces the shell's program. Returns only when there is no such program. */
  exec(argv: readonly string[]): Promise<number>;
  /** Assigns as `name=value` does, attributes and arrays included. */
  assign(assignment: Assignment, builtin?: string): Promise<void>;
  /** The value of an arithmetic text. */
  arithmetic(text: string, builtin: string): bigint;
  /** Waits for a job in the foreground; resolves with its status. */
  foreground(job: Job): Promise<number>;
  /** Sets what a signal does from the shell's traps. */
  installTrap(signal: string): void;
}

export interface BuiltinArguments {
  /** Expanded; argv[0] is the builtin's name. */
  argv: readonly string[];
  /** For `export`, `local` and their like: arguments that were written as assignments, by index in argv. */
  assignments: ReadonlyMap<number, Assignment>;
}

export type Builtin = (
  shell: Shell,
  call: BuiltinArguments,
  services: Services,
) => Promise<number> | number;

/** Prints a usage error the way both shells do and answers with 2. */
export function optionsOf(
  argv: readonly string[],
  letters: string,
): { options: Set<string>; operands: readonly string[]; invalid: string | undefined } {
  const options = new Set<string>();
  let at = 1;
  for (; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (argument === '--') {
      at++;
      break;
    }
    if (!/^-./.test(argument)) break;
    for (const letter of argument.slice(1)) {
      if (!letters.includes(letter)) return { options, operands: [], invalid: `-${letter}` };
      options.add(letter);
    }
  }
  return { options, operands: argv.slice(at), invalid: undefined };
}
