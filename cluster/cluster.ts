// One whole embedded Kubernetes: store, API, controllers, node and network wired together. Requests come in as values, and
// nothing but the platform reaches out.

import { callNobody } from './api/admission/webhooks.ts';
import { Api } from './api/api.ts';
import { bootstrap } from './api/bootstrap.ts';
import { base64UrlBytes, base64UrlOf, hexOf } from './api/digests.ts';
import type { ApiRequest, ApiResponse, Upgrade, UserInfo } from './api/http.ts';
import type { World } from './api/world.ts';
import { Clock } from './clock.ts';
import { startControllers } from './controllers/controllers.ts';
import { type ClusterLimits, defaultLimits } from './limits.ts';
import { curlProgram } from './images/programs/curl/curl.ts';
import { imageRegistryWith } from './images/registry.ts';
import { alpinePrograms, debianPrograms, releaseFiles } from './images/userland.ts';
import { kialiImage } from './kiali/image.ts';
import type { KialiHost } from './kiali/program.ts';
import { meshAuthority } from './mesh/certificate-authority.ts';
import { meshImages } from './mesh/images/images.ts';
import { Mesh } from './mesh/mesh.ts';
import { distributeRootCertificate } from './mesh/root-certificates.ts';
import { istiodWebhooks } from './mesh/webhook-calls.ts';
import { certifyWebhooks } from './mesh/webhook-certificates.ts';
import { addressPlan } from './network/addresses.ts';
import { ClusterNetwork } from './network/cluster-network.ts';
import type { ImageRegistry } from './node/image.ts';
import { metricsReadings } from './node/metrics.ts';
import { Node, type NodeSnapshot } from './node/node.ts';
import { isRenewal } from './node/kubelet/registration.ts';
import { createContainerRuntime } from './node/runtime/runtime.ts';
import type { Cancel, Platform } from './platform.ts';
import type { AskApi } from './prometheus/discovery/kubernetes-api.ts';
import { prometheusImages } from './prometheus/image.ts';
import { seedOf, seededRandom } from './random.ts';
import type { SchemaBundle } from './schema/bundle.ts';
import { createRegistry } from './schema/registry.ts';
import { Store, type StoreSnapshot } from './store/store.ts';
import { bytesOf } from './streams.ts';

export interface ClusterOptions {
  platform: Platform;
  schemas: SchemaBundle;
  /** PEM: pods trust the API server by it. */
  caCertificate: string;
  limits?: Partial<ClusterLimits>;
  /** Cluster milliseconds per real millisecond. Default 1. */
  clockSpeed?: number;
  /** As `snapshot()` gave it, or as it came back from JSON. The constructor throws SnapshotError when it is none. */
  snapshot?: unknown;
  /** Revisions start above this one: no life of a cluster goes back. */
  revisionFloor?: number;
  nodeName?: string;
  /** Repeats every choice of chance. Default: chance. */
  seed?: number;
  /** What the node can run. Default: every image there is. */
  images?: ImageRegistry;
  /** Called whenever `changes` has grown. */
  noteChange?: () => void;
}

/** Plain data: survives structuredClone and JSON. Objects are shared with the cluster, not copied. */
export interface ClusterSnapshot {
  format: typeof FORMAT;
  store: StoreSnapshot;
  node: NodeSnapshot;
  /** Base64url: tokens stay good. */
  tokenKey: string;
  /** Cluster time, in milliseconds since the epoch. No life of a cluster begins before the end of the one before. */
  time: number;
}

const FORMAT = 1;
const DEFAULT_NODE = 'mesh-lab-control-plane';
/** Where the API server listens on a kind node. */
const API_PORT = 6_443;
/** Bytes a seed is made of. */
const SEED_BYTES = 12;

/** What was given as a snapshot is none of ours. */
export class SnapshotError extends Error {}

export class Cluster {
  readonly clock: Clock;
  /** What Istio's containers in this cluster know; nothing happens in it without them. */
  readonly mesh: Mesh;
  readonly #options: ClusterOptions;
  readonly #store: Store;
  readonly #world: World;
  readonly #api: Api;
  readonly #network: ClusterNetwork;
  readonly #node: Node;
  readonly #snapshot: ClusterSnapshot | undefined;
  #stopControllers: Cancel | undefined;
  #state: 'new' | 'running' | 'stopped' = 'new';
  /** Changes of objects that a snapshot must not miss. */
  #changes = 0;

  constructor(options: ClusterOptions) {
    const { platform, schemas, nodeName = DEFAULT_NODE } = options;
    const limits: ClusterLimits = { ...defaultLimits, ...options.limits };
    this.#options = options;
    this.#snapshot = readSnapshot(options.snapshot);
    const clock = new Clock(platform, {
      speed: options.clockSpeed ?? 1,
      // A clock that ran fast is ahead of the machine's, and the machine's own may have been set back.
      start: Math.max(platform.now(), this.#snapshot?.time ?? 0),
    });
    this.clock = clock;
    const random = seededRandom(seedOf(options.seed, () => platform.randomBytes(SEED_BYTES)));
    const store = new Store(limits, Math.max(1, options.revisionFloor ?? 1));
    this.#store = store;
    if (this.#snapshot) store.restore(this.#snapshot.store);
    store.onChange((change) => {
      if (!isRenewal(change)) this.#noteChange();
    });
    this.mesh = new Mesh({ store, clock });
    this.#network = new ClusterNetwork({ store, clock, limits, random, nodeName });
    this.#world = {
      store,
      registry: createRegistry(schemas),
      bundle: schemas,
      clock,
      platform,
      limits,
      random,
      kubelet: undefined,
      dialer: this.#network,
    };
    this.#api = new Api({
      webhook: istiodWebhooks(this.mesh, store, callNobody),
      world: this.#world,
      serverAddress: `${addressPlan.nodeIp}:${API_PORT}`,
      tokenKey: this.#snapshot && base64UrlBytes(this.#snapshot.tokenKey),
      readings: metricsReadings(() => this.#node),
    });
    this.#node = new Node({
      noteChange: () => this.#noteChange(),
      store,
      client: this.#api.client('kubelet'),
      clock,
      network: this.#network,
      runtime: createContainerRuntime({ clock, random, limits }),
      images:
        options.images ??
        imageRegistryWith([
          ...meshImages(this.mesh, meshUserland, (revision) => this.#istiodDuties(revision)),
          ...prometheusImages(this.#askWithToken, prometheusUserland),
          kialiImage(this.#kialiHost(), kialiUserland),
        ]),
      limits,
      random,
      nodeName,
      log: (level, message) => platform.log(level, message),
      tokens: this.#api.tokens,
    });
    this.#world.kubelet = this.#node;
  }

  /** The newest revision. */
  get revision(): number {
    return this.#store.revision;
  }

  /** Grows whenever something changed that a snapshot must hold. The node's heartbeat alone is not worth a snapshot. */
  get changes(): number {
    return this.#changes;
  }

  #noteChange(): void {
    this.#changes++;
    this.#options.noteChange?.();
  }

  /** Resolves when `/readyz` is 200. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error('a cluster starts once');
    this.#state = 'running';
    const { platform, caCertificate } = this.#options;
    await bootstrap({
      client: this.#api.client('kube-apiserver'),
      nodeIp: addressPlan.nodeIp,
      apiPort: API_PORT,
    });
    await this.#api.start();
    this.#stopControllers = startControllers({
      store: this.#store,
      client: (name) => this.#api.client(name),
      clock: this.clock,
      random: this.#world.random,
      log: (level, message) => platform.log(level, message),
      rootCertificate: caCertificate,
      tokens: this.#api.tokens,
    });
    if (this.#snapshot) this.#node.restore(this.#snapshot.node);
    this.#node.start();
    this.#api.ready = true;
  }

  /** What a running istiod does in the cluster besides answering its proxies. */
  #istiodDuties(revision: string): Cancel {
    const { platform, caCertificate } = this.#options;
    const store = this.#store;
    const client = this.#api.client('istiod');
    const fault = (error: unknown) => platform.log('error', `istiod: ${String(error)}`);
    const ends: Cancel[] = [];
    let over = false;
    meshAuthority({ store, client, platform, otherwise: caCertificate })
      .then((certificate) => {
        if (over) return;
        const duty = { store, client, certificate, fault };
        const isServing = () => this.mesh.isServing(revision);
        ends.push(
          distributeRootCertificate(duty),
          certifyWebhooks({ ...duty, revision, isServing }),
        );
      })
      .catch(fault);
    return () => {
      over = true;
      for (const end of ends) end();
    };
  }

  /** How a program in a pod asks the API: a simulated pod has no TLS to come by. */
  readonly #askWithToken: AskApi = async ({ path, query, token, signal }) => {
    const user = this.authenticateToken(token);
    if (!user) return { status: 401, body: 'Unauthorized' };
    return this.handle({
      method: 'GET',
      path,
      query: new URLSearchParams(query),
      headers: { accept: 'application/json' },
      body: new Uint8Array(0),
      user,
      signal,
    });
  };

  /** Reads by its token, too, and from the store itself: a graph looks at every pod. */
  #kialiHost(): KialiHost {
    const { platform } = this.#options;
    return {
      reader: (token) => this.#api.reader('kiali', token),
      hash: (key) => hexOf(platform.sha256(bytesOf(key))),
    };
  }

  handle(request: ApiRequest): Promise<ApiResponse> {
    return this.#api.handle(request);
  }

  /** For requests that ask to leave HTTP: exec, attach, port-forward. */
  upgrade(request: ApiRequest): Promise<ApiResponse | Upgrade> {
    return this.#api.upgrade(request);
  }

  /** Whose token it is; undefined when it is no good (any more). */
  authenticateToken(token: string): UserInfo | undefined {
    return this.#api.tokens.authenticate(token)?.user;
  }

  snapshot(): ClusterSnapshot {
    return {
      format: FORMAT,
      store: this.#store.snapshot(),
      node: this.#node.snapshot(),
      tokenKey: base64UrlOf(this.#api.tokens.key),
      time: this.clock.now(),
    };
  }

  /** Nothing runs and nothing costs until `thaw()`; ages count on. */
  freeze(): void {
    this.clock.freeze();
  }

  thaw(): void {
    if (this.#state !== 'stopped') this.clock.thaw();
  }

  /** Whether somebody looks: where nobody does, the node's heartbeats wait for the next thing that happens. */
  set attended(value: boolean) {
    this.clock.attended = value;
  }

  /** Ends everything, open watches and containers included. */
  stop(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#api.ready = false;
    this.#node.stop();
    this.#stopControllers?.();
    this.#api.close();
    this.#network.close();
    this.clock.freeze();
  }
}

/** The shell and tools of Istio's images, which are made on Ubuntu: near enough to Debian's. */
function meshUserland() {
  const account = { name: 'istio-proxy', uid: 1337, gid: 1337, home: '/home/istio-proxy' };
  const programs = { ...debianPrograms(), '/usr/bin/curl': curlProgram({ version: '8.5.0' }) };
  return { programs, files: releaseFiles('bookworm', [account]) };
}

/** The image of Prometheus stands on busybox. */
function prometheusUserland() {
  const account = { name: 'nobody', uid: 65534, gid: 65534, home: '/home' };
  return { programs: alpinePrograms(), files: releaseFiles('alpine', [account]) };
}

function kialiUserland() {
  const account = { name: 'kiali', uid: 1000, gid: 1000, home: '/opt/kiali' };
  return { programs: debianPrograms(), files: releaseFiles('bookworm', [account]) };
}

/** Looks only at what tells a snapshot from anything else: its insides were written by `snapshot()`. */
function readSnapshot(value: unknown): ClusterSnapshot | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && 'format' in value && 'store' in value)
    if (value.format === FORMAT) return value as ClusterSnapshot;
  throw new SnapshotError(
    'this is no snapshot of a cluster of this version: start with a fresh one',
  );
}
