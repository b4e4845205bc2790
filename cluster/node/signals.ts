// The numbers of signals, as kill(1), exit codes and traps use them. Source: signal(7), x86 and ARM.

import type { Signal } from './process.ts';

export const signalNumbers: Readonly<Record<Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGWINCH: 28,
};

type Action = 'terminate' | 'ignore' | 'stop' | 'continue';

const otherActions: Partial<Record<Signal, Action>> = {
  SIGCHLD: 'ignore',
  SIGWINCH: 'ignore',
  SIGSTOP: 'stop',
  SIGTSTP: 'stop',
  SIGCONT: 'continue',
};

/** What a process does by itself when it has no handler for the signal. */
export function defaultAction(signal: Signal): Action {
  return otherActions[signal] ?? 'terminate';
}

/** `TERM`, `SIGTERM`, `sigterm` or `15`; undefined when there is no such signal. */
export function signalOf(text: string): Signal | undefined {
  const name = text.toUpperCase();
  return signalNames.find(
    (signal) =>
      signal === name || signal === `SIG${name}` || String(signalNumbers[signal]) === text,
  );
}

const signalNames: readonly Signal[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGWINCH',
];
