// What a container asks to be done right after its start and right before its end.
// Source: the public documentation of container lifecycle hooks.

import type { Container } from '../../controllers/kinds.ts';
import { httpProbe, type ProbeTarget } from './probe.ts';

type Hook = NonNullable<NonNullable<Container['lifecycle']>['postStart']>;

/** A hook's request has no time-out of its own: the grace period ends it, or the pod's end does. */
const HTTP_MS = 3_600_000;

/** Resolves when the hook is done. Rejects when it failed, or when `signal` fires. */
export async function runHook(hook: Hook, target: ProbeTarget, signal: AbortSignal): Promise<void> {
  if (hook.exec) {
    const command = hook.exec.command ?? [];
    const { exitCode, output } = await target.running.run(command, signal);
    signal.throwIfAborted();
    if (exitCode !== 0)
      throw new Error(
        `Exec lifecycle hook (${JSON.stringify(command)}) failed: command '${command.join(' ')}' exited with ${exitCode}: ${output}`,
      );
  } else if (hook.httpGet) {
    const result = await httpProbe(hook.httpGet, target, HTTP_MS, signal);
    // A hook cares that it was heard, not what was answered.
    if (result.result !== 'success' && !result.output.startsWith('HTTP probe failed'))
      throw new Error(`HTTP lifecycle hook failed: ${result.output}`);
  } else if (hook.sleep) {
    await target.clock.sleep(hook.sleep.seconds * 1000, signal);
  }
}
