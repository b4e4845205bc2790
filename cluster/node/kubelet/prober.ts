// Probes one run of one container for as long as it runs: counts successes and failures, and tells when a verdict turns.
// Source: the public documentation of probes: startup goes before the others; thresholds are of consecutive results.

import type { Cancel } from '../../platform.ts';
import { type ProbeResult, type ProbeSpec, type ProbeTarget, probe } from './probe.ts';

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

export interface ProbeListener {
  /** The startup probe succeeded. */
  onStarted(): void;
  onReady(ready: boolean): void;
  /** The startup or liveness probe has failed too often: the container must be killed. */
  onUnhealthy(kind: 'Startup' | 'Liveness'): void;
  /** A probe that did not succeed, for an event. */
  onProblem(message: string): void;
}

export class Prober {
  readonly #target: ProbeTarget;
  readonly #listener: ProbeListener;
  readonly #abort = new AbortController();
  readonly #timers = new Set<Cancel>();
  #ready: boolean;

  /** @param ready what the readiness probe is taken to have said last: of a restored container. */
  constructor(target: ProbeTarget, listener: ProbeListener, ready = false) {
    this.#target = target;
    this.#listener = listener;
    this.#ready = ready;
  }

  /** @param started whether the startup probe is through already. */
  start(started: boolean): void {
    const { startupProbe } = this.#target.container;
    if (startupProbe && !started) this.#begin('Startup', startupProbe);
    else this.#startRest();
  }

  stop(): void {
    this.#abort.abort(new Error('the container has stopped'));
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #startRest(): void {
    const { readinessProbe, livenessProbe } = this.#target.container;
    if (readinessProbe) this.#begin('Readiness', readinessProbe);
    if (livenessProbe) this.#begin('Liveness', livenessProbe);
  }

  #begin(kind: ProbeKind, spec: ProbeSpec): void {
    this.#later((spec.initialDelaySeconds ?? 0) * 1000, () => this.#round(kind, spec, 0, 0));
  }

  #later(ms: number, run: () => Promise<void>): void {
    const cancel = this.#target.clock.after(ms, () => {
      this.#timers.delete(cancel);
      void run();
    });
    this.#timers.add(cancel);
  }

  async #round(
    kind: ProbeKind,
    spec: ProbeSpec,
    successes: number,
    failures: number,
  ): Promise<void> {
    const { clock } = this.#target;
    const began = clock.now();
    let outcome: ProbeResult;
    try {
      outcome = await probe(spec, this.#target, this.#abort.signal);
    } catch (error) {
      if (this.#abort.signal.aborted) return; // stopped while probing
      outcome = { result: 'error', output: error instanceof Error ? error.message : String(error) };
    }
    if (this.#abort.signal.aborted) return;
    const counts = { successes, failures };
    if (outcome.result === 'success') {
      counts.successes++;
      counts.failures = 0;
    } else if (outcome.result === 'failure') {
      counts.failures++;
      counts.successes = 0;
      this.#listener.onProblem(`${kind} probe failed: ${outcome.output}`);
    } else {
      this.#listener.onProblem(
        `${kind} probe errored and resulted in unknown state: ${outcome.output}`,
      );
    }
    if (this.#judge(kind, spec, counts)) return;
    const periodMs = (spec.periodSeconds ?? 10) * 1000;
    const left = Math.max(0, began + periodMs - clock.now());
    this.#later(left, () => this.#round(kind, spec, counts.successes, counts.failures));
  }

  /** True when this probe is over. */
  #judge(
    kind: ProbeKind,
    spec: ProbeSpec,
    { successes, failures }: { successes: number; failures: number },
  ): boolean {
    const passed = successes >= (spec.successThreshold ?? 1);
    const failed = failures >= (spec.failureThreshold ?? 3);
    switch (kind) {
      case 'Readiness':
        if (passed || failed) this.#tellReady(passed);
        return false;
      case 'Startup':
        if (passed) {
          this.#listener.onStarted();
          this.#startRest();
          return true;
        }
        if (failed) this.#listener.onUnhealthy(kind);
        return failed;
      case 'Liveness':
        if (failed) this.#listener.onUnhealthy(kind);
        return failed;
    }
  }

  #tellReady(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#listener.onReady(ready);
  }
}
