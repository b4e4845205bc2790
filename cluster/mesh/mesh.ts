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
import type { KubeObject } from '../object.ts';
import type { Change, Store } from '../store/store.ts';
import { timestamp } from '../time.ts';
import {
  XDS_TYPES,
  XdsConnection,
  type ProxyKind,
  type XdsType,
  typesFor,
} from './istiod/connections.ts';
import { type MeshKinds, type MeshResource, asMeshKind } from './resources.ts';
import { proxyConfig } from './routing/build.ts';
import { type MeshEnvironment, meshEnvironment } from './routing/environment.ts';
import { type MeshConfig, defaultMeshConfig, parseMeshConfig } from './routing/mesh-config.ts';
import type { ProxyConfig } from './routing/proxy-config.ts';
import { type ProxyIdentity, identityOf } from './routing/workloads.ts';
import { DEFAULT_REVISION, ofRevision, revisionOfPod, revisionOfService } from './revisions.ts';

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

/** A push as it reaches a proxy. */
export interface Delivered extends Pushed {
  /** As istiod counts its pushes: `2026-11-22T10:00:00Z/12`. */
  version: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** A line of istiod's log. */
export interface IstiodLine {
  /** The pod that writes it; undefined for all of them. */
  istiod: string | undefined;
  scope: 'ads' | 'model' | 'delta';
  text: string;
}

interface Proxy {
  connection: XdsConnection;
  push(delivered: Delivered): void;
}

export class Mesh {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #usualDebounceMs: number;
  #debounceMs: number;
  readonly #proxies = new Set<Proxy>();
  readonly #readers = new Set<(line: IstiodLine) => void>();
  /** What has changed since the last push, by resource. */
  readonly #changed = new Set<string>();
  /** By istiod pod and type. */
  readonly #sent = new Map<string, Map<XdsType, number>>();
  #pushes = 0;
  #connections = 0;
  #unwatch: Cancel | undefined;
  /** By revision: each has mesh settings of its own. */
  readonly #environments = new Map<string, MeshEnvironment>();
  #due: { cancel: Cancel; since: number } | undefined;

  constructor(options: MeshOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#usualDebounceMs = options.debounceMs ?? DEBOUNCE_MS;
    this.#debounceMs = this.#usualDebounceMs;
  }

  /** Another time from a change to its push, in cluster milliseconds, until it is called off. */
  debounce(ms: number): Cancel {
    this.#debounceMs = ms;
    return () => (this.#debounceMs = this.#usualDebounceMs);
  }

  /** Proxies that hold a stream to istiod now. */
  get connected(): readonly XdsConnection[] {
    return [...this.#proxies].map(({ connection }) => connection);
  }

  /** How often an istiod pod has sent each type to a proxy. */
  pushesOf(istiod: string): ReadonlyMap<XdsType, number> {
    return this.#sent.get(istiod) ?? new Map();
  }

  /** What istiods write of their work, from now on. */
  onLog(read: (line: IstiodLine) => void): Cancel {
    this.#readers.add(read);
    return () => this.#readers.delete(read);
  }

  /** Istio's objects as they are now. */
  rules(): readonly KubeObject[] {
    return RULES.flatMap((resource) => this.#store.list(resource));
  }

  /** The text of the mesh's settings, if there are any. */
  meshConfigText(revision = DEFAULT_REVISION): string | undefined {
    const name = ofRevision(MESH_CONFIG_MAP, revision);
    const object = this.#store.get('configmaps', SYSTEM_NAMESPACE, name);
    return object && asKind('configmaps', object).data?.['mesh'];
  }

  /** What istiod would send a pod's proxy now; undefined for a pod that is not there or has no address yet. */
  configOf(namespace: string, name: string): Pushed | undefined {
    const object = this.#store.get('pods', namespace, name);
    const pod = object && asKind('pods', object);
    if (!pod?.status?.podIP) return undefined;
    const identity = identityOf(pod);
    const environment = this.environment(revisionOfPod(pod.metadata));
    return { identity, config: proxyConfig(environment, identity) };
  }

  /** The mesh as it is now, as an istiod of this revision sees it. */
  environment(revision = DEFAULT_REVISION): MeshEnvironment {
    const known = this.#environments.get(revision);
    if (known) return known;
    const read = this.#read(revision);
    // Kept as long as changes are seen: without proxies nobody watches.
    if (this.#unwatch) this.#environments.set(revision, read);
    return read;
  }

  /**
   * A proxy asks for its configuration: it gets it after the usual while, and each change after that.
   * @param version the proxy's own, for whoever asks istiod who is connected.
   */
  connect(
    namespace: string,
    pod: string,
    push: (delivered: Delivered) => void,
    version = '',
    kind: ProxyKind = 'sidecar',
  ): Cancel {
    const proxy: Proxy = { connection: new XdsConnection(namespace, pod, version, kind), push };
    this.#proxies.add(proxy);
    this.#unwatch ??= this.#watch();
    const cancel = this.#clock.after(this.#debounceMs, () => this.#pushTo(proxy, XDS_TYPES));
    return () => {
      cancel();
      this.#proxies.delete(proxy);
      const { id, istiod } = proxy.connection;
      if (istiod !== undefined) this.#log(istiod, 'ads', `ADS: "${id}" terminated`);
      if (this.#proxies.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = undefined;
      this.#environments.clear();
      this.#due?.cancel();
      this.#due = undefined;
      this.#changed.clear();
    };
  }

  #watch(): Cancel {
    return this.#store.onChange((change) => {
      if (!matters(change)) return;
      this.#environments.clear();
      this.#changed.add(change.resource);
      this.#schedule(change);
    });
  }

  #schedule({ object }: Change): void {
    const now = this.#clock.now();
    const since = this.#due?.since ?? now;
    this.#due?.cancel();
    const wait = Math.min(this.#debounceMs, since + DEBOUNCE_MAX_MS - now);
    const { namespace = '', name } = object.metadata;
    const cancel = this.#clock.after(wait, () => {
      this.#due = undefined;
      const types = new Set([...this.#changed].flatMap((each) => typesFor(each)));
      this.#changed.clear();
      if (this.#proxies.size === 0 || !this.isServing()) return;
      this.#pushes++;
      this.#log(
        undefined,
        'ads',
        `Push debounce stable[${this.#pushes}] for config ${object.kind}/${namespace}/${name}: ${Math.round(wait)}ms since last change, full=${types.size > 1}`,
      );
      this.#log(
        undefined,
        'ads',
        `XDS: Pushing Services:${this.environment().services.length} ConnectedEndpoints:${this.#proxies.size} Version:${this.#version()}`,
      );
      for (const proxy of this.#proxies) this.#pushTo(proxy, types);
    });
    this.#due = { cancel, since };
  }

  #pushTo(proxy: Proxy, asked: Iterable<XdsType>): void {
    if (!this.#proxies.has(proxy)) return;
    const { connection } = proxy;
    const pod = this.#store.get('pods', connection.namespace, connection.pod);
    const ready = this.#readyIstiods(pod && revisionOfPod(pod.metadata));
    const pushed = ready.length > 0 && this.configOf(connection.namespace, connection.pod);
    if (!pushed) return;
    const isNew = this.#serve(connection, ready);
    const wanted = isNew ? XDS_TYPES : [...asked];
    const types = connection.types.filter((type) => wanted.includes(type));
    const at = this.#clock.now();
    const version = this.#version();
    connection.sent(types, version, at);
    this.#count(connection.istiod ?? '', types);
    for (const type of types)
      this.#log(
        connection.istiod,
        'delta',
        `${type}: PUSH for node:${connection.proxy} resources:${countOf(type, pushed.config)}`,
      );
    proxy.push({ ...pushed, version, at });
    connection.acked(types, version);
  }

  /** Sees to it that a ready istiod has the connection. True when that is another one than before. */
  #serve(connection: XdsConnection, ready: readonly string[]): boolean {
    if (connection.istiod !== undefined && ready.includes(connection.istiod)) return false;
    const all = this.#readyIstiods();
    for (const pod of this.#sent.keys()) if (!all.includes(pod)) this.#sent.delete(pod);
    connection.reset();
    this.#connections++;
    // One after the other takes a new proxy, as a Service spreads connections.
    connection.istiod = ready[this.#connections % ready.length] ?? '';
    connection.id = `${connection.proxy}-${this.#connections}`;
    connection.connectedAt = this.#clock.now();
    this.#log(connection.istiod, 'ads', `ADS: new delta connection for node:${connection.id}`);
    return true;
  }

  #count(istiod: string, types: Iterable<XdsType>): void {
    const counts = this.#sent.get(istiod) ?? new Map<XdsType, number>();
    this.#sent.set(istiod, counts);
    for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  }

  #version(): string {
    return `${timestamp(this.#clock.now())}/${this.#pushes}`;
  }

  #log(istiod: string | undefined, scope: IstiodLine['scope'], text: string): void {
    for (const read of this.#readers) read({ istiod, scope, text });
  }

  /** Whether a Service is istiod's own, of any revision. */
  isIstiod(namespace: string, service: string): boolean {
    return namespace === SYSTEM_NAMESPACE && revisionOfService(service) !== undefined;
  }

  /** An istiod of this revision, or of any, is ready. */
  isServing(revision?: string): boolean {
    return this.#readyIstiods(revision).length > 0;
  }

  /** Pods, by name. */
  #readyIstiods(revision?: string): string[] {
    return this.#list('endpointslices.discovery.k8s.io', SYSTEM_NAMESPACE)
      .filter((slice) => {
        const of = istiodRevision(slice);
        return of !== undefined && (revision === undefined || of === revision);
      })
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready ?? true)
      .map(({ targetRef }) => targetRef?.name ?? '');
  }

  #read(revision: string): MeshEnvironment {
    return meshEnvironment({
      mesh: this.#meshConfig(revision),
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
  #meshConfig(revision: string): MeshConfig {
    const text = this.meshConfigText(revision);
    return (text === undefined ? undefined : parseMeshConfig(text)) ?? defaultMeshConfig;
  }

  #list<R extends Resource>(resource: R, namespace?: string): Kinds[R][] {
    return this.#store.list(resource, namespace).map((object) => asKind(resource, object));
  }

  #rules<R extends MeshResource>(resource: R): MeshKinds[R][] {
    return this.#store.list(resource).map((object) => asMeshKind(resource, object));
  }
}

function istiodRevision({ metadata }: EndpointSlice): string | undefined {
  return revisionOfService(metadata.labels?.['kubernetes.io/service-name'] ?? '');
}

/** Whether a change can be seen in any proxy's configuration. Most of a pod's life cannot. */
function matters({ resource, object, previous }: Change): boolean {
  if (!WATCHED.has(resource)) return false;
  if (resource === 'configmaps')
    return object.metadata.namespace === SYSTEM_NAMESPACE && isMeshConfig(object.metadata.name);
  if (resource !== 'pods' || !previous) return true;
  const [before, after] = [asKind('pods', previous), asKind('pods', object)];
  return !equal(seenOf(before), seenOf(after));
}

/** `istio`, `istio-canary` */
function isMeshConfig(name: string): boolean {
  return name === MESH_CONFIG_MAP || name.startsWith(`${MESH_CONFIG_MAP}-`);
}

function seenOf({ metadata, status }: Pod): unknown {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return [metadata.labels, status?.podIP, ready];
}

/** Resources of one type in a configuration. */
function countOf(type: XdsType, { outbound, inbound }: ProxyConfig): number {
  switch (type) {
    case 'CDS':
      return outbound.clusters.size + inbound.ports.size;
    case 'EDS':
      return [...outbound.clusters.values()].filter(({ kind }) => kind === 'EDS').length;
    case 'LDS':
      return outbound.listeners.size;
    case 'RDS':
      return outbound.routes.size;
  }
}
