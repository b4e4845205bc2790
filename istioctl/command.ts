// What a command of istioctl is: its words, its flags, and what it does when it is called. Knows nothing of any one command,
// nor of how the command line is read (parse.ts) or shown (usage.ts).

import type { ClusterClient } from './api-client.ts';
import type { Flag, FlagValues } from './flags.ts';

/** Exit codes of istioctl. Source: istio/istio istioctl/cmd/root.go. */
export const exitCodes = {
  failed: 1,
  usage: 64,
  data: 65,
  analyzersFoundIssues: 79,
} as const;

/** Ends a command: `Error: message` on stderr, and this exit code. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** Ends a command with this exit code; everything has been said already. */
export class SilentExit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Where a command reads and writes: the terminal, or a test. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** All of stdin. */
  readInput(): Promise<string>;
  /** One line of stdin without its end, for a question; undefined when there is none. */
  readLine(): Promise<string | undefined>;
  /** stdout is a terminal that shows colours and lets a line be drawn again. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Invocation {
  /** As it was called: `istioctl proxy-config cluster`. */
  path: string;
  args: readonly string[];
  flags: FlagValues;
  io: Io;
  /** The cluster of the kubeconfig and of --context; read when first asked for. Throws a CommandError for a kubeconfig that is none. */
  cluster(): ClusterClient;
  /** -n, or the namespace of the context, or `default`. */
  namespace(): string;
  /** -i, or `istio-system`. */
  istioNamespace: string;
}

/** The first line of a command: what help lists. */
export interface CommandEntry {
  /** The name, then how the rest is written: `proxy-status [<type>/]<name>[.<namespace>]`. */
  use: string;
  aliases?: readonly string[];
  short: string;
  /** Help lists it among topics, not among commands. */
  topic?: true;
  /** Reads the command's own file: only the one that is called is loaded. */
  load: () => Promise<{ command: Command }>;
}

export interface Command {
  long?: string;
  example?: string;
  flags?: readonly Flag[];
  /** Flags that the commands below it take too. */
  persistentFlags?: readonly Flag[];
  commands?: readonly CommandEntry[];
  /** What is wrong with the arguments, or undefined. Default: any will do. */
  checkArgs?: (args: readonly string[]) => string | undefined;
  /** Absent: the command only groups others, and shows its help. Resolves with an exit code, or with nothing for 0. */
  run?: (invocation: Invocation) => Promise<number | void>;
  /** Said on stderr when the command is used. */
  deprecated?: string;
}

/** Checks of arguments, in cobra's words. */
export const noArgs =
  (path: string) =>
  (args: readonly string[]): string | undefined =>
    args.length === 0 ? undefined : `unknown command ${JSON.stringify(args[0])} for "${path}"`;

export const exactArgs =
  (count: number) =>
  (args: readonly string[]): string | undefined =>
    args.length === count ? undefined : `accepts ${count} arg(s), received ${args.length}`;

export const nameOf = ({ use }: { use: string }): string => use.split(' ')[0] ?? '';
