// istiod's part of the mesh: watches the cluster's objects and gives each connected proxy its configuration, after a short
// while as in life. Proxies and their pods find it through the images it comes with (images/).
// Without a ready istiod nothing is pushed: proxies go on with what they know, new ones get nothing.

import type { Clock } from '../clock.ts';
import {
  type EndpointSlice,
  type Kinds,
  type Pod,
  type Resource,
  asKind,
} from '../controllers/kinds.ts';
import { equal } from '../controllers/equal.ts';
import type { Cancel } from '../platform.ts';
import type { Change, Store } from '../store/store.ts';
import { type MeshKinds, type MeshResource, asMeshKind } from './resources.ts';
import { proxyConfig } from './routing/build.ts';
import { type MeshEnvironment, meshEnvironment } from './routing/environment.ts';
import { type MeshConfig, defaultMeshConfig, parseMeshConfig } from './routing/mesh-config.ts';
import type { ProxyConfig } from './routing/proxy-config.ts';
import { type ProxyIdentity, identityOf } from './routing/workloads.ts';

export interface MeshOptions {
  store: Store;
  clock: Clock;
  /**
   * Cluster milliseconds from a change to its push; changes within them are pushed together. Default 100: istiod's
   * PILOT_DEBOUNCE_AFTER.
   */
  debounceMs?: number;
}

const DEBOUNCE_MS = 100;
/** istiod waits no longer than this, however many changes come. PILOT_DEBOUNCE_MAX. */
const DEBOUNCE_MAX_MS = 10_000;

const SYSTEM_NAMESPACE = 'istio-system';
const MESH_CONFIG_MAP = 'istio';

const RULES: readonly MeshResource[] = [
  'virtualservices.networking.istio.io',
  'destinationrules.networking.istio.io',
  'serviceentries.networking.istio.io',
  'sidecars.networking.istio.io',
  'peerauthentications.security.istio.io',
  'authorizationpolicies.security.istio.io',
  'telemetries.telemetry.istio.io',
];

const WATCHED: ReadonlySet<string> = new Set<string>([
  ...RULES,
  'services',
  'endpointslices.discovery.k8s.io',
  'pods',
  'configmaps',
]);

export interface Pushed {
  identity: ProxyIdentity;
  config: ProxyConfig;
}

interface Connected {
  namespace: string;
  pod: string;
  push(pushed: Pushed): void;
}

export class Mesh {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #debounceMs: number;
  readonly #proxies = new Set<Connected>();
  #unwatch: Cancel | undefined;
  #environment: MeshEnvironment | undefined;
  #due: { cancel: Cancel; since: number } | undefined;

  constructor(options: MeshOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#debounceMs = options.debounceMs ?? DEBOUNCE_MS;
  }

  /** Proxies that hold a stream to istiod now. */
  get connected(): readonly { namespace: string; pod: string }[] {
    return [...this.#proxies];
  }

  /** What istiod would send a pod's proxy now; undefined for a pod that is not there or has no address yet. */
  configOf(namespace: string, name: string): Pushed | undefined {
    const object = this.#store.get('pods', namespace, name);
    const pod = object && asKind('pods', object);
    if (!pod?.status?.podIP) return undefined;
    const identity = identityOf(pod);
    return { identity, config: proxyConfig(this.environment(), identity) };
  }

  /** The mesh as it is now. */
  environment(): MeshEnvironment {
    this.#environment ??= this.#read();
    return this.#environment;
  }

  /** A proxy asks for its configuration: it gets it after the usual while, and each change after that. */
  connect(namespace: string, pod: string, push: (pushed: Pushed) => void): Cancel {
    const proxy: Connected = { namespace, pod, push };
    this.#proxies.add(proxy);
    this.#unwatch ??= this.#watch();
    const cancel = this.#clock.after(this.#debounceMs, () => this.#pushTo(proxy));
    return () => {
      cancel();
      this.#proxies.delete(proxy);
      if (this.#proxies.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = undefined;
      this.#environment = undefined;
      this.#due?.cancel();
      this.#due = undefined;
    };
  }

  #watch(): Cancel {
    return this.#store.onChange((change) => {
      if (!matters(change)) return;
      this.#environment = undefined;
      this.#schedule();
    });
  }

  #schedule(): void {
    const now = this.#clock.now();
    const since = this.#due?.since ?? now;
    this.#due?.cancel();
    const wait = Math.min(this.#debounceMs, since + DEBOUNCE_MAX_MS - now);
    const cancel = this.#clock.after(wait, () => {
      this.#due = undefined;
      for (const proxy of this.#proxies) this.#pushTo(proxy);
    });
    this.#due = { cancel, since };
  }

  #pushTo(proxy: Connected): void {
    if (!this.#proxies.has(proxy) || !this.isServing()) return;
    const pushed = this.configOf(proxy.namespace, proxy.pod);
    if (pushed) proxy.push(pushed);
  }

  /** Whether a Service is istiod's, of any revision. */
  isIstiod(namespace: string, service: string): boolean {
    return namespace === SYSTEM_NAMESPACE && ISTIOD.test(service);
  }

  /** An istiod, of any revision, is ready. */
  isServing(): boolean {
    return this.#list('endpointslices.discovery.k8s.io', SYSTEM_NAMESPACE).some(
      (slice) =>
        isIstiod(slice) &&
        (slice.endpoints ?? []).some(({ conditions }) => conditions?.ready ?? true),
    );
  }

  #read(): MeshEnvironment {
    return meshEnvironment({
      mesh: this.#meshConfig(),
      services: this.#list('services'),
      slices: this.#list('endpointslices.discovery.k8s.io'),
      pods: this.#list('pods'),
      virtualServices: this.#rules('virtualservices.networking.istio.io'),
      destinationRules: this.#rules('destinationrules.networking.istio.io'),
      serviceEntries: this.#rules('serviceentries.networking.istio.io'),
      sidecars: this.#rules('sidecars.networking.istio.io'),
      peerAuthentications: this.#rules('peerauthentications.security.istio.io'),
      authorizationPolicies: this.#rules('authorizationpolicies.security.istio.io'),
      telemetries: this.#rules('telemetries.telemetry.istio.io'),
    });
  }

  /** A text that cannot be read leaves Istio's defaults in force. */
  #meshConfig(): MeshConfig {
    const object = this.#store.get('configmaps', SYSTEM_NAMESPACE, MESH_CONFIG_MAP);
    const text = object && asKind('configmaps', object).data?.['mesh'];
    return (text === undefined ? undefined : parseMeshConfig(text)) ?? defaultMeshConfig;
  }

  #list<R extends Resource>(resource: R, namespace?: string): Kinds[R][] {
    return this.#store.list(resource, namespace).map((object) => asKind(resource, object));
  }

  #rules<R extends MeshResource>(resource: R): MeshKinds[R][] {
    return this.#store.list(resource).map((object) => asMeshKind(resource, object));
  }
}

/** `istiod`, `istiod-canary` */
const ISTIOD = /^istiod(-|$)/;

function isIstiod({ metadata }: EndpointSlice): boolean {
  return ISTIOD.test(metadata.labels?.['kubernetes.io/service-name'] ?? '');
}

/** Whether a change can be seen in any proxy's configuration. Most of a pod's life cannot. */
function matters({ resource, object, previous }: Change): boolean {
  if (!WATCHED.has(resource)) return false;
  if (resource === 'configmaps')
    return (
      object.metadata.namespace === SYSTEM_NAMESPACE && object.metadata.name === MESH_CONFIG_MAP
    );
  if (resource !== 'pods' || !previous) return true;
  const [before, after] = [asKind('pods', previous), asKind('pods', object)];
  return !equal(seenOf(before), seenOf(after));
}

function seenOf({ metadata, status }: Pod): unknown {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return [metadata.labels, status?.podIP, ready];
}
