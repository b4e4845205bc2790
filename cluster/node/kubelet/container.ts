// One container of a pod through all its runs: image, start, probes, end, back-off, logs. Knows nothing of its siblings.
// Source: the public documentation of container states and restarts; events and reasons as a real kubelet words them.

import type { Container } from '../../controllers/kinds.ts';
import { duration } from '../../controllers/times.ts';
import { timestamp } from '../../time.ts';
import type { ResolvedImage } from '../image.ts';
import {
  type ContainerConfig,
  type ContainerExit,
  type RunningContainer,
  StartError,
} from '../runtime.ts';
import { Backoff, type BackoffState } from './backoff.ts';
import { ContainerLog, type LogSnapshot } from './container-log.ts';
import { type Place, containerConfig } from './container-config.ts';
import { end } from './ending.ts';
import { ConfigError } from './environment.ts';
import { runHook } from './hooks.ts';
import type { PullEvent } from './images.ts';
import type { NodeParts } from './parts.ts';
import type { ContainerFacts, RunState, Terminated } from './pod-status.ts';
import type { ProbeTarget } from './probe.ts';
import { Prober } from './prober.ts';
import { about } from './timing.ts';

/** What a container needs of its pod. */
export interface Surroundings extends Place {
  /** What its last run left in its termination message file. */
  terminationMessage(container: Container): string | undefined;
  /** Something that the status tells has changed. */
  changed(): void;
  /** What waited for this container may go on. */
  wake(): void;
  /** The present run has ended. */
  ended(): void;
}

export type Role = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** Plain data. */
export interface ContainerSnapshot {
  name: string;
  state: RunState;
  last: Terminated | undefined;
  restartCount: number;
  started: boolean;
  ready: boolean;
  containerID: string;
  image: string;
  imageID: string;
  user: { uid: number; gid: number } | undefined;
  backoff: BackoffState | undefined;
  endedAt: number;
  log: LogSnapshot | undefined;
  previousLog: LogSnapshot | undefined;
}

/** A process that could not be started has no times. */
const EPOCH = '1970-01-01T00:00:00Z';
const MESSAGE_LINES = 80;
const MESSAGE_BYTES = 2_048;

export class PodContainer {
  readonly role: Role;
  #spec: Container;
  readonly #parts: NodeParts;
  readonly #around: Surroundings;
  #state: RunState;
  #last: Terminated | undefined;
  #restartCount = 0;
  #started = false;
  #ready = false;
  #containerID = '';
  #image = '';
  #imageID = '';
  #user: { uid: number; gid: number } | undefined;
  #backoff = new Backoff();
  /** Cluster milliseconds at which the last run ended. */
  #endedAt = 0;
  #log: ContainerLog | undefined;
  #previousLog: ContainerLog | undefined;
  #running: RunningContainer | undefined;
  #resolved: ResolvedImage | undefined;
  #prober: Prober | undefined;
  #redefined = false;
  #stopping: { hurry: AbortController; done: Promise<void> } | undefined;

  constructor(
    spec: Container,
    role: Role,
    initial: string,
    parts: NodeParts,
    around: Surroundings,
  ) {
    this.#spec = spec;
    this.role = role;
    this.#parts = parts;
    this.#around = around;
    this.#state = { is: 'waiting', reason: initial };
  }

  get spec(): Container {
    return this.#spec;
  }

  /** Its image was changed under it: it starts again whatever its restart policy says. */
  get redefined(): boolean {
    return this.#redefined;
  }

  get running(): RunningContainer | undefined {
    return this.#running;
  }

  get state(): RunState {
    return this.#state;
  }

  get started(): boolean {
    return this.#started;
  }

  get log(): ContainerLog | undefined {
    return this.#log;
  }

  get previousLog(): ContainerLog | undefined {
    return this.#previousLog;
  }

  /** It has run at least once. */
  get everRan(): boolean {
    return this.#containerID !== '';
  }

  /** The exit code of the run that counts: the present one's, or the last one's while it waits for the next. */
  get exitCode(): number | undefined {
    if (this.#state.is === 'terminated') return this.#state.exitCode;
    return this.#state.is === 'waiting' ? this.#last?.exitCode : undefined;
  }

  facts(): ContainerFacts {
    return {
      spec: this.spec,
      state: this.#state,
      last: this.#last,
      restartCount: this.#restartCount,
      started: this.#started,
      ready: this.#ready,
      containerID: this.#containerID,
      image: this.#image,
      imageID: this.#imageID,
      user: this.#user,
    };
  }

  /** Starts a run if it may start now; otherwise says after how many milliseconds to ask again. */
  async start(signal: AbortSignal): Promise<{ retryMs: number } | undefined> {
    const wait = this.#crashBackoff();
    if (wait !== undefined) return { retryMs: wait };
    const { puller } = this.#parts;
    const { pod } = this.#around;
    const image = await puller.ensure(
      pod.metadata.uid,
      this.spec.image ?? '',
      this.spec.imagePullPolicy ?? 'IfNotPresent',
      (event) => this.#tell(event),
      signal,
    );
    if (!('reference' in image)) {
      this.#wait(image.reason, image.message);
      return { retryMs: image.retryMs };
    }
    this.#image = image.reference;
    this.#imageID = image.imageId;
    this.#resolved = image;
    let config: ContainerConfig;
    try {
      config = this.#configure(image);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#tell({ type: 'Warning', reason: 'Failed', message: `Error: ${error.message}` });
      this.#wait('CreateContainerConfigError', error.message);
      return { retryMs: this.#parts.timing.retryMs };
    }
    return this.#run(config, signal);
  }

  /** Goes on with what a snapshot says was running, from its entrypoint, as if nothing had happened. */
  resume(): void {
    if (this.#state.is !== 'running') return;
    const image = this.#parts.puller.resolve(this.spec.image ?? '');
    try {
      if (!image) throw new ConfigError(`image ${this.spec.image ?? ''} is not known any more`);
      this.#resolved = image;
      this.#launch(this.#configure(image));
      this.#probe(this.#started, this.#ready);
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof StartError)) throw error;
      this.#end({ exitCode: 255 }, error.message);
    }
  }

  /**
   * Ends the present run: preStop hook, stop signal, and SIGKILL when the grace period is over. Called again, it only
   * shortens the grace period to nothing if that is asked for. Resolves when the run has ended.
   */
  stop(graceMs: number, why = `Stopping container ${this.spec.name}`): Promise<void> {
    if (!this.#running) return Promise.resolve();
    if (this.#stopping) {
      if (graceMs <= 0) this.#stopping.hurry.abort(new Error('killed at once'));
      return this.#stopping.done;
    }
    this.#tell({ type: 'Normal', reason: 'Killing', message: why });
    const hurry = new AbortController();
    const done = this.#stop(this.#running, graceMs, hurry.signal);
    this.#stopping = { hurry, done };
    return done;
  }

  /** Takes a changed definition: of a container that is there, only the image may change. */
  redefine(spec: Container): void {
    const changed = spec.image !== this.#spec.image;
    this.#spec = spec;
    // An init container that is through is not run again.
    if (!changed || !this.everRan || (this.role === 'init' && !this.#running)) return;
    this.#redefined = true;
    void this.stop(this.#graceMs(), `Container ${spec.name} definition changed, will be restarted`);
  }

  /** Ends the run without a trace: the node itself goes. */
  kill(): void {
    this.#prober?.stop();
    const running = this.#running;
    this.#running = undefined;
    running?.signal('SIGKILL');
  }

  snapshot(): ContainerSnapshot {
    return {
      ...this.facts(),
      name: this.spec.name,
      backoff: this.#backoff.state,
      endedAt: this.#endedAt,
      log: this.#log?.snapshot(),
      previousLog: this.#previousLog?.snapshot(),
    };
  }

  restore(snapshot: ContainerSnapshot): void {
    const limit = this.#parts.limits.logBytes;
    this.#state = snapshot.state;
    this.#last = snapshot.last;
    this.#restartCount = snapshot.restartCount;
    this.#started = snapshot.started;
    this.#ready = snapshot.ready;
    this.#containerID = snapshot.containerID;
    this.#image = snapshot.image;
    this.#imageID = snapshot.imageID;
    this.#user = snapshot.user;
    this.#backoff = new Backoff(snapshot.backoff);
    this.#endedAt = snapshot.endedAt;
    this.#log = snapshot.log && ContainerLog.restore(snapshot.log, limit);
    this.#previousLog = snapshot.previousLog && ContainerLog.restore(snapshot.previousLog, limit);
    if (snapshot.state.is !== 'running') this.#log?.close(this.#parts.clock.now());
  }

  /** Milliseconds to wait when the last run ended too recently; undefined when it may start. */
  #crashBackoff(): number | undefined {
    if (!this.everRan) return undefined;
    const now = this.#parts.clock.now();
    const left = this.#backoff.remaining(this.#endedAt, now);
    if (left <= 0) return undefined;
    const { metadata } = this.#around.pod;
    const podName = `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid})`;
    this.#tell({
      type: 'Warning',
      reason: 'BackOff',
      message: `Back-off restarting failed container ${this.spec.name} in pod ${podName}`,
    });
    this.#wait(
      'CrashLoopBackOff',
      `back-off ${duration(this.#backoff.ms)} restarting failed container=${this.spec.name} pod=${podName}`,
    );
    return Math.min(left, this.#parts.timing.backoffEventMs);
  }

  #configure(image: ResolvedImage): ContainerConfig {
    const config = containerConfig(this.spec, image, this.#around, this.#parts, (stream, bytes) => {
      this.#log?.write(stream, bytes, this.#parts.clock.now());
      this.#parts.noteChange();
    });
    this.#user = config.user;
    return config;
  }

  async #run(
    config: ContainerConfig,
    signal: AbortSignal,
  ): Promise<{ retryMs: number } | undefined> {
    const { clock, random } = this.#parts;
    if (this.everRan) {
      this.#backoff.next(this.#endedAt, clock.now());
      this.#restartCount++;
      if (this.#state.is === 'terminated') this.#last = this.#state;
    }
    await clock.sleep(about(this.#parts.timing.createMs, this.#parts), signal);
    this.#containerID = `containerd://${hex(random, 64)}`;
    this.#tell({ type: 'Normal', reason: 'Created', message: 'Container created' });
    await clock.sleep(this.#parts.timing.startMs, signal);
    this.#previousLog = this.#log;
    this.#log = new ContainerLog(this.#parts.limits.logBytes);
    try {
      this.#launch(config);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#failedToStart(error);
      return { retryMs: this.#parts.timing.relistMs };
    }
    this.#tell({ type: 'Normal', reason: 'Started', message: 'Container started' });
    const startedAt = timestamp(clock.now());
    if (!(await this.#postStart(signal))) return { retryMs: this.#parts.timing.relistMs };
    if (!this.#running) return undefined; // it has ended already, and said so
    this.#state = { is: 'running', startedAt };
    this.#started = this.spec.startupProbe === undefined;
    this.#ready = this.spec.readinessProbe === undefined && this.#started;
    this.#probe(this.#started, this.#ready);
    this.#around.changed();
    return undefined;
  }

  #launch(config: ContainerConfig): void {
    const running = this.#parts.runtime.start(config);
    this.#running = running;
    this.#stopping = undefined;
    this.#redefined = false;
    const startedAt = timestamp(this.#parts.clock.now());
    void running.exited.then((exit) => {
      // A run that was replaced or killed with its node has nothing to say any more.
      if (this.#running === running) this.#end(exit, undefined, startedAt);
    });
  }

  #failedToStart(error: StartError): void {
    const { clock } = this.#parts;
    this.#tell({ type: 'Warning', reason: 'Failed', message: `Error: ${error.message}` });
    this.#endedAt = clock.now();
    this.#log?.close(clock.now());
    const end: Terminated = {
      is: 'terminated',
      exitCode: 128,
      reason: error.reason,
      message: error.message,
      startedAt: EPOCH,
      finishedAt: timestamp(clock.now()),
      containerID: this.#containerID,
    };
    if (this.willRestart(end.exitCode)) {
      this.#last = end;
      this.#state = { is: 'waiting', reason: 'RunContainerError', message: error.message };
    } else {
      this.#state = end;
    }
    this.#around.changed();
  }

  /** Whether it would be started again after a run that ended so. */
  willRestart(exitCode: number): boolean {
    const policy = this.spec.restartPolicy ?? this.#around.pod.spec.restartPolicy ?? 'Always';
    switch (policy) {
      case 'Never':
        return false;
      case 'OnFailure':
        return exitCode !== 0;
      default:
        return this.role !== 'init' || exitCode !== 0;
    }
  }

  /** False when it failed: the container is then killed. */
  async #postStart(signal: AbortSignal): Promise<boolean> {
    const hook = this.spec.lifecycle?.postStart;
    const target = this.#target();
    if (!hook || !target) return true;
    try {
      await runHook(hook, target, signal);
      return true;
    } catch {
      signal.throwIfAborted();
      this.#tell({
        type: 'Warning',
        reason: 'FailedPostStartHook',
        message: 'PostStartHook failed',
      });
      await this.stop(this.#graceMs(), 'FailedPostStartHook');
      return false;
    }
  }

  #graceMs(): number {
    return (this.#around.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #target(): ProbeTarget | undefined {
    if (!this.#running) return undefined;
    return {
      container: this.spec,
      running: this.#running,
      node: this.#parts.network.node,
      podIP: this.#around.net.ip,
      clock: this.#parts.clock,
    };
  }

  #probe(started: boolean, ready: boolean): void {
    const target = this.#target();
    if (!target) return;
    this.#prober = new Prober(
      target,
      {
        onStarted: () => {
          this.#started = true;
          this.#ready = this.spec.readinessProbe === undefined;
          this.#around.changed();
          this.#around.wake();
        },
        onReady: (value) => {
          this.#ready = value;
          this.#around.changed();
        },
        onUnhealthy: (kind) => void this.#unhealthy(kind),
        onProblem: (message) => this.#tell({ type: 'Warning', reason: 'Unhealthy', message }),
      },
      ready,
    );
    this.#prober.start(started);
  }

  async #unhealthy(kind: 'Startup' | 'Liveness'): Promise<void> {
    const probe = kind === 'Startup' ? this.spec.startupProbe : this.spec.livenessProbe;
    const grace = probe?.terminationGracePeriodSeconds;
    await this.stop(
      grace === undefined ? this.#graceMs() : grace * 1000,
      `Container ${this.spec.name} failed ${kind.toLowerCase()} probe${this.willRestart(1) ? ', will be restarted' : ''}`,
    );
  }

  #stop(running: RunningContainer, graceMs: number, hurry: AbortSignal): Promise<void> {
    const hook = this.spec.lifecycle?.preStop;
    const target = this.#target();
    return end({
      clock: this.#parts.clock,
      running,
      graceMs,
      stopSignal: this.#resolved?.image.stopSignal ?? 'SIGTERM',
      hurry,
      preStop: hook && target ? (signal) => runHook(hook, target, signal) : undefined,
      onHookFailed: () =>
        this.#tell({ type: 'Warning', reason: 'FailedPreStopHook', message: 'PreStopHook failed' }),
      onSignal: () => this.#prober?.stop(),
    });
  }

  #end(exit: ContainerExit, message?: string, startedAt?: string): void {
    const now = this.#parts.clock.now();
    this.#prober?.stop();
    this.#running = undefined;
    this.#stopping = undefined;
    this.#log?.close(now);
    this.#endedAt = now;
    const text = message ?? this.#terminationMessage(exit.exitCode);
    this.#state = {
      is: 'terminated',
      exitCode: exit.exitCode,
      reason: exit.exitCode === 0 ? 'Completed' : 'Error',
      ...(text ? { message: text } : {}),
      startedAt:
        this.#state.is === 'running' ? this.#state.startedAt : (startedAt ?? timestamp(now)),
      finishedAt: timestamp(now),
      containerID: this.#containerID,
    };
    this.#started = false;
    this.#ready = this.role === 'init' && exit.exitCode === 0;
    this.#around.changed();
    this.#around.ended();
  }

  #terminationMessage(exitCode: number): string | undefined {
    const text = this.#around.terminationMessage(this.spec);
    if (text) return text;
    const fallsBack =
      this.spec.terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0;
    return fallsBack ? this.#log?.tail(MESSAGE_LINES, MESSAGE_BYTES) : undefined;
  }

  #wait(reason: string, message: string): void {
    if (this.#state.is === 'terminated') this.#last = this.#state;
    this.#state = { is: 'waiting', reason, message };
    this.#around.changed();
  }

  #tell(event: PullEvent | { type: 'Normal' | 'Warning'; reason: string; message: string }): void {
    const field =
      this.role === 'ephemeral'
        ? 'ephemeralContainers'
        : this.role === 'main'
          ? 'containers'
          : 'initContainers';
    const { type, reason, message } = event;
    const { pod } = this.#around;
    this.#parts.events.event(pod, type, reason, message, `spec.${field}{${this.spec.name}}`);
  }
}

function hex(random: () => number, digits: number): string {
  let text = '';
  for (let at = 0; at < digits; at++) text += Math.floor(random() * 16).toString(16);
  return text;
}
