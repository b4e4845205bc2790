// Traps: commands that run when a signal has come, and when the shell ends.

import { signalOf } from '../../node/signals.ts';
import type { Signal } from '../../node/process.ts';
import type { Evaluator } from './evaluate.ts';

/** Runs what came since the last command. `$?` is as before for the commands that follow. */
export async function runPendingTraps(evaluator: Evaluator): Promise<void> {
  const { shell } = evaluator;
  while (shell.pendingSignals.length > 0) {
    const signal = shell.pendingSignals.shift() ?? '';
    const { status } = shell;
    await runTrap(evaluator, signal);
    if (!shell.jump) shell.status = status;
  }
}

export async function runTrap(evaluator: Evaluator, name: string): Promise<void> {
  const { shell } = evaluator;
  const command = shell.traps.get(name);
  // An EXIT trap runs once, even when it calls exit.
  if (name === 'EXIT') shell.traps.delete(name);
  if (command) await evaluator.simple.runText(command);
}

/** Makes the process do what the shell's trap table says about a signal. */
export function installTrap(evaluator: Evaluator, name: string): void {
  const { shell } = evaluator;
  const signal = signalOf(name);
  if (!signal) return;
  const command = shell.traps.get(name);
  if (command === undefined) shell.process.onSignal(signal, defaultHandler(evaluator, signal));
  else
    shell.process.onSignal(signal, () => {
      if (command !== '') shell.deliver(name);
    });
}

/** An interactive shell outlives the signals that people send from the keyboard. */
export function defaultHandler(evaluator: Evaluator, signal: Signal): (() => void) | undefined {
  const { shell } = evaluator;
  if (!shell.interactive) return undefined;
  if (signal === 'SIGINT') return () => shell.interrupt();
  const ignored: readonly Signal[] = ['SIGTERM', 'SIGQUIT', 'SIGTSTP'];
  return ignored.includes(signal) ? () => {} : undefined;
}
