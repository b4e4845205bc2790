// The one node of the cluster: registers itself, runs the pods assigned to it, and answers for their containers.
// Knows pods only through the API and programs only through the runtime.

import type { ApiClient } from '../api/client.ts';
import type {
  ExecOptions,
  ExecResult,
  Kubelet,
  LogOptions,
  RemoteStreams,
} from '../api/kubelet.ts';
import { badRequest, notFound, plainError } from '../api/status.ts';
import type { Tokens } from '../api/tokens.ts';
import type { Clock, TaskOptions } from '../clock.ts';
import { EventRecorder } from '../controllers/events.ts';
import { type KindsClient, type Pod, ofKinds } from '../controllers/kinds.ts';
import { isTerminal } from '../controllers/pods.ts';
import { podResources, quantity } from '../controllers/quantity.ts';
import { isRefusal } from '../controllers/refusals.ts';
import { watchKinds } from '../controllers/watch.ts';
import type { ClusterLimits } from '../limits.ts';
import type { Cancel, Platform } from '../platform.ts';
import type { Store } from '../store/store.ts';
import type { ByteDuplex } from '../streams.ts';
import type { ImageRegistry } from './image.ts';
import { AddressPool } from './kubelet/addresses.ts';
import type { PodContainer } from './kubelet/container.ts';
import type { ContainerLog } from './kubelet/container-log.ts';
import { ImagePuller } from './kubelet/images.ts';
import type { NodeParts } from './kubelet/parts.ts';
import { type PodSnapshot, PodWorker } from './kubelet/pod-worker.ts';
import { NODE_IP, Registration, capacityOf } from './kubelet/registration.ts';
import { type Timing, defaultTiming } from './kubelet/timing.ts';
import type { ContainerRuntime } from './runtime.ts';

export interface NodeOptions {
  store: Store;
  /** Writes as `kubelet`. */
  client: ApiClient;
  clock: Clock;
  network: NodeParts['network'];
  runtime: ContainerRuntime;
  images: ImageRegistry;
  limits: ClusterLimits;
  /** Uniform in [0, 1), seeded by the cluster. */
  random: () => number;
  /** Default: kind's name for the one node of cluster `mesh-lab`. */
  nodeName?: string;
  log?: Platform['log'];
  /** How long things take. Default: as on a laptop with kind. */
  timing?: Partial<Timing>;
  /** Signs the tokens that pods find in their service account volume. Without it that file is missing. */
  tokens?: Pick<Tokens, 'issue'>;
  /** Called when something changed that a snapshot holds and no object tells: logs. */
  noteChange?: () => void;
}

/** Plain data: survives structuredClone and JSON. */
export interface NodeSnapshot {
  pods: PodSnapshot[];
  /** References of images that need no pull any more. */
  images: string[];
  nextAddress: number;
}

const DEFAULT_NAME = 'mesh-lab-control-plane';

export class Node implements Kubelet {
  readonly name: string;
  readonly #options: NodeOptions;
  readonly #parts: NodeParts;
  readonly #client: KindsClient;
  readonly #registration: Registration;
  /** By uid: a pod's name may be taken again before the old one is gone. */
  readonly #workers = new Map<string, PodWorker>();
  readonly #restored = new Map<string, PodSnapshot>();
  readonly #timers = new Set<Cancel>();
  #unwatch: Cancel | undefined;
  #running = false;

  constructor(options: NodeOptions) {
    const { clock, limits, random, network, runtime } = options;
    const log = options.log ?? (() => {});
    const timing = { ...defaultTiming, ...options.timing };
    this.#options = options;
    this.name = options.nodeName ?? DEFAULT_NAME;
    const client = ofKinds(options.client);
    this.#client = client;
    const puller = new ImagePuller(clock, options.images, timing);
    this.#registration = new Registration(client, {
      name: this.name,
      pods: limits.podsPerNode,
      images: () => imagesOf(puller),
    });
    this.#parts = {
      client,
      clock,
      timing,
      network,
      runtime,
      puller,
      events: new EventRecorder({
        client,
        clock,
        random,
        log,
        component: 'kubelet',
        host: this.name,
      }),
      addresses: new AddressPool(limits.podsPerNode),
      lookup: {
        configMap: (namespace, name) => client.get('configmaps', namespace, name),
        secret: (namespace, name) => client.get('secrets', namespace, name),
        services: (namespace) => client.list('services', namespace),
      },
      noteChange: options.noteChange ?? (() => {}),
      limits,
      tokens: options.tokens,
      random,
      log,
      nodeName: this.name,
      hostIP: NODE_IP,
      allocatable: capacityOf(limits.podsPerNode),
    };
  }

  /** Begins to run what the API assigns to this node, restored pods first. */
  start(): void {
    this.#running = true;
    const { store } = this.#options;
    this.#keepRegistered();
    this.#unwatch = watchKinds(store, {
      pods: ({ type, object }) => {
        if (object.spec.nodeName !== this.name) return;
        if (type === 'DELETED') this.#workers.get(object.metadata.uid)?.remove();
        else this.#assigned(object);
      },
      configmaps: ({ type, object }) => {
        if (type !== 'DELETED')
          this.#refreshLater('configMap', object.metadata.namespace, object.metadata.name);
      },
      secrets: ({ type, object }) => {
        if (type !== 'DELETED')
          this.#refreshLater('secret', object.metadata.namespace, object.metadata.name);
      },
    });
    this.#restored.clear();
  }

  /** Ends every container at once and writes nothing: the cluster goes, or a snapshot takes its place. */
  stop(): void {
    this.#running = false;
    this.#unwatch?.();
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    for (const worker of this.#workers.values()) worker.kill();
    this.#workers.clear();
  }

  snapshot(): NodeSnapshot {
    return {
      pods: [...this.#workers.values()].map((worker) => worker.snapshot()),
      images: this.#parts.puller.present,
      nextAddress: this.#parts.addresses.next,
    };
  }

  /** Call it before `start()`: what ran then is started again from its entrypoint, without counting a restart. */
  restore(snapshot: NodeSnapshot): void {
    this.#parts.puller.restore(snapshot.images);
    this.#parts.addresses.next = snapshot.nextAddress;
    for (const pod of snapshot.pods) this.#restored.set(pod.uid, pod);
  }

  // What the API asks for.

  logs(
    namespace: string,
    pod: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const log = this.#logOf(namespace, pod, options);
    return Promise.resolve(log.read(options, this.#parts.clock.now(), signal));
  }

  async exec(
    namespace: string,
    pod: string,
    options: ExecOptions,
    streams: RemoteStreams,
  ): Promise<ExecResult> {
    const { running } = this.#container(namespace, pod, options.container);
    if (!running) throw containerNotFound(options.container);
    return running.exec(options.command, options.tty, streams);
  }

  async attach(
    namespace: string,
    pod: string,
    options: Omit<ExecOptions, 'command'>,
    streams: RemoteStreams,
  ): Promise<ExecResult> {
    const { running } = this.#container(namespace, pod, options.container);
    if (!running) throw nothingToAttachTo(options.container, namespace, pod);
    await running.attach(streams);
    return { exitCode: 0 };
  }

  async portForward(namespace: string, pod: string, port: number): Promise<ByteDuplex> {
    const worker = this.#worker(namespace, pod);
    const [container] = worker.pod.spec.containers
      .map(({ name }) => worker.container(name)?.running)
      .filter((running) => running !== undefined);
    if (!container) throw plainError(`unable to forward port because pod is not running`);
    return container.portForward(port);
  }

  /** CPU and memory of each running container of a pod, for `kubectl top`. */
  usage(
    namespace: string,
    pod: string,
  ): { container: string; cpuNanoseconds: number; memoryBytes: number }[] {
    const worker = this.#find(namespace, pod);
    const containers = [
      ...(worker?.pod.spec.initContainers ?? []),
      ...(worker?.pod.spec.containers ?? []),
    ];
    return containers.flatMap(({ name }) => {
      const usage = worker?.container(name)?.running?.usage();
      return usage ? [{ container: name, ...usage }] : [];
    });
  }

  #find(namespace: string, name: string): PodWorker | undefined {
    const uid = this.#client.get('pods', namespace, name)?.metadata.uid;
    return uid === undefined ? undefined : this.#workers.get(uid);
  }

  #worker(namespace: string, name: string): PodWorker {
    const pod = this.#client.get('pods', namespace, name);
    if (!pod) throw notFound({ group: '', resource: 'pods' }, name);
    const worker = this.#workers.get(pod.metadata.uid);
    const { nodeName } = pod.spec;
    if (!worker && nodeName && nodeName !== this.name)
      throw plainError(`error dialing backend: dial tcp: lookup ${nodeName}: no such host`);
    if (!worker) throw badRequest(`pod ${name} does not have a host assigned`);
    return worker;
  }

  #container(namespace: string, pod: string, name: string): PodContainer {
    const container = this.#worker(namespace, pod).container(name);
    if (!container) throw badRequest(`container ${name} is not valid for pod ${pod}`);
    return container;
  }

  #logOf(namespace: string, pod: string, options: LogOptions): ContainerLog {
    const container = this.#container(namespace, pod, options.container);
    const name = JSON.stringify(options.container);
    if (options.previous) {
      // While it waits to be started again, its newest log is that of the run before.
      const previous =
        container.state.is === 'waiting' && container.everRan
          ? container.log
          : container.previousLog;
      if (!previous)
        throw badRequest(`previous terminated container ${name} in pod "${pod}" not found`);
      return previous;
    }
    if (container.log) return container.log;
    const { state } = container;
    const why =
      state.is === 'waiting' ? (WAITING_WORDS[state.reason] ?? state.reason) : 'not available';
    throw badRequest(`container ${name} in pod "${pod}" is waiting to start: ${why}`);
  }

  // Pods that come and go.

  #assigned(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = this.#workers.get(uid);
    if (known) return known.update(pod);
    const worker = new PodWorker(pod, this.#parts, () => this.#workers.delete(uid));
    this.#workers.set(uid, worker);
    const refusal = this.#refusalOf(pod);
    if (refusal) worker.reject(refusal.reason, refusal.message);
    else worker.start(this.#restored.get(uid));
  }

  /** The kubelet's own admission: for pods that were assigned without asking the scheduler. */
  #refusalOf(pod: Pod): { reason: string; message: string } | undefined {
    if (pod.status?.phase !== undefined && pod.status.phase !== 'Pending') return undefined;
    if (this.#restored.has(pod.metadata.uid)) return undefined;
    const others = [...this.#workers.values()]
      .map((worker) => worker.pod)
      .filter((other) => other.metadata.uid !== pod.metadata.uid && !isTerminal(other));
    const wanted = { ...podResources(pod, 'requests'), pods: 1 };
    for (const [name, amount] of Object.entries(wanted)) {
      const used =
        name === 'pods'
          ? others.length
          : others.reduce((sum, other) => sum + (podResources(other, 'requests')[name] ?? 0), 0);
      const capacity = quantity(this.#parts.allocatable[name]);
      if (amount === 0 || used + amount <= capacity) continue;
      const scale = name === 'cpu' ? 1000 : 1;
      return {
        reason: `OutOf${name}`,
        message: `Pod was rejected: Node didn't have enough resource: ${name}, requested: ${amount * scale}, used: ${used * scale}, capacity: ${capacity * scale}`,
      };
    }
    return undefined;
  }

  /** A volume may also wait for an optional object to appear. */
  #refreshLater(kind: 'configMap' | 'secret', namespace: string | undefined, name: string): void {
    if (this.#workers.size === 0) return;
    this.#after(this.#parts.timing.volumeRefreshMs, () => {
      for (const worker of this.#workers.values())
        if (worker.pod.metadata.namespace === namespace) worker.refreshVolumes(kind, name);
    });
  }

  /** Tokens are replaced in good time before they expire. */
  #refreshTokens(): Promise<void> {
    for (const worker of this.#workers.values()) worker.refreshVolumes(undefined, '');
    return Promise.resolve();
  }

  #keepRegistered(): void {
    const { clock } = this.#parts;
    this.#say(this.#register());
    this.#every(this.#parts.timing.leaseRenewMs, () => {
      // Somebody may have deleted the node's object: then it makes itself known again.
      const node = this.#client.get('nodes', undefined, this.name);
      return node ? this.#registration.renewLease(clock.now(), node) : this.#register();
    });
    this.#every(this.#parts.timing.nodeStatusMs, () => this.#registration.writeStatus(clock.now()));
    this.#every(this.#parts.timing.tokenRefreshMs, () => this.#refreshTokens());
  }

  async #register(): Promise<void> {
    const { clock, events } = this.#parts;
    const { node, isNew } = await this.#registration.register(clock.now());
    if (!isNew) return;
    const tell = (reason: string, message: string) => events.event(node, 'Normal', reason, message);
    tell('Starting', 'Starting kubelet.');
    tell('NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
    for (const reason of FIRST_STATES) tell(reason, `Node ${this.name} status is now: ${reason}`);
  }

  /** A refusal (a full store, a conflict) is met again at the next beat; a fault of ours is told to the operator. */
  #say(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!isRefusal(error)) this.#parts.log('error', `kubelet: node status: ${String(error)}`);
    });
  }

  /** At whole multiples: kubelets of one process then beat together, and for all but the first everything is warm. */
  #every(ms: number, run: () => Promise<void>): void {
    const beat = () => {
      this.#say(run());
      this.#every(ms, run);
    };
    this.#after(ms - (this.#parts.clock.now() % ms), beat, { upkeep: true });
  }

  #after(ms: number, run: () => void, options?: TaskOptions): void {
    const due = () => {
      this.#timers.delete(cancel);
      if (this.#running) run();
    };
    const cancel = this.#parts.clock.after(ms, due, options);
    this.#timers.add(cancel);
  }
}

/** What a kubelet tells of itself when it comes up. */
const FIRST_STATES = [
  'NodeHasSufficientMemory',
  'NodeHasNoDiskPressure',
  'NodeHasSufficientPID',
  'NodeReady',
];

/** How the kubelet says why there is no log yet. Other reasons it gives as they stand. */
const WAITING_WORDS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function containerNotFound(name: string) {
  return plainError(`unable to upgrade connection: container not found ("${name}")`);
}

/** The kubelet has other words for an attach than for an exec. Source: GetAttach in pkg/kubelet/kubelet_pods.go. */
function nothingToAttachTo(name: string, namespace: string, pod: string) {
  return plainError(
    `unable to upgrade connection: container ${name} not found in pod ${pod}_${namespace}`,
  );
}

function imagesOf(puller: ImagePuller): { names: string[]; sizeBytes: number }[] {
  return puller.present.flatMap((reference) => {
    const resolved = puller.resolve(reference);
    return resolved
      ? [{ names: [resolved.imageId, resolved.reference], sizeBytes: resolved.image.size }]
      : [];
  });
}
