// One pod on the node from its arrival to its end: sandbox, init containers in order, sidecars, main containers, restarts,
// deadline, graceful end, and its status in the API. Decides what runs when; each container knows how.
// Source: the public documentation of the pod lifecycle, init containers and sidecar containers.

import { equal, sameStatus } from '../../controllers/equal.ts';
import type { Container, Pod, PodStatus } from '../../controllers/kinds.ts';
import { isSidecar, isTerminal } from '../../controllers/pods.ts';
import { isConflict, isNotFound, isRefusal } from '../../controllers/refusals.ts';
import { timeOf } from '../../controllers/times.ts';
import type { NetworkNamespace } from '../../network/network.ts';
import type { Cancel } from '../../platform.ts';
import { timestamp } from '../../time.ts';
import { type ContainerSnapshot, PodContainer, type Role, type Surroundings } from './container.ts';
import type { NodeParts } from './parts.ts';
import { type PodFacts, podStatusOf } from './pod-status.ts';
import { about } from './timing.ts';
import { PodVolumes, VolumeError, type VolumesSnapshot } from './volumes.ts';

/** Plain data: what a pod was doing. */
export interface PodSnapshot {
  uid: string;
  ip: string | undefined;
  startTime: string;
  initialized: boolean;
  ended: boolean;
  containers: ContainerSnapshot[];
  volumes: VolumesSnapshot | undefined;
}

export class PodWorker implements Surroundings {
  readonly uid: string;
  readonly #parts: NodeParts;
  readonly #gone: () => void;
  readonly #abort = new AbortController();
  readonly #containers: PodContainer[] = [];
  readonly #volumes: PodVolumes;
  #pod: Pod;
  #startTime: string;
  #ip: string | undefined;
  #net: NetworkNamespace | undefined;
  #initialized = false;
  #ended = false;
  #verdict: { reason: string; message: string } | undefined;
  #leaving: Promise<void> | undefined;
  /** The object has been removed from the API: nothing is written any more. */
  #removed = false;
  #dirty = false;
  #loop: Promise<void> | undefined;
  #publishing: Promise<void> = Promise.resolve();
  #publishAsked = false;
  #lastStatus: PodStatus | undefined;
  #storedStatus: PodStatus | undefined;
  #timer: { due: number; cancel: Cancel } | undefined;
  #deadline: Cancel | undefined;

  /** @param gone called once, when nothing of the pod is left on the node. */
  constructor(pod: Pod, parts: NodeParts, gone: () => void) {
    this.uid = pod.metadata.uid;
    this.#pod = pod;
    this.#parts = parts;
    this.#gone = gone;
    this.#startTime = pod.status?.startTime ?? timestamp(parts.clock.now());
    this.#volumes = new PodVolumes(() => this.#pod, parts);
    const initial =
      (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
    const add = (spec: Container, role: Role) =>
      this.#containers.push(new PodContainer(spec, role, initial, parts, this));
    for (const spec of pod.spec.initContainers ?? [])
      add(spec, isSidecar(spec) ? 'sidecar' : 'init');
    for (const spec of pod.spec.containers) add(spec, 'main');
    this.#addEphemeral();
  }

  get pod(): Pod {
    return this.#pod;
  }

  get net(): NetworkNamespace {
    if (!this.#net) throw new Error(`pod ${this.#pod.metadata.name} has no network yet`);
    return this.#net;
  }

  get network(): NetworkNamespace | undefined {
    return this.#net;
  }

  get hostname(): string {
    return this.#pod.spec.hostname ?? this.#pod.metadata.name;
  }

  container(name: string): PodContainer | undefined {
    return this.#containers.find(({ spec }) => spec.name === name);
  }

  /** Begins, or goes on with what the snapshot or the pod's own status says. */
  start(snapshot?: PodSnapshot): void {
    if (isTerminal(this.#pod)) {
      if (snapshot) this.#recall(snapshot);
      this.#ended = true;
      if (this.#pod.metadata.deletionTimestamp) void this.#leave();
      return;
    }
    if (snapshot) this.#resume(snapshot);
    this.#startDeadline();
    if (this.#pod.metadata.deletionTimestamp) void this.#leave();
    else this.#wakeAfter(snapshot ? 0 : this.#parts.timing.noticeMs);
  }

  /** The node will not have it. */
  reject(reason: string, message: string): void {
    this.#ended = true;
    this.#verdict = { reason, message };
    this.#parts.events.event(this.#pod, 'Warning', reason, message);
    this.changed();
  }

  /** The object has changed in the API. */
  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    this.#addEphemeral();
    if (pod.spec !== before.spec) this.#redefine();
    const { labels, annotations } = before.metadata;
    if (!equal([labels, annotations], [pod.metadata.labels, pod.metadata.annotations]))
      this.#parts.clock.after(this.#parts.timing.volumeRefreshMs, () => this.#volumes.refresh());
    if (pod.metadata.deletionTimestamp) {
      if (!this.#leaving) void this.#leave();
      else if (
        pod.metadata.deletionGracePeriodSeconds !== before.metadata.deletionGracePeriodSeconds
      )
        void this.#stopContainers(this.#graceMs());
      return;
    }
    if (pod.spec.activeDeadlineSeconds !== before.spec.activeDeadlineSeconds) this.#startDeadline();
    // What the kubelet itself wrote brings nothing new.
    if (pod.status !== this.#storedStatus) this.changed();
    if (pod.spec !== before.spec) this.wake();
  }

  /** The object is gone from the API: its containers are killed at once. */
  remove(): void {
    this.#removed = true;
    if (this.#leaving) void this.#stopContainers(0);
    else void this.#leave();
  }

  /** The node goes: nothing is written, nothing is waited for. */
  kill(): void {
    this.#removed = true;
    this.#abort.abort(new Error('the node has stopped'));
    this.#timer?.cancel();
    this.#deadline?.();
    for (const container of this.#containers) container.kill();
    this.#tearDown();
  }

  /** An object that its volumes may show has changed. */
  refreshVolumes(kind: 'configMap' | 'secret' | undefined, name: string): void {
    if (kind === undefined || this.#volumes.refersTo(kind, name)) this.#volumes.refresh();
  }

  snapshot(): PodSnapshot {
    return {
      uid: this.uid,
      ip: this.#ip,
      startTime: this.#startTime,
      initialized: this.#initialized,
      ended: this.#ended,
      containers: this.#containers.map((container) => container.snapshot()),
      volumes: this.#volumes.snapshot(),
    };
  }

  // What containers ask of their pod.

  mounts(container: Container) {
    return this.#volumes.mounts(container);
  }

  terminationMessage(container: Container): string | undefined {
    return this.#volumes.terminationMessage(container);
  }

  changed(): void {
    if (this.#publishAsked) return;
    this.#publishAsked = true;
    this.#publishing = this.#publishing
      .then(() => {
        this.#publishAsked = false;
        return this.#publish();
      })
      .catch((error: unknown) => {
        this.#parts.log('error', `kubelet: a status was not written: ${String(error)}`);
      });
  }

  ended(): void {
    this.#wakeAfter(this.#parts.timing.relistMs);
  }

  /** Looks at all containers again. */
  wake(): void {
    if (this.#ended || this.#leaving || this.#abort.signal.aborted) return;
    this.#dirty = true;
    this.#loop ??= this.#work().finally(() => (this.#loop = undefined));
  }

  #wakeAfter(ms: number): void {
    if (this.#abort.signal.aborted) return;
    const due = this.#parts.clock.now() + ms;
    if (this.#timer && this.#timer.due <= due) return;
    this.#timer?.cancel();
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timer = undefined;
      this.wake();
    });
    this.#timer = { due, cancel };
  }

  async #work(): Promise<void> {
    try {
      while (this.#dirty && !this.#abort.signal.aborted) {
        this.#dirty = false;
        await this.#pass();
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return; // the pod leaves: whoever waited was woken by that
      this.#parts.log(
        'error',
        `kubelet: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      this.#wakeAfter(this.#parts.timing.retryMs);
    }
  }

  /** Starts what should run and does not, as far as the order of things allows now. */
  async #pass(): Promise<void> {
    this.changed();
    if (!this.#net && !(await this.#setUp())) return;
    if (!(await this.#initialize())) return;
    const main = this.#of('main');
    for (const container of [...main, ...this.#of('ephemeral')])
      if (this.#mayStart(container)) await this.#startOne(container);
    if (main.every((container) => this.#isDone(container))) await this.#complete();
  }

  /** True once the main containers may start. Sidecars are kept running in any case. */
  async #initialize(): Promise<boolean> {
    for (const container of this.#containers) {
      if (container.role === 'sidecar') {
        if (!container.running && !(await this.#startOne(container)) && !this.#initialized)
          return false;
        if (!container.started && !this.#initialized) return false; // its startup probe will wake us
      } else if (container.role === 'init' && !this.#initialized) {
        if (container.exitCode === 0 && !container.running) continue;
        if (container.running) return false; // its end will
        if (container.exitCode !== undefined && this.#pod.spec.restartPolicy === 'Never') {
          await this.#complete();
          return false;
        }
        await this.#startOne(container);
        return false;
      }
    }
    this.#initialized = true;
    return true;
  }

  async #startOne(container: PodContainer): Promise<boolean> {
    const delayed = await container.start(this.#abort.signal);
    if (!delayed) return true;
    this.#wakeAfter(delayed.retryMs);
    return false;
  }

  #mayStart(container: PodContainer): boolean {
    if (container.running) return false;
    if (container.role === 'ephemeral') return !container.everRan;
    return !this.#isDone(container);
  }

  /** It will not be started again. */
  #isDone(container: PodContainer): boolean {
    if (container.running || container.redefined || container.exitCode === undefined) return false;
    return !container.willRestart(container.exitCode);
  }

  /** The pod has done its work: sidecars are let go, the last started first. */
  async #complete(): Promise<void> {
    for (const container of [...this.#of('ephemeral'), ...this.#of('sidecar').toReversed()])
      await container.stop(this.#graceMs());
    this.#ended = true;
    this.#deadline?.();
    this.changed();
    await this.#parts.clock.sleep(
      about(this.#parts.timing.teardownMs, this.#parts),
      this.#abort.signal,
    );
    this.#tearDown();
  }

  #of(role: Role): PodContainer[] {
    return this.#containers.filter((container) => container.role === role);
  }

  #redefine(): void {
    for (const spec of [...(this.#pod.spec.initContainers ?? []), ...this.#pod.spec.containers])
      this.container(spec.name)?.redefine(spec);
  }

  #addEphemeral(): void {
    for (const spec of this.#pod.spec.ephemeralContainers ?? []) {
      if (this.container(spec.name)) continue;
      this.#containers.push(
        new PodContainer(spec, 'ephemeral', 'ContainerCreating', this.#parts, this),
      );
    }
  }

  /** Sandbox, volumes and network. False if something is missing yet. */
  async #setUp(): Promise<boolean> {
    const { clock, addresses, network } = this.#parts;
    try {
      this.#volumes.setUp();
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      this.#parts.events.event(this.#pod, 'Warning', 'FailedMount', error.message);
      this.#wakeAfter(this.#parts.timing.retryMs);
      return false;
    }
    await clock.sleep(about(this.#parts.timing.sandboxMs, this.#parts), this.#abort.signal);
    const { metadata, spec } = this.#pod;
    this.#ip = spec.hostNetwork ? this.#parts.hostIP : addresses.take();
    this.#net = spec.hostNetwork
      ? network.node
      : network.addPod({
          ip: this.#ip,
          hostname: this.hostname,
          namespace: metadata.namespace ?? '',
          podName: metadata.name,
          subdomain: spec.subdomain,
          dnsPolicy: spec.dnsPolicy,
          dnsConfig: spec.dnsConfig,
          hostAliases: spec.hostAliases,
        });
    this.changed();
    return true;
  }

  #tearDown(): void {
    this.#volumes.tearDown();
    this.#parts.puller.forget(this.uid);
    if (!this.#net || !this.#ip) return;
    this.#net = undefined;
    if (this.#pod.spec.hostNetwork) return;
    this.#parts.network.removePod(this.#ip);
    this.#parts.addresses.release(this.#ip);
  }

  #graceMs(): number {
    const { metadata, spec } = this.#pod;
    if (this.#removed) return 0;
    const seconds = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
    return Math.max(seconds * 1000, this.#parts.timing.minimumGraceMs);
  }

  #startDeadline(): void {
    this.#deadline?.();
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined || this.#ended) return;
    const { clock } = this.#parts;
    const due = (timeOf(this.#startTime) ?? clock.now()) + seconds * 1000;
    this.#deadline = clock.after(due - clock.now(), () => {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#verdict = { reason: 'DeadlineExceeded', message };
      this.#parts.events.event(this.#pod, 'Normal', 'DeadlineExceeded', message);
      void this.#leave();
    });
  }

  /** The pod's end, gracefully; and the object's, if it is being deleted. */
  #leave(): Promise<void> {
    this.#leaving ??= this.#goAway().catch((error: unknown) => {
      this.#parts.log('error', `kubelet: a pod did not end: ${String(error)}`);
    });
    return this.#leaving;
  }

  async #goAway(): Promise<void> {
    this.#abort.abort(new Error('the pod is leaving'));
    this.#timer?.cancel();
    this.#deadline?.();
    await this.#loop;
    const ran = this.#containers.some(({ everRan }) => everRan) && !this.#ended;
    await this.#stopContainers(this.#graceMs());
    // The sandbox goes before the phase is told: until then controllers count the pod as terminating.
    if (ran) await this.#parts.clock.sleep(about(this.#parts.timing.teardownMs, this.#parts));
    this.#ended = true;
    this.changed();
    await this.#publishing;
    this.#tearDown();
    if (!this.#removed && this.#pod.metadata.deletionTimestamp) await this.#deleteObject();
    else if (!this.#removed) this.#leaving = undefined; // a verdict: the object stays until somebody deletes it
    if (this.#removed) this.#gone();
  }

  async #stopContainers(graceMs: number): Promise<void> {
    const { clock } = this.#parts;
    const deadline = clock.now() + graceMs;
    const left = () => Math.max(0, deadline - clock.now());
    const first = [...this.#of('init'), ...this.#of('main'), ...this.#of('ephemeral')];
    await Promise.all(first.map((container) => container.stop(graceMs)));
    for (const container of this.#of('sidecar').toReversed()) await container.stop(left());
  }

  async #deleteObject(): Promise<void> {
    const { namespace, name } = this.#pod.metadata;
    this.#removed = true;
    try {
      await this.#parts.client.delete('pods', namespace, name, {
        gracePeriodSeconds: 0,
        preconditions: { uid: this.uid },
      });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error; // another pod has its name already
    }
  }

  async #publish(): Promise<void> {
    if (this.#removed) return;
    const { client, clock } = this.#parts;
    const { namespace, name } = this.#pod.metadata;
    const stored = client.get('pods', namespace, name);
    if (stored?.metadata.uid !== this.uid) return;
    const status = podStatusOf(this.#factsFor(stored), clock.now());
    if (sameStatus(status, stored.status)) return;
    // The API may have its own form for what was written: the same again is no news.
    if (stored.status === this.#storedStatus && equal(status, this.#lastStatus)) return;
    try {
      const written = await client.modify(
        'pods',
        namespace,
        name,
        (draft) => {
          if (draft.metadata.uid !== this.uid) return false;
          draft.status = podStatusOf(this.#factsFor(draft), clock.now());
          this.#lastStatus = draft.status;
          return undefined;
        },
        'status',
      );
      this.#storedStatus = written?.status;
    } catch (error) {
      if (!isRefusal(error)) throw error; // gone meanwhile, or the cluster is full: the next change tries again
    }
  }

  #factsFor(pod: Pod): PodFacts {
    const facts = (...roles: Role[]) =>
      this.#containers
        .filter(({ role }) => roles.includes(role))
        .map((container) => container.facts());
    return {
      pod,
      hostIP: this.#parts.hostIP,
      podIP: this.#ip,
      startTime: this.#startTime,
      sandboxReady: this.#net !== undefined,
      init: facts('init', 'sidecar'),
      main: facts('main'),
      ephemeral: facts('ephemeral'),
      ended: this.#ended,
      verdict: this.#verdict,
    };
  }

  #recall(snapshot: PodSnapshot): void {
    this.#startTime = snapshot.startTime;
    this.#initialized = snapshot.initialized;
    this.#ended = snapshot.ended;
    this.#ip = snapshot.ip;
    for (const each of snapshot.containers) this.container(each.name)?.restore(each);
  }

  /** Takes its place again, with its address, and lets what ran run. */
  #resume(snapshot: PodSnapshot): void {
    this.#recall(snapshot);
    const ran = snapshot.ip !== undefined && !snapshot.ended;
    if (!ran) {
      this.#ip = undefined;
      return;
    }
    const { metadata, spec } = this.#pod;
    const { addresses, network } = this.#parts;
    this.#volumes.resume(snapshot.volumes);
    if (spec.hostNetwork) {
      this.#net = network.node;
    } else {
      if (!this.#ip || !addresses.reserve(this.#ip)) this.#ip = addresses.take();
      this.#net = network.addPod({
        ip: this.#ip,
        hostname: this.hostname,
        namespace: metadata.namespace ?? '',
        podName: metadata.name,
        subdomain: spec.subdomain,
        dnsPolicy: spec.dnsPolicy,
        dnsConfig: spec.dnsConfig,
        hostAliases: spec.hostAliases,
      });
    }
    for (const container of this.#containers) container.resume();
  }
}
